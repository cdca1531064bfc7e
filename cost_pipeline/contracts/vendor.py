"""The shape of a vendor file (`vendors/*.yaml`): one configured source of deliveries.

Public interface: docs/interfaces.md describes every key. Reading YAML and telling file and line of
a mistake is `cost_pipeline.home`'s work; this module only says what a vendor is.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from cost_pipeline.contracts.sources import FolderSource, HttpSource, SftpSource, Source

__all__ = ["FolderSource", "HttpSource", "SftpSource", "Source"]

# Names become asset keys, folders and SQL literals: only what is safe in all three.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
ProductionCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]


class RecordKind(StrEnum):
    """The record kinds of the production feed; each has a contract of its own."""

    PURCHASE_ORDER = "purchase_order"
    VENDOR_INVOICE = "vendor_invoice"
    PAYROLL_LINE = "payroll_line"
    LOCATION_SETTLEMENT = "location_settlement"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ControlTotal(_Section):
    """A trailing row in which only `column` is filled declares the sum of that column's rows."""

    column: str = "amount"
    tolerance: Decimal = Field(default=Decimal(0), ge=0)


class FormatKind(StrEnum):
    """The formats that this version reads."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    EP_LEDGER = "ep_ledger"


class FileFormat(_Section):
    """How bytes become rows.

    Attributes:
        encodings: Tried in order on the whole delivery; the first that fits is recorded.
        delimiter: One character, for `csv`.
        records: For `json`, the dotted path of the list of records (`data.items`); the top level
            if empty.
        control_total: Declared by vendors whose files end in a total row.
    """

    kind: FormatKind
    encodings: tuple[str, ...] = ("utf-8-sig",)
    delimiter: Annotated[str, StringConstraints(strip_whitespace=False)] = ","
    records: str = ""
    control_total: ControlTotal | None = None

    @field_validator("encodings")
    @classmethod
    def _known_encodings(cls, encodings: tuple[str, ...]) -> tuple[str, ...]:
        if not encodings:
            raise ValueError("name at least one encoding")
        for name in encodings:
            try:
                "x".encode(name)  # decoding nothing would not even look for the codec
            except LookupError:
                raise ValueError(f"{name!r} is not an encoding that Python knows") from None
        return encodings

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, delimiter: str) -> str:
        if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
            raise ValueError('must be one ASCII character other than `"` and a line break')
        return delimiter


class Negatives(StrEnum):
    """The ways in which a vendor writes a negative amount."""

    LEADING = "leading"
    TRAILING = "trailing"
    PARENTHESES = "parentheses"


class NumberStyle(_Section):
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


class Key(_Section):
    """The natural key of a row; `ordinal` where one repeats lawfully within a delivery."""

    columns: tuple[str, ...] = Field(min_length=1)
    ordinal: bool = False


class Vendor(_Section):
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
    format: FileFormat
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    numbers: NumberStyle = NumberStyle()
    negatives: Literal["dead_letter"] = "dead_letter"
    key: Key | None
    columns: dict[str, tuple[str, ...]]
    ignore: tuple[str, ...] = ()
    constants: dict[str, str] = Field(default_factory=dict)

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
