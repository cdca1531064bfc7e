"""Money is a Decimal beside its ISO 4217 currency; no float comes near it.

Amounts are held with four decimals (`AMOUNT_SCALE`; ISO 4217 has no currency with more) and up to
sixteen digits before the point, which is `decimal128(20, 4)` in a table.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

AMOUNT_PRECISION = 20
AMOUNT_SCALE = 4
AMOUNT_QUANTUM = Decimal(1).scaleb(-AMOUNT_SCALE)
AMOUNT_LIMIT = Decimal(10) ** (AMOUNT_PRECISION - AMOUNT_SCALE)


def at_scale(amount: Decimal) -> Decimal:
    """The amount with exactly four decimals.

    Raises:
        ValueError: If that would change its value or not fit `decimal128(20, 4)`.
    """
    if not amount.is_finite() or abs(amount) >= AMOUNT_LIMIT:
        raise ValueError(f"{amount} does not fit an amount")
    scaled = amount.quantize(AMOUNT_QUANTUM, rounding=ROUND_HALF_EVEN)
    if scaled != amount:
        raise ValueError(f"{amount} has more than {AMOUNT_SCALE} decimals")
    return scaled + 0  # turns -0 into 0: Arrow has no negative zero


def fitting(amount: Decimal | None) -> Decimal | None:
    """The amount, negative ones too, with four decimals; None if it cannot be held exactly."""
    if amount is None:
        return None
    try:
        return at_scale(amount)
    except ValueError:
        return None


def quanta(amount: Decimal) -> int:
    """An amount of four decimals as a count of 0.0001."""
    return int(amount.scaleb(AMOUNT_SCALE))


def shown(amount: Decimal, minor_units: int = 2) -> str:
    """The amount as text with at least `minor_units` decimals and no trailing zeros beyond them."""
    text = format(amount, "f")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(minor_units, "0")
    return f"{whole}.{fraction}" if fraction else whole
