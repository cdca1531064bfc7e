"""Which rows below a header are the vendor's own, where one column says what kind each is.

Belongs here: the rule for one cell, and for a whole column at once. Readers ask about rows that
are neither a header nor furniture nor a heading, and that can be read. A kind that is not declared
makes its row malformed, so that nothing is left out unseen; an empty cell is a row, because totals
and the like have none. Files without a header are `record_kinds`' work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.record_kinds import RecordKinds
from cost_pipeline.core.text import BLANKS, plain_name
from cost_pipeline.parse.lines import Flags
from cost_pipeline.parse.listing import MissingColumnError

_SHOWN: Final = 40


class KindColumn:
    """The column of a header that says the kinds.

    Attributes:
        place: Its place in the header, counted from 0.

    Args:
        kinds: What the vendor declares.
        place: As above.
    """

    def __init__(self, kinds: RecordKinds, place: int) -> None:
        self.place = place
        self._uses = kinds.uses
        others = [kind for kind, use in kinds.uses.items() if use == "other"]
        self._others = len(others)
        own = [kind for kind, use in kinds.uses.items() if use != "other"]
        self._known = pa.array([*others, *own], pa.string())

    def is_others(self, cell: str) -> bool:
        """Whether a row is another vendor's, or nobody's."""
        return self._uses.get(cell.strip(BLANKS)) == "other"

    def problem(self, cell: str) -> str | None:
        """Returns why a row is malformed by its kind; None if it is not."""
        kind = cell.strip(BLANKS)
        return unknown_kind(kind, self._uses) if kind and kind not in self._uses else None

    def told(self, column: pa.Array) -> tuple[Flags, dict[int, str]]:
        """Returns which rows are others', and why some are malformed, by their place.

        Args:
            column: The cells of the column; null in rows that are malformed already.
        """
        kinds = pc.utf8_trim(pc.fill_null(column, ""), BLANKS)
        found = pc.index_in(kinds, value_set=self._known)
        others: Flags = pc.fill_null(pc.less(found, self._others), fill_value=False).to_numpy(
            zero_copy_only=False
        )
        unknown = pc.and_(pc.is_null(found), pc.not_equal(kinds, ""))
        places = pc.indices_nonzero(unknown)
        names = kinds.take(places).to_pylist()
        return others, {
            place: unknown_kind(name, self._uses)
            for place, name in zip(places.to_pylist(), names, strict=True)
        }


def kind_column(kinds: RecordKinds | None, names: Sequence[str]) -> KindColumn | None:
    """Returns the declared column in a header; None where none is declared.

    Raises:
        MissingColumnError: If the header has no such column, or several.
    """
    if kinds is None or kinds.column is None:
        return None
    wanted = plain_name(kinds.column)
    places = [place for place, name in enumerate(names) if plain_name(name) == wanted]
    if len(places) != 1:
        found = f"{len(places)} columns" if places else "no column"
        raise MissingColumnError(
            f"the header has {found} {kinds.column!r}, by which `format.kinds` tells records apart"
        )
    return KindColumn(kinds, places[0])


def unknown_kind(name: str, known: Iterable[str]) -> str:
    """Returns why a record is malformed whose kind nobody knows."""
    return f"{name[:_SHOWN]!r} is not a kind of record of this format ({', '.join(known)})"
