"""Standing checks of dead letters: measures conserved, none older than its limit, and the trend.

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
from cost_pipeline.contracts.tables import Measure
from cost_pipeline.core.people import money
from cost_pipeline.core.reasons import Stage
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.lake.tables import VALIDATIONS
from cost_pipeline.pipeline.dead_letters.letters import REFUSED, letters_now, of_posting
from cost_pipeline.pipeline.declared.shown import Markdown, Shown, Table, sums
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.measures import sums_from
from cost_pipeline.quarantine.events import in_state

_SAMPLE: Final = 20
_SHOWN: Final = 5
_DAYS: Final = 60

_STORED: Final = """
    select vendor, delivery, coalesce({unit}, '') as unit, sum({field}) as total
    from (
        select vendor, delivery, {unit}, {field} from records
        union all
        select vendor, delivery, {unit}, {field} from letters
    ) where {field} is not null group by all
"""


def measures_lost(session: Session, pull_dates: Collection[date]) -> list[str]:
    """Returns the deliveries validated on the pull dates whose stored measures are not as read.

    What was read is kept with the validation, per unit; what is stored is summed over records and
    dead letters, whatever became of those. None is lost where rows are only counted.
    """
    measure = session.feed.shape.measure
    if measure is None:
        return []
    field, unit = measure.field, measure.unit
    where = one_of("pull_date", sorted(pull_dates))
    marks = (
        session.lake.table(VALIDATIONS)
        .snapshot()
        .query(
            "select vendor, delivery, arg_max(amounts, sequence) as sums from {table} "
            f"semi join deliveries using (vendor, delivery) where {where} "
            "group by all order by all",
            where=where,
            deliveries=current_deliveries(session),
        )
    )
    records = (
        session.lake.table(session.feed.records)
        .snapshot()
        .query(
            f"select vendor, delivery, {unit}, sum({field}) as {field} from {{table}} "
            f"join deliveries using (vendor, delivery, interpretation) where {where} group by all",
            where=where,
            deliveries=current_deliveries(session),
        )
    )
    letters = in_state(
        letters_now(session, equals("stage", Stage.VALIDATE) & ~of_posting(session) & where),
        *REFUSED,
    )
    stored: dict[tuple[str, str], dict[str, Decimal]] = {}
    for row in query(
        _STORED.format(field=field, unit=unit),
        records=records,
        letters=letters.select(["vendor", "delivery", unit, field]),
    ).to_pylist():
        stored.setdefault((row["vendor"], row["delivery"]), {})[row["unit"]] = row["total"]
    found = []
    for row in marks.to_pylist():
        read, there = sums_from(row["sums"]), stored.get((row["vendor"], row["delivery"]), {})
        for one in sorted(read.keys() | there.keys()):
            before, now = read.get(one, Decimal(0)), there.get(one, Decimal(0))
            if before != now:
                found.append(
                    f"{row['vendor']} {row['delivery'][:12]}: {money(before)} {one} were read "
                    f"and {money(now)} are stored"
                )
    return found


def with_measures(outcome: Outcome, measure: Measure | None, lost: Sequence[str]) -> Outcome:
    """Returns the outcome of counting rows, red too if something measured is lost."""
    if measure is None:
        return outcome
    numbers = {**outcome.numbers, f"{measure.words}_unbalanced": len(lost)}
    if not lost:
        words = f"{outcome.message}, and their {measure.words} per {measure.unit}"
        message = words if outcome.passed else outcome.message
        return Outcome(outcome.passed, message, numbers)
    message = "; ".join(([] if outcome.passed else [outcome.message]) + list(lost[:_SHOWN]))
    return Outcome(passed=False, message=message, numbers=numbers)


@dataclass(frozen=True, slots=True)
class Aged:
    """Open dead letters beyond the limit of their class.

    Attributes:
        outcome: Whether there are any, with exact counts.
        at_risk: Unit (a currency) to the exact sum of their measures.
        sample: The oldest of them, at most 20.
    """

    outcome: Outcome
    at_risk: dict[str, Decimal]
    sample: list[dict[str, Any]] = field(default_factory=list)


def aged_letters(session: Session) -> Outcome:
    """Returns whether letters are too old, with the oldest, what is at risk, and the trend."""
    aged = letters_in_time(session)
    measure = session.feed.shape.measure
    shown_of: dict[str, Shown] = {
        "oldest": _oldest(measure, aged.sample),
        "open_per_day": Markdown(trend_plot(open_per_day(session))),
    }
    if measure is not None:
        shown_of["at_risk"] = sums(measure.unit, measure.field, aged.at_risk)
    return replace(aged.outcome, shown=shown_of)


def _oldest(measure: Measure | None, letters: Sequence[Mapping[str, Any]]) -> Table:
    measured = () if measure is None else (measure.field, measure.unit)
    names = ("opened", "vendor", "row", "reasons", *measured, "id")
    return Table(
        dict.fromkeys(names, "string"),
        [
            {
                "opened": letter["opened_at"].date().isoformat(),
                "vendor": letter["vendor"],
                "row": str(letter["row"] or "all"),
                "reasons": ", ".join(letter["reasons"]),
                **_measured(measure, letter),
                "id": letter["id"][:12],
            }
            for letter in letters
        ],
    )


def _measured(measure: Measure | None, letter: Mapping[str, Any]) -> dict[str, str]:
    if measure is None:
        return {}
    value, unit = letter[measure.field], letter[measure.unit] or ""
    words = "" if value is None else f"{money(value)} {unit}".rstrip()
    return {measure.field: words, measure.unit: unit}


def letters_in_time(session: Session) -> Aged:
    """Checks that no dead letter is open longer than the home's settings allow."""
    limits = session.home.general.dead_letters.max_age_days.model_dump()
    now = session.clock()
    opened = in_state(letters_now(session), "open")
    old = query(_OLD, opened=opened, limits=_limits(now, limits))
    measure = session.feed.shape.measure
    at_risk, unreadable = _at_risk(measure, old)
    message = f"{opened.num_rows:,} dead letters are open, none beyond its limit"
    if old.num_rows:
        message = (
            f"{old.num_rows:,} dead letters are open for more than {limits['permanent']} days "
            f"({limits['transient']} if transient)"
        )
        if measure is not None:
            sums = ", ".join(f"{money(total)} {unit or '?'}" for unit, total in at_risk.items())
            message += f"; at risk: {sums or f'no {measure.field} that can be read'}"
            if unreadable:
                message += f", and {unreadable:,} {measure.words} that cannot be read"
    numbers = {"open": opened.num_rows, "too_old": old.num_rows, "unreadable": unreadable}
    names = [*_SAMPLED, *((measure.field, measure.unit) if measure else ())]
    sample = old.slice(0, _SAMPLE).select([*names, "opened_at"]).to_pylist()
    return Aged(Outcome(not old.num_rows, message, numbers), at_risk, sample)


_SAMPLED: Final = (
    "id", "vendor", "pull_date", "delivery", "row", "failure_class", "reasons",
)  # fmt: skip
_OLD: Final = """
    select opened.* from opened cross join limits where opened_at < case failure_class
        when 'transient' then transient else permanent end
    order by opened_at, id
"""


def _at_risk(measure: Measure | None, old: pa.Table) -> tuple[dict[str, Decimal], int]:
    """Returns the exact sums of what old dead letters measure, and how many could not be read."""
    if measure is None:
        return {}, 0
    totals = query(
        f"select coalesce({measure.unit}, '') as unit, sum({measure.field}) as total, "
        f"count(*) - count({measure.field}) as unreadable from old group by all order by all",
        old=old,
    ).to_pylist()
    sums = {row["unit"]: row["total"] for row in totals if row["total"] is not None}
    return sums, sum(row["unreadable"] for row in totals)


def _limits(now: datetime, limits: Mapping[str, int]) -> pa.Table:
    return pa.table({name: [now - timedelta(days=days)] for name, days in limits.items()})


# Columns: day, change (of the number of open dead letters).
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
    """Returns how many dead letters were open at the end of each of the last days, without gaps."""
    changes = session.lake.table(session.feed.dead_letters).snapshot().query(_CHANGES).to_pylist()
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
    """Returns the days as a small SVG of bars, as a data URI in Markdown."""
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
