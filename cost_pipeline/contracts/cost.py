"""The contracts of the production feed: what a cost record must look like.

Belongs here: which fields a kind of record has, and the verdict on a record. The types of fields
are in `cost_fields`, rules between fields in `rules`, timecards in `timecard`. Reading a vendor's
text into typed values is `cost_pipeline.validate`'s work.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from cost_pipeline.contracts.constraints import field_adapter, parts
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
from cost_pipeline.contracts.problems import Problem, RefusedAs
from cost_pipeline.contracts.rules import broken, rules_for
from cost_pipeline.contracts.vendor import Name, RecordKind
from cost_pipeline.core.reasons import Reason, ReasonList, catalogue


class CostRecord(BaseModel):
    """What every cost has in common.

    Amounts are in `currency`, not negative: a credit is judged as the cost that it takes back, and
    `credit_of` is the reference of the invoice that it names. `department_code` and `gl_code` are
    the production's chart of accounts. `vendor` is the name of the vendor file, `vendor_name` whom
    the cost is paid to. `tax_id` comes out as `SCHEME:NUMBER`.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    kind: ClassVar[RecordKind]
    reasons: ClassVar[ReasonList] = COST_REASONS
    """The codes for which its rows are refused, beside the shared ones."""
    columnar: ClassVar[bool] = True
    """Whether whole columns can be proven: no field's reading needs another field of its row."""

    vendor: Name
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

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        for problem in broken(rules_for(self.kind), self.__dict__):
            words = problem.message.replace("{", "(")
            raise PydanticCustomError(problem.code, words)
        return self


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


def judge(
    contract: type[CostRecord], values: Mapping[str, object]
) -> CostRecord | tuple[Problem, ...]:
    """The record that the values make, or everything that is wrong with them.

    Args:
        contract: The model.
        values: Typed values by field; a field without a value is absent.
    """
    try:
        return contract.model_validate(values)
    except ValidationError as error:
        wrong = [
            _problem(contract, str(entry["loc"][0]), entry["type"], entry)
            for entry in error.errors(include_url=False, include_context=False)
            if entry["loc"]
        ]
    # The model asks its rules only when every field is good, and stops at the first: ask again.
    names = {problem.field for problem in wrong}
    return (*wrong, *broken(rules_for(contract.kind), values, names))


def _problem(
    contract: type[CostRecord], name: str, error_type: str, entry: Mapping[str, Any]
) -> Problem:
    if error_type == "missing":
        return Problem(name, Reason.MISSING_FIELD, "it is empty and this kind of record needs it")
    if error_type == "extra_forbidden":
        return Problem(name, Reason.UNKNOWN_FIELD, f"a {contract.kind} has no such field")
    noted = refused_as(contract, name)
    if error_type in catalogue(contract.reasons):
        value = None if noted.secret else str(entry["input"])
        return Problem(name, error_type, str(entry["msg"]), value)
    return noted.problem(name, error_type, entry["input"])


@functools.cache
def refused_as(contract: type[CostRecord], name: str) -> RefusedAs:
    """How a broken constraint of a field is called."""
    for note in parts(contract.model_fields[name]).notes:
        if isinstance(note, RefusedAs):
            return note
    return RefusedAs(Reason.BAD_TEXT, f"is not a valid {name}")


def judge_field(contract: type[CostRecord], name: str, value: object) -> object | Problem:
    """The model's verdict on one field seen by itself: the value it gives, or the problem."""
    try:
        accepted: object = _adapter(contract, name).validate_python(value)
    except ValidationError as error:
        entry = error.errors(include_url=False, include_context=False)[0]
        return _problem(contract, name, entry["type"], entry)
    return accepted


@functools.cache
def _adapter(contract: type[CostRecord], name: str) -> TypeAdapter[Any]:
    return field_adapter(contract, name)
