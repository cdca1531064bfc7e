"""The shape of a vendor file (`vendors/*.yaml`): one configured source of deliveries.

Public interface: docs/interfaces.md describes every key. Reading YAML and telling file and line of
a mistake is `cost_pipeline.home`'s work; this module only says what a vendor is.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal, Self

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

__all__ = [
    "Auth",
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
    "Pages",
    "ProductionCode",
    "RecordKind",
    "Source",
    "Vendor",
]

# Names become asset keys, folders and SQL literals: only what is safe in all three.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
ProductionCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]


class RecordKind(StrEnum):
    """The record kinds of the production feed; each has a contract of its own."""

    PURCHASE_ORDER = "purchase_order"
    VENDOR_INVOICE = "vendor_invoice"
    PAYROLL_LINE = "payroll_line"
    LOCATION_SETTLEMENT = "location_settlement"


class FolderSource(Section):
    """Files that somebody puts into a folder.

    Attributes:
        path: Relative to the home, or absolute.
        files: A name with a date pattern (`{pull_date:%Y-%m}.csv`: the files of that pull date) or
            a plain glob (every file whose bytes are not yet landed).
    """

    kind: Literal["folder"]
    path: str
    files: str = "*"

    @field_validator("files")
    @classmethod
    def _stays_inside(cls, files: str) -> str:
        if files.startswith("/") or ".." in files.split("/"):
            raise ValueError("must be a name or pattern inside `path`, without `..`")
        return files

    @property
    def dated(self) -> bool:
        """Whether the name depends on the pull date."""
        return "{pull_date" in self.files


class Pages(Section):
    """How an API hands out its result: numbered pages until one is short or says so."""

    style: Literal["none", "page"] = "none"
    page_parameter: str = "page"
    size_parameter: str | None = None
    size: int | None = Field(default=None, ge=1)
    first: int = 1
    more: str | None = Field(default=None, description="key that is false or null on the last page")


class Auth(Section):
    """Credentials by the name of an environment variable, never by value."""

    kind: Literal["bearer", "key", "basic"]
    env: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    header: str = "Authorization"


class HttpSource(Section):
    """A JSON, JSON lines or CSV API.

    `url` may hold `{pull_date:...}`; `parameters` values may too. Durations are in seconds.
    """

    kind: Literal["http"]
    url: str = Field(pattern=r"^https?://")
    parameters: dict[str, str] = Field(default_factory=dict)
    pages: Pages = Pages()
    auth: Auth | None = None
    attempts: int = Field(default=4, ge=1, le=20)
    connect_timeout: float = Field(default=5.0, gt=0)
    read_timeout: float = Field(default=30.0, gt=0)
    total_timeout: float = Field(default=300.0, gt=0)


Source = Annotated[FolderSource | HttpSource, Field(discriminator="kind")]


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
    """One vendor file.

    Attributes:
        key: `None` where the vendor has none (`key: none`): every row then stands for itself.
        columns: Contract field to the header names it has had; the first present is used.
        ignore: Header names that are known and not wanted; any other unknown name is drift.
        constants: Contract fields that the file does not carry.
    """

    vendor: Name
    feed: Literal["production"] = "production"
    production: ProductionCode
    record: RecordKind
    priority: Literal["payroll", "high", "normal", "low"] = "normal"
    source: Source
    format: AnyFormat
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    numbers: NumberStyle = NumberStyle()
    negatives: Literal["dead_letter"] = "dead_letter"
    key: Key | None
    columns: dict[str, tuple[str, ...]]
    ignore: tuple[str, ...] = ()
    constants: dict[str, str] = Field(default_factory=dict)

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
            told = self.format.model_copy(update={"exact": self.columns.get("amount", ())})
        if told is not None:
            object.__setattr__(self, "format", told)
        return self
