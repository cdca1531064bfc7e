"""Crews: hours by multiple where shifts may count as one, premium days, minimum calls, rest."""

from datetime import date
from decimal import Decimal

from cost_pipeline_tests.rules.reference import rest as rests
from cost_pipeline_tests.rules.reference.history import kind, new_week, rest, since, works
from cost_pipeline_tests.rules.reference.times import (
    cents,
    deductible,
    elapsed,
    end_of,
    meals,
    real,
    tenths,
    worked,
)

D = Decimal
TRIPLE_FROM = date(2024, 8, 4)
TERM = date(2024, 8, 1)
BASIC = "iatse_basic"


def multiple(card):
    """What every hour of the day is worth at least: 2.3 of the facts."""
    times = {"normal": "1", "sixth": "1.5", "seventh": "2", "holiday": "2"}
    if card["agreement"] != BASIC or card["work_date"] < TERM:
        return D(1)
    if card["zone"] == "distant":
        times["sixth"] = "1"
    return D(times[kind(card)])


def accumulates(card, before):
    """iatse.rest.daily.penalty_large: rest invaded by more than an hour (two off production)."""
    if card["agreement"] != BASIC or since(card, before) != 1:
        return False
    minutes = rest(card, before)
    due = rests.daily_hours(card["agreement"], card["zone"], card["craft"]) * 60
    small = 120 if card["off_production"] else 60
    return minutes is not None and due - minutes > small


def chain(card, history):
    """The shifts that count as one with this one, and whether the time between is work."""
    found = [(card, 0)]
    while accumulates(found[0][0], history.of(found[0][0]).before):
        first = found[0][0]
        before = history.of(first).before
        gap = rest(first, before)
        found[0] = (first, gap if gap < 5 * 60 else 0)
        found.insert(0, (before, 0))
    return found


def minutes_of(card, history):
    """Of each minute worked on a card, how many were worked and how many passed before it.

    Both are counted from the first of the shifts that count as one.
    """
    done = passed = 0
    for shift, gap in chain(card, history):
        done, passed = done + gap, passed + gap
        if shift is not card:
            done, passed = done + worked(shift), passed + elapsed(shift)
    resting = set()
    for out, back in meals(card):
        resting |= set(range(out, out + deductible(out, back)))
    found = []
    for minute in range(real(card, card["call"]), real(card, end_of(card))):
        if minute not in resting:
            found.append((done, passed))
            done += 1
        passed += 1
    return found


def weekly_operator(card):
    """Directors of photography and camera operators by the week have straight hours only."""
    return (
        card["agreement"] == BASIC
        and card["craft"] in {"camera_operator", "director_of_photography"}
        and card["engagement"] == "weekly"
    )


def daily_script(card):
    """Script supervisors by the day have overtime after six hours."""
    return (card["agreement"], card["craft"], card["engagement"]) == (
        BASIC,
        "script_supervisor",
        "daily",
    )


def straight_minutes(card):
    """Minutes of a day that are straight."""
    if weekly_operator(card):
        return 558
    return (6 if daily_script(card) else 8) * 60


def steps(card, history):
    """Hours straight and at 1.5x, at the second and at the third step, in tenths.

    A part of a tenth counts whole past each threshold, so the four add up to the hours of the day.
    """
    television = card["contract_type"] == "television"
    off = card["off_production"]
    if card["agreement"] == BASIC:
        second = 12 if card["zone"] in {"studio", "studio_zone"} else 14
        by_worked = television and not off and card["zone"] != "distant"
        third = 15 if min(card["photography_start"], card["work_date"]) >= TRIPLE_FROM else None
    elif card["agreement"] == "teamsters_399":
        if card["zone"] == "studio":
            second, by_worked, third = 14, False, None
        else:
            early = card["photography_start"] < TRIPLE_FROM
            second, by_worked, third = 14, False, 16 if early else 15
    else:
        new = not television or card["photography_start"] >= TRIPLE_FROM
        elapsed = not new and card["zone"] == "distant"
        second, by_worked, third = (14 if elapsed else 12), not elapsed, 15 if new else None
    minutes = minutes_of(card, history)
    over_1 = sum(done >= straight_minutes(card) for done, _ in minutes)
    over_2 = sum((done if by_worked else passed) >= second * 60 for done, passed in minutes)
    over_3 = 0 if third is None else sum(passed >= third * 60 for _, passed in minutes)
    top = tenths(over_3)
    high = max(tenths(over_2), top)
    half = max(tenths(over_1), high)
    return max(tenths(worked(card)), half) - half, half - high, high - top, top


def straight_in_week(card, history):
    """Straight hours of a normal day; of one before the rules at most eight."""
    if not works(card) or multiple(card) != 1:
        return D(0)
    if card["work_date"] < TERM:
        return min(tenths(worked(card)), D(8))
    return steps(card, history.of(card))[0]


def moved(card, history):
    """Straight hours that are past forty of the week, of operators past 43.2."""
    limit = D("43.2") if weekly_operator(card) else D(40)
    before = sum(
        (straight_in_week(c, history) for c in history.week if c["work_date"] < card["work_date"]),
        D(0),
    )
    own = straight_in_week(card, history)
    return max(D(0), min(own, before + own - limit))


def daily_weekly(card, history):
    """iatse.ot.daily_weekly and asa.ot: what is dearer than straight on a normal day."""
    if not works(card) or multiple(card) != 1:
        return None
    _, half, double, triple = steps(card, history)
    hours = D("1.5") * (half + moved(card, history))
    if card["agreement"] != BASIC:
        hours += 2 * double + 3 * triple
    return cents(card["rate"] * hours)


def golden(place, by_kind):
    """iatse.gold.*, iatse.gold.triple_15 and t399.gold: a step at its multiple of that day."""

    def due(card, history):
        if not works(card):
            return None
        total = D(0)
        for offset, multiples in enumerate(by_kind):
            times = D(multiples[{"normal": 0, "sixth": 1}.get(kind(card), 2)])
            total += steps(card, history)[place + offset] * max(times, multiple(card))
        return cents(card["rate"] * total)

    return due


def premium_day(kinds):
    """iatse.sixth_seventh.* and iatse.holidays: every hour that is not golden."""

    def due(card, history):
        if not works(card) or multiple(card) == 1 or kind(card) not in kinds:
            return None
        straight, half, _, _ = steps(card, history)
        return cents(card["rate"] * (straight + half) * multiple(card))

    return due


def nine_hours(card):
    """2.4: whether a call is nine hours: some locals by the week, sound by the day, distant."""
    if card["engagement"] == "weekly":
        return card["craft"] == "key_grip"
    return card["craft"] in {"script_supervisor", "boom_operator"} or card["zone"] == "distant"


def minimum_call(card, history):
    """iatse.min_call.daily: straight hours of the minimum, and its overtime that was not worked."""
    if not works(card):
        return None
    least = D(9) if nine_hours(card) else D(8)
    before = history.before
    if multiple(card) != 1:
        hours = D(6) if accumulates(card, before) else least * multiple(card)
        return cents(card["rate"] * hours)  # a call back is three hours at 2x
    found = steps(card, history)
    if accumulates(card, before):
        straight, least = found[0], D(4)
    else:
        straight = max(D(6) if daily_script(card) else D(8), found[0])
    unworked = max(D(0), least - max(straight, sum(found)))
    return cents(card["rate"] * (straight - moved(card, history) + D("1.5") * unworked))


def needed_rest(card, history):
    """Minutes of rest that were due, of a day or around days off; None where none was."""
    days = since(card, history.before)
    if days == 1:
        return rests.daily_hours(card["agreement"], card["zone"], card["craft"]) * 60
    if days is None or days < 2 or not new_week(card):
        return None
    return (32 if days == 2 else 54) * 60


def leaves_out_days(card):
    """Drivers, and the camera crafts of later photography, have a penalty for weekends only."""
    if card["agreement"] == "teamsters_399":
        return True
    crafts = {"director_of_photography", "camera_operator", "still_photographer"}
    later = card["photography_start"] >= rests.DOUBLE_FROM
    return card["agreement"] == BASIC and card["craft"] in crafts and later


def invasion(card, history):
    """iatse.rest.daily.penalty_small*, asa.rest, t399.rest."""
    needed, minutes = needed_rest(card, history), rest(card, history.before)
    if not works(card) or needed is None or minutes is None:
        return None
    invaded = max(0, needed - minutes)
    daily = since(card, history.before) == 1
    joined = card["agreement"] == BASIC and invaded > 60  # the shifts count as one instead
    if daily and (joined or leaves_out_days(card)):
        return D(0)
    return rests.small_invasion(card["rate"], invaded, card["photography_start"])


def guarantee(card, history):
    """iatse.weekly_guarantee.formula, on the last card of five or more."""
    if len(history.week) < 5 or card["work_date"] != history.week[-1]["work_date"]:
        return None
    hours = card["guaranteed_hours"]
    if weekly_operator(card):
        return cents(card["rate"] * hours)
    return cents(card["rate"] * (min(hours, D(40)) + D("1.5") * max(D(0), hours - 40)))


def travel_day(card, _):
    """iatse.travel_only: the hours travelled, four to eight."""
    if card["day_type"] != "travel":
        return None
    if card["engagement"] == "on_call":
        return cents(card["rate"] / 6)
    hours = tenths(real(card, card["wrap"]) - real(card, card["call"]))
    return cents(card["rate"] * max(D(4), min(D(8), hours)))
