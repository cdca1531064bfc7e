"""The shape of a vendor file (`vendors/*.yaml`): one configured source of deliveries.

Public interface: docs/interfaces.md describes every key. Reading YAML and telling file and line of
a mistake is `cost_pipeline.home`'s work; this module only says what a vendor is.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from cost_pipeline.contracts.expectations import Expect
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
    "ProductionCode",
    "ReconcileWith",
    "RecordKind",
    "SftpSource",
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
    TIMECARD = "timecard"


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


class ReconcileWith(Section):
    """The vendor that tells of the same transactions by another way, and how the two are compared.

    Attributes:
        vendor: The other one.
        key: Contract fields that name a transaction on both sides.
        fields: Contract fields that are compared.
        tolerance: How far amounts may differ.
        wait_days: How many days the other side may be behind before a transaction that only one
            side has counts as missing.
    """

    vendor: Name
    key: tuple[str, ...] = Field(default=("transaction_id",), min_length=1)
    fields: tuple[str, ...] = Field(
        default=("transaction_date", "amount", "currency"), min_length=1
    )
    tolerance: Decimal = Field(default=Decimal(0), ge=0, max_digits=20, decimal_places=4)
    wait_days: int = Field(default=0, ge=0, le=366)


class Vendor(Section):
    """One vendor file.

    Attributes:
        negatives: `credit_note` where negative amounts are credits that name their invoice in
            `credit_of`; else each waits for an approved reversal.
        payroll_run: Whether a timecard that a rule blocks is refused alone, or with its whole run:
            the cards of its delivery and payroll week.
        key: `None` where the vendor has none (`key: none`): every row then stands for itself.
        columns: Contract field to the header names it has had; the first present is used.
        ignore: Header names that are known and not wanted; any other unknown name is drift.
        constants: Contract fields that the file does not carry.
        posts: Whether its records are posted; false where they only serve reconciliation.
        reconcile_with: The other vendor of a pair; named by one of the two.
        expect: When its deliveries are due; None where nobody says.
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
    negatives: Literal["dead_letter", "credit_note"] = "dead_letter"
    payroll_run: Literal["lines", "strict"] = "lines"
    key: Key | None
    columns: dict[str, tuple[str, ...]]
    ignore: tuple[str, ...] = ()
    constants: dict[str, str] = Field(default_factory=dict)
    posts: bool = True
    reconcile_with: ReconcileWith | None = None
    expect: Expect | None = None

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

    @model_validator(mode="after")
    def _credits_name_their_invoice(self) -> Self:
        named = "credit_of" in self.columns or "credit_of" in self.constants
        if self.negatives == "dead_letter":
            if named:
                raise ValueError("`credit_of` is read where `negatives: credit_note` is declared")
            return self
        if self.record is RecordKind.PURCHASE_ORDER:
            raise ValueError("`negatives: credit_note` is for what is posted, not for orders")
        if not named:
            raise ValueError(
                "`negatives: credit_note` needs a column for `credit_of`: the reference of the"
                " invoice that a credit belongs to"
            )
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
            told = self.format.model_copy(update={"exact": self.columns.get("amount", ())})
        if told is not None:
            object.__setattr__(self, "format", told)
        return self
