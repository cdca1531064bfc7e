"""Amounts of a date: per diem, scale, benefits."""

from datetime import date
from decimal import Decimal

from cost_pipeline_tests.rules.reference.times import cents

D = Decimal
TRIPLE_FROM = date(2024, 8, 4)
SAG_PER_DIEM = [
    (date(1, 1, 1), ("12", "18", "30")),
    (date(2023, 12, 10), ("14", "21", "35")),
    (date(2025, 12, 14), ("16", "22", "37")),
]
AREA_PER_DIEM = [
    (date(2021, 11, 21), ("11.50", "16", "32")),
    (date(2024, 8, 4), ("14", "21", "35")),
    (date(2026, 8, 2), ("16", "22", "37")),
]
MEALS = ("breakfast", "lunch", "dinner")
PRINCIPAL_PERCENT = [
    (date(2020, 7, 1), "20.0"),
    (date(2021, 7, 1), "20.5"),
    (date(2022, 7, 1), "21.0"),
    (date(2026, 7, 1), "22.0"),
]


def _in_force(steps, day):
    found = None
    for start, value in steps:
        if day >= start:
            found = value
    return found


def per_diem(steps, day, supplied=()):
    """What is due for the meals of a day that were not supplied."""
    amounts = dict(zip(MEALS, map(D, _in_force(steps, day)), strict=True))
    return sum((amount for meal, amount in amounts.items() if meal not in supplied), D(0))


def benefits(gross, earned_before, ceiling, photography_start, *, background=False):
    """sag.ph.*: a percentage of gross up to the ceiling, which accumulates."""
    percent = D(_in_force(PRINCIPAL_PERCENT, photography_start)) - (D("0.5") if background else 0)
    counted = max(D(0), min(gross, ceiling - earned_before))
    return cents(counted * percent / 100)


def tv_ceiling(minutes, photography_start):
    """sag.ph.ceiling.tv.*: per episode, of half an hour (35 min) and of an hour (65 min)."""
    half, hour = (15000, 24500) if photography_start < date(2024, 7, 1) else (25000, 35000)
    return D(half) if minutes <= 35 else D(hour)


def next_minimum(minimum, percent):
    """A minimum after a general increase, to the dollar."""
    return (minimum * (100 + D(percent)) / 100).quantize(D(1))
