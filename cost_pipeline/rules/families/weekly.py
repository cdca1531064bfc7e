"""What is counted by the week: performers' weekly overtime, guarantees, consecutive days.

A sum of the week is judged on its last card, with everything that the week's cards were paid.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cost_pipeline.rules.families.wages import LESS_TRAVEL, RATE_UNKNOWN, SAID_TRAVEL, UNKNOWN
from cost_pipeline.rules.sql import Query, dollars, hours, pay, rounded, tenths, times
from cost_pipeline.rules.tiers import WEEKLY_RATE

_FULL_WEEK: Final = 5
_BREAK_OF_F: Final = 40_000 * 10_000
_PLAIN: Final = "(works AND day_times = 100)"
_LIMIT: Final = (
    "CASE WHEN week_days > 3 THEN coalesce(overtime__four_day, overtime__weekly)"
    " ELSE overtime__weekly END"
)
_WEEKLY: Final = (
    f"CASE WHEN week_last AND overtime__weekly IS NOT NULL"
    f" THEN greatest(0, week_straight - ({_LIMIT})) ELSE 0 END"
)
_FIRST: Final = (
    "CASE WHEN overtime__free_days IS NOT NULL AND long_days <= overtime__free_days THEN 0"
    " ELSE tier_o1 END"
)
_DAILY: Final = (
    f"CASE WHEN {_PLAIN} THEN ({_FIRST}) * coalesce(times_o1, 0) + tier_o2 * coalesce(times_o2, 0)"
    f" - {LESS_TRAVEL} ELSE 0 END"
)

# What earlier days were paid at 1.5x for hours that travel caused does not count for the week.
_PAID_150: Final = "week_paid_150 - week_travel_150 + of_week_travel_150"
_BY_WEEK: Final = (
    f"({_PLAIN} OR (week_last AND overtime__weekly IS NOT NULL AND week_straight > 0))"
    " AND group_name IN ('weekly_performer', 'three_day_performer', 'schedule_f')"
)
_PERFORMER: Final = Query(
    slot="overtime",
    where=f"{_BY_WEEK} AND travelled = 0",
    why=(
        f"coalesce({UNKNOWN}, CASE WHEN group_name = 'schedule_f' AND rate >= {_BREAK_OF_F}"
        " THEN 'overtime is negotiable above 40,000'"
        " WHEN week_last AND overtime__four_day IS NOT NULL AND week_days > 4"
        " THEN 'the packs have the limits of three and of four days only' END)"
    ),
    due=pay(f"{_DAILY} + ({_WEEKLY}) * coalesce(overtime__weekly_multiplier, 0)", rate=WEEKLY_RATE),
    paid=(
        "CASE WHEN overtime__weekly IS NULL THEN paid_150 + paid_200"
        f" ELSE CASE WHEN {_PLAIN} THEN paid_200 ELSE 0 END"
        f" + CASE WHEN week_last THEN {_PAID_150} ELSE 0 END END"
    ),
    words=(
        f"CASE WHEN {_PLAIN} THEN said_worked || '; ' ELSE '' END || {dollars(WEEKLY_RATE)} || ' for ' ||"
        f" {tenths('rate_tenths')} || ': ' || coalesce(nullif(concat_ws(' + ',"
        f" CASE WHEN {_PLAIN} AND ({_FIRST}) > 0 THEN {tenths(f'({_FIRST})')} || ' at ' ||"
        f" {times('times_o1')} END, CASE WHEN {_PLAIN} AND tier_o2 > 0 THEN {tenths('tier_o2')} ||"
        f" ' at ' || {times('times_o2')} END, CASE WHEN ({_WEEKLY}) > 0 THEN"
        f" {tenths(f'({_WEEKLY})')} || ' of the week''s ' || {tenths('week_straight')} || ' at ' ||"
        f" {times('overtime__weekly_multiplier')} END), ''), 'no overtime') ||"
        f" CASE WHEN {_PLAIN} AND ({_FIRST}) < tier_o1 THEN ', a free day' ELSE '' END"
    ),
)
# Where a week has a limit, pay at 1.5x is the week's: a card does not say which part is for travel.
_TRAVELLER: Final = replace(
    _PERFORMER,
    where=f"{_BY_WEEK} AND travelled > 0",
    paid=f"CASE WHEN {_PLAIN} AND NOT week_last THEN paid_150 + paid_200 ELSE {_PERFORMER.paid} END",
    at_most=True,
    words=f"{_PERFORMER.words} || {SAID_TRAVEL}",
)

_GUARANTEED: Final = (
    "(least(guaranteed, weekly_guarantee__straight) * 100"
    " + greatest(0, guaranteed - weekly_guarantee__straight) * weekly_guarantee__multiplier)"
)
_GUARANTEE: Final = Query(
    slot="weekly_guarantee",
    where="week_last",
    why=(
        "coalesce(CASE WHEN guaranteed IS NULL THEN 'the card does not say the guaranteed hours'"
        f" WHEN week_cards < {_FULL_WEEK} THEN 'the week has ' || week_cards || ' cards, and how a"
        f" shorter week is prorated is in no pack' END, {RATE_UNKNOWN})"
    ),
    due=pay(_GUARANTEED),
    paid="week_paid_wages",
    floor=True,
    words=(
        f"'week of ' || {tenths('guaranteed')} || ' guaranteed at ' || said_rate || ': ' ||"
        f" {tenths('least(guaranteed, weekly_guarantee__straight)')} || ' + ' ||"
        f" {tenths('greatest(0, guaranteed - weekly_guarantee__straight)')} || ' at ' ||"
        f" {times('weekly_guarantee__multiplier')}"
    ),
)

_SCALE: Final = "scale__minimum"
_BASE: Final = f"least(coalesce(contract_rate, rate), {_SCALE} + week_adjustment)"
_GROSS: Final = rounded(
    f"{_SCALE} * (8800 * least(week_days_worked, 5)"
    " + 440 * weekly_gross__holiday_scale * week_holidays)"
    f" + ({_BASE}) * (150 * week_tenths_150 + 200 * week_double + CASE WHEN week_at_location > 0"
    " THEN 100 * weekly_gross__loc_allowance_hours ELSE 0 END) + 44000 * week_adjustment"
    f" + (440 * weekly_gross__sixth_day_scale * {_SCALE}"
    f" + 440 * weekly_gross__sixth_day_adjustment * week_adjustment) * week_sixth"
    f" + (440 * weekly_gross__seventh_day_scale * {_SCALE}"
    f" + 440 * weekly_gross__seventh_day_adjustment * week_adjustment) * week_seventh",
    "44000",
)
_WEEKLY_GROSS: Final = Query(
    slot="weekly_gross",
    where="week_last",
    why="CASE WHEN scale__minimum IS NULL THEN 'the week''s scale is not known'"
    " WHEN week_tenths_150 IS NULL THEN 'no gross line of the week says the hours at 1.5x' END",
    due=_GROSS,
    paid="week_paid_wages + week_paid_adjustment",
    at_most=True,
    words=(
        f"'week of ' || week_days_worked || ' days at scale ' || {dollars(_SCALE)} ||"
        f" ', hours at 1/44 of ' ||"
        f" {dollars(f'({_BASE})')} || ': ' || {tenths('week_tenths_150')} || ' at 1.5x as paid, ' ||"
        f" {tenths('week_double')} || ' at 2x' || CASE WHEN week_at_location > 0 THEN"
        f" ', and ' || {tenths('weekly_gross__loc_allowance_hours')} || ' for the location' ELSE '' END"
    ),
)

_CONSECUTIVE: Final = Query(
    slot="consecutive_days",
    where="works AND past_row AND consecutive_days__days IS NOT NULL",
    why=RATE_UNKNOWN,
    due=pay("(tier_0 + tier_o1 + tier_o2 + tier_o3) * consecutive_days__extra"),
    words=(
        "CASE WHEN day_in_row > consecutive_days__days THEN 'day ' || day_in_row || ' in a row: '"
        f" ELSE 'without ' || {hours('consecutive_days__rest')} || ' of rest since ' ||"
        " consecutive_days__days || ' days in a row: ' END || "
        f"{times('consecutive_days__extra')} || ' on top of ' || {tenths('(tier_0 + tier_o1 + tier_o2 + tier_o3)')}"
        " || '; the card has no gross line for it'"
    ),
)

QUERIES: Final = (_PERFORMER, _TRAVELLER, _GUARANTEE, _WEEKLY_GROSS, _CONSECUTIVE)
