"""How long things took. Minutes are whole, hours are Decimal."""

import math
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")
TENTH = Decimal("0.1")
CREW = {"iatse_basic", "iatse_area_standards", "iatse_low_budget", "teamsters_399"}


def cents(amount):
    """Rounded once, at the end, half up as payroll does."""
    if isinstance(amount, Fraction):
        return Decimal(math.floor(amount * 100 + Fraction(1, 2))) / 100
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def tenths(minutes):
    """Hours in units of a tenth: a part of a tenth counts as one."""
    return (Decimal(minutes) / 60).quantize(TENTH, rounding=ROUND_CEILING)


def whole(hours):
    """Hours or fractions: a part of an hour counts as one."""
    return hours.to_integral_value(rounding=ROUND_CEILING)


def real(card, minute):
    """Minutes that really passed since the work date's midnight, whatever clocks did."""
    return minute - (card["clock_shift"] if minute >= card["clock_shift_at"] else 0)


def end_of(card):
    """When the paid day ends: a performer's dismissal, crew's wrap; the other where one lacks."""
    first, second = ("wrap", "dismissal") if card["agreement"] in CREW else ("dismissal", "wrap")
    return card[first] if card[first] is not None else card[second]


def elapsed(card):
    """Minutes from call to the end, meals included."""
    return real(card, end_of(card)) - real(card, card["call"])


def meals(card):
    """The meals taken, as pairs of real minutes."""
    found = []
    for number in ("1", "2"):
        out, back = card[f"meal{number}_out"], card[f"meal{number}_in"]
        if out is not None and back is not None:
            found.append((real(card, out), real(card, back)))
    return found


def deductible(start, end):
    """Of a meal of at least half an hour its time, at most an hour; of a shorter one none."""
    taken = end - start
    return 0 if taken < 30 else min(taken, 60)


def worked(card):
    """Minutes from call to the end less deductible meals."""
    return elapsed(card) - sum(deductible(start, end) for start, end in meals(card))
