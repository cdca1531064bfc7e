"""A reader who does the arithmetic of a posting again, with nothing but its text."""

from decimal import Decimal
from fractions import Fraction


def recomputed(text):
    """What a reader finds with the numbers of the text alone: the exact quotient, and the result.

    `12.50 GBP x 1.1 / 0.85 = 16.18 USD`
    """
    left, right = text.split(" = ")
    amount, currency, *steps = left.replace(",", "").split()
    found = Fraction(amount)
    for sign, rate in zip(steps[::2], steps[1::2], strict=True):
        found = found * Fraction(rate) if sign == "x" else found / Fraction(rate)
    base, base_currency = right.replace(",", "").split()
    return found, currency, Decimal(base), base_currency
