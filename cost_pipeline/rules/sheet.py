"""The sheet: each card with its terms, its times in whole minutes and what was paid for what.

Everything that more than one family needs is computed here once: how long was worked and how long
had elapsed, how long the rest before was, which shifts count as one, what kind of day it was. A
card that says something impossible has the words for it in `unknown`, and no family looks at it.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.rules.calendar import holiday_kept
from cost_pipeline.rules.context import CONTEXT_COLUMNS, Context, Epochs
from cost_pipeline.rules.pack import Packs
from cost_pipeline.rules.sql import clock
from cost_pipeline.rules.terms import Terms

# Above this a rate is a mistake, and its products would leave 64 bits.
MOST_RATE: Final = 1_000_000
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


def sheet(cards: pa.Table, packs: Packs) -> pa.Table:
    """The sheet of cards; `id` is a card's row number in `cards`, from 0."""
    days, starts = days_table(cards, Epochs(packs))
    terms = terms_table(cards, packs, days, starts)
    timed = query(_TIMED, cards=cards, days=days, starts=starts, terms=terms)
    paid = query(_PAID, cards=cards.select(["gross"]))
    rested = query(_RESTED, timed=timed)
    return query(_SHEET, rested=rested, terms=terms, paid=paid)


def _real(wall: str) -> str:
    """Minutes that really passed: see `contracts.cards.CLOCK_COLUMNS`."""
    return f"({wall} - CASE WHEN {wall} >= clock_shift_at THEN clock_shift ELSE 0 END)"


_CLOCKS: Final = (
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
_REAL: Final = ", ".join(f"{_real(name)} AS {name}_" for name in _CLOCKS)
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
    WHEN rate >= {MOST_RATE} THEN 'the rate of ' || rate || ' is not one'
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
    WHEN prior_work_date >= work_date THEN 'the day before, ' || prior_work_date || ', is not before'
END"""

_TIMED: Final = f"""
WITH numbered AS (
    SELECT row_number() OVER () - 1 AS id, cards.* EXCLUDE (gross, delivery, "row",
               union_category, gl_code, worker_name, loan_out, occupation_code, rate_type, report,
               last_man_in, days_off, craft, local, engagement, schedule, contract_type, zone,
               budget_tier, program_minutes, season, off_production, agreement),
           {_DIMENSION_LIST}, days.holiday AS kept, days.holiday_saturday_kept AS kept_saturday,
           list_contains(coalesce(days_off, []),
               ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][dayofweek(work_date - 1) + 1])
               AS off_yesterday,
           count(*) OVER (PARTITION BY production, worker_id, work_date) AS twins
    FROM cards JOIN days ON days.day = cards.work_date
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
    FROM numbered LEFT JOIN terms t
        ON {_SAME} AND t.of_photography_epoch IS NOT DISTINCT FROM photography_epoch),
ended AS (
    SELECT *, {_real("end_wall")} AS end_,
           CASE WHEN dismissal IS NULL OR wrap IS NULL THEN end_wall
                ELSE end_wall - least(removal, greatest(dismissal - wrap, 0)) END AS rest_wall,
           {_real("(prior_wrap - 1440 * (work_date - coalesce(prior_work_date, work_date - 1)))")}
               AS prior_given
    FROM placed),
fed AS (SELECT *, {_meal(1)}, {_meal(2)} FROM ended)
SELECT * EXCLUDE (unknown, removal, amount, rate, contract_rate, scale_rate, stunt_adjustment,
                  guaranteed_hours, earnings_to_date, benefits_paid, per_diem_paid, miles,
                  flight_hours, set_hours),
       coalesce(unknown, {_IMPOSSIBLE}) AS unknown, unknown IS NULL AS termed,
       CAST(amount * 10000 AS BIGINT) AS amount, CAST(rate * 10000 AS BIGINT) AS rate,
       CAST(contract_rate * 10000 AS BIGINT) AS contract_rate,
       CAST(scale_rate * 10000 AS BIGINT) AS scale_rate,
       CAST(coalesce(stunt_adjustment, 0) * 10000 AS BIGINT) AS adjustment,
       CAST(guaranteed_hours * 10 AS BIGINT) AS guaranteed,
       CAST(earnings_to_date * 10000 AS BIGINT) AS earnings_to_date,
       CAST(benefits_paid * 10000 AS BIGINT) AS benefits_paid,
       CAST(per_diem_paid * 10000 AS BIGINT) AS per_diem_paid,
       CAST(miles * 100 AS BIGINT) AS miles, CAST(flight_hours * 60 AS BIGINT) AS flight,
       CAST(set_hours * 60 AS BIGINT) AS set_minutes,
       CASE WHEN works THEN end_ - call_ END AS elapsed,
       CASE WHEN works THEN end_ - call_ - off1 - off2 END AS worked,
       meal_due__rule IS NOT NULL AS has_meals
FROM fed LEFT JOIN (SELECT context, meal_due__rule FROM terms) USING (context)
ORDER BY id
"""

_BEFORE: Final = "PARTITION BY production, worker_id ORDER BY work_date, id"

# Rest, and which shifts count as one: an invasion of more than the small limit joins them.
_RESTED: Final = f"""
WITH looked AS (
    SELECT *,
        lag(CASE WHEN works THEN rest_wall END IGNORE NULLS) OVER before AS prior_wall,
        lag(CASE WHEN works THEN work_date END IGNORE NULLS) OVER before AS prior_date,
        lag(CASE WHEN works THEN exterior END IGNORE NULLS) OVER before AS prior_exterior,
        lag(CASE WHEN works THEN worked END IGNORE NULLS) OVER before AS prior_worked
    FROM timed WHERE unknown IS NULL WINDOW before AS ({_BEFORE})),
known AS (
    SELECT *,
        coalesce(prior_work_date, CASE WHEN prior_wrap IS NOT NULL THEN work_date - 1 END,
                 prior_date) AS rested_from,
        coalesce(prior_given, {_real("(prior_wall - 1440 * (work_date - prior_date))")}) AS prior_end,
        prior_date IS NOT NULL AND prior_date = coalesce(prior_work_date,
            CASE WHEN prior_wrap IS NOT NULL THEN work_date - 1 END, prior_date) AS prior_card
    FROM looked)
SELECT * EXCLUDE (prior_wall, prior_date), coalesce(prior_wrap, prior_wall) AS prior_shown,
    CASE WHEN works THEN call_ - prior_end END AS rest,
    CASE WHEN works THEN work_date - rested_from END AS days_between
FROM known
UNION ALL BY NAME
SELECT * FROM timed WHERE unknown IS NOT NULL
"""

_WAGES: Final = "('straight', 'overtime', 'double', 'gold', 'premium', 'holiday', 'guarantee')"
MULTIPLIERS: Final = (100, 150, 200, 250, 300, 375, 400, 450, 500, 600)
_BY_MULTIPLIER: Final = ",\n    ".join(
    f"coalesce(sum(paid) FILTER (wage AND times = {times}), 0) AS paid_{times}"
    for times in MULTIPLIERS
)
_CATEGORIES: Final = {
    "wages": "wage",
    "overtime": "wage AND (category IN ('overtime', 'double', 'gold') OR times > 100)",
    "premium": "category IN ('premium', 'holiday')",
    "meal": "category = 'meal_penalty'",
    "rest": "category = 'rest_penalty'",
    "night": "category = 'night_premium'",
    "travel": "category = 'travel'",
    "per_diem": "category = 'per_diem'",
    "events": "category IN ('adjustment', 'allowance')",
    "mileage": "category = 'mileage'",
    "benefits": "category = 'benefits'",
    "reportable": "wage OR category IN ('travel', 'adjustment', 'night_premium', 'rest_penalty')",
}
_BY_CATEGORY: Final = ",\n    ".join(
    f"coalesce(sum(paid) FILTER ({what}), 0) AS paid_{name}" for name, what in _CATEGORIES.items()
)
_PAID: Final = f"""
WITH lines AS (
    SELECT id, unnest(gross, recursive := true)
    FROM (SELECT row_number() OVER () - 1 AS id, gross FROM cards)),
typed AS (
    SELECT id, category, CAST(amount * 10000 AS BIGINT) AS paid, category IN {_WAGES} AS wage,
        coalesce(CAST(multiplier * 100 AS BIGINT), CASE category
            WHEN 'overtime' THEN 150 WHEN 'double' THEN 200 WHEN 'gold' THEN 200
            WHEN 'holiday' THEN 200 WHEN 'straight' THEN 100 WHEN 'guarantee' THEN 100 END) AS times,
        CASE WHEN category = 'overtime' AND multiplier = 1.5
             THEN CAST(quantity * 10 AS BIGINT) END AS tenths_150
    FROM lines)
SELECT id, coalesce(sum(tenths_150), 0) AS tenths_150,
    {_BY_MULTIPLIER},
    {_BY_CATEGORY}
FROM typed GROUP BY id
"""
_PAID_COLUMNS: Final = (
    "tenths_150",
    *(f"paid_{times}" for times in MULTIPLIERS),
    *(f"paid_{name}" for name in _CATEGORIES),
)
_PAID_LIST: Final = ", ".join(f"CAST(paid.{n} AS BIGINT) AS {n}" for n in _PAID_COLUMNS)

# `rate` is paid for `rate_tenths`; a day's pay is `rate * day_share / day_of`.
_SHEET: Final = f"""
WITH joined AS (
    SELECT rested.* EXCLUDE (group_name, craft_name), terms.* EXCLUDE (unknown, context),
           {_PAID_LIST}
    FROM rested LEFT JOIN terms USING (context) LEFT JOIN paid USING (id)),
restful AS (
    SELECT *,
        CASE WHEN days_between = 1 THEN daily_rest__minutes END AS rest_due,
        coalesce(rest_invasion__small, CASE WHEN off_production THEN 120 ELSE 60 END) AS small
    FROM joined),
marked AS (
    SELECT *,
        coalesce(works AND rest_accumulation__below IS NOT NULL AND rest_due - rest > small, false)
            AS continues
    FROM restful),
blocked AS (
    SELECT *, sum(CASE WHEN continues AND prior_card THEN 0 ELSE 1 END)
        OVER (PARTITION BY production, worker_id ORDER BY work_date, id) AS shift,
        sum(CASE WHEN works AND rest < consecutive_days__rest AND days_between = 1 THEN 0 ELSE 1 END)
        OVER (PARTITION BY production, worker_id ORDER BY work_date, id) AS run
    FROM marked),
summed AS (
    SELECT *,
        coalesce(sum(worked + CASE WHEN continues AND prior_card AND rest < rest_accumulation__below
                                   THEN rest ELSE 0 END) OVER earlier, 0)
            + CASE WHEN continues AND prior_card AND rest < rest_accumulation__below
                   THEN rest ELSE 0 END AS worked_before,
        coalesce(sum(elapsed + CASE WHEN continues AND prior_card AND rest < rest_accumulation__below
                                    THEN rest ELSE 0 END) OVER earlier, 0)
            + CASE WHEN continues AND prior_card AND rest < rest_accumulation__below
                   THEN rest ELSE 0 END AS elapsed_before
    FROM blocked
    WINDOW earlier AS (PARTITION BY production, worker_id, shift ORDER BY work_date, id
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
priced AS (
    SELECT * EXCLUDE (worked_before, elapsed_before),
        CAST(worked_before AS BIGINT) AS worked_before,
        CAST(elapsed_before AS BIGINT) AS elapsed_before,
        coalesce(holiday, false) OR coalesce(list_contains(holidays__names,
            CASE WHEN holidays__saturday_kept THEN kept_saturday ELSE kept END), false)
            AS is_holiday,
        CASE rate_unit
            WHEN 'hour' THEN 10 WHEN 'day' THEN 80 WHEN 'three_day' THEN 240
            WHEN 'week' THEN CASE WHEN group_name = 'weekly_performer' OR group_name = 'schedule_f'
                                       THEN 440
                                  WHEN guaranteed >= 400 AND weekly_guarantee__multiplier IS NOT NULL
                                       THEN 400 + (guaranteed - 400) * weekly_guarantee__multiplier
                                            // 100
                             END
        END AS rate_tenths,
        CASE rate_unit WHEN 'hour' THEN 8 ELSE 1 END AS day_share,
        CASE rate_unit WHEN 'three_day' THEN 3 WHEN 'week' THEN 5 ELSE 1 END AS day_of
    FROM summed)
SELECT *,
    CASE WHEN is_holiday AND holidays__multiplier IS NOT NULL THEN 'holiday'
         WHEN workday = 7 THEN 'seventh' WHEN workday = 6 THEN 'sixth' ELSE 'normal' END AS day_kind,
    CASE WHEN is_holiday AND holidays__multiplier IS NOT NULL THEN holidays__multiplier
         WHEN workday = 7 THEN coalesce(premium_days__seventh, 100)
         WHEN workday = 6 THEN coalesce(premium_days__sixth, 100) ELSE 100 END AS day_times,
    true AS looked
FROM priced
"""
