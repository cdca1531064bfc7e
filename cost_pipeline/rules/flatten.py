"""A rule's amounts as columns of whole numbers, resolved for one context.

There is one function for each slot. What depends only on the context (a ceiling by contract type, a
rest by zone) is decided here, so that the SQL of the families is left with arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from cost_pipeline.rules import amounts_of_pay as pay
from cost_pipeline.rules import amounts_of_rest as rest
from cost_pipeline.rules.context import Person
from cost_pipeline.rules.units import cents, hundredths, minutes, rate_units, tenths, whole

Row = dict[str, Any]
_DISTANT: Final = "distant"
_MOST_STEPS: Final = 3


def _premium(person: Person) -> bool:
    return person.context.contract_type in {"television", "new_media"}


def scale(found: pay.Scale, person: Person, share: Decimal) -> Row:
    """Returns the minimum of the person's craft and schedule, and of the week where there is one.

    Student and short pictures have none: the packs have no share of scale for them.
    """
    if person.context.budget_tier in {"student", "short"}:
        return {"per": "", "minimum": None, "week": None}
    schedule = {"daily": "daily", "weekly": "weekly"}.get(person.context.engagement)
    fit = [
        entry
        for entry in found.minimums
        if entry.craft in {None, person.craft} and entry.schedule in {None, schedule}
    ]
    by_unit = {entry.per: entry.minimum for entry in fit}
    week = by_unit.pop("week", None) if len(by_unit) > 1 else None
    per, minimum = next(iter(by_unit.items()), ("", None))
    if person.group == "stunt_coordinator":
        share = Decimal(1)
    return {
        "per": per,
        "minimum": None if minimum is None else rate_units(minimum * share),
        "week": None if week is None else rate_units(week),
    }


def _step(step: pay.OvertimeStep, *, worked: bool) -> tuple[Any, ...]:
    normal = hundredths(step.normal)
    return (
        minutes(step.hours),
        worked or step.basis == "worked",
        normal,
        normal if step.sixth is None else hundredths(step.sixth),
        normal if step.seventh is None else hundredths(step.seventh),
    )


def overtime(found: pay.Overtime, person: Person, _share: Decimal) -> Row:
    """Returns up to three steps, then what counts by the week."""
    context = person.context
    on_television = context.contract_type == "television" and not context.off_production
    worked = found.worked_on_television and on_television and context.zone != _DISTANT
    row: Row = {}
    for number in range(_MOST_STEPS):
        given = number < len(found.steps)
        values = _step(found.steps[number], worked=worked) if given else (None,) * 5
        names = ("from", "worked", "normal", "sixth", "seventh")
        row |= {f"{name}{number + 1}": value for name, value in zip(names, values, strict=True)}
    overnight = context.zone == _DISTANT and found.weekly_after_overnight is not None
    weekly = found.weekly_after_overnight if overnight else found.weekly_after
    ceiling = found.ceiling_television if _premium(person) else found.ceiling_theatrical
    return row | {
        "rate_tenths": _maybe(tenths, found.rate_hours),
        "weekly": _maybe(tenths, weekly),
        "four_day": _maybe(tenths, found.four_day_after),
        "weekly_multiplier": _maybe(hundredths, found.weekly_multiplier),
        "free_days": found.free_days,
        "ceiling": _maybe(rate_units, ceiling),
        "times_scale": _maybe(hundredths, found.money_break_times_scale),
    }


def _maybe(unit: Callable[[Decimal], int], value: Decimal | None) -> int | None:
    return None if value is None else unit(value)


def premium_days(found: pay.PremiumDays, person: Person, _share: Decimal) -> Row:
    """Returns the multiples of the 6th and 7th day and of holidays, in hundredths.

    For performers on an overnight location, six of seven days are workdays.
    """
    overnight = person.context.agreement == "sag_aftra" and person.context.zone == _DISTANT
    return {
        "sixth": 100 if overnight else hundredths(found.sixth),
        "seventh": hundredths(found.seventh),
        "holiday": hundredths(found.holiday),
    }


def holidays(found: pay.Holidays, person: Person, _share: Decimal) -> Row:
    """Returns the names of the holidays, their multiple, and whether Saturday's is kept.

    The crew on a distant location keeps a Saturday holiday on Saturday.
    """
    crew = person.context.agreement.startswith("iatse")
    return {
        "names": list(found.names),
        "multiplier": hundredths(found.worked),
        "saturday_kept": crew and person.context.zone == _DISTANT,
    }


def meal_due(found: rest.MealDue, person: Person, _share: Decimal) -> Row:
    """Returns when a meal is due, how long it is, and what may delay it, in minutes.

    A non-deductible meal is timed from the call, or from the crew's call (IATSE).
    """
    performer = person.context.agreement == "sag_aftra"
    return {
        "after": minutes(found.hours),
        "shortest": found.minimum_minutes,
        "longest": found.maximum_minutes,
        "grace": found.grace_minutes,
        "extension": found.extension_minutes,
        "nd_shortest": found.non_deductible_minutes,
        "nd_window": minutes(found.non_deductible_window_hours),
        "last_after": minutes(found.distant_last_hours or found.hours)
        if person.context.zone == _DISTANT
        else minutes(found.hours),
        "crew": not performer,
        "not_before": 0 if performer else 120,
    }


def meal_penalty(found: rest.MealPenalty, _person: Person, _share: Decimal) -> Row:
    """Returns the penalties in cents, the first four half hours one by one."""
    ladder = [cents(step) for step in found.ladder]
    after = cents(found.each_after)
    ladder += [after] * (4 - len(ladder))
    names = ("first", "second", "third", "fourth")
    return dict(zip(names, ladder, strict=True)) | {
        "after": after,
        "limit": found.weekly_limit,
        "prevailing": found.over_limit == "prevailing",
        "floor": _maybe(cents, found.over_limit_floor),
    }


def daily_rest(found: rest.DailyRest, person: Person, _share: Decimal) -> Row:
    """Returns the rest due in this craft and zone, and what may shorten it, in minutes."""
    distant = person.context.zone == _DISTANT
    special = person.craft in found.special_crafts
    if special:
        hours = found.special_distant if distant else found.special
    else:
        hours = found.distant if distant else found.general
    overnight = distant and person.context.contract_type == "theatrical"
    nearby = person.context.zone == "nearby"
    return {
        "minutes": _maybe(minutes, hours),
        "overnight": _maybe(minutes, found.theatrical_overnight) if overnight else None,
        "overnight_days": found.theatrical_overnight_days if overnight else None,
        "exterior": _maybe(minutes, found.exterior_nearby) if nearby else None,
        "exterior_days": found.exterior_nearby_once_in_days if nearby else None,
    }


def weekly_rest(found: rest.WeeklyRest, _person: Person, _share: Decimal) -> Row:
    """Returns the rest around days off, in minutes."""
    return {
        "two": minutes(found.two_days_off),
        "one": minutes(found.one_day_off),
        "reduced": _maybe(minutes, found.reduced),
        "reduced_from": _maybe(minutes, found.reduced_if_call_from),
    }


def forced_call(found: rest.ForcedCall, _person: Person, _share: Decimal) -> Row:
    """Returns the cap, in cents."""
    return {"cap": cents(found.cap)}


def rest_invasion(found: rest.RestInvasion, person: Person, _share: Decimal) -> Row:
    """Returns the limit of a small invasion, on or off production, and what is paid."""
    off = person.context.off_production
    small = found.small_hours_off_production if off else found.small_hours
    return {
        "small": minutes(small),
        "multiplier": hundredths(found.multiplier),
        "least": tenths(found.minimum_hours),
        "weekends_only": found.weekends_only,
    }


def rest_accumulation(found: rest.RestAccumulation, _person: Person, _share: Decimal) -> Row:
    """Returns the limits in minutes, and the tenths and multiples of a call back.

    Below `below` the time between the shifts is work.
    """
    return {
        "below": minutes(found.continuous_below),
        "gold_ends": minutes(found.gold_ends_after),
        "callback": tenths(found.callback_hours),
        "callback_times": hundredths(found.callback_multiplier),
        "premium_callback": tenths(found.callback_premium_hours),
        "premium_callback_times": hundredths(found.callback_premium_multiplier),
    }


def minimum_call(found: pay.MinimumCall, _person: Person, _share: Decimal) -> Row:
    """Returns the hours that a call guarantees, in tenths."""
    return {
        "tenths": tenths(found.hours),
        "straight": tenths(found.straight_hours),
        "training": _maybe(tenths, found.training_hours),
        "disputed": found.unworked_disputed,
    }


def weekly_guarantee(found: pay.WeeklyGuarantee, person: Person, _share: Decimal) -> Row:
    """Returns the straight hours in tenths, and the multiple of the others in hundredths.

    A straight craft has all hours at 100.
    """
    straight = person.craft in found.straight_crafts
    return {
        "straight": tenths(found.straight_hours),
        "multiplier": 100 if straight else hundredths(found.multiplier),
    }


def on_call_day(found: pay.OnCallDay, _person: Person, _share: Decimal) -> Row:
    """Returns the multiple of a fifth of the week's rate, in hundredths."""
    return {"multiplier": hundredths(found.multiplier)}


def long_day(found: pay.LongDay, _person: Person, _share: Decimal) -> Row:
    """Returns the minutes past which hours pay days' pay, and how many days, in hundredths."""
    return {"after": minutes(found.hours), "days": hundredths(found.days)}


def night_premium(found: pay.NightPremium, _person: Person, _share: Decimal) -> Row:
    """Returns both premiums, in whole percent."""
    return {
        "evening": whole(found.evening_percent),
        "night": whole(found.night_percent),
    }


def travel_only(found: pay.TravelOnly, _person: Person, _share: Decimal) -> Row:
    """Returns the least and most hours in tenths, and how many days an on-call week has."""
    return {
        "least": tenths(found.minimum_hours),
        "most": tenths(found.maximum_hours),
        "share": found.on_call_days_of_week,
        "always_most": found.unknown_hours_pay == "maximum",
    }


def idle_day(found: pay.IdleDay, _person: Person, _share: Decimal) -> Row:
    """Returns the tenths to be paid, and those for which benefits are due."""
    return {"tenths": tenths(found.hours), "benefits": tenths(found.benefit_hours)}


def benefit_hours(found: pay.BenefitHours, _person: Person, _share: Decimal) -> Row:
    """Returns the tenths credited for a day of a shorter week, and for five, six and seven days."""
    return {
        "day": tenths(found.partial_day),
        "five": tenths(found.five_days),
        "six": tenths(found.six_days),
        "seven": tenths(found.seven_days),
    }


def per_diem(found: pay.PerDiem, _person: Person, _share: Decimal) -> Row:
    """Returns the allowance of each meal, in cents."""
    names = ("breakfast", "lunch", "dinner")
    return {name: cents(getattr(found, name)) for name in names}


def living_allowance(found: pay.LivingAllowance, _person: Person, _share: Decimal) -> Row:
    """Returns the allowance by the day and by the week, in cents."""
    return {"daily": cents(found.daily), "weekly": cents(found.weekly)}


def contribution_rate(found: pay.ContributionRate, person: Person, _share: Decimal) -> Row:
    """Returns the rate of the person's group, in thousandths of a percent."""
    background = person.group == "background"
    rate = found.background if background else found.principal
    return {"rate": hundredths(rate) * 10}


def contribution_ceiling(found: pay.ContributionCeiling, person: Person, _share: Decimal) -> Row:
    """Returns the ceiling in cents, of the picture or of an episode by its length.

    It is None where the length is not known, or longer than the pack's ceilings.
    """
    length = person.context.program_minutes
    if found.picture is not None:
        return {"cents": cents(found.picture), "episode": False}
    half, hour = found.half_hour, found.one_hour
    if length is None or half is None or hour is None:
        return {"cents": None, "episode": True}
    longest = 65
    if length > longest:
        return {"cents": None, "episode": True}
    return {"cents": cents(half if length <= 35 else hour), "episode": True}  # noqa: PLR2004


def hourly_contribution(found: pay.HourlyContribution, _person: Person, _share: Decimal) -> Row:
    """Returns ten-thousandths of a dollar by the hour, and whole percent of scale."""
    premium = found.premium_per_hour
    return {
        "rate": rate_units(found.per_hour),
        "premium": rate_units(found.per_hour if premium is None else premium),
        "percent": _maybe(whole, found.percent_of_scale),
    }


def daily_contribution(found: pay.DailyContribution, _person: Person, _share: Decimal) -> Row:
    """Returns the contribution of a day, in cents."""
    return {"cents": cents(found.per_day)}


def consecutive_days(found: pay.ConsecutiveDays, _person: Person, _share: Decimal) -> Row:
    """Returns the days in a row, the minutes of rest that end them, and what is added."""
    return {
        "days": found.days,
        "rest": minutes(found.rest_hours),
        "extra": hundredths(found.extra),
    }


def extended_day(found: pay.ExtendedDay, person: Person, _share: Decimal) -> Row:
    """Returns the bands of the person's own craft: minutes, and hundredths of a day."""
    own = [
        (minutes(hours), hundredths(days))
        for who, hours, days in found.steps
        if who == person.craft
    ]
    own += [(None, None)] * (2 - len(own))  # type: ignore[list-item]
    further = found.from_hours.get(person.craft)
    return {
        "from1": own[0][0],
        "days1": own[0][1],
        "from2": own[1][0],
        "days2": own[1][1],
        "further": _maybe(minutes, further),
        "each": minutes(found.hours_per_further_day),
    }


def rest_by_fraction(found: rest.RestByFraction, _person: Person, _share: Decimal) -> Row:
    """Returns minutes, and hundredths of a day by the hour."""
    return {
        "minutes": minutes(found.hours),
        "fraction": hundredths(found.fraction_per_hour),
        "moved": minutes(found.moved_hours),
    }


def flat(names: Mapping[str, Callable[[Decimal], int]]) -> Callable[..., Row]:
    """Returns a function that gives the named sums as columns, each in its unit."""

    def flattened(found: pay.Flat, _person: Person, _share: Decimal) -> Row:
        return {name: unit(found.sums[name]) for name, unit in names.items()}

    return flattened


def mileage(found: pay.Flat, person: Person, _share: Decimal) -> Row:
    """Returns cents by the mile, and what a day in the secondary zone adds."""
    secondary = person.context.zone == "secondary_zone"
    daily = found.sums.get("secondary_zone_daily", Decimal(0)) if secondary else Decimal(0)
    return {"per_mile": cents(found.sums["per_mile"]), "daily": cents(daily)}


def events(found: pay.Flat, _person: Person, _share: Decimal) -> Row:
    """Returns the words of events, and their sums in cents in the same order."""
    return {"words": list(found.sums), "sums": [cents(value) for value in found.sums.values()]}


def nothing(_found: pay.Flat, _person: Person, _share: Decimal) -> Row:
    """Returns no column: the rule has no numbers."""
    return {}
