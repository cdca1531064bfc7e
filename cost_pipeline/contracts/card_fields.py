"""The types of the fields of a timecard: minutes, words, lists of words.

Belongs here: annotations that contracts and rules between fields may both import. Which fields a
card has is `timecard`'s; its gross lines are `gross`'s.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from cost_pipeline.contracts.card_texts import clock, words
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.problems import RefusedAs
from cost_pipeline.contracts.texts import ReadAs, whole_number
from cost_pipeline.core.reasons import Reason

EARLIEST_MINUTE: Final = 0
LATEST_MINUTE: Final = 96 * 60 - 1


Clock = Annotated[
    int,
    Field(ge=EARLIEST_MINUTE, le=LATEST_MINUTE),
    ReadAs(clock),
    RefusedAs(Reason.BAD_TIME, "is not between 0 and 96 hours of the work date's midnight"),
]
"""Minutes by the wall clock since the midnight that begins the work date; over 1440 is past the
next midnight. A clock change within the day is not in it: see `timecards.CLOCK_COLUMNS`."""


Count = Annotated[
    int,
    ReadAs(whole_number(CostReason.BAD_CODE)),
    Field(ge=0, le=9999),
    RefusedAs(Reason.BAD_NUMBER, "is not a whole number from 0 to 9999"),
]
Flag = Annotated[bool, RefusedAs(CostReason.BAD_CODE, "is not yes or no")]
Day = Annotated[
    date,
    Field(ge=date(1900, 1, 1), le=date(2099, 12, 31)),
    RefusedAs(Reason.BAD_DATE, "is not between 1900-01-01 and 2099-12-31"),
]

AgreementWord = Literal[
    "sag_aftra",
    "iatse_basic",
    "iatse_area_standards",
    "iatse_low_budget",
    "teamsters_399",
    "dga",
    "wga",
    "non_union",
]
EngagementWord = Literal["daily", "weekly", "three_day", "on_call", "flat"]
ScheduleWord = Literal["A", "B", "C", "F", "H", "K", "X"]
ContractTypeWord = Literal["theatrical", "television", "new_media"]
BudgetTierWord = Literal["full", "low", "moderate_low", "ultra_low", "student", "short"]
RateUnitWord = Literal["hour", "day", "three_day", "week", "episode", "flat"]
RateTypeWord = Literal["studio", "location"]
DayTypeWord = Literal[
    "work", "rehearsal", "fitting", "travel", "hold", "idle", "holiday", "training"
]
ZoneWord = Literal["studio", "studio_zone", "secondary_zone", "bus_to", "nearby", "distant"]
WeekdayWord = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MealWord = Literal["breakfast", "lunch", "dinner"]


def _one_of(words: object) -> RefusedAs:
    return RefusedAs(CostReason.BAD_CODE, f"is not one of {', '.join(get_args(words))}")


def _list_of(words: object) -> RefusedAs:
    return RefusedAs(CostReason.BAD_CODE, f"is not a list of {', '.join(get_args(words))}")


Agreement = Annotated[AgreementWord, _one_of(AgreementWord)]
Engagement = Annotated[EngagementWord, _one_of(EngagementWord)]
Schedule = Annotated[ScheduleWord, _one_of(ScheduleWord)]
ContractType = Annotated[ContractTypeWord, _one_of(ContractTypeWord)]
BudgetTier = Annotated[BudgetTierWord, _one_of(BudgetTierWord)]
RateUnit = Annotated[RateUnitWord, _one_of(RateUnitWord)]
RateType = Annotated[RateTypeWord, _one_of(RateTypeWord)]
DayType = Annotated[DayTypeWord, _one_of(DayTypeWord)]
Zone = Annotated[ZoneWord, _one_of(ZoneWord)]
DaysOff = Annotated[tuple[WeekdayWord, ...], ReadAs(words), _list_of(WeekdayWord)]
Meals = Annotated[tuple[MealWord, ...], ReadAs(words), _list_of(MealWord)]
Events = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")], ...],
    ReadAs(words),
    RefusedAs(CostReason.BAD_CODE, "is not a list of words such as wet, wardrobe_change"),
]
