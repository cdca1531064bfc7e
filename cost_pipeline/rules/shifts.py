"""Rest before each card, which shifts count as one, and what kind of day it was."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from cost_pipeline.rules.groups import Groups, given, numbered, true, whole
from cost_pipeline.rules.timed import real

_KEPT: Final = "CASE WHEN holidays__saturday_kept THEN kept_saturday ELSE kept END"
_SAID: Final = "coalesce(prior_work_date, CASE WHEN prior_wrap IS NOT NULL THEN work_date - 1 END)"


def looked_back(facts: pa.Table, days: Groups) -> dict[str, pa.Array]:
    """Returns what the person's last card of work says: when it ended, its day, whether outside."""
    works = true(facts["works"])
    found = {}
    for name, column in (
        ("prior_wall", facts["end_wall"]),
        ("prior_removed", facts["removed"]),
        ("prior_date", facts["work_date"]),
        ("prior_exterior", facts["exterior"]),
        ("prior_elapsed", facts["elapsed"]),
    ):
        values, known = days.last_before(whole(column), works & given(column))
        found[name] = numbered(values, column.type, known)
    return found


RESTS: Final = f"""
WITH looked AS (
    SELECT *, {_SAID} AS said_date FROM FACTS JOIN TERMS USING (context)),
known AS (
    SELECT *, coalesce(said_date, prior_date) AS rested_from,
        coalesce(prior_given,
            {real("(prior_wall - 1440 * (work_date - prior_date))")} - prior_removed) AS prior_end
    FROM looked),
restful AS (
    SELECT *, coalesce(prior_wrap, prior_wall - prior_removed) AS prior_shown,
        coalesce(prior_date = rested_from, false) AS prior_card,
        -- A shift that began before the one before had ended has no rest that could be told.
        CASE WHEN works AND prior_end <= call_ THEN call_ - prior_end END AS rest,
        coalesce(works AND prior_end > call_, false) AS overlapping,
        CASE WHEN works THEN work_date - rested_from END AS days_between
    FROM known),
marked AS (
    SELECT *,
        CASE WHEN days_between = 1 THEN daily_rest__minutes END AS rest_due,
        coalesce(rest_invasion__small, CASE WHEN off_production THEN 120 ELSE 60 END) AS small,
        coalesce(holiday, false) OR coalesce(list_contains(holidays__names, {_KEPT}), false)
            AND holidays__multiplier IS NOT NULL AS is_holiday,
        coalesce(
            works AND rest_accumulation__below IS NOT NULL AND rest_due - rest > small, false)
            AS continues,
        continues AND prior_card AS joined
    FROM restful)
SELECT id, rest, overlapping, prior_shown, prior_card, days_between, rest_due, continues, joined,
    -- An invasion of more than the small limit makes two shifts count as one.
    CASE WHEN joined AND rest < rest_accumulation__below THEN rest ELSE 0 END AS gap,
    coalesce(works AND coalesce(rest < consecutive_days__rest, true) AND days_between = 1, false)
        AS in_a_row,
    coalesce(works AND rest >= consecutive_days__rest, false) AS rested,
    CASE WHEN works THEN consecutive_days__days END AS most_in_row,
    -- Golden time goes on until so much rest; with less the shifts count as one, but for an invasion
    -- that is a small one off production.
    coalesce(works AND rest < rest_accumulation__gold_ends AND NOT continues
        AND coalesce(NOT prior_card OR prior_elapsed > golden__from1, false), false) AS still_golden,
    is_holiday,
    CASE rate_unit
        WHEN 'hour' THEN 10 WHEN 'day' THEN 80 WHEN 'three_day' THEN 240
        WHEN 'week' THEN CASE WHEN group_name IN ('weekly_performer', 'schedule_f') THEN 440
                              WHEN guaranteed >= 400 AND weekly_guarantee__multiplier IS NOT NULL
                                   THEN 400 + (guaranteed - 400) * weekly_guarantee__multiplier
                                        // 100 END
    END AS rate_tenths,
    CASE rate_unit WHEN 'hour' THEN 8 ELSE 1 END AS day_share,
    CASE rate_unit WHEN 'three_day' THEN 3 WHEN 'week' THEN 5 ELSE 1 END AS day_of,
    CASE WHEN is_holiday THEN 'holiday' WHEN workday = 7 THEN 'seventh'
         WHEN workday = 6 THEN 'sixth' ELSE 'normal' END AS day_kind,
    CASE WHEN is_holiday THEN coalesce(holidays__multiplier, premium_days__holiday, 100)
         WHEN workday = 7 THEN coalesce(premium_days__seventh, 100)
         WHEN workday = 6 THEN coalesce(premium_days__sixth, 100) ELSE 100 END AS day_times
FROM marked
"""
"""Minutes of rest, by what the card says or by the card before, and the kind of day. `rate` is paid
for `rate_tenths`; a day's pay is `rate * day_share / day_of`; `day_times` is the multiple of the day
in hundredths."""


def run_on(facts: pa.Table, days: Groups) -> dict[str, pa.Array]:
    """Returns the minutes of earlier shifts that count as one with this, and the days in a row."""
    gap = whole(facts["gap"])
    shifts = days.cut(~true(facts["joined"]))
    found = {}
    for name in ("worked", "elapsed"):
        counted = given(facts[name])
        minutes = whole(facts[name]) + np.where(counted, gap, 0)
        found[f"{name}_before"] = pa.array(shifts.sum_before(minutes) + gap)
    in_row = days.cut(~true(facts["in_a_row"])).place()
    found["day_in_row"] = pa.array(in_row)
    past = given(facts["most_in_row"]) & (in_row > whole(facts["most_in_row"]))
    _, since = days.cut(true(facts["rested"])).last_before(in_row, past)
    # A day off alone does not end the row: that takes the long rest.
    found["past_row"] = pa.array(past | since)
    return found
