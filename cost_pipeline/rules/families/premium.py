"""The 6th and 7th day of a person's week, holidays, and idle days on a distant location."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cost_pipeline.rules.families.wages import (
    ABOVE_BREAK,
    BREAK_RATE,
    FULL_DAY,
    LESS_TRAVEL,
    RATE_UNKNOWN,
    SAID_TRAVEL,
    UNKNOWN,
    paid_at,
)
from cost_pipeline.rules.sql import Query, dollars, pay, rounded, tenths, times
from cost_pipeline.rules.tiers import WEEKLY_RATE

_CREW: Final = "group_name = 'hourly'"
_PERFORMER: Final = "group_name = 'day_performer'"
_BY_DAY: Final = f"({_PERFORMER} AND day_type <> 'fitting' OR group_name = 'background')"
_OTHER: Final = f"NOT {_CREW} AND group_name NOT IN ('day_performer', 'background', 'on_call')"
_STEPS: Final = ("o1", "o2", "o3")
_OVER: Final = " + ".join(f"tier_{name}" for name in _STEPS)
_TIMED: Final = " + ".join(f"tier_{name} * coalesce(times_{name}, 0)" for name in _STEPS)
_KIND: Final = "replace(replace(day_kind, 'sixth', '6th day'), 'seventh', '7th day')"
_HOURS: Final = f"greatest(80 - ({_OVER}), tier_0)"
# Overnight, the base of a day performer's 7th day is at most twice scale.
_CAPPED: Final = (
    "CASE WHEN overnight_seventh__rule IS NOT NULL AND day_kind = 'seventh'"
    " AND scale__minimum IS NOT NULL THEN least(rate + adjustment,"
    " scale__minimum * overnight_seventh__schedule_a_scale_times // 100) ELSE rate + adjustment END"
)
_DOUBTFUL: Final = f"({_PERFORMER} AND (worked < {FULL_DAY} OR {ABOVE_BREAK} AND {_OVER} > 0))"
_BREAK_TIMES: Final = "greatest(overtime_above_break__normal1, day_times)"
_ONE_DAY: Final = rounded("rate * day_share", "day_of")
# Hours past ten are at 2x on any day, on what a week's rate counts for.
_DOUBLE: Final = (
    "(CASE WHEN overtime__normal1 = 200 THEN tier_o1 * times_o1"
    f" WHEN overtime__normal2 = 200 THEN tier_o2 * times_o2 ELSE 0 END - {LESS_TRAVEL})"
)
_C_CAP: Final = "overnight_seventh__rule IS NOT NULL AND day_kind = 'seventh' AND schedule = 'C'"
_ABOVE: Final = (
    f"CASE WHEN {_C_CAP} THEN least(rate * day_share * (day_times - 100),"
    " overnight_seventh__schedule_c_cap * 10000 * day_of)"
    " ELSE rate * day_share * (day_times - 100) END"
)
_DAY_AND_DOUBLE: Final = rounded(
    f"(rate * day_share * 100 + ({_ABOVE})) * coalesce(rate_tenths, 1)"
    f" + {WEEKLY_RATE} * {_DOUBLE} * day_of",
    "100 * day_of * coalesce(rate_tenths, 1)",
)


def _on(slot: str, kinds: str) -> tuple[Query, ...]:
    where = f"works AND day_times > 100 AND ({kinds})"
    by_day = Query(
        slot=slot,
        where=f"{where} AND {_BY_DAY} AND NOT {_DOUBTFUL}",
        why=UNKNOWN,
        due=pay(f"{_HOURS} * day_times + {_TIMED} - {LESS_TRAVEL}", rate=f"({_CAPPED})"),
        paid="paid_wages",
        words=(
            f"{_KIND} || ': ' || said_worked || '; ' || {tenths(_HOURS)} || ' at ' ||"
            f" {times('day_times')} || CASE WHEN {_OVER} > 0 THEN ' and ' || {tenths(f'({_OVER})')}"
            f" || ' of overtime, none below that' ELSE '' END || ', of ' || {dollars(_CAPPED)} ||"
            f" ' for 8 h' || {SAID_TRAVEL}"
        ),
    )
    return (
        Query(
            slot=slot,
            where=f"{where} AND {_CREW}",
            why=UNKNOWN,
            due=pay(f"tier_0 * day_times + {_TIMED}"),
            paid=paid_at("day_times"),
            words=(
                f"{_KIND} || ': ' || said_worked || '; ' || {tenths(f'(tier_0 + {_OVER})')} || ' at ' ||"
                f" {times('day_times')} || ' of ' || said_rate"
            ),
        ),
        by_day,
        # A short day by its hours is another reading, as on any day; and above the money break the
        # hours past eight count that rate only, which is in dispute.
        replace(
            by_day,
            where=f"{where} AND {_BY_DAY} AND {_DOUBTFUL}",
            due=rounded(
                f"{_CAPPED} * {_HOURS} * day_times + CASE WHEN {_OVER} > 0 THEN {BREAK_RATE} // 100"
                f" * ({_OVER}) * {_BREAK_TIMES} ELSE 0 END",
                "100 * rate_tenths",
            ),
            at_most=True,
            words=(
                f"{_KIND} || ': ' || said_worked || '; ' || {tenths(_HOURS)} || ' at ' ||"
                f" {times('day_times')} || ' of ' || {dollars(_CAPPED)} || ' for 8 h' || CASE WHEN"
                f" {_OVER} > 0 THEN ', and ' || {tenths(f'({_OVER})')} || ' at ' || {times(_BREAK_TIMES)}"
                f" || ' of the money break of ' || {dollars(f'({BREAK_RATE} // 100)')} || ' for 8 h'"
                " ELSE '' END"
            ),
        ),
        Query(
            slot=slot,
            where=f"{where} AND {_OTHER}",
            why="CASE WHEN rate_unit IN ('episode', 'flat') THEN 'a rate by the ' || rate_unit ||"
            " ' gives no day''s pay here' END",
            due=_DAY_AND_DOUBLE,
            paid="paid_wages",
            words=(
                f"{_KIND} || ': a day''s pay of ' || {dollars(_ONE_DAY)} || ' at ' ||"
                f" {times('day_times')} || CASE WHEN {_DOUBLE} > 0 THEN"
                f" ', and the hours past ten: ' || {dollars(f'({pay(_DOUBLE, rate=WEEKLY_RATE)})')} ELSE '' END"
            ),
        ),
    )


QUERIES: Final = (
    *_on("premium_days", "day_kind <> 'holiday' OR holidays__rule IS NULL"),
    *_on("holidays", "day_kind = 'holiday'"),
    Query(
        slot="idle_day",
        where="day_type = 'idle' AND workday >= 6",
        why=RATE_UNKNOWN,
        due=pay("idle_day__tenths * 100"),
        paid="paid_wages",
        words=f"'idle ' || {_KIND} || ': ' || {tenths('idle_day__tenths')} || ' at ' || said_rate",
    ),
    Query(
        slot="holidays",
        where=f"day_type = 'holiday' AND is_holiday AND {_CREW} AND engagement = 'weekly'"
        " AND minimum_call__tenths IS NOT NULL",
        why=(
            f"coalesce({RATE_UNKNOWN}, CASE WHEN contract_type <> 'television' THEN NULL"
            " WHEN season IS NULL THEN 'the card does not say the season, and sideletters leave out"
            " the holidays of a first and halve those of a second'"
            " WHEN season <= 2 THEN 'sideletters leave out the holidays of a first season"
            " and halve those of a second' END)"
        ),
        due=pay(
            "minimum_call__straight * 100 + (minimum_call__tenths - minimum_call__straight) * 150"
        ),
        paid="paid_wages",
        words=(
            f"'a holiday not worked, by the week: a minimum call of ' ||"
            f" {tenths('minimum_call__tenths')} || ' at ' || {dollars('rate')}"
        ),
    ),
    Query(
        slot="holidays",
        where="works AND is_holiday AND group_name = 'on_call'",
        why="'what a holiday worked on call pays is in no pack'",
    ),
    Query(
        slot="on_call_day",
        where="works AND workday = 7",
        why="CASE WHEN rate_unit <> 'week' THEN 'the rate is by the ' || rate_unit END",
        due=rounded("rate * on_call_day__multiplier", "500"),
        paid="paid_wages",
        words=f"'7th day on call: ' || {times('on_call_day__multiplier')} || ' of a fifth of ' || said_rate",
    ),
)
