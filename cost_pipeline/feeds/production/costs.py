"""The cost summary: what productions have cost up to a report date, as known at an instant.

A function of what the lake holds, and of nothing else: asked again for the same date as of the same
instant it gives the same rows, whatever was recorded since. Belongs here: reading, and the rows.
What is open of orders is computed by `commitments`; `costs_tie` holds the rows to the ledger.

A line of the ledger counts to date if its transaction date is not after the report date and it was
not posted into a later period; all others that were known then are `posted_later`, so that both
together are the ledger. The period is the month of the report date.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.tables import DAY, INSTANT, TEXT
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import Predicate, equals, literal, within
from cost_pipeline.core.text import nearest
from cost_pipeline.feeds.production.commitments import open_commitments
from cost_pipeline.feeds.production.cost_rows import (
    COST_REPORT_SCHEMA,
    COUNTS,
    GRAIN,
    NOT_YET,
    SUMS,
    CostReport,
    Earlier,
    period_of,
)
from cost_pipeline.feeds.production.tables import COST_REPORTS, DISPOSITIONS, LEDGER
from cost_pipeline.lake.history import known_at as state_known_at
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.ledger.desired import COMMITMENT, DEAD_LETTER
from cost_pipeline.ledger.difference import Cause
from cost_pipeline.ledger.totals import known_at, net
from cost_pipeline.pipeline.days import today
from cost_pipeline.pipeline.dead_letters.letters import CORRECTABLE
from cost_pipeline.pipeline.session import Session
from cost_pipeline.quarantine.events import LETTERS_NOW, OPEN


def cost_report(
    session: Session, day: date, instant: datetime | None = None, *, production: str | None = None
) -> CostReport:
    """Returns the cost summary of a report date.

    Args:
        session: The run.
        day: The report date.
        instant: As of when; the present instant if None.
        production: The only one that is wanted.

    Raises:
        UsageError: `REPORT_AHEAD` if the day or the instant has not come, `NO_SUCH_PRODUCTION`,
            `NOTHING_POSTED` if nothing was posted up to the day by then.
    """
    now = session.clock()
    instant = now if instant is None else instant.astimezone(UTC)
    _refuse_what_has_not_come(session, day, instant, now)
    bases = _bases(session, production)
    lines = session.lake.table(LEDGER).snapshot()
    _refuse_before_any_posting(session, day, instant, production)
    held = state_known_at(session.lake.table(DISPOSITIONS), instant)
    earlier, before = _reported_before(session, day, instant)
    rows = query(
        _TOGETHER % _only(production),
        posted=lines.query(posted_to(day, instant)),
        committed=open_commitments(_ordered(held, day), lines.query(_invoiced(day, instant))),
        letters=_letters(session, held, day, instant),
        before=before,
        bases=bases,
        heading=pa.table(
            {
                "report_date": pa.array([day], DAY),
                "as_of": pa.array([instant], INSTANT),
                "moved": pa.array([earlier is not None]),
            }
        ),
    )
    rows = rows.select(COST_REPORT_SCHEMA.names).cast(COST_REPORT_SCHEMA)
    return CostReport(rows, day, instant, earlier, production)


def _refuse_what_has_not_come(
    session: Session, day: date, instant: datetime, now: datetime
) -> None:
    present = today(session)
    if day > present:
        raise UsageError(
            f"the report date {day} has not come: today is {present}",
            where="report costs",
            remedy="name today or an earlier day; costs that are dated ahead are in its column "
            "`later`",
            code="REPORT_AHEAD",
        )
    if instant > now:
        raise UsageError(
            f"{instant:%Y-%m-%d %H:%M:%S} UTC has not come, so nobody knows what will be known",
            where="report costs",
            remedy="name an instant that is over (a date means its end), or none for the present",
            code="REPORT_AHEAD",
        )


def _bases(session: Session, production: str | None) -> pa.Table:
    """Returns the base currency of each production of the home."""
    known = session.home.settings_of(Productions).productions
    if production is not None and production not in known:
        raise UsageError(
            f"{production!r} is not a production of this home",
            where=str(session.home.path / "productions.yaml"),
            remedy=nearest(production, known),
            code="NO_SUCH_PRODUCTION",
        )
    return pa.table(
        {
            "production": pa.array(known.keys(), TEXT),
            "base": pa.array([one.base_currency for one in known.values()], TEXT),
        }
    )


def first_posted(session: Session, instant: datetime, production: str | None = None) -> date | None:
    """Returns the first transaction date that was posted to by then; None if none was."""
    (first,) = (
        session.lake.table(LEDGER)
        .snapshot()
        .query(
            f"select min(transaction_date) as first from {{table}} where {known_at(instant)}"
            f" and {_only(production)}"
        )["first"]
        .to_pylist()
    )
    found: date | None = first
    return found


def _refuse_before_any_posting(
    session: Session, day: date, instant: datetime, production: str | None
) -> None:
    first = first_posted(session, instant, production)
    if first is None or first > day:
        whose = f" of {production}" if production else ""
        raise UsageError(
            f"nothing{whose} was posted up to {day}, as known at {instant:%Y-%m-%d %H:%M:%S} UTC",
            where="report costs",
            remedy=f"the first cost that was known then is of {first}"
            if first
            else "run `cost-pipeline run` first, or name a later instant",
            code="NOTHING_POSTED",
        )


def _only(production: str | None) -> str:
    return "true" if production is None else str(equals("production", production))


def _to_date(day: date) -> Predicate:
    """Matches the lines that count to a report date: the reverse of none is a line of its own."""
    return within("transaction_date", None, day) & within("posting_period", None, period_of(day))


def posted_to(day: date, instant: datetime) -> str:
    """Returns SQL of what is posted, from all lines that were known then."""
    mine = _to_date(day)
    of_period = mine & equals("posting_period", period_of(day))
    corrected = mine & equals("cause", Cause.FX_CORRECTION)

    def total(column: str, where: Predicate) -> str:
        return f"coalesce({net(column)} filter (where {where}), 0)"

    return _POSTED_TO % {
        "postings": total("1", mine),
        "original": total("original_amount", mine),
        "original_later": total("original_amount", ~mine),
        "base": total("base_amount", mine),
        "in_period": total("base_amount", of_period),
        "later": total("base_amount", ~mine),
        "corrected": total("base_amount", corrected),
        "known": known_at(instant),
    }


# Columns: production, gl_code, department_code, vendor, currency, base_currency, and the figures.
_POSTED_TO: Final = """
    select production, gl_code, department_code, vendor, original_currency as currency,
        base_currency, %(postings)s::bigint as postings, %(original)s as original_to_date,
        %(original_later)s as original_later, %(base)s as posted_to_date,
        %(in_period)s as posted_in_period, %(later)s as posted_later, %(corrected)s as fx_effect
    from {table} where %(known)s group by all
"""


def _invoiced(day: date, instant: datetime) -> str:
    return f"""
        select production, po_number, original_currency as currency, gl_code, department_code,
            {net("original_amount")} as invoiced
        from {{table}} where {known_at(instant)} and {_to_date(day)} and po_number is not null
        group by all
    """


def _ordered(held: Snapshot, day: date) -> pa.Table:
    """Returns the lines of the orders that stood; an order without a rate is a dead letter."""
    return held.query(
        f"""
        select production, po_number, currency, gl_code, department_code, vendor, base_currency,
            sum(amount)::decimal(38, 4) as ordered, sum(base_amount)::decimal(38, 4) as ordered_base
        from {{table}} where {equals("disposition", COMMITMENT)}
            and {within("transaction_date", None, day)} group by all
        """
    )


def _letters(session: Session, held: Snapshot, day: date, instant: datetime) -> pa.Table:
    """Returns what was open of refused rows and deliveries, by what could be read of them.

    A correction that was refused in its turn is left out where its row itself is still open.
    """
    known = LETTERS_NOW % within("recorded_at", None, instant)
    letters = (
        session.lake.table(session.feed.dead_letters)
        .snapshot()
        .query(
            f"select vendor, fingerprint, production, amount, currency from ({known}) "
            f"where {equals('state', OPEN)} and ({CORRECTABLE}) "
            f"and {within('coalesce(transaction_date, pull_date)', None, day)}"
        )
    )
    refused = held.query(
        "select vendor, fingerprint, any_value(production) as production, "
        "any_value(gl_code) as gl_code, any_value(department_code) as department_code "
        f"from {{table}} where {equals('disposition', DEAD_LETTER)} group by all"
    )
    return query(_LETTERS, letters=letters, refused=refused)


_LETTERS: Final = """
    select coalesce(l.production, r.production) as production, gl_code, department_code, vendor,
        currency, coalesce(sum(amount), 0) as at_risk, count(amount) as at_risk_rows,
        count(*) - count(amount) as unreadable
    from letters l left join refused r using (vendor, fingerprint) group by all
"""


def _reported_before(
    session: Session, day: date, instant: datetime
) -> tuple[Earlier | None, pa.Table]:
    """Returns the last report of an earlier date that was kept by then, and what it said."""
    nothing = COST_REPORTS.schema.empty_table()
    table = session.lake.table(COST_REPORTS)
    if not table.folder.exists():
        return None, nothing
    rows = table.snapshot().query(
        f"""
        select * from {{table}} where report_date < {literal(day)} and {known_at(instant)}
        qualify rank() over (order by report_date desc, recorded_at desc, as_of desc) = 1
        """
    )
    if not rows.num_rows:
        return None, nothing
    first = rows.slice(0, 1).to_pylist()[0]
    return Earlier(first["report_date"], first["as_of"].astimezone(UTC)), rows


def _sum(name: str) -> str:
    return f"coalesce(sum({name}), 0)::decimal(38, 4) as {name}"


# A production without a base currency is one that could not be read of a refused row.
_TOGETHER: Final = f"""
    with parts as (
        select * from posted
        union all by name
        select * exclude (po_number, ordered, ordered_base, open, open_base),
            open as commitments_open, open_base as commitments_base
        from committed where open > 0
        union all by name
        select letters.*, base as base_currency from letters left join bases using (production)
        union all by name
        select {", ".join(GRAIN)}, posted_to_date as reported from before
    ), lines as (
        select {", ".join(GRAIN)},
            {", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in COUNTS)},
            {", ".join(map(_sum, SUMS))}, {_sum("reported")}
        from parts group by all
    )
    select report_date, as_of, lines.* exclude (reported),
        if(moved, reported, null) as reported_before,
        if(moved, posted_to_date - reported, null)::decimal(38, 4) as movement,
        {", ".join(f"null::decimal(38, 4) as {name}" for name in NOT_YET)}
    from lines, heading
    where (%s) and ({" or ".join(f"{name} <> 0" for name in (*COUNTS, *SUMS))} or reported <> 0)
    order by {", ".join(f"{name} nulls last" for name in GRAIN)}
"""
