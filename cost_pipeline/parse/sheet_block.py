"""Consecutive rows of a sheet in columns, and which of them can stay so.

Belongs here: the shape in which plain rows of a workbook travel, and the question whether a row
among them has to be judged by itself: what may be another header, another table, a value under no
name. Finding the cells is `xlsx_scan`'s work, the rows of a sheet are `sheet_table`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.core.text import plain_name
from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.pieces import RowBlock
from cost_pipeline.parse.sheet import SheetRow, ValueKind

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

KINDS: Final = (None, *ValueKind)

_MARKS: Final = b'"\r\n'
_QUOTED: Final = '[",\r\n]'
# What names may differ by and are the same, beyond letters of ASCII and blanks at the ends.
_ODD_BLANKS: Final = "[\t-\r\x1c-\x1f]|  "


@dataclass(frozen=True, slots=True)
class SheetColumns:
    """Rows without problems, by column.

    Attributes:
        lines: The number of each row in the sheet.
        columns: The texts of each column from the first on; empty where there is nothing.
        full: By column and row whether the cell holds more than blanks.
        kinds: By column and row the place in `KINDS` of what a number means; 0 for no number.
    """

    lines: Positions
    columns: Sequence[pa.Array]
    full: Mask
    kinds: Codes

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def line(self) -> int:
        """Returns the number of the first row."""
        return int(self.lines[0])

    def part(self, start: int, end: int) -> SheetColumns:
        """Returns some of the rows."""
        columns = [column[start:end] for column in self.columns]
        return SheetColumns(
            self.lines[start:end], columns, self.full[:, start:end], self.kinds[:, start:end]
        )

    def without_blank(self) -> SheetColumns:
        """Returns the rows that hold something."""
        return self.where(np.any(self.full, axis=0))

    def where(self, kept: Mask) -> SheetColumns:
        """Returns those rows for which the mask is true."""
        if kept.all():
            return self
        mask = pa.array(kept)
        columns = [column.filter(mask) for column in self.columns]
        return SheetColumns(self.lines[kept], columns, self.full[:, kept], self.kinds[:, kept])

    def counts(self) -> Positions:
        """Returns how many cells of each row hold more than blanks."""
        found: Positions = self.full.sum(axis=0)
        return found

    def rows(self) -> Iterator[SheetRow]:
        """Yields the same rows one by one."""
        columns = [column.to_pylist() for column in self.columns]
        kinds = self.kinds.T.tolist()
        for at, line in enumerate(self.lines.tolist()):
            cells = {place: text for place, column in enumerate(columns) if (text := column[at])}
            numbers = {place: KINDS[kind] for place, kind in enumerate(kinds[at]) if kind}
            yield SheetRow(line, cells, kinds=numbers)


class Sheet(Protocol):
    """A sheet whose rows can be read from the top as often as needed."""

    container: str

    def rows(self) -> Iterator[SheetRow]:
        """Yields its rows in order; raises BrokenSheetError where the file is damaged."""
        ...

    def pieces(self) -> Iterator[SheetRow | SheetColumns]:
        """Yields the same, plain ones in columns where they can be had so."""
        ...


@dataclass(frozen=True, slots=True)
class NamedSheet:
    """A sheet of a workbook: its name, whether people see it, and the function that opens it.

    `open` raises BrokenSheetError where the file is damaged.
    """

    name: str
    visible: bool
    open: Callable[[], Sheet]


def csv_lines(columns: Sequence[pa.Array]) -> pa.Array:
    """Returns each row as a line of CSV (RFC 4180), without its terminator."""
    joined = pc.binary_join_element_wise(*columns, ",")
    _, _, data = joined.buffers()
    content = memoryview(data).tobytes() if data is not None else b""
    commas = len(joined) * (len(columns) - 1)
    if content.count(b",") == commas and not any(mark in content for mark in _MARKS):
        return joined
    return pc.binary_join_element_wise(*map(_quoted, columns), ",")


def _quoted(column: pa.Array) -> pa.Array:
    special = pc.match_substring_regex(column, _QUOTED)
    if not pc.any(special).as_py():
        return column
    doubled = pc.replace_substring(column, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), column)


class PlainRows:
    """What a sheet's header says about which rows can stay in columns.

    Args:
        width: Columns of the header.
        known: The places under which a value may stand.
        named: The places that have names.
        wanted: The names, as they are compared, of which several make a row a header.
        most: So many of them do.
        repeated: Place and text of the first name, which a repeated header has there.
    """

    def __init__(
        self,
        width: int,
        known: Collection[int],
        named: Sequence[int],
        *,
        wanted: Collection[str],
        most: int,
        repeated: tuple[int, str],
    ) -> None:
        self._width = width
        self._unknown = [place for place in range(width) if place not in known]
        self._named = named
        self._wanted = frozenset(wanted)
        self._ascii = pa.array(sorted(name for name in wanted if name.isascii()), pa.string())
        self._most = most
        self._repeated = repeated

    def holds(self, table: SheetColumns) -> bool:
        """Returns whether every row, which lies below the header, surely is one of the table."""
        if len(table.columns) > self._width:
            return False
        if any(table.full[place].any() for place in self._unknown if place < len(table.full)):
            return False
        place, text = self._repeated
        if place < len(table.columns) and pc.any(pc.equal(table.columns[place], text)).as_py():
            return False
        return not self._may_name(table)

    def _may_name(self, table: SheetColumns) -> bool:
        """Returns whether a row without a number may name columns."""
        texts = ~table.kinds.any(axis=0)
        if not texts.any():
            return False
        mask = None if texts.all() else pa.array(texts)
        named = np.zeros(int(texts.sum()), np.int64)
        for column in table.columns:
            named += self._are_names(column if mask is None else column.filter(mask))
        return bool((named >= self._most).any())

    def _are_names(self, column: pa.Array) -> Mask:
        lower = pc.ascii_lower(pc.ascii_trim_whitespace(column))
        found: Mask = pc.is_in(lower, self._ascii).to_numpy(zero_copy_only=False)
        odd = pc.or_(
            pc.invert(pc.string_is_ascii(column)), pc.match_substring_regex(column, _ODD_BLANKS)
        ).to_numpy(zero_copy_only=False)
        if odd.any():
            others = np.flatnonzero(odd)
            texts = column.take(pa.array(others)).to_pylist()
            found = found.copy()
            found[others] = [plain_name(text) in self._wanted for text in texts]
        return found

    def block(self, table: SheetColumns) -> RowBlock:
        """Returns the rows with their verbatim texts."""
        nothing = pa.array([""] * len(table.lines), pa.string())
        missing = self._width - len(table.columns)
        columns = [*table.columns, *[nothing] * missing]
        return RowBlock(table.lines, csv_lines(columns), [columns[place] for place in self._named])
