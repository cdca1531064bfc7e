"""Performers: days and weeks of every schedule, premium days, forced calls, minors' hours."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from cost_pipeline_tests.rules.reference import rest as rests
from cost_pipeline_tests.rules.reference.history import (
    PRINCIPALS,
    is_holiday,
    kind,
    new_week,
    rest,
    since,
    works,
)
from cost_pipeline_tests.rules.reference.meals import intervals
from cost_pipeline_tests.rules.reference.times import (
    cents,
    elapsed,
    end_of,
    meals,
    real,
    tenths,
    whole,
    worked,
)

D = Decimal
TIMES = {"normal": D(1), "sixth": D("1.5"), "seventh": D(2), "holiday": D(2)}
DAY_SCALE = [(date(2023, 11, 9), 1158), (date(2024, 7, 1), 1204), (date(2025, 7, 1), 1246),
             (date(2026, 7, 1), 1283)]  # fmt: skip
STUNT_SCALE = [(date(2023, 11, 9), 4316), (date(2024, 7, 1), 4489), (date(2025, 7, 1), 4646),
               (date(2026, 7, 1), 4785)]  # fmt: skip
HOURS_OF_RATE = {"weekly": 44, "three_day": 24, "daily": 8}
CEILINGS = {"television": D(4400), "theatrical": D(5500)}


def scale(steps, day):
    """The minimum of a day."""
    return D([minimum for start, minimum in steps if day >= start][-1])


def multiple(card):
    """1.6: the performer's own 6th and 7th day and holidays; overnight the 6th is a workday."""
    found = kind(card)
    return D(1) if found == "sixth" and card["zone"] == "distant" else TIMES[found]


def paid_time(card):
    """Minutes worked; of principals the first 15 of make-up removal count for no premium."""
    removal = 0
    if card["craft"] in PRINCIPALS and None not in (card["wrap"], card["dismissal"]):
        removal = min(15, real(card, card["dismissal"]) - real(card, card["wrap"]))
    return max(0, worked(card) - removal)


def over(card, hours):
    """Tenths worked past so many hours; of background only until the sixteenth hour of the day."""
    minutes = max(0, paid_time(card) - hours * 60)
    if card["craft"] in PRINCIPALS:
        return tenths(minutes)
    return max(D(0), tenths(minutes) - _long(card))


def _long(card):
    """Tenths of background's work past the sixteenth hour, which extra days are paid for."""
    if card["craft"] in PRINCIPALS:
        return D(0)
    point = real(card, card["call"]) + 16 * 60
    eaten = sum(max(0, min(back, out + 60) - max(out, point)) for out, back in meals(card))
    return tenths(max(0, real(card, end_of(card)) - point) - eaten)


def by_travel(card):
    """sag.ot.travel_cap: tenths past ten that travel caused, of principals at 1.5x at most."""
    if card["craft"] not in PRINCIPALS:
        return D(0)
    inside = 0
    for way in ("to", "from"):
        start, end = card[f"travel_{way}_start"], card[f"travel_{way}_end"]
        if None not in (start, end):
            first = max(real(card, start), real(card, card["call"]))
            inside += max(0, min(real(card, end), real(card, end_of(card))) - first)
    return min(over(card, 10), tenths(inside))


def day_pay(card):
    """The rate of a day, a third of three, a fifth of a week."""
    return Fraction(card["rate"]) / {"daily": 1, "three_day": 3, "weekly": 5}[card["engagement"]]


def hourly(card):
    """What hours are paid on: a weekly rate of schedule C up to its ceiling."""
    rate = card["rate"]
    if card["schedule"] == "C":
        rate = min(rate, CEILINGS[card["contract_type"]])
    return Fraction(rate) / HOURS_OF_RATE[card["engagement"]]


def day_performer(card, _):
    """sag.ot.day_performer: eight hours at least, 1.5x to ten, then 2x; not above twice scale."""
    if not works(card) or card["day_type"] == "fitting" or multiple(card) != 1:
        return None
    if card["rate"] > 2 * scale(DAY_SCALE, card["work_date"]):
        return None
    dear = over(card, 8)
    straight = max(D(8), tenths(paid_time(card))) - dear if dear else D(8)
    double = over(card, 10)
    return cents(
        hourly(card)
        * Fraction(straight + D("1.5") * (dear - double) + 2 * double - by_travel(card) / 2)
    )


def premium_day(kinds):
    """sag.premium.sixth_seventh, sag.bg.sixth_seventh and sag.holidays."""

    def due(card, _):
        times = multiple(card)
        if not works(card) or times == 1 or kind(card) not in kinds:
            return None
        capped = card["zone"] == "distant" and kind(card) == "seventh"
        double = over(card, 10)
        if card["engagement"] != "daily":
            extra = Fraction(times - 1) * day_pay(card)
            if capped and card["schedule"] == "C":
                extra = min(extra, Fraction(950))
            hours = double * max(times, D(2)) - by_travel(card) * (2 - max(times, D("1.5")))
            return cents(day_pay(card) + extra + Fraction(hours) * hourly(card))
        principal = card["craft"] in PRINCIPALS
        if principal and card["day_type"] == "fitting":
            return None  # sag.fitting.day_prior
        rate = most = card["rate"]
        if principal:
            most = min(rate, 2 * scale(DAY_SCALE, card["work_date"]))
        if capped and principal:
            rate = most
        dear = over(card, 8)
        straight = max(D(8) - dear, tenths(paid_time(card)) - dear - _long(card))
        half = dear - double
        if most < card["rate"]:  # above the money break: no more than 1.5x for it
            dearer = dear * max(times, D("1.5"))
        else:
            dearer = half * max(times, D("1.5")) + double * max(times, D(2))
            dearer -= by_travel(card) * (2 - max(times, D("1.5")))
        return cents(Fraction(rate * straight * times + most * dearer) / 8)

    return due


def background(card, _):
    """sag.bg.ot: 1.5x to ten hours, 2x after them."""
    if not works(card) or multiple(card) != 1:
        return None
    double = over(card, 10)
    return cents(hourly(card) * Fraction(D("1.5") * (over(card, 8) - double) + 2 * double))


def background_past_sixteen(card, _):
    """sag.bg.16h: a day's pay, at the premium of the day, for each hour past the sixteenth."""
    if not works(card):
        return None
    beyond = whole(D(max(0, elapsed(card) - 16 * 60)) / 60)
    return cents(card["rate"] * beyond * multiple(card))


def plain_days(history):
    """The days of the week that have no premium."""
    return [card for card in history.week if works(card) and multiple(card) == 1]


def straight_of_week(history):
    """Hours of the week that were not doubled by the day."""
    return sum((tenths(paid_time(c)) - over(c, 10) for c in plain_days(history)), D(0))


def by_the_week(card, history):
    """sag.ot.weekly_theatrical, .weekly_tv, .schedule_c_ceiling and sag.ot.three_day."""
    plain = works(card) and multiple(card) == 1
    last = card["work_date"] == history.week[-1]["work_date"]
    limit = _limit(card, history)
    if not plain and not (last and limit is not None and straight_of_week(history) > 0):
        return None
    hours = D(0)
    if plain:
        double = over(card, 10)
        hours += 2 * double - by_travel(card) / 2
        television = card["schedule"] in {"B", "H"} and card["contract_type"] == "television"
        if television and not _free(card, history):
            hours += D("1.5") * (over(card, 8) - double)
    if last and limit is not None:
        hours += D("1.5") * max(D(0), straight_of_week(history) - limit)
    return cents(hourly(card) * Fraction(hours))


def _limit(card, history):
    if card["engagement"] == "three_day":
        return D(32) if len(plain_days(history)) > 3 else D(24)
    if card["schedule"] in {"B", "H"} and card["contract_type"] == "theatrical":
        return D(48) if card["zone"] == "distant" else D(44)
    return None


def _free(card, history):
    """Two days of a week to ten hours: the first two that were longer than eight."""
    long = [c for c in plain_days(history) if over(c, 8) > 0]
    return card["work_date"] in [c["work_date"] for c in long[:2]]


def weekly_gross(card, history):
    """sag.weekly.gross: the formula of the weekly card, rounded once."""
    if card["work_date"] != history.week[-1]["work_date"]:
        return None
    minimum = scale(STUNT_SCALE, card["work_date"])
    days = [c for c in history.week if works(c)]
    lines = [line for c in history.week for line in c["gross"]]
    half = sum((line["quantity"] for line in lines if line["category"] == "overtime"), D(0))
    double = sum((over(c, 10) for c in days), D(0))
    holidays = sum(is_holiday(c) for c in days)
    per_hour = Fraction(min(card["rate"], minimum)) / 44
    total = minimum * (D(min(len(days), 5)) / 5 + D("0.2") * holidays)
    total += minimum * D("0.3") * sum(kind(c) == "sixth" and multiple(c) > 1 for c in days)
    total += minimum * D("0.4") * sum(kind(c) == "seventh" for c in days)
    return cents(Fraction(total) + per_hour * Fraction(D("1.5") * half + 2 * double))


def straight_time(card, _):
    """sag.straight_time: a day's pay for any part of a normal day."""
    return cents(day_pay(card)) if works(card) and multiple(card) == 1 else None


def _eleven(card, history):
    """Whether 11 hours served overnight for a theatrical picture: twice a week, not on end."""
    if card["zone"] != "distant" or card["contract_type"] != "theatrical":
        return False

    def used(one):
        minutes = rest(one, history.of(one).before)
        return minutes is not None and 11 * 60 <= minutes < 12 * 60 and _yesterday(one, history)

    before = [c for c in history.week if c["work_date"] < card["work_date"]]
    return used(card) and sum(used(c) for c in before) < 2 and not (before and used(before[-1]))


def _yesterday(card, history):
    return since(card, history.of(card).before) == 1


def needed_rest(card, history):
    """1.5: minutes between days, and around days off."""
    days = since(card, history.before)
    if days == 1:
        return (11 if _eleven(card, history) else 12) * 60
    if days is None or days < 2 or not new_week(card):
        return None
    if days == 2:
        return 36 * 60
    return (54 if card["call"] >= 6 * 60 else 56) * 60


def rest_is_short(card, history):
    """Whether rest was invaded; None where there was none due or it is not known."""
    needed, minutes = needed_rest(card, history), rest(card, history.before)
    return None if needed is None or minutes is None else minutes < needed


def forced_call(card, history):
    """sag.forced_call.*: the lesser of a day's pay and 950."""
    short = rest_is_short(card, history)
    if not works(card) or short is None:
        return None
    return rests.forced_call(cents(day_pay(card))) if short else D(0)


def travel_day(card, _):
    """sag.travel.only_day: a day's pay, overnight on a 7th day or holiday at 1.5x."""
    if card["day_type"] != "travel":
        return None
    if card["craft"] not in PRINCIPALS:
        return (
            None if card["wrap"] is None else cents(hourly(card) * Fraction(_eight_at_most(card)))
        )
    dear = card["zone"] == "distant" and kind(card) in {"seventh", "holiday"}
    times = D("1.5") if dear else D(1)
    return cents(day_pay(card) * Fraction(times))


def _eight_at_most(card):
    return min(D(8), tenths(card["wrap"] - card["call"]))


# Ages in years: hours at work, with meals; 1.9 of the facts.
AGES = [(2, None, None), (6, "6", "6.5"), (9, "8", "8.5"), (16, "9", "9.5"), (18, "10", "10.5")]
# Hours on the set, by the hours at work; two more from six years on when there is no school.
ON_SET = {"6": D(3), "8": D(4), "9": D(5), "10": D(6)}


def age(card):
    """Whole years on the work date."""
    born, day = card["birthdate"], card["work_date"]
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def minors_hours_broken(card, history):
    """minors.ca.hours: whether anything was too long, too early, too late or without a meal."""
    at_work, with_meals = next((at, meal) for below, at, meal in AGES if age(card) < below)
    # Of the weeks that are compared, 4 July 2026 is a Saturday, kept on the Friday before.
    free_day_next = card["work_date"].weekday() in {4, 5} or card["work_date"] == date(2026, 7, 2)
    week = sum(worked(c) for c in history.week if works(c))
    last = card["work_date"] == history.week[-1]["work_date"]
    minutes = rest(card, history.before)
    grown = age(card) >= 6  # younger children rest whenever they do not work
    schooling, recreation = (D(3), D(1)) if card["school_day"] else (D(0), D(2))
    on_set = ON_SET[at_work] + (2 if grown and not card["school_day"] else 0)
    return (
        worked(card) > D(at_work) * 60
        or elapsed(card) > D(with_meals) * 60
        or card["call"] < 5 * 60
        or end_of(card) > (24 * 60 + 30 if free_day_next else 22 * 60)
        or (last and week > 48 * 60)
        or (minutes is not None and minutes < 12 * 60)
        or max(intervals(card)) > 6 * 60
        or (card["set_hours"] is not None and card["set_hours"] > on_set)
        or (grown and card["school_hours"] is not None and card["school_hours"] < schooling)
        or (grown and card["rest_hours"] is not None and card["rest_hours"] < recreation)
    )
