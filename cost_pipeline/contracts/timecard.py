"""The timecard contract: one person's work on one day, as recorded, and its gross lines as paid.

Belongs here: which fields a card has; their types are in `card_fields`. How a vendor writes them is
`cost_pipeline.validate`'s work; what is due for them is `cost_pipeline.rules`'. A card that says
something impossible (a wrap before its call) is lawful here: the evaluation says "not evaluated".
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cost_pipeline.contracts.card_fields import (
    Agreement,
    BudgetTier,
    Clock,
    ContractType,
    Count,
    Day,
    DaysOff,
    DayType,
    Engagement,
    Events,
    Flag,
    Meals,
    RateType,
    RateUnit,
    Schedule,
    Zone,
)
from cost_pipeline.contracts.cost import CostRecord
from cost_pipeline.contracts.cost_fields import Amount, Id, ShortText
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.gross import GrossLines, Hours, Rate
from cost_pipeline.contracts.problems import RefusedAs


class Timecard(CostRecord):
    """One person's work on one day.

    `transaction_date` is the work date, `amount` the total gross of the day as paid, which the
    gross lines add up to. A meal's `out` is when the meal begins, its `in` when work goes on.
    """

    kind = RecordKind.TIMECARD
    columnar = False  # its fields read each other (a dated time needs the work date)

    worker_id: Id
    worker_name: ShortText | None = None
    loan_out: Flag = False
    birthdate: Day | None = None
    minor: Flag | None = None
    school_day: Flag | None = None
    school_hours: Hours | None = None
    set_hours: Hours | None = None
    rest_hours: Hours | None = None

    agreement: Agreement
    local: Id | None = None
    occupation_code: Id | None = None
    craft: Id
    engagement: Engagement
    schedule: Schedule | None = None
    contract_type: ContractType
    program_minutes: Count | None = None
    season: Count | None = None
    budget_tier: BudgetTier = "full"
    photography_start: Day | None = None

    rate: Rate
    rate_unit: RateUnit
    rate_type: RateType | None = None
    guaranteed_hours: Hours | None = None
    scale_rate: Rate | None = None
    contract_rate: Rate | None = None
    stunt_adjustment: Rate | None = None

    week_ending: Day
    workday: Annotated[
        int,
        Field(ge=1, le=7),
        RefusedAs(CostReason.BAD_CODE, "is not a day of the workweek, 1 to 7"),
    ]
    days_off: DaysOff = ()
    holiday: Flag = False
    day_type: DayType = "work"
    off_production: Flag = False
    zone: Zone
    exterior: Flag = False

    call: Clock | None = None
    general_call: Clock | None = None
    report: Clock | None = None
    ndb_end: Clock | None = None
    ndm_start: Clock | None = None
    ndm_end: Clock | None = None
    meal1_out: Clock | None = None
    meal1_in: Clock | None = None
    meal2_out: Clock | None = None
    meal2_in: Clock | None = None
    last_man_in: Clock | None = None
    camera_wrap: Clock | None = None
    wrap: Clock | None = None
    dismissal: Clock | None = None
    grace1: Flag = False
    grace2: Flag = False
    extension1: Flag = False
    extension2: Flag = False
    french_hours: Flag = False
    forced_call: Flag = False
    prior_work_date: Day | None = None
    prior_wrap: Clock | None = None

    travel_to_start: Clock | None = None
    travel_to_end: Clock | None = None
    travel_from_start: Clock | None = None
    travel_from_end: Clock | None = None
    flight_hours: Hours | None = None
    miles: Hours | None = None
    lodging: Flag | None = None
    meals_supplied: Meals = ()
    per_diem_paid: Amount | None = None
    per_diem_in_payroll: Flag = False
    adjustments: Events = ()

    benefits_paid: Amount | None = None
    earnings_to_date: Amount | None = None
    fifteen_million: Flag | None = None

    gross: GrossLines = ()
