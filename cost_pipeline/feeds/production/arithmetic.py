"""The conversion of a posting as people compute it again: amount x rate / rate = base.

The numbers are those that the ledger holds, with all their digits. A rate is multiplied or divided
by as its source quotes it; that of the pivot is one and is left out. The result is rounded once, to
the minor units of the base currency, as the posting's `rounding` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from cost_pipeline.contracts.rate_sources import Quote
from cost_pipeline.core.money import shown
from cost_pipeline.core.people import money

_ONE: Final = Decimal(1)


def arithmetic(line: Mapping[str, Any]) -> str:
    """Returns the conversion of a posting, as `12.50 GBP x 1.1 / 0.85 = 16.18 USD`.

    Args:
        line: A posting, or the columns of it that are about money and rates.
    """
    original = f"{money(line['original_amount'])} {line['original_currency']}"
    base = f"{money(line['base_amount'])} {line['base_currency']}"
    if line["original_currency"] == line["base_currency"]:
        return base
    times, over = _steps(line)
    return f"{original}{_each(' x ', times)}{_each(' / ', over)} = {base}"


def quoted(rate: Decimal, quote: str, currency: str, pivot: str) -> str:
    """Returns a rate in words, as its source quotes it: `0.85 GBP for 1 EUR`; "" of the pivot."""
    if currency == pivot:
        return ""
    few, one = (currency, pivot) if Quote(quote) is Quote.PER_PIVOT else (pivot, currency)
    return f"{shown(rate, 0)} {few} for 1 {one}"


def _steps(line: Mapping[str, Any]) -> tuple[list[Decimal], list[Decimal]]:
    """Returns what the amount is multiplied by, and what it is divided by."""
    times: list[Decimal] = []
    over: list[Decimal] = []
    for side, per_pivot, per_unit in (("base", times, over), ("original", over, times)):
        quote = Quote(line[f"quote_{side}"])
        (per_pivot if quote is Quote.PER_PIVOT else per_unit).append(line[f"rate_{side}"])
    return [r for r in times if r != _ONE], [r for r in over if r != _ONE]


def _each(sign: str, rates: list[Decimal]) -> str:
    return "".join(f"{sign}{shown(rate, 0)}" for rate in rates)
