"""Holds a cost summary to the ledger that it tells of, to the cent and the posting.

The ledger is read again, by other statements than those that made the summary: all active postings
as known then, and beside that the lines of the dates and periods that count, added up and taken
off each by itself.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.money import shown
from cost_pipeline.core.people import counted
from cost_pipeline.core.sql import equals, within
from cost_pipeline.feeds.production.cost_rows import GRAIN, CostReport, period_of
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.ledger.schema import POST, REVERSE
from cost_pipeline.ledger.totals import active_lines, known_at
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_BY: Final = (
    "production, gl_code, department_code, vendor, original_currency as currency, base_currency"
)
_FIGURES: Final = ("postings", "original_to_date", "posted_to_date", "original", "base")
_NAMED: Final = 5


def untied(session: Session, report: CostReport) -> pa.Table:
    """Returns the lines on which a summary and the ledger differ; none if it is tied.

    Columns: those of the grain, the `figure`, and what is `reported` and what `posted`.
    """
    ledger = session.lake.table(LEDGER).snapshot()
    mine = "true" if report.of is None else equals("production", report.of)
    known = known_at(report.as_of)
    standing = ledger.query(
        f"select {_BY}, sum(original_amount) as original, sum(base_amount) as base "
        f"from ({active_lines('{table}', report.as_of)}) where {mine} group by all"
    )
    counting = within("transaction_date", None, report.report_date) & within(
        "posting_period", None, period_of(report.report_date)
    )
    posted, reversed_ = (
        ledger.query(
            f"select {_BY}, count(*) as n, sum(original_amount) as original, "
            f"sum(base_amount) as base from {{table}} "
            f"where {mine} and {known} and {counting} and {equals('kind', kind)} group by all"
        )
        for kind in (POST, REVERSE)
    )
    return query(_UNTIED, rows=report.rows, standing=standing, posted=posted, taken=reversed_)


def tied(session: Session, report: CostReport) -> Outcome:
    """Says whether a summary is what the ledger says, exactly."""
    found = untied(session, report)
    lines = report.rows.num_rows
    if not found.num_rows:
        return Outcome(
            passed=True,
            message=f"{counted(lines, 'line')} of {report.report_date} are those of the ledger as "
            f"known at {report.as_of:%Y-%m-%d %H:%M:%S} UTC, to the cent",
            numbers={"lines": lines},
        )
    words = [_words(row) for row in found.slice(0, _NAMED).to_pylist()]
    rest = found.num_rows - len(words)
    return Outcome(
        passed=False,
        message=f"{counted(found.num_rows, 'figure')} of {report.report_date} "
        f"{'is' if found.num_rows == 1 else 'are'} not what the ledger says: {'; '.join(words)}"
        + (f"; and {rest:,} more" if rest else "")
        + ". Make the report again; if it stays red, run `cost-pipeline ledger verify`",
        numbers={"lines": lines, "figures": found.num_rows},
    )


def _words(row: dict[str, object]) -> str:
    place = " ".join(str(row[name]) for name in GRAIN[:4])
    figures = (shown(row[name]) for name in ("reported", "posted"))  # type: ignore[arg-type]
    reported, posted = figures
    return f"{place}: {str(row['figure']).replace('_', ' ')} {reported}, in the ledger {posted}"


_ZEROS: Final = ", ".join(
    f"coalesce(sum({name}), 0)::decimal(38, 4) as {name}" for name in _FIGURES
)
_GRAIN: Final = ", ".join(GRAIN)

# Columns: those of the grain, figure, reported, posted; one row for each figure that differs.
_UNTIED: Final = f"""
    with said as (
        select {_GRAIN}, postings, original_to_date, posted_to_date,
            original_to_date + original_later as original, posted_to_date + posted_later as base
        from rows
    ), held as (
        select {_GRAIN}, original, base from standing
        union all by name
        select {_GRAIN}, n as postings, original as original_to_date, base as posted_to_date
        from posted
        union all by name
        select {_GRAIN}, -n as postings, -original as original_to_date, -base as posted_to_date
        from taken
    ), both_sides as (
        select 'said' as side, {_GRAIN}, {_ZEROS} from said group by all
        union all
        select 'held' as side, {_GRAIN}, {_ZEROS} from held group by all
    ), figures as (unpivot both_sides on {", ".join(_FIGURES)} into name figure value total)
    select {_GRAIN}, figure, coalesce(sum(total) filter (side = 'said'), 0) as reported,
        coalesce(sum(total) filter (side = 'held'), 0) as posted
    from figures group by all having reported <> posted order by all
"""
