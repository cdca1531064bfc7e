"""Rules between fields of a cost record, each declared once and used by both lanes.

A rule says what it looks at (`sees`) and judges just that. The model's lane shows it the values of
one row; the columnar lane shows it every distinct combination once. So a rule must be a function of
what it sees and of reference data, nothing else. Rules of one field are its constraints
(`cost_fields`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from cost_pipeline.contracts.card_fields import GrossLine
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.tax_ids import kinds_demanding_tax_id
from cost_pipeline.contracts.unions import NON_UNION, union_categories
from cost_pipeline.contracts.vendor import RecordKind
from cost_pipeline.core.money import shown
from cost_pipeline.core.reasons import Reason

# Part of every interpretation: raise it when a rule's code changes what it accepts.
RULES_VERSION: Final = 1


class View(StrEnum):
    """What a rule looks at: a value, whether there is one, or how many decimals it needs."""

    VALUE = "value"
    PRESENT = "present"
    DECIMALS = "decimals"


def view(value: Any, how: View) -> Any:  # noqa: ANN401 - a rule's own check knows its types
    """What a rule sees of a value."""
    if how is View.PRESENT:
        return value is not None
    if how is View.DECIMALS:
        return significant_decimals(value)
    return value


def significant_decimals(amount: Decimal) -> int:
    """How many decimals the amount needs: 2 for 1.50 is 1, for 1.00 it is 0."""
    return len(format(amount, "f").partition(".")[2].rstrip("0"))


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that a rule looks at."""

    field: str
    how: View = View.VALUE


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule between fields.

    Attributes:
        name: For people.
        kinds: The record kinds that it holds for.
        sees: The arguments of `check`, in order.
        check: None if what is seen is in order.
    """

    name: str
    kinds: frozenset[RecordKind]
    sees: tuple[Seen, ...]
    check: Callable[..., Problem | None]


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
    return Problem("amount", Reason.BAD_AMOUNT, message)


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


_EVERY_KIND: Final = frozenset(RecordKind)


@functools.cache
def rules_for(kind: RecordKind) -> tuple[Rule, ...]:
    """The rules that a record of this kind must keep."""
    rules = (
        Rule(
            "currency in use on the day",
            _EVERY_KIND,
            (Seen("currency"), Seen("transaction_date")),
            _currency_in_use,
        ),
        Rule(
            "no more decimals than the currency's minor units",
            _EVERY_KIND,
            (Seen("amount", View.DECIMALS), Seen("currency")),
            _minor_units,
        ),
        Rule(
            "union category as the cost code demands",
            frozenset({RecordKind.PAYROLL_LINE, RecordKind.TIMECARD}),
            (Seen("gl_code"), Seen("union_category")),
            _union_category,
        ),
        Rule(
            "gross lines add up to the amount",
            frozenset({RecordKind.TIMECARD}),
            (Seen("gross"), Seen("amount")),
            _gross_adds_up,
        ),
        Rule(
            "tax id where the kind demands one",
            kinds_demanding_tax_id(),
            (Seen("tax_id", View.PRESENT),),
            _tax_id,
        ),
    )
    return tuple(rule for rule in rules if kind in rule.kinds)


def broken(
    rules: tuple[Rule, ...], values: Mapping[str, object], wrong: Collection[str] = ()
) -> Iterator[Problem]:
    """The problems of a row, whose empty fields may be absent from `values`.

    A rule that looks at one of the fields that are `wrong` by themselves is not asked.
    """
    for rule in rules:
        if wrong and any(seen.field in wrong for seen in rule.sees):
            continue
        problem = rule.check(*[view(values.get(seen.field), seen.how) for seen in rule.sees])
        if problem is not None:
            yield problem
