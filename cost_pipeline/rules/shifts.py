"""Rest before each card, which shifts count as one, and what kind of day it was."""

from __future__ import annotations

from typing import Final

from cost_pipeline.rules.timed import real

_ORDER: Final = "PARTITION BY person ORDER BY work_date, id"
_SAID: Final = "coalesce(prior_work_date, CASE WHEN prior_wrap IS NOT NULL THEN work_date - 1 END)"

RESTS: Final = f"""
WITH looked AS (
    SELECT id, work_date, works, call_, prior_wrap, prior_given, clock_shift_at, clock_shift,
        {_SAID} AS said_date,
        lag(CASE WHEN works THEN end_wall END IGNORE NULLS) OVER before AS prior_wall,
        lag(CASE WHEN works THEN removed END IGNORE NULLS) OVER before AS prior_removed,
        lag(CASE WHEN works THEN work_date END IGNORE NULLS) OVER before AS prior_date,
        lag(CASE WHEN works THEN exterior END IGNORE NULLS) OVER before AS prior_exterior
    FROM timed WHERE unknown IS NULL WINDOW before AS ({_ORDER})),
known AS (
    SELECT *, coalesce(said_date, prior_date) AS rested_from,
        coalesce(prior_given,
            {real("(prior_wall - 1440 * (work_date - prior_date))")} - prior_removed) AS prior_end
    FROM looked)
SELECT id, prior_exterior, coalesce(prior_wrap, prior_wall - prior_removed) AS prior_shown,
    coalesce(prior_date = rested_from, false) AS prior_card,
    -- A shift that began before the one before had ended has no rest that could be told.
    CASE WHEN works AND prior_end <= call_ THEN call_ - prior_end END AS rest,
    coalesce(works AND prior_end > call_, false) AS overlapping,
    CASE WHEN works THEN work_date - rested_from END AS days_between
FROM known
"""
"""Statement over `timed`: minutes of rest, by what the card says or by the card before."""

# An invasion of more than the small limit makes two shifts count as one.
_GAP: Final = "CASE WHEN joined AND rest < rest_accumulation__below THEN rest ELSE 0 END"
_KEPT: Final = "CASE WHEN holidays__saturday_kept THEN kept_saturday ELSE kept END"

SHIFTS: Final = f"""
WITH restful AS (
    SELECT id, person, work_date, works, worked, elapsed, rest, overlapping, prior_exterior,
        prior_shown,
        prior_card, days_between, rest_accumulation__below, consecutive_days__rest,
        CASE WHEN days_between = 1 THEN daily_rest__minutes END AS rest_due,
        coalesce(rest_invasion__small, CASE WHEN off_production THEN 120 ELSE 60 END) AS small,
        coalesce(holiday, false) OR coalesce(list_contains(holidays__names, {_KEPT}), false)
            AND holidays__multiplier IS NOT NULL AS is_holiday,
        coalesce(holidays__multiplier, premium_days__holiday, 100) AS holiday_times,
        premium_days__sixth, premium_days__seventh, workday,
        CASE rate_unit
            WHEN 'hour' THEN 10 WHEN 'day' THEN 80 WHEN 'three_day' THEN 240
            WHEN 'week' THEN CASE WHEN group_name IN ('weekly_performer', 'schedule_f') THEN 440
                                  WHEN guaranteed >= 400 AND weekly_guarantee__multiplier IS NOT NULL
                                       THEN 400 + (guaranteed - 400) * weekly_guarantee__multiplier
                                            // 100 END
        END AS rate_tenths,
        CASE rate_unit WHEN 'hour' THEN 8 ELSE 1 END AS day_share,
        CASE rate_unit WHEN 'three_day' THEN 3 WHEN 'week' THEN 5 ELSE 1 END AS day_of
    FROM timed JOIN rests USING (id) LEFT JOIN TERMS USING (context)),
marked AS (
    SELECT *,
        coalesce(works AND rest_accumulation__below IS NOT NULL AND rest_due - rest > small, false)
            AS continues
    FROM restful),
joining AS (SELECT *, continues AND prior_card AS joined FROM marked),
blocked AS (
    SELECT *,
        sum(CASE WHEN joined THEN 0 ELSE 1 END) OVER ({_ORDER}) AS shift,
        sum(CASE WHEN works AND coalesce(rest < consecutive_days__rest, true) AND days_between = 1
                 THEN 0 ELSE 1 END)
            OVER ({_ORDER}) AS run
    FROM joining),
summed AS (
    SELECT *,
        coalesce(sum(worked + {_GAP}) OVER earlier, 0) + {_GAP} AS worked_so_far,
        coalesce(sum(elapsed + {_GAP}) OVER earlier, 0) + {_GAP} AS elapsed_so_far,
        row_number() OVER (PARTITION BY person, run ORDER BY work_date, id) AS day_in_row
    FROM blocked
    WINDOW earlier AS (PARTITION BY person, shift ORDER BY work_date, id
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
SELECT id, rest, overlapping, prior_exterior, prior_shown, prior_card, days_between, rest_due, continues,
    CAST(worked_so_far AS BIGINT) AS worked_before,
    CAST(elapsed_so_far AS BIGINT) AS elapsed_before, day_in_row,
    is_holiday, rate_tenths, day_share, day_of,
    CASE WHEN is_holiday THEN 'holiday' WHEN workday = 7 THEN 'seventh'
         WHEN workday = 6 THEN 'sixth' ELSE 'normal' END AS day_kind,
    CASE WHEN is_holiday THEN holiday_times
         WHEN workday = 7 THEN coalesce(premium_days__seventh, 100)
         WHEN workday = 6 THEN coalesce(premium_days__sixth, 100) ELSE 100 END AS day_times
FROM summed
"""
"""Statement over `timed`, `rests` and the terms. `rate` is paid for `rate_tenths`; a day's pay is
`rate * day_share / day_of`; `day_times` is the multiple of the day in hundredths."""

SHIFT_COLUMNS: Final = [
    "rest",
    "overlapping",
    "prior_exterior",
    "prior_shown",
    "prior_card",
    "days_between",
    "rest_due",
    "continues",
    "worked_before",
    "elapsed_before",
    "day_in_row",
    "is_holiday",
    "rate_tenths",
    "day_share",
    "day_of",
    "day_kind",
    "day_times",
]
