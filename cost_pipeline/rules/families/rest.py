"""Rest between shifts and around days off, forced calls, and what invaded rest pays."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

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

_KNOWN: Final = "works AND rest IS NOT NULL AND days_between IS NOT NULL"
_NEEDED: Final = f"{_KNOWN} AND rest_needed IS NOT NULL"
_INVADED: Final = "(rest_needed - rest)"
_BROKEN: Final = f"{_INVADED} > 0"
_UNKNOWN: Final = (
    "CASE WHEN overlapping THEN 'the card before ends after this call'"
    " WHEN rest IS NULL THEN 'no earlier card of this person is here and this one does not say"
    " when work ended before' END"
)
_DAY: Final = rounded("(rate + adjustment) * day_share", "day_of")
_CAP: Final = "(forced_call__cap * 100)"

_UNITS: Final = f"greatest(rest_invasion__least, {tenths_up(_INVADED)})"
_PAYS: Final = (
    f"({_BROKEN} AND (after_days_off OR ({_INVADED} <= rest_invasion__small"
    " AND NOT rest_invasion__weekends_only)))"
)

_DIRECTOR_REST: Final = "(rest - 2 * rest_by_fraction__moved)"
_DIRECTOR_INVADED: Final = f"greatest(0, rest_by_fraction__minutes - {_DIRECTOR_REST})"
_DIRECTOR_HOURS: Final = f"(({_DIRECTOR_INVADED} + 59) // 60)"

# Two days off may be shorter for reasons that are not on a card: then nothing is certain.
_DOUBTFUL: Final = (
    "coalesce(after_days_off AND days_between > 2 AND weekly_rest__reduced_from IS NULL"
    " AND rest >= weekly_rest__reduced, false)"
)
_INVASION: Final = Query(
    slot="rest_invasion",
    quiet="nothing due for invaded rest and nothing paid",
    where=_NEEDED,
    why=RATE_UNKNOWN,
    due=f"CASE WHEN {_PAYS} THEN {pay(f'{_UNITS} * rest_invasion__multiplier')} ELSE 0 END",
    paid="paid_rest",
    words=(
        f"concat(said_rested, CASE WHEN {_PAYS} THEN concat(', invaded by ', {_INVADED}, ' min: ',"
        f" {tenths(_UNITS)}, ' at ', {times('rest_invasion__multiplier')}, ' of ', said_rate,"
        f" ' for ', {tenths('rate_tenths')}) WHEN {_BROKEN} THEN concat("
        f"', invaded by ', {hours(_INVADED)}, CASE WHEN continues THEN"
        " ', which pays by the hours of both shifts'"
        " ELSE ': there is a penalty for days off only' END) END)"
    ),
)

QUERIES: Final = (
    Query(
        slot="daily_rest",
        where="works AND (rest IS NULL OR days_between = 1) AND daily_rest__minutes IS NOT NULL",
        why=_UNKNOWN,
        broken=_BROKEN,
        at_most=True,
        words="said_rested",
    ),
    Query(
        slot="weekly_rest",
        where=f"{_KNOWN} AND after_days_off",
        broken=_BROKEN,
        at_most=True,
        words="said_rested || ' around ' || (days_between - 1) || ' days off'",
    ),
    Query(
        slot="forced_call",
        quiet="rest kept: no forced call",
        where=_NEEDED,
        why="CASE WHEN rate_unit IN ('episode', 'flat') AND group_name <> 'schedule_f'"
        " AND group_name <> 'stunt_coordinator'"
        " THEN 'a rate by the ' || rate_unit || ' gives no day''s pay here' END",
        named=(("days_pay", _DAY), ("cap", _CAP)),
        due=(
            f"CASE WHEN NOT ({_BROKEN}) THEN 0 WHEN group_name = 'schedule_f' THEN cap"
            " ELSE least(days_pay, cap) END"
        ),
        paid="paid_rest",
        words=(
            f"concat(said_rested, CASE WHEN NOT ({_BROKEN}) THEN ', no forced call' WHEN group_name"
            f" = 'schedule_f' THEN concat(', forced call: ', {dollars('cap')}) ELSE concat("
            f"', forced call: the lesser of ', {dollars('days_pay')}, ' and ', {dollars('cap')}) END)"
        ),
    ),
    replace(_INVASION, where=f"{_NEEDED} AND NOT {_DOUBTFUL}"),
    replace(_INVASION, where=f"{_NEEDED} AND {_DOUBTFUL}", at_most=True),
    Query(
        slot="rest_accumulation",
        where="works AND rest < rest_due",
        broken="continues",
        at_most=True,
        words=(
            f"'wrap ' || said_prior || ', next call ' || said_call || ': ' ||"
            f" said_rest || ' rest, ' || {hours('rest_due')} || ' due' || CASE WHEN continues"
            " THEN ': the shifts count as one for overtime and golden time' || CASE WHEN rest <"
            " rest_accumulation__below THEN ', and the time between as work' ELSE '' END"
            " ELSE ': a small invasion, the shifts stay apart' END"
        ),
    ),
    Query(
        slot="rest_by_fraction",
        where=f"{_KNOWN} AND days_between = 1",
        why="CASE WHEN rate_unit NOT IN ('day', 'week') THEN 'the rate is by the ' || rate_unit END",
        due=rounded(f"rate * rest_by_fraction__fraction * {_DIRECTOR_HOURS}", "day_of * 100"),
        paid="paid_rest",
        words=(
            f"'wrap ' || said_prior || ' and an hour to call ' || said_call ||"
            f" ' less an hour: ' || {hours(_DIRECTOR_REST)} || ' rest, ' ||"
            f" {hours('rest_by_fraction__minutes')} || ' due; ' || {_DIRECTOR_HOURS} ||"
            " ' invaded hours of a quarter day'"
        ),
    ),
    Query(
        slot="air_travel",
        where="works AND flight > air_travel__flight_hours",
        why="CASE WHEN travel_to_end_ IS NULL THEN 'the card does not say when the travel ended' END",
        broken="call_ - travel_to_end_ < air_travel__rest_hours",
        at_most=True,
        words=(
            f"'flight of ' || {hours('flight')} || ', ' || {hours('(call_ - travel_to_end_)')} ||"
            f" ' from its end to the call, ' || {hours('air_travel__rest_hours')} || ' due'"
        ),
    ),
)
