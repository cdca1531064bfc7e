"""What each rule gives for a card, by the reference: a rule's id to a function of card and history.

A function returns the amount due, or None where it does not say (an accumulated shift, a card that
lacks something): then nothing is compared.
"""

from datetime import date, timedelta
from decimal import Decimal

from cost_pipeline_tests.rules.reference import amounts, meals, overtime, rest
from cost_pipeline_tests.rules.reference.times import (
    cents,
    deductible,
    end_of,
    real,
    tenths,
    worked,
)
from cost_pipeline_tests.rules.reference.times import (
    meals as meals_of,
)

D = Decimal
# Of the weeks that are compared: 4 July 2026 is a Saturday and is observed on the Friday.
HOLIDAYS = {date(2026, 7, 3)}
TWENTY = 20
PRINCIPALS = {"performer", "stunt_performer"}


def plain(card):
    """A normal day of work: no sixth or seventh day, no holiday, no travel."""
    holiday = card["holiday"] or card["work_date"] in HOLIDAYS
    return card["workday"] <= 5 and not holiday and card["day_type"] == "work"


def hours_worked(card):
    return tenths(worked(card))


def rest_minutes(card, before):
    """Rest since the card before; ordinary make-up removal (15 min) of a performer is rest."""
    if before is None:
        return None
    back = (card["work_date"] - before["work_date"]).days * 24 * 60
    # Both cards count from their own midnight; the clock change beside the later one serves both.
    end = real(card, end_of(before) - back)
    if card["agreement"] == "sag_aftra":
        end = max(real(card, before["wrap"] - back), end - 15)
    return real(card, card["call"]) - end


def _next_day(card, before):
    return before is not None and card["work_date"] - before["work_date"] == timedelta(days=1)


def _penalty(ladder):
    def due(card, _):
        late = meals.late_half_hours(card)
        if card["agreement"].startswith("iatse") and card["halves_before"] + sum(late) > TWENTY:
            return None  # the step after twenty in a week has examples of its own
        return sum((ladder(n) for n in late), D(0))

    return due


def _sag_principal(card, _):
    small = card["budget_tier"] in {"student", "short", "ultra_low"}
    ladder = meals.sag_small if small else meals.sag_principal
    return sum((ladder(n) for n in meals.late_half_hours(card)), D(0))


def _day_performer(card, _):
    if not plain(card):
        return None
    return overtime.sag_day_performer(card["rate"], hours_worked(card))


def _schedule_c(card, _):
    if not plain(card):
        return None
    return overtime.sag_schedule_c(card["rate"], card["contract_type"], hours_worked(card))


def _forced_call(day_pay):
    def due(card, before):
        minutes = rest_minutes(card, before) if _next_day(card, before) else None
        if minutes is None or minutes < 0 or card["zone"] in {"distant", "nearby"}:
            return None
        return rest.forced_call(cents(day_pay(card))) if minutes < 12 * 60 else D(0)

    return due


def _invasion(card, before):
    minutes = rest_minutes(card, before) if _next_day(card, before) else None
    if minutes is None or minutes < 0 or not plain(card):
        return None
    invaded = rest.daily_hours(card["agreement"], card["zone"], card["craft"]) * 60 - minutes
    if invaded > 60:
        return None  # the shifts count as one: nothing of the small invasion
    return rest.small_invasion(card["rate"], max(invaded, 0), card["photography_start"])


def accumulates(card, before):
    """Whether this shift counts as one with the shift before (crew), so that hours add up."""
    if not _next_day(card, before):
        return False
    due = rest.daily_hours(card["agreement"], card["zone"], card["craft"])
    return rest_minutes(card, before) < (due - 1) * 60


def _worked_after(card, threshold, *, by_worked):
    start, end = real(card, card["call"]), real(card, end_of(card))
    breaks = [(out, out + deductible(out, back)) for out, back in meals_of(card)]
    count = done = 0
    for minute in range(start, end):
        if any(out <= minute < back for out, back in breaks):
            continue
        passed = done if by_worked else minute - start
        count += passed >= threshold
        done += 1
    return count


def _crew_tiers(card, before):
    """Hours at 1.5x, at gold and at triple of a crew's normal day; None if it is not one."""
    if not plain(card) or accumulates(card, before):
        return None
    by_worked = card["contract_type"] == "television" and card["zone"] != "distant"
    threshold = int(overtime.gold_threshold(card["zone"])) * 60
    after_gold = _worked_after(card, threshold, by_worked=by_worked)
    triple = 0
    if min(card["photography_start"], card["work_date"]) >= amounts.TRIPLE_FROM:
        triple = _worked_after(card, 15 * 60, by_worked=False)
    golden = max(after_gold, triple) - triple
    straight_and_half = worked(card) - golden - triple
    half = max(D(0), tenths(straight_and_half) - 8)
    return half, tenths(golden), tenths(triple)


def _tier(place, multiplier):
    def due(card, before):
        tiers = _crew_tiers(card, before)
        return None if tiers is None else cents(card["rate"] * D(multiplier) * tiers[place])

    return due


def _straight(card, before):
    if not plain(card) or accumulates(card, before):
        return None
    return cents(card["rate"] * 8)


def _per_diem(steps):
    return lambda card, _: amounts.per_diem(steps, card["work_date"], card["meals_supplied"])


def earned(card):
    """What of a card's gross contributions are asked of: all but allowances and reimbursements."""
    return sum((x["amount"] for x in card["gross"] if x["category"] not in OUTSIDE), D(0))


def _benefits(card, _):
    background = card["craft"] not in PRINCIPALS
    ceiling = D(232000)
    if card["contract_type"] == "television":
        ceiling = amounts.tv_ceiling(card["program_minutes"], card["photography_start"])
    return amounts.benefits(
        earned(card),
        card["earned_before"],
        ceiling,
        card["photography_start"],
        background=background,
    )


# Whether meal penalties are in the base is open in the facts (one blog says yes, nothing confirms
# it); the evaluation leaves them out, and so does this.
OUTSIDE = {"per_diem", "mileage", "benefits", "allowance", "meal_penalty"}

DUE = {
    "sag.meal.penalty.principal": _sag_principal,
    "sag.meal.penalty.background": _penalty(meals.sag_background),
    "iatse.meal.penalty.general": _penalty(meals.iatse_general),
    "iatse.meal.penalty.tv_studio": _penalty(meals.iatse_tv_studio),
    "t399.meal": _penalty(meals.teamsters),
    "lbt.meal": _penalty(meals.low_budget),
    "sag.ot.day_performer": _day_performer,
    "sag.ot.schedule_c_ceiling": _schedule_c,
    "sag.forced_call.day": _forced_call(lambda card: card["rate"]),
    "sag.per_diem.c": _per_diem(amounts.SAG_PER_DIEM),
    "sag.per_diem.b": _per_diem(amounts.SAG_PER_DIEM),
    "asa.per_diem.2024-08-04": _per_diem(amounts.AREA_PER_DIEM),
    "sag.ph.rate.2022-07-01": _benefits,
    "iatse.ot.daily_weekly": _tier(0, "1.5"),
    "iatse.gold.studio": _tier(1, "2"),
    "iatse.gold.location": _tier(1, "2"),
    "iatse.gold.triple_15": _tier(2, "3"),
    "iatse.min_call.daily": _straight,
    "iatse.rest.daily.penalty_small": _invasion,
    "iatse.rest.daily.penalty_small.old": _invasion,
}
