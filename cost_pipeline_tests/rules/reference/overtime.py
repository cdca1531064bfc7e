"""Hours by multiplier, and what they are worth."""

from decimal import Decimal

from cost_pipeline_tests.rules.reference.times import cents, whole

D = Decimal
FORTY_FOUR = D(44)


def _between(hours, low, high=None):
    top = hours if high is None else min(hours, high)
    return max(D(0), top - low)


def sag_day_performer(day_rate, hours):
    """sag.ot.day_performer, and sag.bg.ot up to 16 h: 8 straight, 1.5x to 10, then 2x."""
    hourly = day_rate / 8
    pay = min(hours, D(8)) + D("1.5") * _between(hours, D(8), D(10)) + 2 * _between(hours, D(10))
    return cents(hourly * max(pay, D(8)))


def sag_background(day_rate, hours):
    """sag.bg.ot and sag.bg.16h: past 16 a day's pay for each hour or fraction, nothing else."""
    beyond = whole(_between(hours, D(16)))
    return cents(sag_day_performer(day_rate, min(hours, D(16))) + day_rate * beyond)


def sag_weekly_theatrical(weekly_rate, daily_hours, guarantee=FORTY_FOUR):
    """sag.ot.weekly_theatrical: 2x past 10 a day; 1.5x past the guarantee less what was doubled."""
    hourly = weekly_rate / 44
    doubled = sum((_between(hours, D(10)) for hours in daily_hours), D(0))
    weekly = max(D(0), sum(daily_hours, D(0)) - guarantee - doubled)
    return cents(hourly * (D("1.5") * weekly + 2 * doubled))


def sag_schedule_c(weekly_rate, contract_type, hours):
    """sag.ot.schedule_c_ceiling: 2x past 10 h on the capped weekly rate."""
    ceiling = {"television": D(4400), "theatrical": D(5500)}[contract_type]
    return cents(min(weekly_rate, ceiling) / 44 * 2 * _between(hours, D(10)))


def crew_day(hourly, hours):
    """iatse.ot.daily_weekly with iatse.min_call.daily, no golden time: 8 straight, then 1.5x."""
    return cents(hourly * (max(min(hours, D(8)), D(8)) + D("1.5") * _between(hours, D(8))))


def crew_hours(worked, gold_after, triple_after=None):
    """Straight, 1.5x, 2x and 3x hours of a normal day where every threshold counts hours alike."""
    top = triple_after if triple_after is not None else worked
    return {
        D(1): min(worked, D(8)),
        D("1.5"): _between(worked, D(8), gold_after),
        D(2): _between(worked, gold_after, max(top, gold_after)),
        D(3): D(0) if triple_after is None else _between(worked, triple_after),
    }


def iatse_weekly_guarantee(hourly, hours):
    """iatse.weekly_guarantee.formula: hourly x (40 + 1.5 x (guaranteed hours - 40))."""
    return cents(hourly * (40 + D("1.5") * _between(hours, D(40))))


def gold_threshold(zone):
    """iatse.gold.studio and iatse.gold.location: after how many hours golden time begins."""
    return D(12) if zone in {"studio", "studio_zone"} else D(14)


def gold_multiplier(workday, holiday, zone, triple):
    """What golden time and the time past 15 h multiply by, on the 1st to the 7th day."""
    if workday == 7 or holiday:
        return D(6) if triple else D(4)
    if workday == 6 and zone == "distant":
        return D("4.5") if triple else D(2)
    if workday == 6:
        return D("4.5") if triple else D(3)
    return D(3) if triple else D(2)
