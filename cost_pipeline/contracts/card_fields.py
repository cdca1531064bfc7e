"""The types of the fields of a timecard: minutes, hours, rates, words, and gross lines as paid.

Belongs here: annotations that contracts and rules between fields may both import, and a note on
how a text is read where all vendors write it alike. Which fields a card has is `timecard`'s.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cost_pipeline.contracts.cost_fields import Amount
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.problems import RefusedAs
from cost_pipeline.core.reasons import Reason

EARLIEST_MINUTE: Final = 0
LATEST_MINUTE: Final = 96 * 60 - 1
_MOST_LINES: Final = 100


class Written(StrEnum):
    """A note on a field: how its text is read, where that is not by its type alone."""

    CLOCK = "clock"
    WORDS = "words"
    LINES = "lines"


Clock = Annotated[
    int,
    Field(ge=EARLIEST_MINUTE, le=LATEST_MINUTE),
    Written.CLOCK,
    RefusedAs(CostReason.BAD_TIME, "is not between 0 and 96 hours of the work date's midnight"),
]
"""Minutes by the wall clock since the midnight that begins the work date; over 1440 is past the
next midnight. A clock change within the day is not in it: see `timecards.CLOCK_COLUMNS`."""

Rate = Annotated[
    Decimal,
    Field(ge=0, max_digits=14, decimal_places=4, allow_inf_nan=False),
    RefusedAs(Reason.BAD_AMOUNT, "is not a rate of at most 10 digits before and 4 after the point"),
]
Hours = Annotated[
    Decimal,
    Field(ge=0, max_digits=8, decimal_places=4, allow_inf_nan=False),
    RefusedAs(Reason.BAD_AMOUNT, "is not a number of hours or units, 0 to 9999.9999"),
]
Count = Annotated[
    int,
    Field(ge=0, le=9999),
    RefusedAs(Reason.BAD_AMOUNT, "is not a whole number from 0 to 9999"),
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
CategoryWord = Literal[
    "straight",
    "overtime",
    "double",
    "gold",
    "premium",
    "holiday",
    "guarantee",
    "travel",
    "meal_penalty",
    "rest_penalty",
    "night_premium",
    "adjustment",
    "allowance",
    "per_diem",
    "mileage",
    "benefits",
    "other",
]


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
DaysOff = Annotated[tuple[WeekdayWord, ...], Written.WORDS, _list_of(WeekdayWord)]
Meals = Annotated[tuple[MealWord, ...], Written.WORDS, _list_of(MealWord)]
Events = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")], ...],
    Written.WORDS,
    RefusedAs(CostReason.BAD_CODE, "is not a list of words such as wet, wardrobe_change"),
]
Category = Annotated[CategoryWord, _one_of(CategoryWord)]


class GrossLine(BaseModel):
    """One line of the gross as paid: so much of a category, times a multiplier, at a rate."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    category: Category
    quantity: Hours | None = None
    multiplier: Hours | None = None
    rate: Rate | None = None
    amount: Amount


def _lines(value: Any) -> Any:  # noqa: ANN401 - whatever was read; the model judges it
    return tuple(value) if isinstance(value, list) else value


GrossLines = Annotated[
    tuple[GrossLine, ...],
    BeforeValidator(_lines),
    Field(max_length=_MOST_LINES),
    Written.LINES,
    RefusedAs(
        CostReason.BAD_GROSS_LINE,
        "is not a list of gross lines category|quantity|multiplier|rate|amount, whose category is"
        f" one of {', '.join(get_args(CategoryWord))}",
    ),
]
