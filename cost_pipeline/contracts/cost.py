"""The contracts of the production feed: what a cost record must look like.

Belongs here: which fields a kind of record has. The types of fields are in `cost_fields`, rules
between fields in `cost_rules`, timecards in `timecard`.
"""

from __future__ import annotations

from typing import ClassVar

from cost_pipeline.contracts.cost_fields import (
    Amount,
    CurrencyCode,
    DepartmentCode,
    GlCode,
    Id,
    LongText,
    ProductionRef,
    ShortText,
    TaxId,
    TransactionDate,
)
from cost_pipeline.contracts.cost_reasons import COST_REASONS
from cost_pipeline.contracts.cost_rules import rules_for
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.record import Record
from cost_pipeline.contracts.rules import Rule
from cost_pipeline.core.reasons import ReasonList


class CostRecord(Record):
    """What every cost has in common.

    Amounts are in `currency`, not negative: a credit is judged as the cost that it takes back, and
    `credit_of` is the reference of the invoice that it names. `department_code` and `gl_code` are
    the production's chart of accounts. `vendor` is the name of the vendor file, `vendor_name` whom
    the cost is paid to. `tax_id` comes out as `SCHEME:NUMBER`.
    """

    kind: ClassVar[RecordKind]
    reasons: ClassVar[ReasonList] = COST_REASONS

    transaction_id: Id
    transaction_date: TransactionDate
    production: ProductionRef
    department_code: DepartmentCode
    gl_code: GlCode
    amount: Amount
    currency: CurrencyCode
    union_category: Id | None = None
    tax_id: TaxId | None = None
    vendor_name: ShortText | None = None
    description: LongText | None = None
    po_number: Id | None = None
    credit_of: Id | None = None

    @classmethod
    def rules(cls) -> tuple[Rule, ...]:
        """Returns what its fields must agree on."""
        return rules_for(cls.kind)


class PurchaseOrder(CostRecord):
    """A commitment: what will be owed when the order is delivered."""

    kind = RecordKind.PURCHASE_ORDER

    po_number: Id


class VendorInvoice(CostRecord):
    """A supplier's invoice, or one line of it."""

    kind = RecordKind.VENDOR_INVOICE

    invoice_number: Id | None = None


class PayrollLine(CostRecord):
    """One line of a payroll: a worker's pay, its union category as the cost code demands."""

    kind = RecordKind.PAYROLL_LINE

    worker_id: Id | None = None


class LocationSettlement(CostRecord):
    """A payment for the use of a place."""

    kind = RecordKind.LOCATION_SETTLEMENT

    location: ShortText | None = None
