"""Money is a Decimal beside its ISO 4217 currency; no float comes near it.

Amounts are held with four decimals (`AMOUNT_SCALE`; ISO 4217 has no currency with more) and up to
sixteen digits before the point, which is `decimal128(20, 4)` in a table.
"""

from __future__ import annotations

from decimal import Decimal

from cost_pipeline.core.exact import Exact

AMOUNT_PRECISION = 20
AMOUNT_SCALE = 4

AMOUNT = Exact(AMOUNT_PRECISION, AMOUNT_SCALE)
"""What a column of amounts can hold."""


def shown(amount: Decimal, minor_units: int = 2) -> str:
    """Returns the amount as text with `minor_units` decimals, or more where it has more."""
    text = format(amount, "f")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(minor_units, "0")
    return f"{whole}.{fraction}" if fraction else whole
