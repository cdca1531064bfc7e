"""Rest and what its invasion costs."""

from datetime import date
from decimal import Decimal

from cost_pipeline_tests.rules.reference.times import cents, tenths, whole

D = Decimal
CAP = D(950)
DOUBLE_FROM = date(2024, 11, 3)


def forced_call(day_pay, cap=CAP):
    """sag.forced_call.*: the lesser of a day's pay or the cap."""
    return min(day_pay, cap)


def invaded_hours(minutes):
    """iatse.rest.daily.penalty_small: half an hour up to 30 minutes, above that tenths."""
    if minutes <= 0:
        return D(0)
    return D("0.5") if minutes <= 30 else tenths(minutes)


def small_invasion(hourly, minutes, photography_start):
    """Invaded time at 1x on top, 2x where principal photography began on or after 2024-11-03."""
    if photography_start < DOUBLE_FROM:
        return cents(hourly * tenths(max(minutes, 0)))
    return cents(hourly * 2 * invaded_hours(minutes))


def daily_hours(agreement, zone, craft=""):
    """How many hours of rest are due between two days."""
    if agreement == "sag_aftra":
        return 12
    if agreement == "teamsters_399":
        return 8
    if agreement == "iatse_basic" and craft in {"director_of_photography", "camera_operator"}:
        return 10 if zone == "distant" else 11
    if agreement == "iatse_basic" and zone == "distant":
        return 9
    return 10


def dga_penalty(day_pay, invaded):
    """dga.rest: a quarter of the day's pay for each invaded hour (or part)."""
    return cents(day_pay * D("0.25") * whole(invaded))
