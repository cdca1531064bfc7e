"""What rules of pay can say: scales, overtime, premium days, guarantees, allowances, benefits.

`hours` of an `OvertimeStep` count from the first call of the day.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from cost_pipeline.rules.amount_types import (
    Amounts,
    Dollars,
    Hours,
    Multiplier,
    Percent,
)


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


class Flat(Amounts):
    """Sums paid for events, by name."""

    kind: Literal["flat"]
    sums: dict[str, Dollars]
