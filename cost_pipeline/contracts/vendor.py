"""The shape of a vendor file (`vendors/*.yaml`): one configured source of deliveries.

Public interface: docs/interfaces.md describes every key. Reading YAML and telling file and line of
a mistake is `cost_pipeline.home`'s work; this module only says what a vendor is.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from cost_pipeline.contracts.formats import (
    AnyFormat,
    ControlTotal,
    ExcelFormat,
    FileFormat,
    FormatKind,
    JsonFormat,
    ParquetFormat,
)
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.sources import FolderSource, HttpSource, SftpSource, Source

__all__ = [
    "ControlTotal",
    "FileFormat",
    "FolderSource",
    "FormatKind",
    "HttpSource",
    "JsonFormat",
    "Key",
    "Name",
    "Negatives",
    "NumberStyle",
    "SftpSource",
    "Source",
    "Vendor",
]

# Names become asset keys, folders and SQL literals: only what is safe in all three.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Negatives(StrEnum):
    """The ways in which a vendor writes a negative amount."""

    LEADING = "leading"
    TRAILING = "trailing"
    PARENTHESES = "parentheses"


class NumberStyle(Section):
    """How this vendor writes amounts; anything else is refused, never guessed."""

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    symbols: tuple[str, ...] = ()
    negatives: tuple[Negatives, ...] = (Negatives.LEADING,)

    # A thousands separator may be one space, which stripping would eat.
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands separator must differ")
        for symbol in self.symbols:
            if not symbol or re.search(r"[0-9.,()\-+\s]", symbol):
                raise ValueError(f"{symbol!r} cannot be told from a number")
        return self


class Key(Section):
    """The natural key of a row; `ordinal` where one repeats lawfully within a delivery."""

    columns: tuple[str, ...] = Field(min_length=1)
    ordinal: bool = False


class Vendor(Section):
    """One vendor file, as far as all feeds have it; a feed adds its own keys in a subclass.

    Attributes:
        feed: The line of business that its records belong to.
        record: The kind of its records; the feed says which kinds there are.
        key: `None` where the vendor has none (`key: none`): every row then stands for itself.
        columns: Contract field to the header names it has had; the first present is used.
        ignore: Header names that are known and not wanted; any other unknown name is drift.
        constants: Contract fields that the file does not carry.
        posts: Whether its records are posted; false where they only serve reconciliation.
    """

    exact: ClassVar[tuple[str, ...]] = ()
    """The fields whose numbers must be exact: a source that holds them as floats is refused."""
    deciding: ClassVar[tuple[str, ...]] = (
        "vendor", "feed", "record", "format", "dates", "numbers", "posts", "key", "columns",
        "ignore", "constants",
    )  # fmt: skip
    """The keys that decide verdicts; where a delivery is fetched from does not."""

    vendor: Name
    feed: Name
    record: Name
    priority: Literal["payroll", "high", "normal", "low"] = "normal"
    source: Source
    format: AnyFormat
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    numbers: NumberStyle = NumberStyle()
    key: Key | None
    columns: dict[str, tuple[str, ...]]
    ignore: tuple[str, ...] = ()
    constants: dict[str, str] = Field(default_factory=dict)
    posts: bool = True

    @property
    def scope(self) -> str | None:
        """Whose records they are: the production, the station; None if nobody's."""
        return None

    @property
    def refuses_negatives(self) -> bool:
        """Whether a row that is refused is also told that its measure is negative."""
        return False

    @model_validator(mode="after")
    def _increments_can_be_read(self) -> Self:
        source = self.source
        if isinstance(source, HttpSource) and source.incremental:
            kind = self.format.kind
            if kind is not FormatKind.JSON and not (
                kind is FormatKind.JSONL and source.incremental.field
            ):
                raise ValueError("`incremental` needs JSON (or JSON lines, with `field`)")
        return self

    @field_validator("key", mode="before")
    @classmethod
    def _short_forms(cls, key: object) -> object:
        if key == "none":
            return None
        if isinstance(key, list):
            return {"columns": key}
        return key

    @field_validator("dates")
    @classmethod
    def _whole_dates(cls, dates: tuple[str, ...]) -> tuple[str, ...]:
        for form in dates:
            day, month, year = ("%d" in form), re.search("%[mbB]", form), re.search("%[yY]", form)
            if not (day and month and year):
                raise ValueError(f"{form!r} does not hold day, month and year")
        if not dates:
            raise ValueError("name at least one date format")
        return dates

    @model_validator(mode="after")
    def _tell_the_format(self) -> Self:
        """Formats that look for the vendor's columns learn their names from `columns`."""
        told: FileFormat | None = None
        if isinstance(self.format, ExcelFormat) and not self.format.header:
            names = tuple(name for names in self.columns.values() for name in names)
            told = self.format.model_copy(update={"header": names})
        elif isinstance(self.format, ParquetFormat) and not self.format.exact:
            exact = [name for field in self.exact for name in self.columns.get(field, ())]
            told = self.format.model_copy(update={"exact": tuple(exact)})
        if told is not None:
            object.__setattr__(self, "format", told)
        return self
