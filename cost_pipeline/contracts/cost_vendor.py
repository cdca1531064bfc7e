"""The shape of a vendor file of the production feed: what it says beside what all feeds have."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from cost_pipeline.contracts.effects import ReadIf, ReadWith
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.tax_schemes import TaxIds
from cost_pipeline.contracts.vendor import MeasureStyle, Name, Vendor

ProductionCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]


class RecordKind(StrEnum):
    """The record kinds of the production feed; each has a contract of its own."""

    PURCHASE_ORDER = "purchase_order"
    VENDOR_INVOICE = "vendor_invoice"
    PAYROLL_LINE = "payroll_line"
    LOCATION_SETTLEMENT = "location_settlement"
    TIMECARD = "timecard"


class ReconcileWith(Section):
    """The vendor that reports the same transactions another way, and how the two are compared.

    Attributes:
        vendor: The other vendor.
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


Days = Annotated[int, Field(ge=0, le=36_525)]


class Plausible(Section):
    """The days by which a cost's date may differ from its pull before a person must look at it.

    Attributes:
        before: Days before, or `any`; the production's `late_window_days` if not given.
        after: Days after, or `any`; one, because it may be tomorrow where the vendor is.
    """

    before: Days | Literal["any"] | None = None
    after: Days | Literal["any"] = 1

    @field_validator("before", "after", mode="before")
    @classmethod
    def _number(cls, days: object) -> object:
        return int(days) if isinstance(days, str) and days.isdecimal() else days


_IDENTIFIED: Final = ReadIf(
    lambda vendor: "tax_id" in {*vendor.read_from, *vendor.constants}, "no column gives `tax_id`"
)
_POSTED: Final = ReadIf(lambda vendor: vendor.posts, "`posts: false`: nothing of it is posted")


class CostVendor(Vendor):
    """One vendor file of the production feed.

    Attributes:
        production: The production whose costs they are.
        measure: The key `amount`.
        negatives: `credit_note` where negative amounts are credits that name their invoice in
            `credit_of`; else each waits for an approved reversal.
        tax_ids: The scheme of its tax ids; else each says its own, and a bare one is a US EIN.
        plausible: How far from its pull a cost may be dated.
        payroll_run: Whether a timecard that a rule blocks is refused alone, or with its whole run:
            the cards of its delivery and payroll week.
        reconcile_with: The other vendor of a pair; named by one of the two.
    """

    exact: ClassVar[tuple[str, ...]] = ("amount",)
    measured: ClassVar[str] = "amount"
    deciding: ClassVar[tuple[str, ...]] = (*Vendor.deciding, "production", "negatives")
    declared: ClassVar[tuple[str, ...]] = (*Vendor.declared, "tax_ids")
    changing: ClassVar[tuple[str, ...]] = (*Vendor.changing, "tax_ids")

    feed: Literal["production"] = "production"
    production: ProductionCode
    record: RecordKind
    measure: MeasureStyle | None = Field(default=None, alias="amount")
    negatives: Literal["dead_letter", "credit_note"] = "dead_letter"
    tax_ids: Annotated[TaxIds | None, _IDENTIFIED] = None
    plausible: Annotated[Plausible, _POSTED] = Plausible()
    payroll_run: Annotated[
        Literal["lines", "strict"], ReadWith("record", (RecordKind.TIMECARD,))
    ] = "lines"
    reconcile_with: ReconcileWith | None = None

    @property
    def scope(self) -> str | None:
        """The production."""
        return self.production

    @property
    def refuses_negatives(self) -> bool:
        """A negative amount waits for a reversal, unless the vendor sends credit notes."""
        return self.negatives == "dead_letter"

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
