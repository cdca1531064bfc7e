"""The breaks of each card: how late its meals were, and how long the rest before had to be.

Both depend on the days around: half hours of meal penalty are counted by the week, and a shortened
rest may be used only so many times a week.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.rules.amounts_of_rest import MinorHours
from cost_pipeline.rules.groups import Groups, true, whole
from cost_pipeline.rules.pack import Packs
from cost_pipeline.rules.sql import hours
from cost_pipeline.rules.units import minutes

MEALS: Final = (1, 2, 3)


def _interval(number: int) -> str:
    """Returns SQL: the minutes from the meal before (or the call) to this meal (or the wrap).

    It gives null where there is no such interval. A meal that is too short is none. With one meal
    there are two intervals, with two meals three.
    """
    both, one = "(meal1 AND meal2)", "(meal1 OR meal2)"
    first_out = "CASE WHEN meal1 THEN meal1_out_ ELSE meal2_out_ END"
    first_in = "CASE WHEN meal1 THEN meal1_in_ ELSE meal2_in_ END"
    stop = "(end_ - removed)"
    return {
        1: f"CASE WHEN {one} THEN {first_out} ELSE {stop} END - anchor",
        2: f"CASE WHEN {both} THEN meal2_out_ WHEN {one} THEN {stop} END - {first_in}",
        3: f"CASE WHEN {both} THEN {stop} END - meal2_in_",
    }[number]


def _late(number: int) -> str:
    last = {1: "NOT (meal1 OR meal2)", 2: "NOT (meal1 AND meal2)", 3: "true"}[number]
    due = f"CASE WHEN {last} THEN meal_due__last_after ELSE meal_due__after END"
    if number == MEALS[-1]:
        return f"gap3 - {due}"
    extended = f"coalesce(extension{number}, false)"
    late = f"(gap{number} - {due} - CASE WHEN {extended} THEN meal_due__extension ELSE 0 END)"
    excused = f"coalesce(grace{number}, false) AND NOT {extended} AND {late} <= meal_due__grace"
    return f"CASE WHEN {excused} THEN 0 ELSE {late} END"


_HALVES: Final = (
    "CASE WHEN coalesce(late{n}, 0) > 0 AND works AND NOT french THEN (late{n} + 29) // 30"
    " ELSE 0 END"
)
_NEW_WEEK: Final = "(workday = 1 OR off_yesterday OR workday >= 6)"

_NAMES: Final = {1: "1st", 2: "2nd", 3: "3rd"}


def _meal(number: int) -> str:
    begun = {
        1: "CASE WHEN meal1 OR meal2 THEN ' begun ' ELSE ' not had ' END",
        2: "CASE WHEN meal1 AND meal2 THEN ' begun ' ELSE ' not had ' END",
        3: "' not had '",
    }[number]
    after = "the call or non-deductible meal" if number == 1 else "the meal before"
    return (
        f"CASE WHEN halves{number} > 0 THEN '{_NAMES[number]} meal' || {begun} ||"
        f" {hours(f'gap{number}')} || ' after {after}: ' || {hours(f'late{number}')} || ' late, ' ||"
        f" halves{number} || CASE halves{number} WHEN 1 THEN ' half hour' ELSE ' half hours' END END"
    )


_LATE: Final = f"concat_ws('; ', {', '.join(_meal(n) for n in MEALS)})"
_IN_TIME: Final = (
    "CASE WHEN french THEN 'French hours: no meal is due by the clock' ELSE 'meals in time' END"
)

_LATES: Final = ", ".join(f"gap{n}, late{n}, halves{n}" for n in MEALS)

BREAKS: Final = f"""
WITH anchored AS (
    SELECT *, coalesce(french_hours, false) AND meal_due__crew AS french,
        CASE WHEN NOT meal_due__crew AND ndm_end_ - ndm_start_ >= meal_due__nd_shortest
                  AND ndm_start_ - call_ <= meal_due__nd_window THEN ndm_end_
             WHEN meal_due__crew AND ndb_end_ IS NOT NULL AND general_call_ IS NULL THEN ndb_end_
             WHEN meal_due__crew AND abs(ndb_end_ - general_call_) <= meal_due__nd_window
                  THEN greatest(call_, general_call_)
             ELSE call_ END AS anchor
    FROM FACTS JOIN TERMS USING (context)),
gaps AS (SELECT *, {", ".join(f"{_interval(n)} AS gap{n}" for n in MEALS)} FROM anchored),
lates AS (SELECT *, {", ".join(f"{_late(n)} AS late{n}" for n in MEALS)} FROM gaps),
counted AS (SELECT *, {", ".join(f"{_HALVES.format(n=n)} AS halves{n}" for n in MEALS)} FROM lates)
SELECT id, {_LATES}, halves1 + halves2 + halves3 AS halves,
    CASE WHEN halves = 0 THEN {_IN_TIME} ELSE {_LATE} END AS said_meals,
    rest < rest_due AND rest >= daily_rest__overnight AS overnight_used,
    rest < rest_due AND rest >= daily_rest__exterior AND coalesce(exterior, false)
        AND coalesce(prior_exterior, false) AS exterior_used,
    coalesce(minor, false) OR coalesce(datesub('month', birthdate, work_date) < 216, false)
        AS is_minor,
    datesub('month', birthdate, work_date) AS age_months,
    coalesce(paid_reportable, amount) AS reportable
FROM counted
"""
"""How late the meals of a card were, and whether its rest was a shortened one that may be lawful."""


def used_before(facts: pa.Table, days: Groups, weeks: Groups) -> dict[str, pa.Array]:
    """Returns what earlier cards used up, for each card.

    These are half hours of penalty and shortened rests of the week, and what the person has earned
    on the picture (ten-thousandths of a dollar).
    """
    overnight = true(facts["overnight_used"])
    earned = pa.array(days.sum_before(whole(facts["reportable"])))
    return {
        "halves_before": pa.array(weeks.sum_before(whole(facts["halves"]))),
        "overnight_before": pa.array(weeks.sum_before(overnight)),
        "overnight_yesterday": pa.array(weeks.any_before(overnight, 1)),
        "exterior_lately": pa.array(days.any_before(true(facts["exterior_used"]), 3)),
        "earned": pc.coalesce(facts["earnings_to_date"].combine_chunks(), earned),
    }


def _over(number: int) -> str:
    """Returns SQL: the half hours of a meal past the week's limit, which are its last ones."""
    counted = " + ".join(["halves_before", *(f"halves{n}" for n in MEALS if n <= number)])
    return f"greatest(0, least(halves{number}, {counted} - coalesce(meal_penalty__limit, 1000000)))"


NEEDED: Final = f"""
SELECT id, {", ".join(f"{_over(n)} AS over{n}" for n in MEALS)}, over1 + over2 + over3 AS over,
    band_name, band_at_work, band_with_meal, band_work, band_earliest, band_week, band_rest,
    band_meal, band_schooling, band_recreation,
    CASE WHEN free_tomorrow THEN band_latest_free ELSE band_latest END
        AS band_latest,
    days_between >= 2 AND {_NEW_WEEK} AS after_days_off,
    CASE WHEN days_between = 1 AND overnight_used AND NOT overnight_yesterday
              AND overnight_before < daily_rest__overnight_days THEN daily_rest__overnight
         WHEN days_between = 1 AND exterior_used AND NOT exterior_lately THEN daily_rest__exterior
         WHEN days_between = 1 THEN rest_due
         WHEN days_between = 2 AND {_NEW_WEEK} THEN weekly_rest__one
         WHEN days_between > 2 AND {_NEW_WEEK} AND call >= weekly_rest__reduced_from
              THEN weekly_rest__reduced
         WHEN days_between > 2 AND {_NEW_WEEK} THEN weekly_rest__two END AS rest_needed
FROM FACTS JOIN TERMS USING (context)
LEFT JOIN bands ON is_minor AND bands.rule = minor_hours__rule
    AND age_months BETWEEN from_months AND to_months
    AND (band_school IS NULL OR band_school = school_day)
"""
"""Half hours of meals past the week's limit, how long the rest before had to be, a minor's band.

The statement is over `bands` too.
"""

BANDS_SCHEMA: Final = pa.schema(
    [
        pa.field("rule", pa.string()),
        pa.field("from_months", pa.int64()),
        pa.field("to_months", pa.int64()),
        pa.field("band_school", pa.bool_()),
        pa.field("band_name", pa.string()),
        *(
            pa.field(f"band_{name}", pa.int64())
            for name in (
                "at_work",
                "with_meal",
                "work",
                "earliest",
                "latest",
                "latest_free",
                "week",
                "rest",
                "meal",
                "schooling",
                "recreation",
            )
        ),
    ]
)


def bands(packs: Packs) -> pa.Table:
    """Returns the age bands of minors, with limits in minutes (`BANDS_SCHEMA`)."""
    rows = []
    for packed in packs.rules:
        found = packed.rule.amounts
        if not isinstance(found, MinorHours):
            continue
        rows += [
            {
                "rule": packed.rule.id,
                "from_months": band.from_months,
                "to_months": band.to_months,
                "band_school": band.school_day,
                "band_name": band.name,
                "band_at_work": minutes(band.at_work),
                "band_with_meal": minutes(band.with_meal),
                "band_work": band.work_minutes,
                "band_earliest": minutes(found.earliest),
                "band_latest": minutes(found.latest),
                "band_latest_free": minutes(found.latest_before_free_day),
                "band_week": minutes(found.weekly_hours),
                "band_rest": minutes(found.rest_hours),
                "band_meal": minutes(found.meal_hours),
                "band_schooling": band.school_minutes,
                "band_recreation": band.recreation_minutes,
            }
            for band in found.bands
        ]
    return pa.Table.from_pylist(rows, schema=BANDS_SCHEMA)
