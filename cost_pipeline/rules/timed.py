"""Each card with its context, and its times in whole minutes.

A card that says something impossible has the words for it in `unknown`, and no family looks at it.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.cards import TIMECARD_SCHEMA
from cost_pipeline.contracts.columns import query
from cost_pipeline.rules.calendar import holiday_kept
from cost_pipeline.rules.context import CONTEXT_COLUMNS, Context, Epochs
from cost_pipeline.rules.pack import Packs
from cost_pipeline.rules.sql import clock
from cost_pipeline.rules.terms import Terms
from cost_pipeline.rules.units import RATE_UNIT

# Above this a rate is a mistake, and its products would leave 64 bits.
MOST_RATE: Final = 1_000_000 * RATE_UNIT
LONGEST_DAY_MINUTES: Final = 24 * 60

_DIMENSIONS: Final = {
    "agreement": "agreement",
    "craft": "replace(replace(lower(trim(craft)), ' ', '_'), '-', '_')",
    "local": "coalesce(local, '')",
    "engagement": "engagement",
    "schedule": "coalesce(schedule, '')",
    "contract_type": "contract_type",
    "zone": "zone",
    "budget_tier": "coalesce(budget_tier, 'full')",
    "program_minutes": "coalesce(program_minutes, -1)",
    "season": "coalesce(season, -1)",
    "off_production": "coalesce(off_production, false)",
    "work_epoch": "days.epoch",
    "photography_epoch": "starts.epoch",
}
_DIMENSION_LIST: Final = ", ".join(f"{sql} AS {name}" for name, sql in _DIMENSIONS.items())
_DAYS_SCHEMA: Final = pa.schema(
    [
        pa.field("day", pa.date32()),
        pa.field("epoch", pa.date32()),
        pa.field("holiday", pa.string()),
        pa.field("holiday_saturday_kept", pa.string()),
    ]
)


def days_table(cards: pa.Table, epochs: Epochs) -> tuple[pa.Table, pa.Table]:
    """The work dates and the photography starts of cards, each with its epoch."""
    work = [day for day in cards["work_date"].unique().to_pylist() if day is not None]
    starts = [day for day in cards["photography_start"].unique().to_pylist() if day is not None]
    days = [
        {
            "day": day,
            "epoch": epochs.of(day),
            "holiday": holiday_kept(day),
            "holiday_saturday_kept": holiday_kept(day, saturday_kept=True),
        }
        for day in work
    ]
    begun = [{"day": day, "epoch": epochs.of(day)} for day in starts]
    return (
        pa.Table.from_pylist(days, schema=_DAYS_SCHEMA),
        pa.Table.from_pylist(begun, schema=_DAYS_SCHEMA),
    )


def terms_table(cards: pa.Table, packs: Packs, days: pa.Table, starts: pa.Table) -> pa.Table:
    """The distinct contexts of cards with their terms; dimensions as `_DIMENSIONS` writes them."""
    dims = query(_CONTEXTS, cards=cards, days=days, starts=starts)
    contexts = [_context(row) for row in dims.to_pylist()]
    found = Terms(packs).table(enumerate(contexts))
    for name in CONTEXT_COLUMNS:
        found = found.append_column(f"of_{name}", dims[name])
    return found


def _context(row: dict[str, object]) -> Context:
    absent = {"local": "", "schedule": "", "program_minutes": -1, "season": -1}
    values = {
        name: None if absent.get(name, _NOTHING) == value else value for name, value in row.items()
    }
    return Context(**values)  # type: ignore[arg-type]  # the query's columns are its fields


_NOTHING: Final = object()
_CONTEXTS: Final = f"""
SELECT DISTINCT {_DIMENSION_LIST}
FROM cards JOIN days ON days.day = cards.work_date
LEFT JOIN starts ON starts.day = cards.photography_start
ORDER BY ALL
"""


def real(wall: str) -> str:
    """Minutes that really passed: see `contracts.cards.CLOCK_COLUMNS`."""
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
_REAL: Final = ", ".join(f"{real(name)} AS {name}_" for name in CLOCKS)
_CREW: Final = (
    "agreement IN ('iatse_basic', 'iatse_area_standards', 'iatse_low_budget', 'teamsters_399')"
)
_WORKS: Final = "day_type IN ('work', 'rehearsal', 'training', 'fitting')"
_SAME: Final = " AND ".join(f"t.of_{name} = {name}" for name in CONTEXT_COLUMNS[:-1])


def _meal(number: int) -> str:
    """Deductible minutes of a meal, and whether it counts as one."""
    out, back = f"meal{number}_out_", f"meal{number}_in_"
    counts = f"({out} IS NOT NULL AND {back} - {out} >= shortest AND {out} - call_ >= not_before)"
    return (
        f"coalesce({counts}, false) AS meal{number},"
        f" CASE WHEN {counts} THEN least({back} - {out}, longest) ELSE 0 END AS off{number}"
    )


# Why a card cannot be: the first that holds. Wall clocks are shown, real minutes are compared.
_IMPOSSIBLE: Final = f"""CASE
    WHEN currency <> 'USD' THEN 'it is paid in ' || currency || ', and the agreements are in USD'
    WHEN twins > 1 THEN 'there are ' || twins || ' cards of this person for this day'
    WHEN rate >= {MOST_RATE} THEN 'a rate of a million or more is not one'
    WHEN works AND call IS NULL THEN 'the call is missing'
    WHEN works AND end_wall IS NULL THEN 'the wrap is missing'
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

_LEFT: Final = [
    "gross",
    "fingerprint",
    "delivery",
    "row",
    "vendor",
    "transaction_id",
    "department_code",
    "union_category",
    "gl_code",
    "worker_name",
    "loan_out",
    "occupation_code",
    "report",
    "last_man_in",
    "days_off",
]
_TAKEN: Final = (
    *_LEFT,
    *CONTEXT_COLUMNS[:-2],
    "guaranteed_hours",
    "flight_hours",
    "set_hours",
    "stunt_adjustment",
    "craft",
)
_TAKEN_LIST: Final = ", ".join(f'"{name}"' for name in (*_LEFT, *CONTEXT_COLUMNS[:-2]))

# A performer whose days off are Saturday and Sunday works a 6th and a 7th day on them, whatever the
# number of the day.
_WORKDAY: Final = """CASE WHEN agreement = 'sag_aftra' AND list_has_all(days_off, ['sat', 'sun'])
    THEN CASE dayofweek(work_date) WHEN 6 THEN 6 WHEN 0 THEN 7 ELSE workday END ELSE workday END"""

TIMED: Final = f"""
WITH numbered AS (
    SELECT cards.* EXCLUDE ({_TAKEN_LIST}) REPLACE ({_WORKDAY} AS workday),
           {_DIMENSION_LIST}, days.holiday AS kept, days.holiday_saturday_kept AS kept_saturday,
           list_contains(coalesce(days_off, []),
               ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][dayofweek(work_date - 1) + 1])
               AS off_yesterday,
           people.person, people.twins
    FROM (SELECT row_number() OVER () - 1 AS id, * FROM cards) cards JOIN people USING (id)
    JOIN days ON days.day = cards.work_date
    LEFT JOIN starts ON starts.day = cards.photography_start),
placed AS (
    SELECT numbered.*, t.context, t.unknown, t.group_name, t.craft_name,
           coalesce(t.meal_due__shortest, 30) AS shortest,
           coalesce(t.meal_due__longest, 60) AS longest,
           coalesce(t.meal_due__not_before, 0) AS not_before,
           coalesce(t.makeup_removal__minutes, 0) AS removal,
           {_WORKS} AS works,
           CASE WHEN {_CREW} THEN coalesce(wrap, dismissal) ELSE coalesce(dismissal, wrap) END
               AS end_wall,
           {_REAL}
    FROM numbered LEFT JOIN found t
        ON {_SAME} AND t.of_photography_epoch IS NOT DISTINCT FROM photography_epoch),
ended AS (
    SELECT *, {real("end_wall")} AS end_,
           CASE WHEN dismissal IS NULL OR wrap IS NULL THEN 0
                ELSE least(removal, greatest(dismissal_ - wrap_, 0)) END AS removed,
           {real("(prior_wrap - 1440 * (work_date - coalesce(prior_work_date, work_date - 1)))")}
               AS prior_given
    FROM placed),
fed AS (SELECT *, {_meal(1)}, {_meal(2)} FROM ended)
SELECT * EXCLUDE (unknown, removal, amount, rate, contract_rate, scale_rate, stunt_adjustment,
                  guaranteed_hours, earnings_to_date, benefits_paid, per_diem_paid, miles,
                  flight_hours, set_hours),
       coalesce(unknown, {_IMPOSSIBLE}) AS unknown, unknown IS NULL AS termed,
       rate, amount, contract_rate, scale_rate, coalesce(stunt_adjustment, 0) AS adjustment,
       guaranteed_hours // 1000 AS guaranteed, earnings_to_date, benefits_paid, per_diem_paid,
       miles // 100 AS miles, flight_hours * 60 // 10000 AS flight,
       set_hours * 60 // 10000 AS set_minutes,
       CASE WHEN works THEN end_ - call_ END AS elapsed,
       CASE WHEN works THEN end_ - call_ - off1 - off2 END AS worked
FROM fed
"""
"""Statement over `cards`, `people`, `days`, `starts` and `found` (the terms with their dimensions)."""

PEOPLE: Final = """
SELECT id, min(id) OVER (PARTITION BY production, worker_id) AS person,
       count(*) OVER (PARTITION BY production, worker_id, work_date) AS twins
FROM (SELECT row_number() OVER () - 1 AS id, production, worker_id, work_date FROM cards)
"""
"""Statement over `cards`: a number for each person on a production, and how many cards a day has."""

TIMED_COLUMNS: Final = (
    *(name for name in TIMECARD_SCHEMA.names if name not in _TAKEN),
    *(f"{name}_" for name in CLOCKS),
    *CONTEXT_COLUMNS[:-2],
    *[
        "id",
        "person",
        "context",
        "unknown",
        "group_name",
        "craft_name",
        "kept",
        "kept_saturday",
        "off_yesterday",
        "works",
        "end_wall",
        "end_",
        "removed",
        "prior_given",
        "meal1",
        "off1",
        "meal2",
        "off2",
        "adjustment",
        "guaranteed",
        "flight",
        "set_minutes",
        "elapsed",
        "worked",
    ],
)
"""What `TIMED` has for those who come after it."""
