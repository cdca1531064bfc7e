"""Rules between the fields of a cost.

Belongs here: what the fields of one cost record must agree on. Rules of one field are its
constraints (`cost_fields`).
"""

from __future__ import annotations

import functools
from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.gross import GrossLine
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.rules import Rule, Seen, View
from cost_pipeline.contracts.tax_ids import kinds_demanding_tax_id
from cost_pipeline.contracts.unions import NON_UNION, union_categories
from cost_pipeline.core.money import shown
from cost_pipeline.core.reasons import Reason

# Part of every interpretation: raise it when a rule's code changes what it accepts.
RULES_VERSION: Final = 1


def _currency_in_use(code: str, day: date) -> Problem | None:
    words = currencies()[code].refusal_on(day)
    if words is None:
        return None
    message = f"{code} is not a currency on {day}: {words}"
    return Problem("currency", Reason.CURRENCY_NOT_VALID_ON_DATE, message, code)


def _minor_units(decimals: int, code: str) -> Problem | None:
    units = currencies()[code].minor_units
    if decimals <= units:
        return None
    message = f"it needs {decimals} decimals and {code} has {units}"
    return Problem("amount", Reason.BAD_NUMBER, message)


def _union_category(gl_code: str, category: str | None) -> Problem | None:
    agreement = union_categories().agreement(gl_code)
    if agreement is None:
        message = f"no agreement is known for the cost code {gl_code}"
        return Problem("gl_code", CostReason.UNMAPPED_COST_CODE, message, gl_code)
    if category == agreement or (category is None and agreement == NON_UNION):
        return None
    if category is None:
        message = f"work on {gl_code} is covered by {agreement} and the row names no category"
        return Problem("union_category", CostReason.UNION_CATEGORY_MISSING, message)
    message = f"work on {gl_code} is {agreement} and the row says '{category}'"
    return Problem("union_category", CostReason.UNION_CATEGORY_MISMATCH, message, category)


def _gross_adds_up(gross: tuple[GrossLine, ...] | None, amount: Decimal) -> Problem | None:
    if not gross:
        return None
    total = sum((line.amount for line in gross), Decimal(0))
    if total == amount:
        return None
    message = f"its {len(gross)} lines add up to {shown(total)}, and the amount is {shown(amount)}"
    return Problem("gross", CostReason.GROSS_NOT_THE_SUM, message, shown(total))


def _tax_id(present: bool) -> Problem | None:  # noqa: FBT001 - the only thing this rule sees
    if present:
        return None
    message = "a payee of this kind must be identified by a tax id"
    return Problem("tax_id", CostReason.MISSING_TAX_ID, message)


_CURRENCY: Final = Rule(
    "currency in use on the day",
    (Seen("currency"), Seen("transaction_date")),
    _currency_in_use,
)
_MINOR_UNITS: Final = Rule(
    "no more decimals than the currency's minor units",
    (Seen("amount", View.DECIMALS), Seen("currency")),
    _minor_units,
)
_CATEGORY: Final = Rule(
    "union category as the cost code demands",
    (Seen("gl_code"), Seen("union_category")),
    _union_category,
)
_GROSS: Final = Rule(
    "gross lines add up to the amount",
    (Seen("gross"), Seen("amount")),
    _gross_adds_up,
)
_PAYEE: Final = Rule(
    "tax id where the kind demands one",
    (Seen("tax_id", View.PRESENT),),
    _tax_id,
)
_PAYROLL: Final = frozenset({RecordKind.PAYROLL_LINE, RecordKind.TIMECARD})


@functools.cache
def rules_for(kind: RecordKind) -> tuple[Rule, ...]:
    """Returns the rules that a record of this kind must keep."""
    rules = [_CURRENCY, _MINOR_UNITS]
    if kind in _PAYROLL:
        rules.append(_CATEGORY)
    if kind is RecordKind.TIMECARD:
        rules.append(_GROSS)
    if kind in kinds_demanding_tax_id():
        rules.append(_PAYEE)
    return tuple(rules)
