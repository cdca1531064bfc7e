"""Posts records to the ledger by difference, a few transaction dates at a time.

The order of commits makes a crash harmless. The ledger comes first, then its head, then dead
letters, then the dispositions, which carry the digest of the inputs: until that digest is stored
the date is out of date, and the rerun finds the ledger already as desired.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import INSTANT
from cost_pipeline.core.sql import one_of
from cost_pipeline.feeds.production.heads import gather, last_head, refuse_truncated
from cost_pipeline.feeds.production.inputs import (
    groups_by_size,
    live_records,
    present_inputs,
    stored_inputs,
)
from cost_pipeline.feeds.production.periods import closed_periods
from cost_pipeline.feeds.production.pricing import priced
from cost_pipeline.feeds.production.rulings import rulings
from cost_pipeline.feeds.production.tables import (
    DISPOSITIONS,
    FINDINGS,
    LEDGER,
    NAMED,
    NONE,
    writer_of,
)
from cost_pipeline.feeds.production.union import with_findings
from cost_pipeline.lake.delta import Part, StaleSnapshotError
from cost_pipeline.lake.lookup import keep_up
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.ledger.credits import unruled
from cost_pipeline.ledger.desired import Desired, desired
from cost_pipeline.ledger.difference import difference
from cost_pipeline.ledger.records import COST_KEYS
from cost_pipeline.ledger.schema import CHANGE_SCHEMA, DISPOSITION_SCHEMA, POST, REVERSE
from cost_pipeline.ledger.seal import Head, Stamp, seal
from cost_pipeline.ledger.totals import active
from cost_pipeline.pipeline.dead_letters.letters import of_posting, settle
from cost_pipeline.pipeline.pull.deliveries import reference_deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.standing.keys import resolve, set_apart, where


@dataclass(frozen=True, slots=True)
class Posted:
    """What posting one transaction date did.

    Attributes:
        posts: Lines of kind `post` appended.
        reversals: Lines of kind `reverse` appended.
        causes: Lines appended, by cause.
        batch: The number of the batch, or None if nothing was appended.
        root: Its seal.
        active: Active postings of the date now.
        base: Their base amounts by base currency.
    """

    posts: int = 0
    reversals: int = 0
    causes: Mapping[str, int] = field(default_factory=dict)
    batch: int | None = None
    root: str | None = None
    active: int = 0
    base: Mapping[str, Decimal] = field(default_factory=dict)


def post(session: Session, dates: Collection[date]) -> dict[date, Posted]:
    """Brings the ledger of the dates to what their inputs say; nothing new appends nothing."""
    result: dict[date, Posted] = {}
    wanted = sorted(set(dates))
    for group in groups_by_size(session, wanted):
        session.progress("posting transaction dates", len(result), len(wanted))
        result |= _post_together(session, group)
        pa.default_memory_pool().release_unused()
    session.progress("posting transaction dates", len(wanted), len(wanted))
    return result


def desired_of(
    session: Session, dates: Collection[date], in_force: pa.Table | None = None
) -> tuple[Desired, pa.Table]:
    """Returns the desired state of the dates and their findings: a function of what the lake holds.

    Args:
        session: The run.
        dates: Transaction dates.
        in_force: Rates as they would be; those that are in force if None.
    """
    costs = resolve(
        COST_KEYS, live_records(session, dates), dates
    )  # a place is shared across signs
    costs = where(costs, pc.greater_equal(costs["amount"], 0))
    costs = set_apart(costs, reference_deliveries(session))
    ruled = pa.concat_tables([unruled(costs), rulings(session, dates, in_force=in_force)])
    judged, findings = with_findings(session, priced(session, ruled, in_force), dates)
    return desired(judged), findings


def _post_together(session: Session, dates: list[date]) -> dict[date, Posted]:
    on_dates = one_of("transaction_date", dates)
    while True:
        # The digest is taken before the records are read: what arrives in between makes the date
        # look out of date once more, never up to date when it is not.
        inputs, before = present_inputs(session), stored_inputs(session)
        known = last_head(session)
        # The ledger is opened before periods are read: a period that is closed in between makes
        # the commit fail (feeds.production.periods).
        ledger = session.lake.table(LEDGER).snapshot()
        refuse_truncated(known, ledger)
        closed = closed_periods(session)
        lines = ledger.read(where=on_dates)
        wanted, findings = desired_of(session, dates)
        changes = difference(wanted, active(lines), closed)
        try:
            result = _append(session, ledger, lines, changes, known.recorded_at)
            gather(session)
            settled = settle(
                session,
                wanted.dead_letters,
                scope=of_posting(session),
                days=dates,
                day_column="transaction_date",
                writer="post",
            )
            moved = any(inputs.get(day, "") != before.get(day, "") for day in dates)
            if moved or changes.num_rows or any(settled):
                _replace_findings(session, findings, dates)
                _replace_dispositions(session, wanted, {d: inputs.get(d, "") for d in dates})
        except StaleSnapshotError:
            continue  # another run posted one of these dates; look again
        if changes.num_rows:
            keep_up(session.lake.table(LEDGER).snapshot(), NAMED, session.progress)
        return _with_totals(wanted, {day: result.get(day, Posted()) for day in dates})


def _append(
    session: Session,
    ledger: Snapshot,
    lines: pa.Table,
    changes: pa.Table,
    last_recorded: datetime,
) -> dict[date, Posted]:
    if not changes.num_rows:
        return {}
    # A clock that was set back must not make a batch older than what it follows: as-of reads it.
    instants = [session.clock(), last_recorded, pc.max(lines["recorded_at"]).as_py()]
    recorded_at = max(instant for instant in instants if instant is not None)
    stamp = Stamp(recorded_at, session.code_version, session.run_id)
    batches = seal(changes.select(CHANGE_SCHEMA.names), _heads(lines), stamp)
    parts = [Part(writer_of(b.transaction_date), b.head.batch, b.postings) for b in batches]
    session.lake.table(LEDGER).append(ledger, parts, run_id=session.run_id)
    return _summaries(changes, {b.transaction_date: b.head for b in batches})


def _with_totals(wanted: Desired, result: dict[date, Posted]) -> dict[date, Posted]:
    """Adds totals: the ledger is as desired now, so the desired postings are the active ones."""
    summed = query(
        "select transaction_date, base_currency, count(*) as n, sum(base_amount) as total "
        "from postings group by all",
        postings=wanted.postings,
    )
    for row in summed.to_pylist():
        posted = result[row["transaction_date"]]
        result[row["transaction_date"]] = replace(
            posted,
            active=posted.active + row["n"],
            base={**posted.base, row["base_currency"]: row["total"]},
        )
    return result


def _heads(lines: pa.Table) -> dict[date, Head]:
    found = query(
        "select transaction_date, max(batch) as batch, arg_max(batch_root, batch) as root "
        "from lines group by all",
        lines=lines,
    )
    return {r["transaction_date"]: Head(r["batch"], r["root"]) for r in found.to_pylist()}


def _summaries(changes: pa.Table, heads: Mapping[date, Head]) -> dict[date, Posted]:
    """Returns what was appended to each date, whose batch now ends with its head."""
    counted = query(
        "select transaction_date, kind, cause, count(*) as n from changes group by all",
        changes=changes.select(["transaction_date", "kind", "cause"]),
    ).to_pylist()
    found = {day: Posted(batch=head.batch, root=head.root) for day, head in heads.items()}
    for row in counted:
        day, n = row["transaction_date"], row["n"]
        so_far = found[day]
        found[day] = replace(
            so_far,
            posts=so_far.posts + (n if row["kind"] == POST else 0),
            reversals=so_far.reversals + (n if row["kind"] == REVERSE else 0),
            causes={**so_far.causes, row["cause"]: so_far.causes.get(row["cause"], 0) + n},
        )
    return found


def _replace_findings(session: Session, findings: pa.Table, dates: list[date]) -> None:
    """Replaces the findings, before the dispositions that make the dates count as posted."""
    table = session.lake.table(FINDINGS)
    if not findings.num_rows and not table.folder.exists():
        return  # a home without timecards
    snapshot = table.snapshot()
    before = one_of("work_date", dates)
    if not findings.num_rows and not snapshot.read(where=before, columns=["rule"]).num_rows:
        return
    stamped = findings.append_column(
        "recorded_at", pa.array([session.clock()] * findings.num_rows, INSTANT)
    ).append_column("run_id", pa.array([session.run_id] * findings.num_rows, pa.string()))
    table.replace(snapshot, stamped, [str(day) for day in dates], run_id=session.run_id)


def _replace_dispositions(session: Session, wanted: Desired, inputs: Mapping[date, str]) -> None:
    table = session.lake.table(DISPOSITIONS)
    snapshot = table.snapshot()
    held = set(wanted.dispositions["transaction_date"].to_pylist())
    marks = [{"transaction_date": day, "disposition": NONE} for day in inputs if day not in held]
    empty = pa.schema([DISPOSITIONS.schema.field(name) for name in DISPOSITION_SCHEMA.names])
    rows = pa.concat_tables(
        [wanted.dispositions.cast(empty), pa.Table.from_pylist(marks, schema=empty)]
    )
    digests = [inputs[day] for day in rows["transaction_date"].to_pylist()]
    stamped = (
        rows.append_column("inputs", pa.array(digests, pa.string()))
        .append_column("recorded_at", pa.array([session.clock()] * rows.num_rows, INSTANT))
        .append_column("run_id", pa.array([session.run_id] * rows.num_rows, pa.string()))
    )
    table.replace(
        snapshot,
        stamped.select(DISPOSITIONS.schema.names),
        [str(day) for day in inputs],
        run_id=session.run_id,
    )
