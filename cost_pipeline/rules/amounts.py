"""The amounts of a rule, by kind: what each kind of rule can say, and nothing about cards."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cost_pipeline.rules.amounts_of_pay import (
    BenefitHours,
    ConsecutiveDays,
    ContributionCeiling,
    ContributionRate,
    DailyContribution,
    ExtendedDay,
    Flat,
    Holidays,
    HourlyContribution,
    IdleDay,
    LivingAllowance,
    LongDay,
    MinimumCall,
    NightPremium,
    OnCallDay,
    Overtime,
    PerDiem,
    PremiumDays,
    Scale,
    TravelOnly,
    WeeklyGuarantee,
)
from cost_pipeline.rules.amounts_of_rest import (
    DailyRest,
    ForcedCall,
    MealDue,
    MealPenalty,
    MinorHours,
    RestAccumulation,
    RestByFraction,
    RestInvasion,
    WeeklyRest,
)

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
