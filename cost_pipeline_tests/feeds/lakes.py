"""What tests read of a lake: what is in its tables, and what in it breaks an invariant.

The door offers all of it under the same names, beside its builders of homes.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Any

import pyarrow as pa

from cost_pipeline.core.sql import EVERYTHING, Predicate
from cost_pipeline.feeds.production.checks import OF_THE_LEDGER
from cost_pipeline.feeds.production.inputs import present_inputs, stored_inputs
from cost_pipeline.feeds.production.ledger_checks import look_at_ledger
from cost_pipeline.feeds.production.ledger_verify import verify_ledger
from cost_pipeline.feeds.production.ledger_view import ledger_totals
from cost_pipeline.feeds.production.report import amounts_in_and_out
from cost_pipeline.feeds.production.tables import (
    APPROVALS,
    DEAD_LETTERS,
    DISPOSITIONS,
    FX_SNAPSHOTS,
    HEADS,
    LEDGER,
    PERIODS,
    RECORDS,
)
from cost_pipeline.lake.tables import CHECKPOINTS, DELIVERIES, VALIDATIONS, TableSpec
from cost_pipeline.ledger.totals import active
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters, reasons_of
from cost_pipeline.pipeline.declared.checks import Subject
from cost_pipeline.pipeline.posting.dates import out_of_date
from cost_pipeline.pipeline.reports.audit import verify_audit
from cost_pipeline.pipeline.reports.deliveries import DeliveryReport, deliveries
from cost_pipeline.pipeline.reports.findings import rows_are_conserved
from cost_pipeline.pipeline.session import Session

APPENDED = (
    DELIVERIES, VALIDATIONS, RECORDS, CHECKPOINTS, DEAD_LETTERS, FX_SNAPSHOTS, LEDGER, HEADS,
    APPROVALS, PERIODS)  # fmt: skip
TABLES = (*APPENDED, DISPOSITIONS)


def stale(session: Session) -> list[date]:
    """The transaction dates that are out of date."""
    return out_of_date(present_inputs(session), stored_inputs(session))


def digest(session: Session) -> str:
    """The digest of the active ledger."""
    return ledger_totals(session).digest


def reports(session: Session) -> list[DeliveryReport]:
    """Every delivery and what became of it."""
    return deliveries(session)


def report_of(session: Session, delivery: str) -> DeliveryReport:
    """The report of a delivery's first sighting."""
    return next(r for r in deliveries(session) if r.delivery == delivery and r.duplicate_of is None)


def open_letters(session: Session, scope: Predicate = EVERYTHING) -> list[dict[str, Any]]:
    """The open dead letters, by pull date, vendor and row."""
    rows = open_dead_letters(session, scope).to_pylist()
    return sorted(rows, key=lambda r: (r["pull_date"], r["vendor"], r["row"] or 0, r["id"]))


def open_reasons(session: Session) -> dict[str, int]:
    """How many open dead letters carry each reason."""
    return reasons_of(open_dead_letters(session))


def lines(session: Session) -> pa.Table:
    """Every line of the ledger."""
    return session.lake.table(LEDGER).snapshot().read()


def active_lines(session: Session) -> list[dict[str, Any]]:
    """The active postings."""
    return active(lines(session)).to_pylist()


def rows_of(session: Session, spec: TableSpec) -> list[dict[str, Any]]:
    """Every row of a table."""
    return session.lake.table(spec).snapshot().read().to_pylist()


def economics(session: Session) -> list[tuple[Any, ...]]:
    """The active ledger without the place of its records in files: what was paid, when, to whom."""
    names = (
        "vendor", "transaction_id", "transaction_date", "original_amount", "original_currency",
        "base_amount", "base_currency", "rate_date", "snapshot", "description",
    )  # fmt: skip
    return sorted(tuple(str(row[name]) for name in names) for row in active_lines(session))


def versions(session: Session, specs: Collection[TableSpec] = TABLES) -> dict[str, int]:
    """The version of every table: what is appended raises it."""
    return {spec.name: session.lake.table(spec).snapshot().table.version() for spec in specs}


def files_of(session: Session, specs: Collection[TableSpec] = APPENDED) -> dict[str, str]:
    """Every data file and log entry of the append-only tables, with the SHA-256 of its bytes."""
    return {
        str(file.relative_to(session.lake.root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for spec in specs
        for file in sorted((session.lake.root / "tables" / spec.name).rglob("*"))
        if file.is_file() and file.name not in {"_last_checkpoint", "_checksums"}
    }


def unlawful(session: Session) -> list[str]:
    """Everything about a posted lake that breaks an invariant; empty if nothing does."""
    told = deliveries(session)
    found = [
        f"{r.uri}: {r.rows} rows, {r.accounted} accounted for"
        for r in told
        if r.rows != r.accounted or r.state not in {"posted", "duplicate", "failed", "unpacked"}
    ]
    found += [] if (conserved := rows_are_conserved(told)).passed else [conserved.message]
    found += [
        f"amounts: {row}"
        for row in amounts_in_and_out(session).to_pylist()
        if row["recorded"] != row["posted"] + row["held"]
    ]
    present, stored = present_inputs(session), stored_inputs(session)
    days = sorted(present.keys() | stored.keys())
    looked = look_at_ledger(session, days) if days else {}
    for day, check in itertools.product(looked, OF_THE_LEDGER):
        one = check.outcome(looked, Subject((), day))
        found += [] if one.passed or one.warning else [f"{day} {check.name}: {one.message}"]
    verified = verify_ledger(session)
    found += [*map(str, verified.broken), *["commits no head covers"] * bool(verified.uncovered)]
    found += [f"out of date: {day}" for day in out_of_date(present, stored)]
    audited = verify_audit(session)
    found += [*audited.problems, *[f"audit: {audited.open} blocks are open"] * bool(audited.open)]
    return found + _doubled(session)


def _doubled(session: Session) -> list[str]:
    """Rows that are there twice where once is all there may be."""
    keys = {
        DELIVERIES.name: ("vendor", "pull_date", "uri", "delivery"),
        VALIDATIONS.name: ("vendor", "delivery", "sequence"),
        RECORDS.name: ("vendor", "fingerprint", "interpretation"),
        LEDGER.name: ("posting_id",),
        HEADS.name: ("sequence", "transaction_date", "path"),
        DISPOSITIONS.name: ("vendor", "fingerprint", "transaction_date"),
    }
    found = []
    for spec in TABLES:
        if spec.name in keys:
            names = keys[spec.name]
            seen = Counter(tuple(row[name] for name in names) for row in rows_of(session, spec))
            found += [f"{spec.name} twice: {key}" for key, times in seen.items() if times > 1]
    records = Counter((row["vendor"], row["record_fingerprint"]) for row in active_lines(session))
    found += [f"posted twice: {key}" for key, times in records.items() if times > 1]
    numbers: dict[str, list[int]] = {}
    for row in rows_of(session, DEAD_LETTERS):
        numbers.setdefault(row["id"], []).append(row["sequence"])
    return found + [
        f"dead letter {letter}: events {sorted(have)}"
        for letter, have in numbers.items()
        if sorted(have) != list(range(1, len(have) + 1))
    ]
