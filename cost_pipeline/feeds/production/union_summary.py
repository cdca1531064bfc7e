"""Sums findings: by rule family for a day's checks, by week, department and cause for people."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from typing import Final

from cost_pipeline.contracts.findings import Severity
from cost_pipeline.core.money import shown
from cost_pipeline.core.sql import Predicate, equals, one_of
from cost_pipeline.feeds.production.tables import FINDINGS
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

# `card` is what a card gets that no rule can be asked of.
FAMILIES: Final = (
    "scale", "overtime", "guarantees", "weekly", "meals", "rest", "premium_days", "night",
    "travel", "per_diem", "allowances", "minors", "pension_health", "card",
)  # fmt: skip
PENALTIES: Final = ("meals", "rest")
"""The families whose due amounts are penalties: money that better planning would have saved."""


@dataclass(frozen=True, slots=True)
class WeekLine:
    """One cause in one department in one payroll week, in one currency.

    Attributes:
        penalties: What was due for it, where the family is one of penalties.
        at_risk: What is due and not paid, of findings that block or flag.
    """

    week_ending: date
    currency: str
    department_code: str
    family: str
    findings: int
    blocked: int
    flagged: int
    not_evaluated: int
    penalties: Decimal
    at_risk: Decimal


def weekly(session: Session) -> list[WeekLine]:
    """Returns every week that has findings, oldest first."""
    rows = session.lake.table(FINDINGS).snapshot().query(_WEEKLY).to_pylist()
    return [WeekLine(**row) for row in rows]


def day_outcomes(session: Session, dates: Collection[date]) -> dict[date, dict[str, Outcome]]:
    """Returns for each date the outcome of each family, red if a finding blocks or flags."""
    counted = (
        session.lake.table(FINDINGS)
        .snapshot()
        .query(_DAILY, where=one_of("work_date", sorted(dates)))
        .to_pylist()
    )
    found = {(r["work_date"], r["family"], r["severity"]): r for r in counted}
    return {
        day: {
            family: _outcome({s: found.get((day, family, s.value)) for s in Severity})
            for family in FAMILIES
        }
        for day in sorted(dates)
    }


def _outcome(rows: dict[Severity, dict[str, object] | None]) -> Outcome:
    numbers = {s.value: int(str(row["n"])) if row else 0 for s, row in rows.items()}
    total = sum(numbers.values())
    if not total:
        return Outcome(passed=True, message="no card has such a rule")
    blocked, flagged = numbers[Severity.BLOCK], numbers[Severity.FLAG]
    skipped = numbers[Severity.NOT_EVALUATED]
    message = f"{total} findings: {blocked} block, {flagged} flag, {skipped} not evaluated"
    worst = next(
        (row for s in (Severity.BLOCK, Severity.FLAG, Severity.NOT_EVALUATED) if (row := rows[s])),
        None,
    )
    if worst:
        message += f"; first: card {worst['card']}: {worst['words']}"
    good = not (blocked or flagged or skipped)
    return Outcome(good, message, numbers)


def plot(lines: Sequence[WeekLine], *, most: int = 26) -> str:
    """Returns an SVG of the last weeks: the penalties due and the money at risk in each."""
    weeks = sorted({line.week_ending for line in lines})[-most:]
    values = [
        (
            week,
            sum((x.penalties for x in lines if x.week_ending == week), Decimal(0)),
            sum((x.at_risk for x in lines if x.week_ending == week), Decimal(0)),
        )
        for week in weeks
    ]
    top = max((max(penalties, risk) for _, penalties, risk in values), default=Decimal(0))
    bars = "".join(
        _bars(place, week, penalties, risk, top or Decimal(1))
        for place, (week, penalties, risk) in enumerate(values)
    )
    width = max(_STEP * len(values) + 20, 260)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT + 60}" '
        f'font-family="sans-serif" font-size="11"><text x="10" y="14">'
        f"<tspan fill={_PENALTY}>penalties due</tspan> and <tspan fill={_RISK}>at risk</tspan> by "
        f"week ending; highest {escape(shown(top))}</text>{bars}</svg>"
    )


def as_image(svg: str) -> str:
    """Returns the SVG as an image in Markdown, without a file."""
    encoded = base64.b64encode(svg.encode()).decode("ascii")
    return f"![penalties and money at risk by week](data:image/svg+xml;base64,{encoded})"


_STEP: Final = 44
_HEIGHT: Final = 140
_PENALTY: Final = '"#3b6ea8"'
_RISK: Final = '"#b3452f"'


def _bars(place: int, week: date, penalties: Decimal, risk: Decimal, top: Decimal) -> str:
    left = 10 + place * _STEP
    found = ""
    for offset, value, colour in ((0, penalties, _PENALTY), (16, risk, _RISK)):
        height = int(value * _HEIGHT / top)
        found += (
            f'<rect x="{left + offset}" y="{24 + _HEIGHT - height}" width="14" '
            f'height="{height}" fill={colour}/>'
        )
    return f'{found}<text x="{left}" y="{_HEIGHT + 40}">{week:%m-%d}</text>'


_PENAL: Final = one_of("family", PENALTIES)
_AT_RISK: Final = one_of("severity", [Severity.BLOCK, Severity.FLAG]) & Predicate("difference > 0")
_WEEKLY: Final = f"""
    select week_ending, currency, department_code, family, count(*) as findings,
        count(*) filter ({equals("severity", Severity.BLOCK)}) as blocked,
        count(*) filter ({equals("severity", Severity.FLAG)}) as flagged,
        count(*) filter ({equals("severity", Severity.NOT_EVALUATED)}) as not_evaluated,
        coalesce(sum(due) filter ({_PENAL}), 0) as penalties,
        coalesce(sum(difference) filter ({_AT_RISK}), 0) as at_risk
    from {{table}} group by all order by all
"""
_DAILY: Final = """
    select work_date, family, severity, count(*) as n,
        arg_min(transaction_id, (transaction_id, rule)) as card,
        arg_min(explanation, (transaction_id, rule)) as words
    from {table} group by all
"""
