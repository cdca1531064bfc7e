"""The amounts of a rule, by kind: what each kind of rule can say, and nothing about cards.

Hours and money are decimals written as text; a float cannot get in because a pack is read as text.
`hours` of an `OvertimeStep` count from the first call of the day.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MINUTES_PER_HOUR = 60

Hours = Annotated[Decimal, Field(ge=0, le=400)]
Minutes = Annotated[int, Field(ge=0, le=6000)]
Multiplier = Annotated[Decimal, Field(ge=0, le=10, decimal_places=2)]
Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=4)]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=3)]


class Amounts(BaseModel):
    """Base of every kind: frozen, and an unknown key is an error; built when first used."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Minimum(Amounts):
    """A minimum rate; without `craft` or `schedule` for every one that the rule applies to."""

    craft: str | None = None
    schedule: Literal["daily", "weekly"] | None = None
    per: Literal["hour", "day", "week", "three_days"]
    minimum: Dollars


class Scale(Amounts):
    """Minimum rates: the agreed rate must reach them."""

    kind: Literal["scale"]
    minimums: tuple[Minimum, ...] = Field(min_length=1)


class OvertimeStep(Amounts):
    """Time past `hours` pays these multiples of the straight rate.

    `basis` says whether the hours are worked (meals left out) or elapsed (meals counted).
    """

    hours: Hours
    basis: Literal["worked", "elapsed"]
    normal: Multiplier
    sixth: Multiplier | None = None
    seventh: Multiplier | None = None


class Overtime(Amounts):
    """Tiers of a day, and of a week.

    Attributes:
        steps: Ascending by hours.
        worked_on_television: The thresholds count hours worked for crews on a television
            production, outside distant locations.
        rate_hours: The rate is for so many hours (8 of a day rate, 44 of a weekly one).
        weekly_after: Straight hours of a week beyond which `weekly_multiplier` is paid.
        weekly_after_overnight: The same on an overnight location.
        free_days: Days of a week on which the first step starts at the second.
        four_day_after: The weekly limit when four days were worked.
        ceiling_television: Weekly rate above which overtime is not counted.
        ceiling_theatrical: The same for theatrical pictures.
    """

    kind: Literal["overtime"]
    steps: tuple[OvertimeStep, ...] = Field(min_length=1)
    worked_on_television: bool = False
    rate_hours: Hours | None = None
    weekly_after: Hours | None = None
    weekly_after_overnight: Hours | None = None
    weekly_multiplier: Multiplier | None = None
    free_days: int | None = None
    four_day_after: Hours | None = None
    ceiling_television: Dollars | None = None
    ceiling_theatrical: Dollars | None = None
    money_break_times_scale: Multiplier | None = None


class PremiumDays(Amounts):
    """Multiples of the straight rate from the first hour on the employee's own 6th and 7th day."""

    kind: Literal["premium_days"]
    sixth: Multiplier
    seventh: Multiplier
    holiday: Multiplier


class Holidays(Amounts):
    """The contractual holidays. `names` are those of `cost_pipeline.rules.calendar`."""

    kind: Literal["holidays"]
    names: tuple[str, ...]
    worked: Multiplier


class MinimumCall(Amounts):
    """Any call pays at least so many hours.

    Those past `straight_hours` are overtime; where they were not worked, they may be straight all
    the same if `unworked_disputed`. A day of nothing but training pays `training_hours`.
    """

    kind: Literal["minimum_call"]
    hours: Hours
    unworked_disputed: bool = False
    straight_hours: Hours = Decimal(8)
    training_hours: Hours | None = None


class WeeklyGuarantee(Amounts):
    """`hourly x (straight_hours + multiplier x (guaranteed - straight_hours))`.

    `straight_crafts` have all guaranteed hours at the straight rate.
    """

    kind: Literal["weekly_guarantee"]
    straight_hours: Hours
    multiplier: Multiplier
    straight_crafts: tuple[str, ...] = ()


class OnCallDay(Amounts):
    """An on-call employee's 7th day pays `multiplier x weekly / 5`."""

    kind: Literal["on_call_day"]
    multiplier: Multiplier


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
        multiplier: Of the straight rate, for each invaded hour.
        minimum_hours: Least that is paid.
        unit_hours: Rounded up to these.
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


class LongDay(Amounts):
    """Each hour or fraction past `hours` pays `days` days' pay."""

    kind: Literal["long_day"]
    hours: Hours
    days: Multiplier


class NightPremium(Amounts):
    """Percent on top for work at night, by the hour of the call; off production only."""

    kind: Literal["night_premium"]
    evening_percent: Percent
    night_percent: Percent


class TravelOnly(Amounts):
    """A day of nothing but travel: the hours travelled, between these bounds, straight."""

    kind: Literal["travel_only"]
    minimum_hours: Hours
    maximum_hours: Hours
    on_call_days_of_week: int | None = None
    unknown_hours_pay: Literal["maximum", "not_evaluated"] = "not_evaluated"


class IdleDay(Amounts):
    """An idle 6th or 7th day on a distant location: so many hours, at straight time."""

    kind: Literal["idle_day"]
    hours: Hours
    benefit_hours: Hours


class PerDiem(Amounts):
    """Money for each meal on an overnight location that was not supplied."""

    kind: Literal["per_diem"]
    breakfast: Dollars
    lunch: Dollars
    dinner: Dollars


class LivingAllowance(Amounts):
    """A nearby hire's allowance, by the week or by the day."""

    kind: Literal["living_allowance"]
    weekly: Dollars
    daily: Dollars


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
    """A card has one band: two would be two rows of facts for it."""
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


class ContributionRate(Amounts):
    """Pension and health, in percent of gross."""

    kind: Literal["contribution_rate"]
    principal: Percent
    background: Percent


class ContributionCeiling(Amounts):
    """Gross beyond which nothing is contributed: for a picture, or an episode by its length."""

    kind: Literal["contribution_ceiling"]
    picture: Dollars | None = None
    half_hour: Dollars | None = None
    one_hour: Dollars | None = None


class HourlyContribution(Amounts):
    """Benefits by the hour, and in percent of scale."""

    kind: Literal["hourly_contribution"]
    per_hour: Dollars
    premium_per_hour: Dollars | None = None
    percent_of_scale: Percent | None = None


class DailyContribution(Amounts):
    """Benefits by the day worked."""

    kind: Literal["daily_contribution"]
    per_day: Dollars


class BenefitHours(Amounts):
    """Hours credited to on-call employees."""

    kind: Literal["benefit_hours"]
    partial_day: Hours
    five_days: Hours
    six_days: Hours
    seven_days: Hours


class ConsecutiveDays(Amounts):
    """From the day after `days` in a row, `extra` is added on all hours until a long rest."""

    kind: Literal["consecutive_days"]
    days: int
    rest_hours: Hours
    extra: Multiplier


class ExtendedDay(Amounts):
    """Extra days' pay of a director's staff by the length of the workday.

    `steps` are hours past which so many further days are owed; past the last, one more for each
    `hours_per_further_day` or fraction.
    """

    kind: Literal["extended_day"]
    steps: tuple[tuple[str, Hours, Multiplier], ...]
    hours_per_further_day: Hours
    from_hours: dict[str, Hours]


class RestByFraction(Amounts):
    """Invaded rest pays a fraction of a day for each hour; wrap and call are moved by an hour."""

    kind: Literal["rest_by_fraction"]
    hours: Hours
    fraction_per_hour: Multiplier
    moved_hours: Hours


class Flat(Amounts):
    """Sums paid for events, by name."""

    kind: Literal["flat"]
    sums: dict[str, Dollars]


AnyAmounts = Annotated[
    Scale
    | Overtime
    | PremiumDays
    | Holidays
    | MinimumCall
    | WeeklyGuarantee
    | OnCallDay
    | MealDue
    | MealPenalty
    | DailyRest
    | WeeklyRest
    | ForcedCall
    | RestInvasion
    | RestAccumulation
    | LongDay
    | NightPremium
    | TravelOnly
    | IdleDay
    | PerDiem
    | LivingAllowance
    | MinorHours
    | ContributionRate
    | ContributionCeiling
    | HourlyContribution
    | DailyContribution
    | BenefitHours
    | ConsecutiveDays
    | ExtendedDay
    | RestByFraction
    | Flat,
    Field(discriminator="kind"),
]
