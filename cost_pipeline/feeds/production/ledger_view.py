"""What the ledger holds, now or as it was known at an instant: totals, and their lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.money import shown
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.lake.durable import clear_storage_errors
from cost_pipeline.ledger.schema import without_zones
from cost_pipeline.ledger.totals import (
    Totals,
    active_lines,
    content,
    digest_of,
    sums,
    totals_of,
)
from cost_pipeline.pipeline.session import Session


def ledger_totals(session: Session, instant: datetime | None = None) -> Totals:
    """Returns totals and digest of the active ledger, as known at the instant if one is given.

    Only the narrow columns are read, and the digest is made as the sorted hashes come.
    """
    snapshot = session.lake.table(LEDGER).snapshot()
    rows = snapshot.query(sums("{table}", instant)).to_pylist()
    return totals_of(rows, digest_of(snapshot.results(content("{table}", instant))))


def lines_known_at(session: Session, instant: datetime) -> Iterator[pa.Table]:
    """Yields the active postings as known at the instant, by date, batch and leaf."""
    sql = f"from ({active_lines('{table}', instant)}) order by transaction_date, batch, leaf"
    for piece in session.lake.table(LEDGER).snapshot().results(sql):
        yield piece.select(LEDGER.schema.names).cast(LEDGER.schema)


def write_lines(pieces: Iterator[pa.Table], file: Path) -> int:
    """Writes lines as CSV or Parquet, by the file's ending; returns how many.

    Raises:
        UsageError: If it ends otherwise, or cannot be written.
    """
    kind = file.suffix.lower()
    if kind not in (".csv", ".parquet") or not file.parent.is_dir():
        raise UsageError(
            "lines are written as .csv or .parquet, into a folder that exists",
            where=str(file),
            remedy="name such a file",
        )
    count = 0
    schema = LEDGER.schema
    with (
        clear_storage_errors(str(file)),
        (
            pq.ParquetWriter(file, schema, compression="zstd")
            if kind == ".parquet"
            else csv.CSVWriter(file, _as_text(schema.empty_table()).schema)
        ) as writer,
    ):
        for piece in pieces:
            count += piece.num_rows
            writer.write_table(piece if kind == ".parquet" else _as_text(piece))
    return count


def _as_text(piece: pa.Table) -> pa.Table:
    """Writes amounts with all digits and instants in UTC, as text: nothing is left to a reader."""
    return query(
        "select "
        + ", ".join(
            f'strftime("{f.name}", \'%Y-%m-%dT%H:%M:%S.%fZ\') as "{f.name}"'
            if pa.types.is_timestamp(f.type)
            else f'"{f.name}"::varchar as "{f.name}"'
            for f in piece.schema
        )
        + " from piece",
        piece=without_zones(piece),
    )


def parse_instant(text: str) -> datetime:
    """Reads a date, which means its end, or an instant; both in UTC.

    Raises:
        UsageError: If it is neither.
    """
    try:
        if len(text) == len("2026-03-31"):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is neither a date nor an instant",
            where="T",
            remedy="write 2026-03-31 for the end of that day, or 2026-03-31T18:00:00Z, in UTC",
        ) from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def totals_as_json(found: Totals) -> dict[str, Any]:
    """Returns the public shape (docs/interfaces.md)."""
    return {
        "postings": found.postings,
        "active_postings": found.active_postings,
        "original": {code: shown(total) for code, total in sorted(found.original.items())},
        "base": {code: shown(total) for code, total in sorted(found.base.items())},
        "by_transaction_date": {
            day.isoformat(): {
                "active_postings": entry.active_postings,
                "base": {code: shown(total) for code, total in sorted(entry.base.items())},
            }
            for day, entry in sorted(found.by_transaction_date.items())
        },
        "by_account": {
            code: {
                "active_postings": entry.active_postings,
                "original": {c: shown(total) for c, total in sorted(entry.original.items())},
                "base": {c: shown(total) for c, total in sorted(entry.base.items())},
            }
            for code, entry in found.by_account.items()
        },
        "digest": found.digest,
    }
