"""Telemetry of pulls in the lake: written once for each pull, read for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.acquire.engine import Pulled, Telemetry
from cost_pipeline.contracts.columns import query
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.lake.tables import DELIVERIES, FETCHES
from cost_pipeline.pipeline.session import Session

_MICRO: Final = 1_000_000
_ORDER: Final = ("pull_date", "recorded_at", "vendor", "uri")


def note_fetches(session: Session, pull_date: date, pulled: Sequence[Pulled]) -> None:
    """Append one row per delivery, unchanged one and failure."""
    records = [record for one in pulled for record in one.telemetry]
    if not records:
        return
    stamp = session.stamp()
    rows = [
        _row(record) | {"recorded_at": stamp.recorded_at, "run_id": stamp.run_id}
        for record in records
    ]
    table = pa.Table.from_pylist(rows, schema=FETCHES.schema)
    session.lake.table(FETCHES).append_next(f"fetches/{pull_date}", table, run_id=session.run_id)


def _row(record: Telemetry) -> dict[str, Any]:
    failed = record.outcome == "failed"
    return {
        "pull_date": record.pull_date,
        "vendor": record.vendor,
        "uri": record.uri,
        "outcome": record.outcome,
        "attempts": record.attempts,
        "latency_us": round(record.latency * _MICRO),
        "queued_us": round(record.queued * _MICRO),
        "size": record.size,
        "received": record.received,
        "delivery": record.sha256 or None,
        "status": record.status,
        "reason": record.reason or None,
        "transient": record.transient if failed else None,
    }


def fetches(session: Session, pull_dates: Collection[date] | None = None) -> list[dict[str, Any]]:
    """Every fetch of the feed (on the pull dates), by date, in its public shape."""
    where = None
    if pull_dates is not None:
        where = one_of("pull_date", sorted(pull_dates))
    received = session.lake.table(DELIVERIES).snapshot()
    # What could not be fetched is of no delivery; its vendor tells whose it is.
    found = query(
        "select f.* from fetches f where vendor not in (select vendor from received)",
        fetches=session.lake.table(FETCHES).snapshot().read(where=where),
        received=received.read(columns=["vendor"], where=~equals("feed", session.feed.name)),
    )
    ordered = found.sort_by([(name, "ascending") for name in _ORDER])
    return [_as_json(row) for row in ordered.to_pylist()]


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "vendor": row["vendor"],
        "pull_date": row["pull_date"].isoformat(),
        "uri": row["uri"],
        "outcome": row["outcome"],
        "attempts": row["attempts"],
        "latency": row["latency_us"] / _MICRO,
        "queued": row["queued_us"] / _MICRO,
        "size": row["size"],
        "received": row["received"],
        "delivery": row["delivery"],
        "status": row["status"],
        "reason": row["reason"],
        "class": None if row["transient"] is None else _class(transient=row["transient"]),
        "at": row["recorded_at"].isoformat(),
        "run_id": row["run_id"],
    }


def _class(*, transient: bool) -> str:
    return "transient" if transient else "permanent"
