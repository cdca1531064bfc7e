"""Decimal numbers of so many digits, held exactly or not at all; no float comes near them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

# The usual context has 28 digits, and a number may have 38.
_WIDE: Final = Context(prec=80)


@dataclass(frozen=True, slots=True)
class Exact:
    """A decimal type: the numbers that `decimal128(precision, scale)` can hold.

    Attributes:
        precision: The greatest number of digits.
        scale: How many of them stand behind the point.
    """

    precision: int
    scale: int

    def at_scale(self, number: Decimal) -> Decimal:
        """Returns the number with exactly `scale` decimals.

        Raises:
            ValueError: If that would change the value, or if there are too many digits.
        """
        if not number.is_finite() or (number and number.adjusted() >= self.precision - self.scale):
            raise ValueError(f"{number} does not fit {self.precision} digits")
        quantum = Decimal(1).scaleb(-self.scale)
        scaled = number.quantize(quantum, rounding=ROUND_HALF_EVEN, context=_WIDE)
        if scaled != number:
            raise ValueError(f"{number} has more than {self.scale} decimals")
        # Arrow has no negative zero.
        return scaled or scaled.copy_abs()

    def fitting(self, number: Decimal | None) -> Decimal | None:
        """Returns the number with `scale` decimals, or None if it cannot be held exactly."""
        if number is None:
            return None
        try:
            return self.at_scale(number)
        except ValueError:
            return None

    def quanta(self, number: Decimal) -> int:
        """Returns a number of `scale` decimals as a count of its smallest step."""
        return int(number.scaleb(self.scale, _WIDE))

    def of_quanta(self, count: int) -> Decimal:
        """Returns the number that so many of the smallest step are."""
        return Decimal(count).scaleb(-self.scale, _WIDE)
