"""What rules of rest can say: meal penalties, turnaround between days, and the hours of minors."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from cost_pipeline.rules.amount_types import (
    Amounts,
    Dollars,
    Hours,
    Minutes,
    Multiplier,
)


class MealDue(Amounts):
    """When a meal must have begun."""

    kind: Literal["meal_due"]
    hours: Hours
    minimum_minutes: Minutes
    maximum_minutes: Minutes
    grace_minutes: Minutes
    extension_minutes: Minutes = 0
    distant_last_hours: Hours | None = None
    non_deductible_minutes: Minutes
    non_deductible_window_hours: Hours


class MealPenalty(Amounts):
    """Money for each half hour, or fraction, that a meal is late.

    `ladder` for the first ones, `each_after` for every further one. Past `weekly_limit` half hours
    in a week each pays an hour's pay (`over_limit`), but not less than `over_limit_floor`.
    """

    kind: Literal["meal_penalty"]
    ladder: tuple[Dollars, ...] = Field(min_length=1, max_length=4)
    each_after: Dollars
    weekly_limit: int | None = None
    over_limit: Literal["prevailing", "straight"] | None = None
    over_limit_floor: Dollars | None = None


class DailyRest(Amounts):
    """Hours from dismissal to the next first call.

    `special_crafts` have `special` and `special_distant`. `theatrical_overnight` may be used
    `theatrical_overnight_days` times a week; `exterior_nearby` once in so many consecutive days.
    """

    kind: Literal["daily_rest"]
    general: Hours | None = None
    distant: Hours | None = None
    special_crafts: tuple[str, ...] = ()
    special: Hours | None = None
    special_distant: Hours | None = None
    theatrical_overnight: Hours | None = None
    theatrical_overnight_days: int | None = None
    exterior_nearby: Hours | None = None
    exterior_nearby_once_in_days: int | None = None


class WeeklyRest(Amounts):
    """Hours of rest around days off.

    `reduced` are enough after two days off if the call is not before `reduced_if_call_from`; without
    that, for reasons that no card says.
    """

    kind: Literal["weekly_rest"]
    two_days_off: Hours
    one_day_off: Hours
    reduced: Hours | None = None
    reduced_if_call_from: Hours | None = None


class ForcedCall(Amounts):
    """The lesser of a day's pay and `cap`."""

    kind: Literal["forced_call"]
    cap: Dollars


class RestInvasion(Amounts):
    """What invaded rest pays on top, by the hour.

    Attributes:
        small_hours: An invasion of at most this many hours is small, on production.
        small_hours_off_production: The same off production.
        multiplier: The multiple of the straight rate that each invaded hour pays.
        minimum_hours: The least that is paid.
        unit_hours: The unit that hours are rounded up to.
        weekends_only: Rest that is invaded between two days pays nothing by this rule.
    """

    kind: Literal["rest_invasion"]
    small_hours: Hours
    small_hours_off_production: Hours
    multiplier: Multiplier
    minimum_hours: Hours
    unit_hours: Hours
    weekends_only: bool = False


class RestAccumulation(Amounts):
    """A larger invasion: the shifts count as one for overtime and golden time."""

    kind: Literal["rest_accumulation"]
    continuous_below: Hours
    gold_ends_after: Hours
    callback_hours: Hours
    callback_multiplier: Multiplier
    callback_premium_hours: Hours
    callback_premium_multiplier: Multiplier


class MinorBand(Amounts):
    """One age band: most hours at the place of work and of work, least of school and rest.

    Ages are in months.
    """

    name: str
    from_months: int
    to_months: int
    school_day: bool | None = None
    at_work: Hours
    with_meal: Hours
    work_minutes: Minutes
    school_minutes: Minutes = 0
    recreation_minutes: Minutes = 0


def _one_at_a_time(bands: tuple[MinorBand, ...]) -> tuple[MinorBand, ...]:
    """Returns the bands; refuses two of one age, which would give a card two rows of facts."""
    for one, other in combinations(bands, 2):
        apart = {one.school_day, other.school_day} == {True, False}
        months = max(one.from_months, other.from_months), min(one.to_months, other.to_months)
        if months[0] <= months[1] and not apart:
            raise ValueError(f"the bands {one.name} and {other.name} are of the same age")
    return bands


class MinorHours(Amounts):
    """When and how long a minor may be at work."""

    kind: Literal["minor_hours"]
    bands: Annotated[tuple[MinorBand, ...], AfterValidator(_one_at_a_time)]
    earliest: Hours
    latest: Hours
    latest_before_free_day: Hours
    weekly_hours: Hours
    rest_hours: Hours
    meal_hours: Hours


class RestByFraction(Amounts):
    """Invaded rest pays a fraction of a day for each hour; wrap and call are moved by an hour."""

    kind: Literal["rest_by_fraction"]
    hours: Hours
    fraction_per_hour: Multiplier
    moved_hours: Hours
