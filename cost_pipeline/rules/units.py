"""The whole numbers that rules are computed in: minutes, tenths of an hour, cents, hundredths.

Money is rounded to the cent once, half up, as payroll does; a rate is held in ten-thousandths of a
dollar. A number that would lose digits is refused, so nothing is ever rounded on the way in.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

MINUTES_PER_TENTH: Final = 6
RATE_UNIT: Final = 10_000
CENT: Final = 100


def exact(value: Decimal, times: int) -> int:
    """Returns `value * times` as a whole number.

    Raises:
        ValueError: If the product is not whole.
    """
    product = value * times
    if product != product.to_integral_value():
        raise ValueError(f"{value} times {times} is not a whole number")
    return int(product)


def minutes(hours: Decimal) -> int:
    """Returns hours as minutes."""
    return exact(hours, 60)


def tenths(hours: Decimal) -> int:
    """Returns hours as tenths of an hour."""
    return exact(hours, 10)


def cents(amount: Decimal) -> int:
    """Returns dollars as cents."""
    return exact(amount, CENT)


def hundredths(value: Decimal) -> int:
    """Returns a multiplier as hundredths."""
    return exact(value, 100)


def whole(value: Decimal) -> int:
    """Returns a number that has no decimals: a percentage that rules compute in whole ones."""
    return exact(value, 1)


def rate_units(amount: Decimal) -> int:
    """Returns a rate as ten-thousandths of a dollar."""
    return exact(amount, RATE_UNIT)
