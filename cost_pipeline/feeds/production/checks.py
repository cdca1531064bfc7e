"""The invariants as checks of stored data, each with what it found in numbers and words.

They know no Dagster: `defs.checks` turns an outcome into an asset check, and tests turn each red.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.cards import card_values
from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost import CostRecord, judge
from cost_pipeline.contracts.kinds import CONTRACTS
from cost_pipeline.contracts.tables import COST_FIELDS, INSTANT
from cost_pipeline.contracts.vendor import RecordKind
from cost_pipeline.core.money import shown
from cost_pipeline.core.reasons import Reason
from cost_pipeline.feeds.production.heads import last_head
from cost_pipeline.feeds.production.inputs import groups_by_size, live_amounts
from cost_pipeline.feeds.production.periods import recorded_closings
from cost_pipeline.feeds.production.policies import with_policies
from cost_pipeline.feeds.production.provisional import Provisional
from cost_pipeline.feeds.production.rates import stored_rates
from cost_pipeline.feeds.production.reconcile import Reconciled
from cost_pipeline.feeds.production.report import DeliveryReport
from cost_pipeline.feeds.production.tables import DISPOSITIONS, LEDGER
from cost_pipeline.lake.tables import RECORDS
from cost_pipeline.ledger.breaks import Broken, Verified
from cost_pipeline.ledger.heads import PartitionHead
from cost_pipeline.ledger.seal import Head
from cost_pipeline.ledger.totals import active
from cost_pipeline.ledger.verify import verify_partitions
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.reports.audit import AuditVerification
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.drift import SchemaReport
from cost_pipeline.validate.drift import Difference

_SHOWN: Final = 5
_SAMPLE: Final = 200


def all_is_fetched(gap: Provisional | None) -> Outcome:
    """Nothing of a vendor's pull date is missing because it could not be fetched."""
    if gap is None:
        return Outcome("fetched", passed=True, message="everything asked for was fetched")
    others = f" (and {gap.failures - 1} more)" if gap.failures > 1 else ""
    return Outcome(
        "fetched",
        passed=False,
        message=f"{gap.uri}: {gap.message}{others}; this date is provisional until it is fetched",
        numbers={"failures": gap.failures},
        warning=gap.transient,
    )


def rows_are_conserved(reports: Iterable[DeliveryReport]) -> Outcome:
    """Every row read from a delivery became a record or a dead letter."""
    seen = [r for r in reports if r.duplicate_of is None]
    lost = [r for r in seen if r.rows != r.records + r.refused]
    unread = [r for r in seen if r.state == "landed"]
    message = f"{sum(r.rows for r in seen):,} rows of {len(seen)} deliveries are accounted for"
    if lost:
        message = "; ".join(
            f"{r.uri}: {r.rows} rows, {r.records} records, {r.refused} dead letters"
            for r in lost[:_SHOWN]
        )
    elif unread:
        message = f"{unread[0].uri} was landed and not validated"
    return Outcome(
        "conservation",
        not lost and not unread,
        message,
        {"deliveries": len(seen), "rows": sum(r.rows for r in seen), "unbalanced": len(lost)},
    )


def control_totals_hold(reports: Iterable[DeliveryReport]) -> Outcome:
    """Declared totals equal the sums of their rows, within the declared tolerance."""
    own = [r for r in reports if r.duplicate_of is None]  # a repeated delivery was judged before
    declared = [(r, r.control) for r in own if r.control is not None]
    broken = [(r, c) for r, c in declared if not c.holds]
    message = f"{len(declared)} declared totals hold"
    if broken:
        message = "; ".join(
            f"{r.uri} declares {shown(c.declared)} and its rows come to {shown(c.computed)}: "
            f"off by {shown(c.difference)}"
            + (f", {c.unreadable} amounts unreadable" if c.unreadable else "")
            for r, c in broken[:_SHOWN]
        )
    return Outcome(
        "control_totals", not broken, message, {"declared": len(declared), "broken": len(broken)}
    )


def columns_are_as_accepted(
    reports: Iterable[DeliveryReport], schemas: Iterable[SchemaReport]
) -> Outcome:
    """No delivery's columns differ from the vendor's accepted schema."""
    schemas = list(schemas)
    drifted = [s for s in schemas if s.red]
    unread = sum(r.state == "landed" for r in reports)
    if unread and not drifted:
        # Nothing was looked at, so nothing is known to hold.
        message = f"{unread} deliveries are landed and not read yet"
        return Outcome("drift", passed=False, message=message, warning=True)
    message = f"{len(schemas)} deliveries have the columns that were accepted"
    if drifted:
        message = _drifted(drifted, lambda difference: difference.red)
    return Outcome(
        "drift", not drifted, message, {"compared": len(schemas), "drifted": len(drifted)}
    )


def amounts_mean_what_they_did(schemas: Iterable[SchemaReport]) -> Outcome:
    """No column that feeds an amount, a currency or a date holds another kind of value."""
    schemas = list(schemas)
    grave = [s for s in schemas if any(d.grave for d in s.differences)]
    message = f"amounts, currencies and dates of {len(schemas)} deliveries look as accepted"
    if grave:
        message = _drifted(grave, lambda difference: difference.grave)
    return Outcome("retyped", not grave, message, {"compared": len(schemas), "retyped": len(grave)})


def _drifted(schemas: Collection[SchemaReport], chosen: Callable[[Difference], bool]) -> str:
    found: dict[str, str] = {}  # pages of one pull mostly say the same
    for schema in schemas:
        words = "; ".join([d.words() for d in schema.differences if chosen(d)][:_SHOWN])
        found.setdefault(words, f"{schema.vendor}, delivery {schema.delivery[:8]}")
    return "; ".join(f"{where}: {words}" for words, where in list(found.items())[:_SHOWN])


def audit_log_agrees(found: AuditVerification) -> Outcome:
    """The audit log is whole, and says exactly what was committed."""
    numbers = {
        "blocks": found.blocks, "events": found.events, "void": found.void, "open": found.open,
        "problems": len(found.problems),
    }  # fmt: skip
    message = f"{found.events:,} events in {found.blocks:,} blocks are what was committed"
    if found.problems:
        message = "; ".join(found.problems[:_SHOWN])
    return Outcome("log_agrees", not found.problems, message, numbers)


def sides_agree(found: Iterable[Reconciled]) -> Outcome:
    """The two vendors of each pair tell of the same transactions in the same way."""
    found = list(found)
    silent = [one for one in found if not one.compared]
    red = [one for one in found if one.red]
    numbers = {
        "pairs": len(found),
        "agree": sum(one.here.agree for one in found),
        "differ": sum(one.here.differ for one in found),
        "only_here": sum(one.here.only for one in found),
        "only_there": sum(one.there.only for one in found),
        "waiting": sum(one.here.waiting + one.there.waiting for one in found),
    }
    if red:
        message = "; ".join(
            f"{one.pair.name}: {one.here.differ} transactions differ, {one.here.only} only with "
            f"{one.here.vendor}, {one.there.only} only with {one.there.vendor}"
            for one in red[:_SHOWN]
        )
        return Outcome("sides_agree", passed=False, message=message, numbers=numbers)
    if silent:
        message = f"{silent[0].pair.name}: one side has no records yet, so nothing was compared"
        return Outcome("sides_agree", passed=False, message=message, numbers=numbers, warning=True)
    message = f"{numbers['agree']:,} transactions agree, {numbers['waiting']:,} wait for a pull"
    return Outcome("sides_agree", passed=True, message=message, numbers=numbers)


def records_satisfy_contract(session: Session, pull_date: date, kind: str) -> Outcome:
    """A bounded sample of the stored records passes the contract again."""
    snapshot = session.lake.table(RECORDS).snapshot()
    sample = snapshot.query(
        "select r.* from {table} r join deliveries using (vendor, delivery, interpretation) "
        f"where pull_date = '{pull_date}' and kind = '{kind}' order by md5(fingerprint) "
        f"limit {_SAMPLE}",
        where=f"pull_date = '{pull_date}'",
        deliveries=current_deliveries(session),
    ).to_pylist()
    contract = CONTRACTS[RecordKind(kind)]
    unlawful = next((found for row in sample if (found := _unlawful(contract, row))), None)
    return Outcome(
        "schema",
        unlawful is None,
        unlawful or f"{len(sample)} sampled records satisfy the contract of a {kind}",
        {"sampled": len(sample)},
    )


def _unlawful(contract: type[CostRecord], row: dict[str, object]) -> str | None:
    """What the contract says against a stored record; None if nothing."""
    names = ["vendor", *(f.name for f in COST_FIELDS)]
    values = {name: row[name] for name in names if row[name] is not None}
    values |= card_values(str(values.pop("card", "{}")))
    amount = values.get("amount")
    if isinstance(amount, Decimal):  # a credit is judged as the cost that it takes back
        values["amount"] = abs(amount)
    verdict = judge(contract, values)
    if isinstance(verdict, CostRecord):
        return None
    wrong = "; ".join(f"{problem.field}: {problem.message}" for problem in verdict)
    return f"record {row['fingerprint']} is stored and unlawful: {wrong}"


def ledger_checks(session: Session, dates: Collection[date]) -> dict[date, list[Outcome]]:
    """The checks of several ledger partitions, from one reading of their postings."""
    found: dict[date, list[Outcome]] = {}
    for group in groups_by_size(session, dates):
        session.progress("checking transaction dates", len(found), len(dates))
        found |= _checked_together(session, group)
        pa.default_memory_pool().release_unused()
    session.progress("checking transaction dates", len(dates), len(dates))
    return found


def _checked_together(session: Session, dates: list[date]) -> dict[date, list[Outcome]]:
    listed = ", ".join(f"'{day}'" for day in dates)
    where = f"transaction_date in ({listed})"
    heads = last_head(session).partitions  # before the ledger, which may only be ahead of them
    lines = session.lake.table(LEDGER).snapshot().read(where=where)
    disposed = session.lake.table(DISPOSITIONS).snapshot().read(where=where)
    standing = active(lines)
    conserved = _conserved_by_date(session, dates, standing, disposed)
    uncovered = _uncovered_by_date(session, standing)
    refused = _count_by_date(
        query(
            "select transaction_date, count(*) as n from disposed "
            f"where disposition = 'dead_letter' and reason <> '{Reason.NEGATIVE_AMOUNT}' "
            "group by all",
            disposed=disposed,
        )
    )
    slipped = _slipped_by_date(session, lines)
    verified = verify_partitions(lines, {day: _end(heads.get(day)) for day in dates})
    return {
        day: [
            conserved.get(day, _balanced(0)),
            uncovered.get(day, Outcome("fx_coverage", passed=True, message=_COVERED)),
            _integrity(verified[day]),
            _periods(slipped.get(day, 0)),
            _refused(refused.get(day, 0)),
        ]
        for day in dates
    }


def _end(known: PartitionHead | None) -> Head | None:
    return Head(known.batch, known.root) if known else None


def _balanced(records: int) -> Outcome:
    return Outcome(
        "conservation",
        passed=True,
        message=f"{records:,} records are posted or disposed of, amount by amount",
        numbers={"records": records},
    )


def _conserved_by_date(
    session: Session, dates: Collection[date], standing: pa.Table, disposed: pa.Table
) -> dict[date, Outcome]:
    """Records of a date equal its active postings and dispositions, in number and per currency."""
    rows = query(
        """
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
        """,
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
        found[day] = Outcome("conservation", False, message, {"currencies": len(wrong)})  # noqa: FBT003
    return found


_COVERED: Final = "every converted posting carries its snapshot's rates, fresh enough"


def _uncovered_by_date(session: Session, standing: pa.Table) -> dict[date, Outcome]:
    """Active postings whose rates are not those of the snapshot they name, or are too old."""
    wrong = query(
        """
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
        """,
        standing=with_policies(
            session, standing.drop_columns(["base_currency", "rate_source", "rounding"])
        ),
        rates=stored_rates(session),
    )
    return {
        day: Outcome(
            "fx_coverage",
            passed=False,
            message=f"{n} active postings do not carry the rates of the snapshot they name",
            numbers={"postings": int(n)},
        )
        for day, n in _count_by_date(wrong).items()
    }


def _integrity(found: Verified | Broken) -> Outcome:
    """The partition's seals, hashes and reversals hold, and its end is the one the heads know."""
    if isinstance(found, Broken):
        broken = found.first
        return Outcome(
            "integrity",
            passed=False,
            message=f"batch {broken.batch}, posting {broken.posting}: {broken.message}",
            numbers={"breaks": len(found.breaks)},
        )
    return Outcome(
        "integrity",
        passed=True,
        message=f"{found.batches} batches of {found.postings} postings verify",
        numbers={"batches": found.batches, "postings": found.postings},
    )


def _slipped_by_date(session: Session, lines: pa.Table) -> dict[date, int]:
    """Lines that were recorded in a period while it was closed."""
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
    return Outcome("closed_periods", count == 0, message, {"lines": count})


def _refused(count: int) -> Outcome:
    message = "no record was refused when posting"
    if count:
        message = (
            f"{count} records were refused when posting: "
            "conflicting keys, missing rates, credits or union rules"
        )
    return Outcome("refused_when_posting", count == 0, message, {"records": count}, warning=True)


def _count_by_date(table: pa.Table) -> dict[date, int]:
    return {row["transaction_date"]: int(row["n"]) for row in table.to_pylist()}
