"""The `kinds` key of a format: what becomes of each kind of record in a file that mixes several.

Belongs here: the declaration. Telling records apart is `cost_pipeline.parse`'s work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from cost_pipeline.contracts.sections import Section

RecordUse = Literal["row", "header", "trailer", "other"]
"""What a kind is: a row of this vendor, a header whose cells the rows below it may have, a trailer
that declares how many rows there were and what they come to, or another one's, counted only."""
_OWN: Final = frozenset({"uses", "at", "count", "counts", "total"})
_CELLS: Final = 2000
_BELOW_A_HEADER: Final = frozenset({"row", "other"})
_CELL: Final = re.compile(r"(.+)\.([1-9]\d{0,3})")


class RecordKinds(Section):
    """Which kinds of records there are.

    Attributes:
        uses: Kind to its use. A kind that is not here is a dead letter.
        at: The 1-based cell that says the kind; where there is a header, the name of the column.
            An empty cell there is a row.
        count: The cell of a trailer that declares how many there were since the one before.
        counts: How many of what: rows, records but headers and trailers, or lines with something
            in them, its own included.
        total: The cell of a trailer that declares the sum of the rows.
    """

    uses: dict[str, RecordUse]
    at: int | str = 1
    count: int | None = Field(default=None, ge=1, le=_CELLS)
    counts: Literal["rows", "records", "lines"] = "rows"
    total: int | None = Field(default=None, ge=1, le=_CELLS)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, settings: object) -> object:
        """Takes `{HDR: header, DTL: row}` as short for `{uses: {HDR: header, DTL: row}}`."""
        if isinstance(settings, dict) and settings and not _OWN & settings.keys():
            return {"uses": settings}
        return settings

    @field_validator("at", mode="before")
    @classmethod
    def _cell_or_name(cls, at: object) -> object:
        found = int(at) if isinstance(at, str) and at.strip().isdecimal() else at
        if found == "" or (isinstance(found, int) and not 1 <= found <= _CELLS):
            raise ValueError(f"{at!r} is no cell from 1 to {_CELLS}, and no name of a column")
        return found

    @model_validator(mode="after")
    def _has_rows(self) -> Self:
        if "row" not in self.uses.values():
            raise ValueError("no kind of record is a `row`")
        declares = self.count is not None or self.total is not None
        if declares and not self.has_trailer:
            raise ValueError("`count` and `total` are cells of a `trailer`, and no kind is one")
        return self

    @model_validator(mode="after")
    def _below_a_header(self) -> Self:
        if self.column is None:
            return self
        if {*self.uses.values()} - _BELOW_A_HEADER:
            raise ValueError(
                f"below a header, whose column {self.column!r} says the kind, a kind is `row` or"
                " `other`; a total at the end is declared by `control_total`"
            )
        if any(not kind.strip() for kind in self.uses):
            raise ValueError(f"an empty cell of the column {self.column!r} is a row in any case")
        return self

    @property
    def column(self) -> str | None:
        """Returns the name of the column that says the kind; None where a cell has a number."""
        return self.at if isinstance(self.at, str) else None

    @property
    def has_trailer(self) -> bool:
        """Whether a file ends in a trailer; one without it may have been cut."""
        return "trailer" in self.uses.values()

    def header_cells(self, names: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Returns the names that stand for a cell of a header (`HDR.3`), with kind and place."""
        found = {}
        for name in names:
            cell = _CELL.fullmatch(name)
            if cell and self.uses.get(cell[1]) == "header":
                found[name] = (cell[1], int(cell[2]))
        return found

    def refused_name(self, name: str) -> str | None:
        """Returns why a name that stands for a cell of a record kind cannot be read."""
        if self.column is not None:
            return None
        cell = _CELL.fullmatch(name)
        if cell is None or cell[1] not in self.uses or self.uses[cell[1]] == "header":
            return None
        return f"`{cell[1]}` is no header; of a row write `#{cell[2]}`, or its name"
