"""Per diem, living allowances, travel, mileage, night premiums, fittings and paid events."""

from __future__ import annotations

from typing import Final

from cost_pipeline.core.sql import literal
from cost_pipeline.rules.families.wages import RATE_UNKNOWN
from cost_pipeline.rules.sql import (
    Query,
    dollars,
    hours,
    pay,
    rounded,
    tenths,
    tenths_up,
    times,
)

_MEALS: Final = ("breakfast", "lunch", "dinner")
_OWED: Final = " + ".join(
    f"CASE WHEN list_contains(meals_supplied, {literal(meal)}) THEN 0 ELSE per_diem__{meal} END"
    for meal in _MEALS
)
_SPELLED: Final = ", ".join(
    f"CASE WHEN NOT list_contains(meals_supplied, {literal(meal)})"
    f" THEN '{meal} ' || {dollars(f'(per_diem__{meal} * 100)')} END"
    for meal in _MEALS
)
_PER_DIEM_PAID: Final = "coalesce(per_diem_paid, 0) + coalesce(paid_per_diem, 0)"

_THERE: Final = "greatest(0, coalesce(travel_to_end_ - travel_to_start_, 0))"
_BACK: Final = "greatest(0, coalesce(travel_from_end_ - travel_from_start_, 0))"
TRAVELLED: Final = (
    "CASE WHEN (travel_to_start_ IS NULL) <> (travel_to_end_ IS NULL)"
    " OR (travel_from_start_ IS NULL) <> (travel_from_end_ IS NULL) THEN NULL"
    " WHEN travel_to_end_ IS NULL AND travel_from_end_ IS NULL THEN wrap_ - call_"
    f" ELSE {_THERE} + {_BACK} END"
)
TRAVEL_TENTHS: Final = (
    f"greatest(travel_only__least, least(travel_only__most, {tenths_up(f'({TRAVELLED})')}))"
)
_TRAVEL_TIMES: Final = (
    "(CASE WHEN overnight_seventh__travel_multiplier IS NOT NULL AND day_kind IN ('seventh', 'holiday')"
    " THEN overnight_seventh__travel_multiplier ELSE 100 END)"
)
_A_DAY: Final = rounded(f"rate * day_share * {_TRAVEL_TIMES}", "day_of * 100")

# Night work by the hour of the call: each piece is minutes of the shift, meals taken off.
_CALL_OF_DAY: Final = "(call % 1440)"


def _within(first: str, last: str) -> str:
    """Returns SQL: the minutes of work between two moments of the work date."""
    meals = " - ".join(
        f"CASE WHEN off{n} > 0 THEN greatest(0, least(meal{n}_out_ + off{n}, {last})"
        f" - greatest(meal{n}_out_, {first})) ELSE 0 END"
        for n in (1, 2)
    )
    return f"greatest(0, greatest(0, least(end_, {last}) - greatest(call_, {first})) - {meals})"


_NIGHT: Final = (
    f"CASE WHEN {_CALL_OF_DAY} >= 1200 OR {_CALL_OF_DAY} < 240 THEN worked"
    f" WHEN {_CALL_OF_DAY} < 360 THEN {_within('call_', '(call - ' + _CALL_OF_DAY + ' + 360)')}"
    f" ELSE {_within('(call - ' + _CALL_OF_DAY + ' + 1200)', '(call - ' + _CALL_OF_DAY + ' + 1800)')}"
    " END"
)
_PERCENT: Final = (
    f"CASE WHEN {_CALL_OF_DAY} >= 1200 OR {_CALL_OF_DAY} < 360 THEN night_premium__night"
    " ELSE night_premium__evening END"
)
_NIGHT_TENTHS: Final = tenths_up(f"({_NIGHT})")

_UNITS: Final = "(worked + fitting__unit_minutes - 1) // fitting__unit_minutes"
_FITTED: Final = f"greatest(fitting__min_hours * 6, ({_UNITS}) * fitting__unit_minutes)"
_EVENTS: Final = "list_filter(adjustments, lambda word: list_contains(events__words, word))"
_EVENT_SUM: Final = (
    f"coalesce(list_sum(list_transform({_EVENTS},"
    " lambda word: events__sums[list_position(events__words, word)])), 0) * 100"
)
_NOT_EVENTS: Final = "list_filter(adjustments, lambda word: NOT list_contains(events__words, word))"
# The card has times of a meal that may be reimbursed; only an adjustment says whether it was.
_MEAL_UNTOLD: Final = (
    "(coalesce(ndm_start, ndm_end) IS NOT NULL AND list_contains(events__words,"
    " 'non_deductible_meal') AND NOT list_contains(adjustments, 'non_deductible_meal'))"
)

QUERIES: Final = (
    Query(
        slot="per_diem",
        where="coalesce(lodging, true)",
        due=f"100 * ({_OWED})",
        paid=_PER_DIEM_PAID,
        words=(
            f"concat('not supplied: ', coalesce(nullif(concat_ws(' + ', {_SPELLED}), ''), 'no meal'))"
        ),
    ),
    Query(
        slot="per_diem_timing",
        where="per_diem_in_payroll OR coalesce(paid_per_diem, 0) > 0",
        broken="true",
        at_most=True,
        words="'per diem is inside the payroll check; it has to be paid apart, before the work'",
    ),
    Query(
        slot="living_allowance",
        where="coalesce(lodging, false)",
        due="100 * living_allowance__daily",
        paid=_PER_DIEM_PAID,
        words=(
            f"'nearby hire: ' || {dollars('(living_allowance__daily * 100)')} || ' a day of ' ||"
            f" {dollars('(living_allowance__weekly * 100)')} || ' a week'"
        ),
    ),
    Query(
        slot="travel_only",
        where="day_type = 'travel' AND group_name <> 'on_call' AND NOT travel_only__always_most",
        why=(
            f"coalesce({RATE_UNKNOWN}, CASE WHEN {TRAVELLED} IS NULL"
            " THEN 'the card does not say how long the travel took' END)"
        ),
        due=pay(f"{TRAVEL_TENTHS} * 100"),
        paid="paid_wages + paid_travel",
        words=(
            f"'travel only: ' || {hours(f'({TRAVELLED})')} || ', between ' ||"
            f" {tenths('travel_only__least')} || ' and ' || {tenths('travel_only__most')} || ': ' ||"
            f" {tenths(TRAVEL_TENTHS)} || ' at ' || said_rate"
        ),
    ),
    Query(
        slot="travel_only",
        where="day_type = 'travel' AND group_name = 'on_call'",
        why="CASE WHEN rate_unit <> 'week' THEN 'the rate is by the ' || rate_unit END",
        due=rounded("rate", "travel_only__share"),
        paid="paid_wages + paid_travel",
        words="'travel only, on call: a sixth of ' || said_rate",
    ),
    Query(
        slot="travel_only",
        where="day_type = 'travel' AND travel_only__always_most",
        why="CASE WHEN rate_unit IN ('episode', 'flat') THEN 'a rate by the ' || rate_unit ||"
        " ' gives no day''s pay here' END",
        due=_A_DAY,
        paid="paid_wages + paid_travel",
        words=(
            f"'travel only: a minimum call of 8 h, a day''s pay' || CASE WHEN {_TRAVEL_TIMES} > 100"
            f" THEN ' at ' || {times(_TRAVEL_TIMES)} ELSE '' END || ' of ' || {dollars(_A_DAY)}"
        ),
    ),
    Query(
        slot="mileage",
        where="miles > 0",
        due=f"{rounded('miles * mileage__per_mile * 100', '100')} + 100 * mileage__daily",
        paid="paid_mileage",
        words=(
            f"(miles // 100) || ' miles at ' || {dollars('(mileage__per_mile * 100)')} || CASE WHEN"
            f" mileage__daily > 0 THEN ' and ' || {dollars('(mileage__daily * 100)')} ||"
            " ' for the secondary zone' ELSE '' END"
        ),
    ),
    Query(
        slot="night_premium",
        where="works",
        why=RATE_UNKNOWN,
        due=rounded(f"rate * {_NIGHT_TENTHS} * ({_PERCENT})", "100 * rate_tenths"),
        paid="paid_night",
        words=(
            f"'called ' || said_call || ': ' || {tenths(_NIGHT_TENTHS)} || ' at ' ||"
            f" ({_PERCENT}) || ' % of ' || said_rate"
        ),
    ),
    Query(
        slot="fitting",
        where="day_type = 'fitting'",
        why="CASE WHEN rate_unit <> 'day' THEN 'the rate is by the ' || rate_unit END",
        due=(
            f"CASE WHEN rate > fitting__money_break * 100 THEN 0"
            f" ELSE {rounded(f'rate * {_FITTED}', '480')} END"
        ),
        paid="paid_wages",
        words=(
            "CASE WHEN rate > fitting__money_break * 100 THEN 'fitting: none due over ' ||"
            f" {dollars('(fitting__money_break * 100)')} || ' a day' ELSE 'fitting of ' ||"
            f" {hours('worked')} || ', paid as ' || {hours(_FITTED)} || ' of ' || said_rate ||"
            " ' for 8 h' END"
        ),
    ),
    Query(
        slot="events",
        where=f"len(adjustments) > 0 OR {_MEAL_UNTOLD}",
        why=(
            f"CASE WHEN len({_NOT_EVENTS}) > 0 THEN 'the pack has no sum for ' ||"
            f" list_aggregate({_NOT_EVENTS}, 'string_agg', ', ') WHEN {_MEAL_UNTOLD} THEN 'the card has a"
            " non-deductible meal and does not say whether it was reimbursed' END"
        ),
        due=_EVENT_SUM,
        paid="paid_events",
        words=(
            f"list_aggregate(list_transform({_EVENTS}, lambda word: replace(word, '_', ' ') || ' ' ||"
            f" {dollars('(events__sums[list_position(events__words, word)] * 100)')}), 'string_agg',"
            " ' + ')"
        ),
    ),
)
