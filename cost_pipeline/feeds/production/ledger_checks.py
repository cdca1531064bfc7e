"""The checks of ledger partitions: conservation, rates, seals, periods, and what was refused.

All are of stored data, read once for a group of transaction dates.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.tables import INSTANT
from cost_pipeline.core.sql import literal, one_of
from cost_pipeline.feeds.production.heads import last_head
from cost_pipeline.feeds.production.inputs import groups_by_size, live_amounts
from cost_pipeline.feeds.production.periods import recorded_closings
from cost_pipeline.feeds.production.policies import with_policies
from cost_pipeline.feeds.production.rates import stored_rates
from cost_pipeline.feeds.production.refusals import refusals
from cost_pipeline.feeds.production.tables import DISPOSITIONS, LEDGER
from cost_pipeline.ledger.breaks import Broken, Verified
from cost_pipeline.ledger.heads import PartitionHead
from cost_pipeline.ledger.seal import Head
from cost_pipeline.ledger.totals import active
from cost_pipeline.ledger.verify import verify_partitions
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session


@dataclass(frozen=True, slots=True)
class Posted:
    """What was found of a transaction date.

    Attributes:
        conserved: Whether its records are posted or disposed of, amount by amount, and a dead
            letter tells of each that is refused.
        covered: Whether its converted postings carry the rates of the snapshots that they name.
        intact: Whether its seals, hashes and reversals hold.
        in_open_periods: Whether nothing was posted into a closed period.
        accepted: Whether no record was refused when posting.
    """

    conserved: Outcome
    covered: Outcome
    intact: Outcome
    in_open_periods: Outcome
    accepted: Outcome


def look_at_ledger(session: Session, dates: Collection[date]) -> dict[date, Posted]:
    """Returns what is found of several ledger partitions, from one reading of their postings."""
    found: dict[date, Posted] = {}
    for group in groups_by_size(session, dates):
        session.progress("checking transaction dates", len(found), len(dates))
        found |= _checked_together(session, group)
        pa.default_memory_pool().release_unused()
    session.progress("checking transaction dates", len(dates), len(dates))
    return found


def _checked_together(session: Session, dates: list[date]) -> dict[date, Posted]:
    where = one_of("transaction_date", dates)
    heads = last_head(session).partitions  # before the ledger, which may only be ahead of them
    lines = session.lake.table(LEDGER).snapshot().read(where=where)
    disposed = session.lake.table(DISPOSITIONS).snapshot().read(where=where, columns=_DISPOSED)
    standing = active(lines)
    conserved = _conserved_by_date(session, dates, standing, disposed) | _untold(session)
    uncovered = _uncovered_by_date(session, standing)
    refused = _count_by_date(
        query(
            "select transaction_date, count(*) as n from disposed "
            "where disposition = 'dead_letter' "
            f"and reason <> {literal(CostReason.NEGATIVE_AMOUNT)} "
            "group by all",
            disposed=disposed,
        )
    )
    slipped = _slipped_by_date(session, lines)
    verified = verify_partitions(lines, {day: _end(heads.get(day)) for day in dates})
    return {
        day: Posted(
            conserved.get(day, _balanced(0)),
            uncovered.get(day, Outcome(passed=True, message=_COVERED)),
            _integrity(verified[day]),
            _periods(slipped.get(day, 0)),
            _refused(refused.get(day, 0)),
        )
        for day in dates
    }


_DISPOSED: Final = (
    "transaction_date", "fingerprint", "disposition", "reason", "amount", "currency",
)  # fmt: skip


def _end(known: PartitionHead | None) -> Head | None:
    return Head(known.batch, known.root) if known else None


def _balanced(records: int) -> Outcome:
    return Outcome(
        passed=True,
        message=f"{records:,} records are posted or disposed of, amount by amount",
        numbers={"records": records},
    )


# Columns: day, currency, n_in, n_out, total_in, total_out.
_CONSERVED: Final = """
    with outward as (
        select transaction_date, currency, count(*) as n, sum(amount) as total from (
            select transaction_date, original_currency as currency, original_amount as amount
            from standing
            union all
            select transaction_date, currency, amount from disposed
            where fingerprint is not null)
        group by all
    )
    select coalesce(i.transaction_date, o.transaction_date) as day,
        coalesce(i.currency, o.currency) as currency,
        coalesce(i.n, 0) as n_in, coalesce(o.n, 0) as n_out,
        coalesce(i.total, 0) as total_in, coalesce(o.total, 0) as total_out
    from records i full join outward o using (transaction_date, currency)
"""


def _conserved_by_date(
    session: Session, dates: Collection[date], standing: pa.Table, disposed: pa.Table
) -> dict[date, Outcome]:
    """Checks that the records of a date equal its active postings and dispositions."""
    rows = query(
        _CONSERVED,
        records=live_amounts(session, dates),
        standing=standing,
        disposed=disposed,
    ).to_pylist()
    found: dict[date, Outcome] = {}
    for day in {row["day"] for row in rows}:
        mine = [row for row in rows if row["day"] == day]
        wrong = [r for r in mine if (r["n_in"], r["total_in"]) != (r["n_out"], r["total_out"])]
        if not wrong:
            found[day] = _balanced(sum(row["n_in"] for row in mine))
            continue
        message = "; ".join(
            f"{r['n_in']} records of {r['total_in']} {r['currency']}, but {r['n_out']} of "
            f"{r['total_out']} posted or disposed of"
            for r in wrong
        )
        found[day] = Outcome(False, message, {"currencies": len(wrong)})  # noqa: FBT003
    return found


def _untold(session: Session) -> dict[date, Outcome]:
    """Finds dates whose dead letters do not tell of the records that were refused there."""
    return {
        day: Outcome(
            passed=False,
            message=f"{found.refused:,} records are refused and {found.told:,} dead letters tell of"
            " refusals, not all of the same; posting the date again mends it",
            numbers={"refused": found.refused, "dead_letters": found.told},
        )
        for day, found in refusals(session).items()
        if not found.same
    }


_COVERED: Final = "every converted posting carries its snapshot's rates, fresh enough"


# Columns: transaction_date, n (postings whose rates are not those of their snapshot).
_UNCOVERED: Final = """
    with used as (
        select transaction_date, original_currency, base_currency, rate_source, snapshot,
            rate_date, rate_original, quote_original, rate_base, quote_base, max_age_days,
            count(*) as n
        from standing where original_currency <> base_currency group by all
    ), quoted as (
        select distinct source, reference_date as rate_date, currency, quote, rate from rates
        union all
        select distinct source, reference_date, "pivot", 'per_pivot', 1::decimal(28, 10)
        from rates
    ), known as (select distinct snapshot from rates)
    select transaction_date, sum(n) as n from used u
    where snapshot is null or snapshot not in (select snapshot from known)
        or rate_date > transaction_date
        or date_diff('day', rate_date, transaction_date) > max_age_days
        or not exists (select 1 from quoted q
            where q.source = u.rate_source and q.rate_date = u.rate_date
            and q.currency = u.original_currency and q.rate = u.rate_original
            and q.quote = u.quote_original)
        or not exists (select 1 from quoted q
            where q.source = u.rate_source and q.rate_date = u.rate_date
            and q.currency = u.base_currency and q.rate = u.rate_base
            and q.quote = u.quote_base)
    group by all
"""


def _uncovered_by_date(session: Session, standing: pa.Table) -> dict[date, Outcome]:
    """Finds active postings whose rates are not those of their snapshot, or are too old."""
    # A snapshot is of one day, so one that is known has rates in the year of the day that is named.
    years = set(pc.unique(pc.year(standing["rate_date"])).to_pylist()) - {None}
    wrong = query(
        _UNCOVERED,
        standing=with_policies(
            session, standing.drop_columns(["base_currency", "rate_source", "rounding"])
        ),
        rates=stored_rates(session, years),
    )
    return {
        day: Outcome(
            passed=False,
            message=f"{n} active postings do not carry the rates of the snapshot they name",
            numbers={"postings": int(n)},
        )
        for day, n in _count_by_date(wrong).items()
    }


def _integrity(found: Verified | Broken) -> Outcome:
    """Checks seals, hashes and reversals of the partition, and that the heads know its end."""
    if isinstance(found, Broken):
        broken = found.first
        return Outcome(
            passed=False,
            message=f"batch {broken.batch}, posting {broken.posting}: {broken.message}",
            numbers={"breaks": len(found.breaks)},
        )
    return Outcome(
        passed=True,
        message=f"{found.batches} batches of {found.postings} postings verify",
        numbers={"batches": found.batches, "postings": found.postings},
    )


def _slipped_by_date(session: Session, lines: pa.Table) -> dict[date, int]:
    """Finds lines that were recorded in a period while it was closed."""
    spans = [span for span in recorded_closings(session) if span.closed_at is not None]
    if not spans:
        return {}
    closed = pa.table(
        {
            "posting_period": [span.period for span in spans],
            "closed_at": pa.array([span.closed_at for span in spans], INSTANT),
            "reopened_at": pa.array([span.reopened_at for span in spans], INSTANT),
        }
    )
    return _count_by_date(
        query(
            "select transaction_date, count(*) as n from lines join closed using (posting_period) "
            "where recorded_at > closed_at and (reopened_at is null or recorded_at < reopened_at) "
            "group by all",
            lines=lines.select(["transaction_date", "posting_period", "recorded_at"]),
            closed=closed,
        )
    )


def _periods(count: int) -> Outcome:
    message = "nothing was posted into a period while it was closed"
    if count:
        message = f"{count} lines were posted into a period after it was closed"
    return Outcome(count == 0, message, {"lines": count})


def _refused(count: int) -> Outcome:
    message = "no record was refused when posting"
    if count:
        message = (
            f"{count} records were refused when posting: "
            "conflicting keys, missing rates, credits or union rules"
        )
    return Outcome(count == 0, message, {"records": count})


def _count_by_date(table: pa.Table) -> dict[date, int]:
    return {row["transaction_date"]: int(row["n"]) for row in table.to_pylist()}
