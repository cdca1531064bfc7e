"""Each card with its context, and its times in whole minutes.

A card that says something impossible has the reason in `unknown`, and no family looks at it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from cost_pipeline.rules.calendar import holiday_kept
from cost_pipeline.rules.context import Context, Epochs
from cost_pipeline.rules.groups import Array, Groups, codes, whole
from cost_pipeline.rules.sql import clock
from cost_pipeline.rules.units import RATE_UNIT

# Above this a rate is a mistake, and its products would leave 64 bits.
MOST_RATE: Final = 1_000_000 * RATE_UNIT
LONGEST_DAY_MINUTES: Final = 24 * 60

_DAYS_SCHEMA: Final = pa.schema(
    [
        pa.field("day", pa.date32()),
        pa.field("kept", pa.string()),
        pa.field("kept_saturday", pa.string()),
        pa.field("free_tomorrow", pa.bool_()),
    ]
)


def days_table(cards: pa.Table) -> pa.Table:
    """Returns the work dates of cards, each with the holiday that is kept on it.

    The day after is free of school at weekends and on holidays; no card says so.
    """
    days = [
        {
            "day": day,
            "kept": holiday_kept(day),
            "kept_saturday": holiday_kept(day, saturday_kept=True),
            "free_tomorrow": _free(day + timedelta(days=1)),
        }
        for day in cards["work_date"].unique().to_pylist()
    ]
    return pa.Table.from_pylist(days, schema=_DAYS_SCHEMA)


def _free(day: date) -> bool:
    return day.weekday() >= _SATURDAY or holiday_kept(day) not in _SCHOOL


_SATURDAY: Final = 5
# The one of the agreements' holidays on which schools need not be closed.
_SCHOOL: Final = {None, "good_friday"}


def contexts_of(cards: pa.Table, epochs: Epochs) -> tuple[Array, list[Context]]:
    """Returns the number of each card's context, and the distinct contexts.

    Each column is read value by value, not card by card; spellings with the same meaning are one.
    """
    key = np.zeros(cards.num_rows, np.int64)
    choices: list[list[Any]] = []
    for column, meaning in _dimensions(epochs):
        encoded = cards[column].combine_chunks().dictionary_encode(null_encoding="encode")
        values = [meaning(value) for value in encoded.dictionary.to_pylist()]
        distinct = list(dict.fromkeys(values))
        numbers = np.array([distinct.index(value) for value in values], np.int64)
        # Large keys are numbered anew, so that the product of all choices does not matter.
        if len(distinct) > 1:
            key = key * len(distinct) + numbers[np.asarray(encoded.indices)]
            key = np.unique(key, return_inverse=True)[1] if key.max() > _MANY else key
        choices.append([numbers[np.asarray(encoded.indices)], distinct])
    _, examples, context = np.unique(key, return_index=True, return_inverse=True)
    found = [
        Context(*(distinct[numbers[row]] for numbers, distinct in choices)) for row in examples
    ]
    return context, found


_MANY: Final = 2**31


def _dimensions(epochs: Epochs) -> list[tuple[str, Callable[[Any], Any]]]:
    """Returns the column for each field of `Context`, in order, and what a value of it means."""
    return [
        ("agreement", _itself),
        ("craft", lambda word: word.strip(" ").lower().replace(" ", "_").replace("-", "_")),
        ("local", lambda local: local or None),
        ("engagement", _itself),
        ("schedule", lambda schedule: schedule or None),
        ("contract_type", _itself),
        ("zone", _itself),
        ("budget_tier", lambda tier: "full" if tier is None else tier),
        ("program_minutes", _itself),
        ("season", _itself),
        ("off_production", bool),
        ("work_date", epochs.of),
        ("photography_start", lambda day: None if day is None else epochs.of(day)),
    ]


def _itself(value: Any) -> Any:  # noqa: ANN401 - of any column
    return value


def persons(cards: pa.Table) -> Array:
    """Returns a number for each card, the same for all cards of a person on a production."""
    workers = codes(cards["worker_id"])
    return codes(cards["production"]) * (workers.max(initial=0) + 1) + workers


def twins(cards: pa.Table, person: Array) -> Array:
    """Returns, for each card, how many cards its person has for the day."""
    same_day = Groups((person, whole(cards["work_date"])))
    return same_day.total(np.ones(cards.num_rows, np.int64))


def real(wall: str) -> str:
    """Returns SQL: the minutes that really passed (see `contracts.cards.CLOCK_COLUMNS`)."""
    return f"({wall} - CASE WHEN {wall} >= clock_shift_at THEN clock_shift ELSE 0 END)"


CLOCKS: Final = (
    "call",
    "general_call",
    "ndb_end",
    "ndm_start",
    "ndm_end",
    "meal1_out",
    "meal1_in",
    "meal2_out",
    "meal2_in",
    "wrap",
    "dismissal",
    "camera_wrap",
    "travel_to_start",
    "travel_to_end",
    "travel_from_start",
    "travel_from_end",
)
# The first time of a card that no clock showed: it lies in the hour that is skipped in spring.
_SKIPPED: Final = "coalesce({})".format(
    ", ".join(
        f"CASE WHEN {name} >= clock_shift_at - clock_shift AND {name} < clock_shift_at THEN {name} END"
        for name in CLOCKS
    )
)
_REAL: Final = ", ".join(f"{real(name)} AS {name}_" for name in CLOCKS)
_CREW: Final = (
    "agreement IN ('iatse_basic', 'iatse_area_standards', 'iatse_low_budget', 'teamsters_399')"
)
_WORKS: Final = "day_type IN ('work', 'rehearsal', 'training', 'fitting')"


def _meal(number: int) -> str:
    """Returns SQL: whether a meal counts as one, and its deductible minutes."""
    out, back = f"meal{number}_out_", f"meal{number}_in_"
    counts = f"({out} IS NOT NULL AND {back} - {out} >= shortest AND {out} - call_ >= not_before)"
    return (
        f"coalesce({counts}, false) AS meal{number},"
        f" CASE WHEN {counts} THEN least({back} - {out}, longest) ELSE 0 END AS off{number}"
    )


# Why a card is impossible: the first that holds. It shows wall clocks and compares real minutes.
_IMPOSSIBLE: Final = f"""CASE
    WHEN currency <> 'USD' THEN 'it is paid in ' || currency || ', and the agreements are in USD'
    WHEN twins > 1 THEN 'there are ' || twins || ' cards of this person for this day'
    WHEN rate >= {MOST_RATE} THEN 'a rate of a million or more is not one'
    WHEN works AND call IS NULL THEN 'the call is missing'
    WHEN works AND end_wall IS NULL THEN 'the wrap is missing'
    WHEN skipped IS NOT NULL
        THEN 'no clock showed ' || {clock("skipped")} || ': clocks went forward over it'
    WHEN wrap_ < call_ THEN 'the wrap ' || {clock("wrap")} || ' is before the call ' || {clock("call")}
    WHEN dismissal_ < call_
        THEN 'the dismissal ' || {clock("dismissal")} || ' is before the call ' || {clock("call")}
    WHEN dismissal_ < wrap_
        THEN 'the dismissal ' || {clock("dismissal")} || ' is before the wrap ' || {clock("wrap")}
    WHEN end_ - call_ > {LONGEST_DAY_MINUTES}
        THEN 'the day is ' || ((end_ - call_) // 60) || ' hours long'
    WHEN (meal1_out IS NULL) <> (meal1_in IS NULL) OR (meal2_out IS NULL) <> (meal2_in IS NULL)
        THEN 'a meal lacks its beginning or its end'
    WHEN meal1_in_ < meal1_out_ OR meal2_in_ < meal2_out_ THEN 'a meal ends before it begins'
    WHEN meal2_out_ < meal1_in_ AND meal2_in_ > meal1_out_ THEN 'the meals overlap'
    WHEN meal2_out_ < meal1_out_ THEN 'the second meal is before the first'
    WHEN meal1_out_ < call_ OR meal2_out_ < call_ THEN 'a meal begins before the call'
    WHEN meal1_in_ > end_ OR meal2_in_ > end_ THEN 'a meal ends after the wrap'
    WHEN ndm_end_ < ndm_start_ THEN 'the non-deductible meal ends before it begins'
    WHEN prior_wrap IS NOT NULL AND call IS NOT NULL AND prior_given > call_
        THEN 'the wrap of the day before is after this call'
    WHEN week_ending < work_date OR week_ending > work_date + 6
        THEN 'the week ending ' || week_ending || ' is not that of this day'
    WHEN prior_work_date >= work_date THEN 'the day before, ' || prior_work_date || ', is not before'
END"""


def _inside(journey: str) -> str:
    """Returns SQL: the minutes of a journey between the call and the end of the day."""
    start, end = f"travel_{journey}_start_", f"travel_{journey}_end_"
    inside = f"least({end}, end_) - greatest({start}, call_)"
    return f"CASE WHEN works AND {end} > {start} THEN greatest(0, {inside}) ELSE 0 END"


# A performer whose days off are Saturday and Sunday works a 6th and a 7th day on them, whatever the
# number of the day.
_WORKDAY: Final = """CASE WHEN agreement = 'sag_aftra' AND list_has_all(days_off, ['sat', 'sun'])
    THEN CASE dayofweek(work_date) WHEN 6 THEN 6 WHEN 0 THEN 7 ELSE workday END ELSE workday END"""

TIMED: Final = f"""
WITH placed AS (
    SELECT cards.* REPLACE ({_WORKDAY} AS workday), kept, kept_saturday, free_tomorrow, unknown,
           group_name, craft_name,
           list_contains(coalesce(days_off, []),
               ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][dayofweek(work_date - 1) + 1])
               AS off_yesterday,
           coalesce(meal_due__shortest, 30) AS shortest,
           coalesce(meal_due__longest, 60) AS longest,
           coalesce(meal_due__not_before, 0) AS not_before,
           coalesce(makeup_removal__minutes, 0) AS removal,
           {_WORKS} AS works,
           CASE WHEN {_CREW} THEN coalesce(wrap, dismissal) ELSE coalesce(dismissal, wrap) END
               AS end_wall,
           CASE WHEN clock_shift > 0 THEN {_SKIPPED} END AS skipped,
           {_REAL}
    FROM FACTS cards JOIN TERMS USING (context)
    JOIN (SELECT context, unknown, group_name, craft_name FROM terms) USING (context)
    JOIN days ON day = work_date),
ended AS (
    SELECT *, {real("end_wall")} AS end_,
           CASE WHEN dismissal IS NULL OR wrap IS NULL THEN 0
                ELSE least(removal, greatest(dismissal_ - wrap_, 0)) END AS removed,
           {real("(prior_wrap - 1440 * (work_date - coalesce(prior_work_date, work_date - 1)))")}
               AS prior_given
    FROM placed),
fed AS (SELECT *, {_meal(1)}, {_meal(2)} FROM ended)
SELECT id, {", ".join(f"{name}_" for name in CLOCKS)}, workday, kept, kept_saturday, free_tomorrow,
       off_yesterday, group_name, craft_name, works, end_wall, end_, removed, prior_given,
       meal1, off1, meal2, off2,
       coalesce(unknown, {_IMPOSSIBLE}) AS unknown,
       coalesce(stunt_adjustment, 0) AS adjustment,
       guaranteed_hours // 1000 AS guaranteed,
       miles // 100 AS miles, flight_hours * 60 // 10000 AS flight,
       set_hours * 60 // 10000 AS set_minutes,
       school_hours * 60 // 10000 AS school_minutes,
       rest_hours * 60 // 10000 AS recreation_minutes,
       CASE WHEN works THEN end_ - call_ END AS elapsed,
       {_inside("to")} + {_inside("from")} AS travel_inside,
       -- Of a performer the first minutes of make-up removal are no overtime: see the rule.
       CASE WHEN works THEN greatest(0, end_ - call_ - off1 - off2 - removed) END AS worked
FROM fed
"""
"""A statement over the cards with `context` and `twins`, over `days` and the terms."""
