"""Wages of a day by the hour: minimum call, overtime, golden and triple time, extra days' pay.

The multiple tells what is paid for a tier: the gross lines of wages at 1.5, 2, 3 and so on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cost_pipeline.core.sql import literal
from cost_pipeline.rules.paid import MULTIPLIERS
from cost_pipeline.rules.sql import Query, dollars, hours, pay, rounded, tenths, times
from cost_pipeline.rules.tiers import STEPS

RATE_UNKNOWN: Final = (
    "CASE WHEN rate_tenths IS NULL THEN 'a rate by the ' || rate_unit || ' gives no hourly rate here'"
    " END"
)
UNKNOWN: Final = (
    "CASE WHEN rate_tenths IS NULL THEN 'a rate by the ' || rate_unit || ' gives no hourly rate here'"
    " WHEN continues AND NOT prior_card THEN 'the rest before was so short that the shifts count as"
    " one, and the card of the shift before is not here'"
    " WHEN still_golden THEN 'the shift before may have ended in golden time, which goes on until "
    "there was more rest than that' END"
)


def paid_at(multiple: str) -> str:
    """Returns SQL: the wages paid at a multiple."""
    cases = " ".join(f"WHEN {value} THEN paid_{value}" for value in MULTIPLIERS)
    return f"CASE {multiple} {cases} ELSE 0 END"


def spelled(*more: str, steps: list[str], none: str) -> str:
    """Returns SQL that spells the steps with hours: `2.0 h at 1.5x + 1.0 h at 2x`.

    The texts of `more` follow; `none` is said if there is nothing else to say.
    """
    parts = ", ".join([*(f"said_{name}" for name in steps), *more])
    return f"coalesce(nullif(concat_ws(' + ', {parts}), ''), {literal(none)})"


def _sum(*steps: str) -> str:
    return " + ".join(f"tier_{name} * coalesce(times_{name}, 0)" for name in steps)


_NORMAL: Final = "works AND day_times = 100"
_CREW: Final = "group_name = 'hourly'"
_OVERTIME: Final = [name for name, (slot, _) in STEPS.items() if slot == "overtime"]
_GOLDEN: Final = [name for name, (slot, _) in STEPS.items() if slot == "golden"]
_NO_PREMIUM: Final = (
    "CASE WHEN day_kind <> 'normal' AND premium_days__rule IS NULL"
    " THEN 'the packs have no multiples for a ' || day_kind || ' day of this agreement' END"
)

# A minimum call of more hours than are straight guarantees overtime. Where the rest before was
# invaded so far that the shifts count as one, a call back has a minimum of its own instead.
_ALL_TENTHS: Final = "(" + " + ".join(["tier_0", *(f"tier_{name}" for name in STEPS)]) + ")"
_STRAIGHT: Final = (
    "(CASE WHEN continues THEN tier_0 WHEN day_type = 'training' THEN"
    " greatest(minimum_call__training, tier_0) ELSE greatest(minimum_call__straight, tier_0) END)"
)
_GUARANTEED: Final = (
    "(CASE WHEN day_type = 'training' OR minimum_call__tenths IS NULL THEN 0 ELSE greatest(0,"
    " CASE WHEN continues THEN rest_accumulation__callback ELSE minimum_call__tenths END"
    f" - greatest({_STRAIGHT}, {_ALL_TENTHS})) END)"
)
_GUARANTEED_TIMES: Final = (
    "CASE WHEN continues THEN rest_accumulation__callback_times ELSE coalesce(times_o1, 150) END"
)
_WORKED_OVERTIME: Final = pay(f"{_sum(*_OVERTIME)} + moved * coalesce(times_o1, 0)")
_GUARANTEED_PAID: Final = (
    f"CASE WHEN guaranteed_tenths > 0 THEN least({pay('guaranteed_tenths * guaranteed_times')},"
    " greatest(0, paid_150 - overtime_pay)) ELSE 0 END"
)
_NAMED: Final = (
    ("guaranteed_tenths", _GUARANTEED),
    ("guaranteed_times", _GUARANTEED_TIMES),
    ("overtime_pay", _WORKED_OVERTIME),
)

_PAST_WEEK: Final = (
    f"CASE WHEN moved > 0 THEN {tenths('moved')} || ' past ' || {tenths('overtime__weekly')} ||"
    f" ' of the week at ' || {times('times_o1')} END"
)
_CREW_OVERTIME: Final = Query(
    slot="overtime",
    where=f"{_NORMAL} AND {_CREW}",
    why=f"coalesce({UNKNOWN}, {_NO_PREMIUM})",
    named=_NAMED,
    due="overtime_pay",
    paid=" + ".join(
        [
            paid_at("times_o1"),
            *(
                f"CASE WHEN times_{name} IS NOT NULL AND times_{name} <> times_o1"
                f" THEN {paid_at(f'times_{name}')} ELSE 0 END"
                for name in _OVERTIME[1:]
            ),
        ]
    )
    + f" - {_GUARANTEED_PAID}",
    words=(
        "concat(said_worked, '; at ', said_hourly, ': ', "
        + spelled(_PAST_WEEK, steps=_OVERTIME, none="no overtime")
        + ")"
    ),
)

_DAY: Final = rounded("(rate + adjustment) * day_share", "day_of")
ABOVE_BREAK: Final = (
    "coalesce(scale__minimum IS NOT NULL AND overtime_above_break__times_scale IS NOT NULL"
    " AND rate * 100 > scale__minimum * overtime_above_break__times_scale, false)"
)
# In minutes; a shorter day has a reading of its own.
FULL_DAY: Final = 8 * 60
_BY_HOUR: Final = pay("tier_0 * 100", rate="adjusted_rate")
# Straight hours are a whole day at least: a day performer is engaged by the day.
_DAY_HOURS: Final = (
    f"greatest(80, tier_0 + {' + '.join(f'tier_{n}' for n in _OVERTIME)})"
    f" - {' - '.join(f'tier_{n}' for n in _OVERTIME)}"
)
# Hours past ten that travel caused are paid at a multiple of their own at most, or at the day's if
# that is higher.
_CAPPED_TIMES: Final = "greatest(travel_overtime__max_multiplier, day_times)"
LESS_TRAVEL: Final = (
    f"CASE WHEN travelled > 0 THEN travelled * greatest(0, 200 - {_CAPPED_TIMES}) ELSE 0 END"
)
SAID_TRAVEL: Final = (
    f"CASE WHEN travelled > 0 THEN '; ' || {tenths('travelled')} || ' of it by travel, at ' ||"
    f" {times(_CAPPED_TIMES)} || ' at most' ELSE '' END"
)
# A fitting has a rule of its own.
_BY_DAY: Final = f"{_NORMAL} AND day_type <> 'fitting' AND group_name = 'day_performer'"
_DAY_PERFORMER: Final = Query(
    slot="overtime",
    where=f"{_BY_DAY} AND NOT {ABOVE_BREAK} AND worked >= {FULL_DAY}",
    why=UNKNOWN,
    named=(("adjusted_rate", "rate + adjustment"), ("day_hours", _DAY_HOURS)),
    due=pay(f"day_hours * 100 + {_sum(*_OVERTIME)} - {LESS_TRAVEL}", rate="adjusted_rate"),
    paid="paid_wages",
    words=(
        f"concat(said_worked, '; ', {dollars('adjusted_rate')}, ' for 8 h: ',"
        f" concat_ws(' + ', concat({tenths('day_hours')}, ' straight'),"
        f" {', '.join(f'said_{name}' for name in _OVERTIME)}), {SAID_TRAVEL})"
    ),
)
# Taken by itself, the formula of the source pays a short day by the hour: a finding is only a flag.
_SHORT_DAY: Final = replace(
    _DAY_PERFORMER,
    where=f"{_BY_DAY} AND NOT {ABOVE_BREAK} AND worked < {FULL_DAY}",
    at_most=True,
    words=(
        f"concat({_DAY_PERFORMER.words}, '; by the hour, as another reading has it, ',"
        f" {dollars(f'({_BY_HOUR})')})"
    ),
)
_BREAK_TENTHS: Final = "(tier_o1 + tier_o2 + tier_o3)"
BREAK_RATE: Final = "scale__minimum * overtime_above_break__times_scale"
_ABOVE_BREAK: Final = Query(
    slot="overtime_above_break",
    where=f"{_BY_DAY} AND {ABOVE_BREAK}",
    why=UNKNOWN,
    due=(
        f"{_DAY} + "
        + rounded(f"{BREAK_RATE} * {_BREAK_TENTHS} * overtime_above_break__normal1", "80 * 10000")
    ),
    paid="paid_wages",
    words=(
        f"said_worked || '; the rate of ' || said_rate || ' is over the money break of ' ||"
        f" {dollars(f'({BREAK_RATE} // 100)')} || ': the rate + ' || {tenths(_BREAK_TENTHS)} ||"
        " ' at 1.5x of the money break over 8 h'"
    ),
)
_BACKGROUND: Final = Query(
    slot="overtime",
    where=f"{_NORMAL} AND group_name = 'background'",
    why=UNKNOWN,
    due=pay(_sum(*_OVERTIME)),
    paid="paid_150 + CASE WHEN past_long > 0 THEN least(paid_200, "
    + pay("tier_o2 * coalesce(times_o2, 0)")
    + ") ELSE paid_200 END",
    words=(
        "concat(said_worked, '; ', said_rate, ' a day over 8 h: ', "
        + spelled(steps=_OVERTIME, none="no overtime")
        + ")"
    ),
)

_LATE: Final = "greatest(0, elapsed - long_day__after)"
_LATE_HOURS: Final = f"(({_LATE} + 59) // 60)"
_LONG_DAY: Final = Query(
    slot="long_day",
    quiet="no extra day: not past sixteen hours",
    where="works",
    why=RATE_UNKNOWN,
    due=rounded(f"rate * day_share * long_day__days * {_LATE_HOURS} * day_times", "day_of * 10000"),
    paid=(
        "CASE WHEN past_long > 0 THEN paid_wages - least(paid_wages, paid_100 + paid_150 +"
        f" least(paid_200, {pay('tier_o2 * coalesce(times_o2, 0)')})) ELSE 0 END"
    ),
    words=(
        f"{hours('elapsed')} || ' from call to dismissal, ' || {hours('long_day__after')} ||"
        f" ' without extra days: ' || CASE WHEN {_LATE_HOURS} = 0 THEN 'none due' ELSE"
        f" {_LATE_HOURS} || ' of ' || {dollars('rate * day_share // day_of')} END"
    ),
)


def _stepped(slot: str, steps: list[str], name: str) -> Query:
    return Query(
        slot=slot,
        where="works",
        quiet=f"no {name}",
        why=UNKNOWN,
        due=pay(_sum(*steps)),
        paid=" + ".join(
            f"CASE WHEN times_{step} IS NOT NULL THEN {paid_at(f'times_{step}')} ELSE 0 END"
            for step in steps
        ),
        words=(
            f"concat(said_worked, '; {name} after ', {hours(f'{slot}__from1')},"
            f" CASE WHEN {slot}__worked1 THEN ' worked: ' ELSE ' elapsed: ' END,"
            f" {spelled(steps=steps, none='none')},"
            f" CASE WHEN {' + '.join(f'tier_{s}' for s in steps)} > 0 THEN ' at ' || said_hourly END)"
        ),
    )


_TRIPLE: Final = _stepped("triple", ["t1"], "triple time")
# On a distant location a 6th day has no multiple, nor has its golden time. Past fifteen hours the
# table has one, and does not say whether it is meant there.
_STRAIGHT_SIXTH: Final = "(zone = 'distant' AND day_kind = 'sixth')"
_AS_NORMAL: Final = pay("tier_t1 * triple__normal1")
_DIRECTOR_DAYS: Final = (
    "(CASE WHEN elapsed > extended_day__from1 THEN extended_day__days1 ELSE 0 END"
    " + CASE WHEN elapsed > extended_day__from2 THEN extended_day__days2 ELSE 0 END"
    " + CASE WHEN elapsed > extended_day__further THEN 100 * ((elapsed - extended_day__further"
    " + extended_day__each - 1) // extended_day__each) ELSE 0 END)"
)
_EXTENDED: Final = Query(
    slot="extended_day",
    where="works",
    why="CASE WHEN extended_day__from1 IS NULL THEN 'the pack has no bands for this craft'"
    " WHEN rate_unit NOT IN ('day', 'week') THEN 'the rate is by the ' || rate_unit END",
    due=rounded(f"rate * {_DIRECTOR_DAYS}", "day_of * 100"),
    paid="paid_overtime",
    words=(
        f"{hours('elapsed')} || ' of workday: ' || ({_DIRECTOR_DAYS} // 100) || '.' ||"
        f" lpad(CAST({_DIRECTOR_DAYS} % 100 AS VARCHAR), 2, '0') || ' further days of ' ||"
        f" {dollars('rate // day_of')}"
    ),
)

_CALL: Final = f"{_NORMAL} AND day_type <> 'fitting' AND {_CREW}"
# An hour that the call guarantees past the straight ones and that nobody worked.
_OPEN_HOUR: Final = (
    f"coalesce(minimum_call__disputed AND NOT continues AND {_GUARANTEED} > 0, false)"
)
_MINIMUM_CALL: Final = Query(
    slot="minimum_call",
    where=f"{_CALL} AND NOT {_OPEN_HOUR}",
    why=f"coalesce({UNKNOWN}, {_NO_PREMIUM})",
    named=(*_NAMED, ("straight_tenths", f"{_STRAIGHT} - moved")),
    due=pay("straight_tenths * 100 + guaranteed_tenths * guaranteed_times"),
    paid=f"paid_100 + {_GUARANTEED_PAID}",
    words=(
        "concat(CASE WHEN continues THEN 'a call back pays ' WHEN day_type = 'training' THEN"
        " 'a day of training pays ' ELSE 'a call pays ' END, "
        + tenths(
            "CASE WHEN continues THEN rest_accumulation__callback WHEN day_type = 'training'"
            " THEN minimum_call__training ELSE minimum_call__tenths END"
        )
        + f", ' at least; ', said_worked, '; ', {tenths('straight_tenths')}, ' straight at ',"
        f" said_hourly, CASE WHEN moved > 0 THEN concat(', the other ', {tenths('moved')},"
        " ' are overtime of the week') END, CASE WHEN guaranteed_tenths > 0 THEN concat(', and ',"
        f" {tenths('guaranteed_tenths')}, ' not worked at ', {times('guaranteed_times')}) END)"
    ),
)
_AS_STRAIGHT: Final = pay("(straight_tenths + guaranteed_tenths) * 100")
_MINIMUM_CALL_IN_DISPUTE: Final = replace(
    _MINIMUM_CALL,
    where=f"{_CALL} AND {_OPEN_HOUR}",
    at_most=True,
    words=(
        f"concat({_MINIMUM_CALL.words}, '; if hours not worked are straight, ',"
        f" {dollars(f'({_AS_STRAIGHT})')})"
    ),
)
_MINIMUM_PREMIUM: Final = Query(
    slot="minimum_call",
    where=f"works AND day_times > 100 AND day_type NOT IN ('fitting', 'training') AND {_CREW}",
    why=RATE_UNKNOWN,
    due=pay(
        "CASE WHEN continues THEN rest_accumulation__premium_callback *"
        " rest_accumulation__premium_callback_times ELSE minimum_call__tenths * day_times END"
    ),
    paid="paid_wages",
    floor=True,
    words=(
        "CASE WHEN continues THEN 'a call back pays ' ||"
        f" {tenths('rest_accumulation__premium_callback')} || ' at ' ||"
        f" {times('rest_accumulation__premium_callback_times')} || ' at least' ELSE 'a call pays ' ||"
        f" {tenths('minimum_call__tenths')} || ' at least, on a ' || day_kind || ' day at ' ||"
        f" {times('day_times')} END || '; ' || said_worked"
    ),
)
_A_DAYS_PAY: Final = Query(
    slot="minimum_call",
    where=f"{_NORMAL} AND NOT {_CREW} AND day_type <> 'fitting'",
    why="CASE WHEN rate_unit IN ('episode', 'flat') AND group_name <> 'stunt_coordinator'"
    " THEN 'a rate by the ' || rate_unit || ' gives no day''s pay here' END",
    due=rounded("rate * day_share", "day_of"),
    paid="paid_100",
    words=(
        "concat('a day''s pay of ', said_rate, ' by the ', rate_unit, CASE WHEN day_of > 1"
        " THEN ', a day being one of ' || day_of END)"
    ),
)

QUERIES: Final = (
    _MINIMUM_CALL,
    _MINIMUM_CALL_IN_DISPUTE,
    _MINIMUM_PREMIUM,
    _A_DAYS_PAY,
    _CREW_OVERTIME,
    _DAY_PERFORMER,
    _SHORT_DAY,
    _ABOVE_BREAK,
    _BACKGROUND,
    _LONG_DAY,
    _stepped("golden", _GOLDEN, "golden time"),
    replace(_TRIPLE, where=f"works AND NOT {_STRAIGHT_SIXTH}"),
    replace(
        _TRIPLE,
        where=f"works AND {_STRAIGHT_SIXTH}",
        at_most=True,
        words=(
            f"concat({_TRIPLE.words}, CASE WHEN tier_t1 > 0 THEN concat('; at ',"
            f" {times('triple__normal1')}, ', as this 6th day is straight time, ',"
            f" {dollars(f'({_AS_NORMAL})')}) END)"
        ),
    ),
    _EXTENDED,
)
