"""Pension and health: percentages with a ceiling for each picture, and sums by the hour or day."""

from __future__ import annotations

from typing import Final

from cost_pipeline.rules.families.allowances import TRAVEL_TENTHS, TRAVELLED
from cost_pipeline.rules.sql import Query, dollars, rounded, tenths, tenths_up

_CEILING: Final = "contribution_ceiling__cents * 100"
_COUNTED: Final = (
    f"greatest(0, least(reportable, coalesce({_CEILING}, reportable + earned) - earned))"
)
_PAID: Final = "coalesce(benefits_paid, nullif(paid_benefits, 0))"
_BOUND: Final = f"earned + reportable > {_CEILING}"

# An idle day of a crew far away and a day of nothing but travel have benefit hours of their own.
_IDLE: Final = "(day_type = 'idle' AND workday >= 6 AND idle_day__benefits IS NOT NULL)"
_TRAVEL: Final = "(day_type = 'travel' AND travel_only__most IS NOT NULL)"
_HOURLY_DAY: Final = f"works OR {_IDLE} OR ({_TRAVEL} AND {TRAVELLED} IS NOT NULL)"
_BENEFIT_TENTHS: Final = (
    f"(CASE WHEN {_IDLE} THEN idle_day__benefits WHEN {_TRAVEL} THEN {TRAVEL_TENTHS}"
    f" ELSE greatest(coalesce(minimum_call__tenths, 80), {tenths_up('worked')}) END)"
)
_SCALE: Final = "CASE WHEN scale__per = 'hour' THEN scale__minimum END"
_HOURS: Final = (("benefit_tenths", _BENEFIT_TENTHS), ("hourly_scale", _SCALE))


def _hourly(slot: str) -> str:
    rate = f"CASE WHEN fifteen_million THEN {slot}__rate ELSE {slot}__premium END"
    share = f"CASE WHEN {slot}__percent IS NULL THEN 0 ELSE {slot}__percent * hourly_scale END"
    return rounded(f"benefit_tenths * (100 * ({rate}) + {share})", "1000")


_CONTRIBUTOR: Final = (
    "CASE WHEN fifteen_million IS NULL"
    " THEN 'the card does not say whether the producer is a $15 Million Contributor' END"
)
_NO_SCALE: Final = (
    "CASE WHEN hourly_scale IS NULL"
    " THEN 'a part is a percentage of scale, and the packs have no hourly minimum here' END"
)
_PENSION: Final = _hourly("pension")
_CREDITED: Final = (
    "(CASE week_days_worked WHEN 5 THEN benefit_hours__five WHEN 6 THEN benefit_hours__six"
    " WHEN 7 THEN benefit_hours__seven ELSE week_days_worked * benefit_hours__day END)"
)

QUERIES: Final = (
    Query(
        slot="contribution_rate",
        where="reportable > 0 OR benefits_paid > 0",
        why=(
            "CASE WHEN contribution_ceiling__why IS NOT NULL THEN contribution_ceiling__why"
            " WHEN contribution_ceiling__episode AND contribution_ceiling__cents IS NULL"
            " THEN 'the ceiling of this length of programme is in no pack'"
            " WHEN contribution_ceiling__episode AND earnings_to_date IS NULL"
            f" AND {_BOUND} THEN 'the ceiling is for an episode, and the card does not say what was"
            " earned on it before' END"
        ),
        named=(("counted", _COUNTED), ("most", _CEILING)),
        due=rounded("counted * contribution_rate__rate", "100000"),
        paid=_PAID,
        unpaid_is_silent=True,
        words=(
            "concat(contribution_rate__rate // 1000, '.', contribution_rate__rate % 1000 // 100,"
            f" ' % of ', {dollars('counted')}, CASE WHEN most IS NULL THEN ''"
            f" WHEN {_BOUND} THEN concat(': of ', {dollars('reportable')}, ' after ',"
            f" {dollars('earned')}, ' earned before, up to the ceiling of ', {dollars('most')})"
            f" ELSE concat(', below the ceiling of ', {dollars('most')}) END)"
        ),
    ),
    Query(
        slot="contribution_ceiling",
        where="reportable > 0",
        why=(
            "CASE WHEN contribution_ceiling__cents IS NULL"
            " THEN 'the ceiling of this length of programme is in no pack' END"
        ),
        broken="false",
        named=(("most", _CEILING),),
        words=(
            f"concat({dollars('earned')}, ' earned before and ', {dollars('reportable')}, ' now, of ',"
            f" {dollars('most')}, CASE WHEN {_BOUND} THEN ': the ceiling is reached' END)"
        ),
    ),
    Query(
        slot="pension",
        where=_HOURLY_DAY,
        why=f"coalesce({_CONTRIBUTOR}, {_NO_SCALE})",
        named=_HOURS,
        due=_PENSION,
        unpaid_is_silent=True,
        words=(
            f"concat({tenths('benefit_tenths')}, ' worked or guaranteed: pension, retired employees,"
            " dental, vision and training by the hour, and ', pension__percent, ' % of scale')"
        ),
    ),
    Query(
        slot="health",
        where=_HOURLY_DAY,
        why=_CONTRIBUTOR,
        named=(
            *_HOURS,
            ("hourly", "CASE WHEN fifteen_million THEN health__rate ELSE health__premium END"),
        ),
        due=_hourly("health"),
        paid=f"CASE WHEN hourly_scale IS NOT NULL AND pension__rule IS NOT NULL"
        f" THEN greatest(0, {_PAID} - {_PENSION}) END",
        unpaid_is_silent=True,
        words=(
            f"concat({tenths('benefit_tenths')}, ' worked or guaranteed at ',"
            f" {dollars('hourly')}, CASE WHEN {_PAID} IS NOT NULL"
            " THEN '; paid is what was paid for benefits less what is due for pension' END)"
        ),
    ),
    Query(
        slot="benefit_hours",
        where="week_last AND week_days_worked > 0",
        broken="false",
        words=(
            f"week_days_worked || CASE week_days_worked WHEN 1 THEN ' day' ELSE ' days' END ||"
            f" ' worked in the week: ' || {tenths(_CREDITED)} || ' of benefits are credited'"
        ),
    ),
    Query(
        slot="daily_contribution",
        where="works",
        due="100 * daily_contribution__cents",
        paid=_PAID,
        unpaid_is_silent=True,
        words=f"'a day worked: ' || {dollars('(daily_contribution__cents * 100)')}",
    ),
)
