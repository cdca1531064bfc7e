"""The rulings on all negative records of the lake, from what it holds now.

They are made over all dates at once: an original, its approvals and what else takes it back lie on
any date. Negative records are few, and of the others only those that one of them names are read.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import DAY, HASH, TEXT
from cost_pipeline.feeds.production.approvals import approvals_in_force
from cost_pipeline.feeds.production.periods import recorded_closings
from cost_pipeline.feeds.production.pricing import priced
from cost_pipeline.feeds.production.tables import APPROVALS, FX_SNAPSHOTS, PERIODS, RECORDS
from cost_pipeline.feeds.production.union import with_findings
from cost_pipeline.lake.derived import Summary, summarised
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.ledger.credits import RULED_SCHEMA, Approval, rule, unruled
from cost_pipeline.ledger.records import CANDIDATE_SCHEMA, COST_KEYS
from cost_pipeline.pipeline.dead_letters.places import with_their_places
from cost_pipeline.pipeline.pull.deliveries import (
    LIVE,
    current_deliveries,
    reference_deliveries,
)
from cost_pipeline.pipeline.session import Session
from cost_pipeline.standing.keys import out_of_place, resolve, set_apart

# What an approval or a credit can name a record by.
_NAMED: Final = f"""
    with costs as (select * from ({LIVE}) where amount >= 0),
    found as (
        select * from costs semi join fingerprints using (vendor, fingerprint)
        union
        select * from costs semi join transactions using (vendor, transaction_id)
        union
        select * from costs c where exists (
            select 1 from invoices i where i.vendor = c.vendor
                and i.reference = coalesce(c.invoice_number, c.transaction_id)))
    select c.* from costs c where (vendor, fingerprint) in (select (vendor, fingerprint) from found)
        or (key is not null and (vendor, key) in (select (vendor, key) from found))
"""


def rulings(
    session: Session,
    dates: Collection[date] | None = None,
    *,
    approvals: Collection[Approval] | None = None,
    in_force: pa.Table | None = None,
) -> pa.Table:
    """Returns the negative records that count, with the ruling on each (RULED_SCHEMA).

    Args:
        session: The run.
        dates: Only those of these transaction dates.
        approvals: Other approvals than those in force: what would be ruled if.
        in_force: Other rates than those in force.
    """
    if approvals is None and in_force is None:
        ruled = session.lake.kept(
            "rulings",
            [RECORDS, DELIVERIES, VALIDATIONS, APPROVALS, PERIODS, FX_SNAPSHOTS],
            lambda: _ruled(session, None, None),
            given=(session.home, session.reference),
        )
    else:
        ruled = _ruled(session, approvals, in_force)
    if dates is None:
        return ruled
    return ruled.filter(pc.is_in(ruled["transaction_date"], pa.array(sorted(dates), DAY)))


def _ruled(
    session: Session, approvals: Collection[Approval] | None, in_force: pa.Table | None
) -> pa.Table:
    live = current_deliveries(session)
    snapshot = session.lake.table(RECORDS).snapshot()
    files = _files_with_negatives(snapshot)
    found = snapshot.query(f"select * from ({LIVE}) where amount < 0", files=files, deliveries=live)
    if not found.num_rows:
        return RULED_SCHEMA.empty_table()
    reference = reference_deliveries(session)
    every = found.select(CANDIDATE_SCHEMA.names).cast(CANDIDATE_SCHEMA)
    # A row that a correction took the place of takes nothing back, and nothing is ruled on it.
    lost = out_of_place(COST_KEYS, with_their_places(session, every))
    lost = lost.filter(pc.less(lost["amount"], 0))
    negatives = query(
        "from every anti join reference using (vendor, delivery) "
        "anti join lost using (vendor, fingerprint)",
        every=every,
        reference=reference,
        lost=lost.select(["vendor", "fingerprint"]),
    ).cast(CANDIDATE_SCHEMA)
    chosen = approvals_in_force(session) if approvals is None else approvals
    names = _names(negatives, chosen)
    resolved = resolve(COST_KEYS, CANDIDATE_SCHEMA.empty_table())
    if any(table.num_rows for table in names.values()):
        named = snapshot.query(_NAMED, deliveries=live, **names)
        named = named.select(CANDIDATE_SCHEMA.names).cast(CANDIDATE_SCHEMA)
        resolved = resolve(COST_KEYS, with_their_places(session, named))
        resolved = resolved.filter(pc.greater_equal(resolved["amount"], 0))
    originals = priced(session, set_apart(resolved, reference), in_force)
    if originals.num_rows:  # what a union rule blocks is not posted either
        days = originals["transaction_date"].unique().to_pylist()
        originals, _ = with_findings(session, originals, days)
    ruled = rule(negatives, originals, chosen, recorded_closings(session))
    # What only serves reconciliation takes nothing back, and nothing is ruled on it.
    apart = query(
        "from every semi join reference using (vendor, delivery) "
        "anti join lost using (vendor, fingerprint)",
        every=every,
        reference=reference,
        lost=lost.select(["vendor", "fingerprint"]),
    ).cast(CANDIDATE_SCHEMA)
    others = [unruled(set_apart(resolve(COST_KEYS, apart), reference)), unruled(lost)]
    return pa.concat_tables([ruled, *others])


_NEGATIVES: Final = Summary(
    "negatives",
    "select filename, count(*) filter (amount < 0) as negatives from {table} group by all",
    pa.schema([("negatives", pa.int64())]),
)


def _files_with_negatives(snapshot: Snapshot) -> list[str]:
    counted = summarised(snapshot, _NEGATIVES)
    return sorted(counted.filter(pc.greater(counted["negatives"], 0))["filename"].to_pylist())


def _names(negatives: pa.Table, approvals: Collection[Approval]) -> dict[str, pa.Table]:
    """Returns the named fingerprints, transaction ids and invoice references, by vendor."""

    def table(column: str, pairs: set[tuple[str, str]]) -> pa.Table:
        schema = pa.schema([("vendor", TEXT), (column, HASH)])
        rows = [dict(zip(schema.names, pair, strict=True)) for pair in sorted(pairs)]
        return pa.Table.from_pylist(rows, schema=schema)

    fingerprints = {
        (a.original_vendor, a.original_fingerprint) for a in approvals if a.original_fingerprint
    }
    transactions = {
        (a.original_vendor, a.original_transaction_id)
        for a in approvals
        if a.original_fingerprint is None and a.original_transaction_id
    }
    invoices = query(
        "select distinct vendor, credit_of as reference from negatives where credit_of is not null",
        negatives=negatives.select(["vendor", "credit_of"]),
    )
    return {
        "fingerprints": table("fingerprint", fingerprints),
        "transactions": table("transaction_id", transactions),
        "invoices": invoices,
    }
