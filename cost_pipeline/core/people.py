"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

from cost_pipeline.core.money import shown


def money(amount: Decimal) -> str:
    """Returns an exact number with all its digits, at least two decimals, thousands apart."""
    whole, _, fraction = shown(abs(amount)).partition(".")
    return f"{'-' if amount < 0 else ''}{int(whole):,}.{fraction}"


def counted(number: int, one: str, many: str = "") -> str:
    """Returns a number with its noun: `1 row`, `2,000 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
