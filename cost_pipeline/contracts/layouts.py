"""Layouts: where the columns of a file without a header stand. They are data, not code.

Belongs here: the shape of a layout and the reading of the named ones in `data/reference/layouts/`.
A vendor file names one of them or spells out its own. A named layout is put in the place of its
name as soon as the vendor file is read, so that a change of the layout changes the vendor's
`interpretation`. Cutting lines by a layout is `cost_pipeline.parse`'s work.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from cost_pipeline.contracts.sections import Section
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.reference import reference_path
from cost_pipeline.core.text import plain_name

_FOLDER = "layouts"
# A line of this many characters is no listing; it bounds what a mistyped layout can ask for.
_LONGEST = 65_536
_MOST_COLUMNS = 2_000

# What becomes of a record kind: a row, or counted furniture (heads, trailers without amounts).
RecordUse = Literal["row", "furniture"]
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class FixedColumn(Section):
    """A column of a fixed-width line; `start` is 1-based, both count characters."""

    name: ColumnName
    start: int = Field(ge=1, le=_LONGEST)
    width: int = Field(ge=1, le=_LONGEST)

    @property
    def stop(self) -> int:
        """The 0-based position behind it."""
        return self.start - 1 + self.width


class RecordType(Section):
    """Where a fixed-width line says which kind of record it is.

    Attributes:
        rows: Kinds that are rows.
        furniture: Kinds that are counted and left out.
        total: The kind of a trailer that carries the control total, in `total_columns`.
    """

    start: int = Field(ge=1, le=_LONGEST)
    width: int = Field(ge=1, le=100)
    rows: tuple[str, ...] = Field(min_length=1)
    furniture: tuple[str, ...] = ()
    total: str | None = None
    total_columns: tuple[FixedColumn, ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        kinds = [*self.rows, *self.furniture, *([self.total] if self.total else [])]
        if len(set(kinds)) < len(kinds):
            raise ValueError("a record kind is named twice")
        for kind in kinds:
            if not 0 < len(kind) <= self.width:
                raise ValueError(f"the record kind {kind!r} does not fit {self.width} characters")
        if (self.total is None) != (not self.total_columns):
            raise ValueError("`total` and `total_columns` belong together")
        return self


class FixedLayout(Section):
    """The columns of a fixed-width file.

    Attributes:
        source: Where the layout is known from.
        length: Characters of a line; up to the end of the last column if not given.
        ragged_right: Whether lines may lack their trailing blanks.
    """

    kind: Literal["fixed_width"] = "fixed_width"
    source: str = ""
    columns: tuple[FixedColumn, ...] = Field(min_length=1, max_length=_MOST_COLUMNS)
    length: int | None = Field(default=None, ge=1, le=_LONGEST)
    ragged_right: bool = False
    record_type: RecordType | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = [plain_name(column.name) for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError("a column is named twice")
        reach = max(column.stop for column in self.columns)
        if self.record_type is not None:
            reach = max(reach, self.record_type.start - 1 + self.record_type.width)
        if self.length is not None and self.length < reach:
            raise ValueError(f"`length` is {self.length} and a column ends at {reach}")
        return self

    @property
    def width(self) -> int:
        """Characters of a whole line."""
        return self.length or max(column.stop for column in self.columns)


class DelimitedLayout(Section):
    """The columns of a delimited file without a header.

    Attributes:
        source: Where the layout is known from.
        encodings: The encodings, as in a vendor's format.
        width: Cells of a row.
        count_from: What the first position is called: 1, or 0 for a format that is known so.
        names: Position to name. A position that is not here is named `#<position>` by
            `unnamed: keep`, and stays in the row's text only by `unnamed: drop`.
        opens_with: Cells of the first record, where the format begins with a mark of its own.
        records: Kinds of records by their first cell, where a file mixes them.
    """

    kind: Literal["delimited"] = "delimited"
    source: str = ""
    encodings: tuple[str, ...] = ("utf-8-sig",)
    delimiter: Annotated[str, StringConstraints(strip_whitespace=False)] = ","
    width: int = Field(ge=1, le=_MOST_COLUMNS)
    count_from: Literal[0, 1] = 1
    names: dict[int, ColumnName] = Field(default_factory=dict)
    unnamed: Literal["keep", "drop"] = "keep"
    opens_with: tuple[str, ...] = ()
    records: dict[str, RecordUse] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for place in self.names:
            if place not in self.positions:
                ends = f"{self.positions[0]} to {self.positions[-1]}"
                raise ValueError(f"position {place} is not one of {ends}")
        folded = [plain_name(name) for name in self.header if name]
        if len(set(folded)) < len(folded):
            raise ValueError("a column is named twice")
        if self.records and "row" not in self.records.values():
            raise ValueError("no record kind is a `row`")
        return self

    @property
    def positions(self) -> range:
        """What the positions are called."""
        return range(self.count_from, self.count_from + self.width)

    @property
    def header(self) -> tuple[str, ...]:
        """A name for each position; empty for those that are dropped."""
        keep = self.unnamed == "keep"
        return tuple(self.names.get(place, f"#{place}" if keep else "") for place in self.positions)


_Layout = TypeVar("_Layout", FixedLayout, DelimitedLayout)


def named_layout(model: type[_Layout], name: str) -> _Layout:
    """Returns a layout from the reference data.

    Raises:
        ValueError: If no layout has that name, or it is of the other kind.
        UsageError: If the file is not a layout at all.
    """
    layout = _load(name) if name in layout_names() else None
    if layout is None:
        raise ValueError(f"there is no layout {name!r}; there are {', '.join(layout_names())}")
    if not isinstance(layout, model):
        raise ValueError(f"the layout {name!r} is {layout.kind}, which this format is not")  # noqa: TRY004 - pydantic wants ValueError
    return layout


@functools.cache
def layout_names() -> tuple[str, ...]:
    """Returns the names of all layouts of the reference data."""
    return tuple(sorted(path.stem for path in reference_path(_FOLDER).glob("*.yaml")))


@functools.cache
def _load(name: str) -> FixedLayout | DelimitedLayout:
    path = Path(reference_path(_FOLDER)) / f"{name}.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    fixed = isinstance(settings, dict) and settings.get("kind") == "fixed_width"
    try:
        return (FixedLayout if fixed else DelimitedLayout).model_validate(settings)
    except ValidationError as error:
        raise UsageError(
            f"the layout cannot be read: {error.errors()[0]['msg']}",
            where=f"data/reference/{_FOLDER}/{name}.yaml",
            remedy="mend the layout; docs/interfaces.md describes its keys",
        ) from error
