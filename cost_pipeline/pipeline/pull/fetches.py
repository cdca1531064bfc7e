"""Telemetry of pulls in the lake: written once for each pull, read for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa

from cost_pipeline.acquire.engine import Pulled, Telemetry
from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.file_names import Why
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.lake.tables import DELIVERIES, FETCHES
from cost_pipeline.pipeline.session import Session

_MICRO: Final = 1_000_000
_ORDER: Final = ("pull_date", "recorded_at", "vendor", "uri")


def note_fetches(session: Session, pull_date: date, pulled: Sequence[Pulled]) -> None:
    """Appends one row per delivery, unchanged one, failure and file passed over."""
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


def failed_in_run(session: Session, pull_dates: Collection[date]) -> list[str]:
    """Returns the vendors of which the session's own run could not fetch something, in order."""
    where = one_of("pull_date", sorted(pull_dates)) & equals("run_id", session.run_id)
    where &= equals("outcome", "failed")
    found = session.lake.table(FETCHES).snapshot().read(columns=["vendor"], where=where)
    return sorted(set(found["vendor"].to_pylist()))


def never_asked(session: Session, pull_dates: Collection[date]) -> list[str]:
    """Returns vendors of which the newest pull of a date asked nothing: their files were wrong."""
    where = one_of("pull_date", sorted(pull_dates))
    found = session.lake.table(FETCHES).snapshot().query(_NEVER_ASKED % where, where=where)
    return [str(name) for name in found["vendor"].to_pylist()]


_NEVER_ASKED: Final = """
    select distinct vendor from (
        select vendor, outcome, attempts from {table} where %s
        qualify recorded_at = max(recorded_at) over (partition by vendor, pull_date)
    ) where outcome = 'failed' and attempts = 0 order by vendor
"""


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
    """Returns every fetch of the feed (on the pull dates), by date, in its public shape."""
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


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A file that a pull passed over, as the newest pull of its date saw it."""

    vendor: str
    pull_date: date
    uri: str
    why: Why

    @property
    def name(self) -> str:
        """The name of the file, readable."""
        return unquote(self.uri.rsplit("/", 1)[-1], errors="backslashreplace")

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "vendor": self.vendor,
            "pull_date": self.pull_date.isoformat(),
            "uri": self.uri,
            "why": self.why,
        }


def passed_over(session: Session, pull_dates: Collection[date]) -> list[LeftAlone]:
    """Returns what the newest pull of each vendor and date of the feed passed over, in order."""
    where = one_of("pull_date", sorted(pull_dates))
    found = session.lake.table(FETCHES).snapshot().query(_PASSED_OVER % where, where=where)
    mine = {vendor.vendor for vendor in session.home.vendors}
    return [LeftAlone(**row) for row in found.to_pylist() if row["vendor"] in mine]


_PASSED_OVER: Final = """
    select vendor, pull_date, uri, reason as why from {table} where %s
    qualify outcome = 'passed_over'
        and recorded_at = max(recorded_at) over (partition by vendor, pull_date)
    order by pull_date, vendor, uri
"""


def names_seen(session: Session, vendor: str, pull_date: date) -> list[str]:
    """Returns the names that the newest pull saw where nothing matched the vendor's pattern."""
    found = passed_over(session, [pull_date])
    return [
        one.name for one in found if one.vendor == vendor and one.why in {"no_match", "other_date"}
    ]


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
