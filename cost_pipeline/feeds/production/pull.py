"""Pull: vendors to deliveries. Bytes are landed before anything reads them.

One vendor's failure is an outcome of the pull, kept as a dead letter of the whole delivery; it
neither fails nor delays another vendor.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from cost_pipeline.acquire.engine import Fetched, FetchFailure, PullJob, pull_all
from cost_pipeline.contracts.tables import DEAD_LETTER_SCHEMA
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.reasons import FailureClass, Stage, dead_letter_id
from cost_pipeline.feeds.production.dead_letters import settle
from cost_pipeline.feeds.session import Session
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.tables import DELIVERIES


@dataclass(frozen=True, slots=True)
class PullOutcome:
    """What one vendor's pull brought: deliveries received, how many of them new, and failures."""

    vendor: str
    received: tuple[Fetched, ...]
    new: int
    failures: tuple[FetchFailure, ...]

    @property
    def bytes_received(self) -> int:
        """The size of everything received."""
        return sum(fetched.size for fetched in self.received)


def pull(session: Session, vendors: Sequence[Vendor], pull_date: date) -> tuple[PullOutcome, ...]:
    """Pull the vendors for one date, concurrently, and land what they hand over."""
    known = _known_files(session)
    jobs = [PullJob(vendor, pull_date, known.get(vendor.vendor, frozenset())) for vendor in vendors]
    pulled = asyncio.run(
        pull_all(
            jobs,
            base=session.home.path,
            scratch=session.lake.content.scratch(),
            environment=session.environment,
            clock=session.clock,
        )
    )
    outcomes = []
    for vendor, result in zip(vendors, pulled, strict=True):
        for fetched in result.fetched:
            session.lake.content.land(fetched.path, fetched.sha256)
        parts = [_received(session, vendor, pull_date, fetched) for fetched in result.fetched]
        new = session.lake.table(DELIVERIES).append_once(parts, run_id=session.run_id)
        _settle_failures(session, vendor, pull_date, result.failures)
        outcomes.append(PullOutcome(vendor.vendor, result.fetched, new, result.failures))
    return tuple(outcomes)


def _known_files(session: Session) -> dict[str, frozenset[tuple[str, str]]]:
    """Per vendor the (uri, sha256) of everything received before, for plain globs."""
    received = session.lake.table(DELIVERIES).snapshot()
    table = received.read(columns=["vendor", "uri", "delivery"])
    known: dict[str, set[tuple[str, str]]] = {}
    for vendor, uri, delivery in zip(*(c.to_pylist() for c in table.columns), strict=True):
        known.setdefault(vendor, set()).add((uri, delivery))
    return {vendor: frozenset(files) for vendor, files in known.items()}


def _received(session: Session, vendor: Vendor, pull_date: date, fetched: Fetched) -> Part:
    stamp = session.stamp()
    row = {
        "pull_date": pull_date,
        "delivery": fetched.sha256,
        "vendor": vendor.vendor,
        "feed": vendor.feed,
        "kind": vendor.record.value,
        "uri": fetched.uri,
        "size": fetched.size,
        "content_type": fetched.content_type,
        "attempts": fetched.attempts,
        "fetched_at": fetched.fetched_at,
        "recorded_at": stamp.recorded_at,
        "run_id": stamp.run_id,
    }
    # The same bytes from the same place for the same date are the same delivery, however often
    # they are pulled; from another place or date they are received again.
    identity = digest("received", vendor.vendor, pull_date, fetched.uri, fetched.sha256)
    return Part(f"received/{identity}", 1, pa.Table.from_pylist([row], schema=DELIVERIES.schema))


def _settle_failures(
    session: Session, vendor: Vendor, pull_date: date, failures: Sequence[FetchFailure]
) -> None:
    """Open a dead letter per failure; resolve those of earlier tries that did not recur."""
    rows = []
    for failure in failures:
        fingerprint = digest("fetch", vendor.vendor, pull_date, failure.uri)
        rows.append(
            {
                "id": dead_letter_id(vendor.vendor, fingerprint, Stage.ACQUIRE, [failure.reason]),
                "fingerprint": fingerprint,
                "delivery": "",
                "vendor": vendor.vendor,
                "feed": vendor.feed,
                "production": vendor.production,
                "kind": vendor.record.value,
                "stage": Stage.ACQUIRE,
                "failure_class": FailureClass.TRANSIENT
                if failure.transient
                else FailureClass.PERMANENT,
                "reasons": [failure.reason],
                "errors": json.dumps([{"field": "source", "message": failure.message}]),
                "payload": failure.uri,
                "pull_date": pull_date,
                "interpretation": "",
            }
        )
    settle(
        session,
        pa.Table.from_pylist(rows, schema=DEAD_LETTER_SCHEMA),
        scope=f"stage = 'acquire' and vendor = '{vendor.vendor}' and day = '{pull_date}'",
        days=[pull_date],
        day_column="pull_date",
        writer=f"acquire/{vendor.vendor}",
        attempts=max((failure.attempts for failure in failures), default=1),
    )
