"""Standing checks of dead letters: amounts conserved, none older than its limit, and the trend.

They know no Dagster; `pipeline/checks` declares the asset checks.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.money import shown
from cost_pipeline.lake.tables import DEAD_LETTERS, RECORDS, VALIDATIONS
from cost_pipeline.pipeline.dead_letters.letters import OF_POSTING, REFUSED, letters_now
from cost_pipeline.pipeline.declared.shown import Markdown, Table, sums
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.amounts import amounts_from
from cost_pipeline.quarantine.events import in_state

_SAMPLE: Final = 20
_SHOWN: Final = 5
_DAYS: Final = 60

_STORED: Final = """
    select vendor, delivery, coalesce(currency, '') as currency, sum(amount) as total
    from (
        select vendor, delivery, currency, amount from records
        union all
        select vendor, delivery, currency, amount from letters
    ) where amount is not null group by all
"""


def amounts_lost(session: Session, pull_dates: Collection[date]) -> list[str]:
    """The deliveries validated on the pull dates whose stored amounts are not what was read.

    What was read is kept with the validation, per currency; what is stored is summed over records
    and dead letters, whatever became of those.
    """
    listed = ", ".join(f"'{day}'" for day in sorted(pull_dates)) or "null"
    where = f"pull_date in ({listed})"
    marks = (
        session.lake.table(VALIDATIONS)
        .snapshot()
        .query(
            "select vendor, delivery, arg_max(amounts, sequence) as amounts from {table} "
            f"where {where} group by all order by all",
            where=where,
        )
    )
    records = (
        session.lake.table(RECORDS)
        .snapshot()
        .query(
            "select vendor, delivery, currency, sum(amount) as amount from {table} "
            f"join deliveries using (vendor, delivery, interpretation) where {where} group by all",
            where=where,
            deliveries=current_deliveries(session),
        )
    )
    letters = in_state(
        letters_now(session, f"stage = 'validate' and not {OF_POSTING} and {where}"), *REFUSED
    )
    stored: dict[tuple[str, str], dict[str, Decimal]] = {}
    for row in query(
        _STORED,
        records=records,
        letters=letters.select(["vendor", "delivery", "currency", "amount"]),
    ).to_pylist():
        stored.setdefault((row["vendor"], row["delivery"]), {})[row["currency"]] = row["total"]
    found = []
    for row in marks.to_pylist():
        read, there = amounts_from(row["amounts"]), stored.get((row["vendor"], row["delivery"]), {})
        for currency in sorted(read.keys() | there.keys()):
            before, now = read.get(currency, Decimal(0)), there.get(currency, Decimal(0))
            if before != now:
                found.append(
                    f"{row['vendor']} {row['delivery'][:12]}: {shown(before)} {currency} were read "
                    f"and {shown(now)} are stored"
                )
    return found


def with_amounts(outcome: Outcome, lost: Sequence[str]) -> Outcome:
    """The outcome of counting rows, red too if amounts are lost."""
    numbers = {**outcome.numbers, "amounts_unbalanced": len(lost)}
    if not lost:
        words = f"{outcome.message}, and their amounts per currency" if outcome.passed else ""
        message = words or outcome.message
        return Outcome(outcome.passed, message, numbers)
    message = "; ".join(([] if outcome.passed else [outcome.message]) + list(lost[:_SHOWN]))
    return Outcome(passed=False, message=message, numbers=numbers)


@dataclass(frozen=True, slots=True)
class Aged:
    """Open dead letters beyond the limit of their class.

    Attributes:
        outcome: Whether there are any, with exact counts.
        at_risk: Currency to the exact sum of their amounts.
        sample: The oldest of them, at most 20.
    """

    outcome: Outcome
    at_risk: dict[str, Decimal]
    sample: list[dict[str, Any]] = field(default_factory=list)


def aged_letters(session: Session) -> Outcome:
    """Returns whether letters are too old, with the oldest, what is at risk, and the trend."""
    aged = letters_in_time(session)
    return replace(
        aged.outcome,
        shown={
            "at_risk": sums("currency", "amount", aged.at_risk),
            "oldest": _oldest(aged.sample),
            "open_per_day": Markdown(trend_plot(open_per_day(session))),
        },
    )


def _oldest(letters: Sequence[Mapping[str, Any]]) -> Table:
    names = ("opened", "vendor", "row", "reasons", "amount", "currency", "id")
    return Table(
        dict.fromkeys(names, "string"),
        [
            {
                "opened": letter["opened_at"].date().isoformat(),
                "vendor": letter["vendor"],
                "row": str(letter["row"] or "all"),
                "reasons": ", ".join(letter["reasons"]),
                "amount": "" if letter["amount"] is None else shown(letter["amount"]),
                "currency": letter["currency"] or "",
                "id": letter["id"][:12],
            }
            for letter in letters
        ],
    )


def letters_in_time(session: Session) -> Aged:
    """Open dead letters must not be open longer than productions.yaml allows."""
    limits = session.home.productions.dead_letters.max_age_days.model_dump()
    now = session.clock()
    opened = in_state(letters_now(session), "open")
    old = query(
        """
        select id, vendor, pull_date, delivery, "row", failure_class, reasons, amount, currency,
            opened_at
        from opened cross join limits where opened_at < case failure_class
            when 'transient' then transient else permanent end
        order by opened_at, id
        """,
        opened=opened,
        limits=_limits(now, limits),
    )
    totals = query(
        "select coalesce(currency, '') as currency, sum(amount) as total, "
        "count(*) - count(amount) as unreadable from old group by all order by all",
        old=old,
    ).to_pylist()
    at_risk = {row["currency"]: row["total"] for row in totals if row["total"] is not None}
    unreadable = sum(row["unreadable"] for row in totals)
    message = f"{opened.num_rows:,} dead letters are open, none beyond its limit"
    if old.num_rows:
        sums = ", ".join(f"{shown(total)} {code or '?'}" for code, total in at_risk.items())
        message = (
            f"{old.num_rows:,} dead letters are open for more than {limits['permanent']} days "
            f"({limits['transient']} if transient); at risk: {sums or 'no amount that can be read'}"
        )
        message += f", and {unreadable:,} amounts that cannot be read" if unreadable else ""
    numbers = {"open": opened.num_rows, "too_old": old.num_rows, "unreadable": unreadable}
    sample = old.slice(0, _SAMPLE).to_pylist()
    return Aged(Outcome(not old.num_rows, message, numbers), at_risk, sample)


def _limits(now: datetime, limits: Mapping[str, int]) -> pa.Table:
    return pa.table({name: [now - timedelta(days=days)] for name, days in limits.items()})


_CHANGES: Final = """
    with states as (
        select recorded_at::date as day, id, sequence,
            (event in ('opened', 'reopened', 'retried'))::int as open
        from {table}
    ), changes as (
        select day, open - coalesce(lag(open) over (partition by id order by sequence), 0) as change
        from states
    )
    select day, sum(change)::bigint as change from changes group by day order by day
"""


def open_per_day(session: Session) -> list[tuple[date, int]]:
    """How many dead letters were open at the end of each of the last days, without gaps."""
    changes = session.lake.table(DEAD_LETTERS).snapshot().query(_CHANGES).to_pylist()
    last = session.clock().date()
    first = last - timedelta(days=_DAYS - 1)
    count = sum(row["change"] for row in changes if row["day"] < first)
    by_day = {row["day"]: row["change"] for row in changes}
    found = []
    for number in range(_DAYS):
        day = first + timedelta(days=number)
        count += by_day.get(day, 0)
        found.append((day, count))
    return found


def trend_plot(days: Sequence[tuple[date, int]]) -> str:
    """The days as a small SVG of bars, as a data URI in Markdown."""
    width, height, left, foot = 720, 180, 56, 24
    most = max((count for _, count in days), default=0)
    step = (width - left) / max(len(days), 1)
    scale = (height - foot - 16) / max(most, 1)
    bars = "".join(
        f'<rect x="{left + n * step:.1f}" y="{height - foot - count * scale:.1f}" '
        f'width="{step * 0.8:.1f}" height="{count * scale:.1f}"/>'
        for n, (_, count) in enumerate(days)
    )
    labels = (
        f'<text x="{left - 6}" y="20" text-anchor="end">{most:,}</text>'
        f'<text x="{left - 6}" y="{height - foot}" text-anchor="end">0</text>'
    )
    if days:
        labels += (
            f'<text x="{left}" y="{height - 6}">{days[0][0]}</text>'
            f'<text x="{width}" y="{height - 6}" text-anchor="end">{days[-1][0]}</text>'
        )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><rect width="{width}" height="{height}" fill="#ffffff"/>'
        f'<g fill="#1d5a96">{bars}</g><g fill="#52606d" font-family="sans-serif" font-size="12">'
        f"{labels}</g></svg>"
    )
    packed = base64.b64encode(svg.encode()).decode()
    return f"![open dead letters per day](data:image/svg+xml;base64,{packed})"
