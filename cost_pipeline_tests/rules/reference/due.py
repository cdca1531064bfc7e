"""What each rule gives for a card, by the reference: a rule's id to a function of card and history.

A function returns the amount due, or None where it says nothing: then nothing is compared.
"""

from decimal import Decimal

from cost_pipeline_tests.rules.reference import amounts, crew, dga, meals, performers
from cost_pipeline_tests.rules.reference.history import PRINCIPALS, rest, since, works
from cost_pipeline_tests.rules.reference.times import cents

D = Decimal


def _halves_before(history, card, since=crew.TERM):
    return sum(
        sum(meals.late_half_hours(c))
        for c in history.week
        if works(c)
        and c["work_date"] < card["work_date"]
        and (since is None or c["work_date"] >= since)
    )


def _penalty(ladder, *, limited=False):
    def due(card, history):
        if not works(card):
            return None
        before = _halves_before(history, card) if limited else -10_000
        hour = cents(card["rate"] * crew.multiple(card)) if limited else D(0)
        return meals.penalty(card, before, ladder, hour)

    return due


def _sag_principal(card, _):
    small = card["budget_tier"] in {"student", "short", "ultra_low"}
    ladder = meals.sag_small if small else meals.sag_principal
    return sum((ladder(n) for n in meals.late_half_hours(card)), D(0)) if works(card) else None


def _per_diem(steps):
    return lambda card, _: amounts.per_diem(steps, card["work_date"], card["meals_supplied"])


# Whether meal penalties are in the base is open in the facts (one blog says yes, nothing confirms
# it); the evaluation leaves them out, and so does this.
OUTSIDE = {"per_diem", "mileage", "benefits", "allowance", "meal_penalty"}


def earned(card):
    """What of a card's gross contributions are asked of: all but allowances and reimbursements."""
    return sum((x["amount"] for x in card["gross"] if x["category"] not in OUTSIDE), D(0))


def _benefits(card, history):
    ceiling = D(232000)
    if card["contract_type"] == "television":
        ceiling = amounts.tv_ceiling(card["program_minutes"], card["photography_start"])
    return amounts.benefits(
        earned(card),
        sum((earned(c) for c in history.earlier), D(0)),
        ceiling,
        card["photography_start"],
        background=card["craft"] not in PRINCIPALS,
    )


def _low_budget(card, history):
    hour = max(D(20), cents(card["rate"]))
    before = _halves_before(history, card, since=None)
    return meals.penalty(card, before, meals.low_budget, hour) if works(card) else None


_NORMAL_GOLD, _DISTANT_GOLD = [("2", "3", "4")], [("2", "2", "4")]
_TRIPLE = [("3", "4.5", "6")]
_DRIVERS = [("2.5", "3.75", "5"), ("3", "4.5", "6")]


def _gold(card, history):
    steps = _DISTANT_GOLD if card["zone"] == "distant" else _NORMAL_GOLD
    return crew.golden(2, steps)(card, history)


def _drivers_gold(card, history):
    steps = [("2", "2", "2")] if card["zone"] == "studio" else _DRIVERS
    return crew.golden(2, steps)(card, history)


def _reimbursed(card, _):
    """Non-deductible meals that a card says were reimbursed, 12.50 each: 2.9 of the facts."""
    return D("12.50") * card["adjustments"].count("non_deductible_meal") or None


_OFF_DAYS = {"sixth", "seventh"}
DUE = {
    "sag.meal.penalty.principal": _sag_principal,
    "sag.meal.penalty.background": _penalty(meals.sag_background),
    "iatse.meal.penalty.general": _penalty(meals.iatse_general, limited=True),
    "iatse.meal.penalty.tv_studio": _penalty(meals.iatse_tv_studio, limited=True),
    "lbt.meal": _low_budget,
    "t399.meal": _penalty(meals.teamsters),
    "t399.meal.non_deductible": _reimbursed,
    "sag.ot.day_performer": performers.day_performer,
    "sag.ot.schedule_c_ceiling": performers.by_the_week,
    "sag.ot.weekly_theatrical": performers.by_the_week,
    "sag.ot.weekly_tv": performers.by_the_week,
    "sag.ot.three_day": performers.by_the_week,
    "sag.weekly.gross": performers.weekly_gross,
    "sag.straight_time": performers.straight_time,
    "sag.bg.ot": performers.background,
    "sag.bg.16h": performers.background_past_sixteen,
    "sag.premium.sixth_seventh": performers.premium_day(_OFF_DAYS),
    "sag.bg.sixth_seventh": performers.premium_day(_OFF_DAYS),
    "sag.holidays": performers.premium_day({"holiday"}),
    "sag.forced_call.day": performers.forced_call,
    "sag.forced_call.weekly": performers.forced_call,
    "sag.travel.only_day": performers.travel_day,
    "sag.per_diem.c": _per_diem(amounts.SAG_PER_DIEM),
    "sag.per_diem.b": _per_diem(amounts.SAG_PER_DIEM),
    "asa.per_diem.2024-08-04": _per_diem(amounts.AREA_PER_DIEM),
    "sag.ph.rate.2022-07-01": _benefits,
    "iatse.ot.daily_weekly": crew.daily_weekly,
    "iatse.gold.studio": _gold,
    "iatse.gold.location": _gold,
    "iatse.gold.triple_15": crew.golden(3, _TRIPLE),
    "iatse.sixth_seventh.studio": crew.premium_day(_OFF_DAYS),
    "iatse.sixth_seventh.distant": crew.premium_day(_OFF_DAYS),
    "iatse.holidays": crew.premium_day({"holiday"}),
    "iatse.min_call.daily": crew.minimum_call,
    "iatse.weekly_guarantee.formula": crew.guarantee,
    "iatse.rest.daily.penalty_small": crew.invasion,
    "iatse.rest.daily.penalty_small.old": crew.invasion,
    "iatse.travel_only": crew.travel_day,
    "asa.ot": crew.daily_weekly,
    "asa.rest": crew.invasion,
    "t399.gold": _drivers_gold,
    "t399.rest": crew.invasion,
    "dga.extended_day": dga.extended_day,
    "dga.rest": dga.invaded_rest,
    "dga.sixth_seventh": dga.premium_day,
}


def _late(card, _):
    return any(meals.late_half_hours(card)) if works(card) else None


def _crew_rest(days_off):
    def broken(card, history):
        needed, minutes = crew.needed_rest(card, history), rest(card, history.before)
        around = since(card, history.before) != 1
        if not works(card) or needed is None or minutes is None or around != days_off:
            return None
        return minutes < needed

    return broken


def _performers_rest(days_off):
    def broken(card, history):
        around = since(card, history.before) != 1
        short = performers.rest_is_short(card, history)
        return short if works(card) and around == days_off else None

    return broken


def _minor(card, history):
    return performers.minors_hours_broken(card, history) if works(card) else None


def _joined(card, history):
    due = crew.needed_rest(card, history)
    minutes = rest(card, history.before)
    if not works(card) or since(card, history.before) != 1 or minutes is None or minutes >= due:
        return None
    return crew.accumulates(card, history.before)


BROKEN = {
    "sag.meal.due": _late,
    "iatse.meal.due": _late,
    "sag.rest.daily": _performers_rest(days_off=False),
    "sag.rest.weekly": _performers_rest(days_off=True),
    "iatse.rest.daily": _crew_rest(days_off=False),
    "iatse.rest.weekend": _crew_rest(days_off=True),
    "iatse.rest.daily.penalty_large": _joined,
    "minors.ca.hours": _minor,
}
"""Rules without money: a rule's id to whether the card breaks it, or None."""
