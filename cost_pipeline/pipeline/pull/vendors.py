"""Pulls vendors and lands their deliveries. Bytes are landed before anything reads them.

A delivery is landed and recorded as soon as it is complete, so a pull that is killed keeps what it
had. One vendor's failure is an outcome of the pull, kept as a dead letter of the whole delivery; it
neither fails nor delays another vendor.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from cost_pipeline.acquire.engine import (
    Fetched,
    FetchFailure,
    PassedOver,
    Policy,
    Pulled,
    PullJob,
    Telemetry,
    pull_all,
)
from cost_pipeline.contracts.problems import Problem, errors_json
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.reasons import FailureClass, Stage, dead_letter_id
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters, settle
from cost_pipeline.pipeline.pull.bookmarks import bookmarks_of, keep_bookmarks
from cost_pipeline.pipeline.pull.fetches import note_fetches
from cost_pipeline.pipeline.session import Session

__all__ = ["FIRST_PULL", "PullOutcome", "Telemetry", "pull"]

FIRST_PULL: Final = date(1999, 1, 1)
"""The first date that anything can be pulled for."""


@dataclass(frozen=True, slots=True)
class PullOutcome:
    """What one vendor's pull brought: deliveries received, how many of them new, and failures."""

    vendor: str
    received: tuple[Fetched, ...]
    new: int
    failures: tuple[FetchFailure, ...]
    telemetry: tuple[Telemetry, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def bytes_received(self) -> int:
        """The size of everything received."""
        return sum(fetched.size for fetched in self.received)


def pull(session: Session, vendors: Sequence[Vendor], pull_date: date) -> tuple[PullOutcome, ...]:
    """Pulls the vendors for one date, concurrently, and lands what they hand over."""
    known = _known_files(session)
    bookmarks = bookmarks_of(session, vendors, pull_date)
    jobs = [
        PullJob(
            vendor.as_of(pull_date),
            pull_date,
            known.get(vendor.vendor, frozenset()),
            bookmarks[vendor.vendor],
        )
        for vendor in vendors
    ]
    new: Counter[str] = Counter()

    def land(pairs: Sequence[tuple[PullJob, Fetched]]) -> None:
        new.update(_land(session, pairs))

    with session.lake.content.scratch() as scratch:
        pulled = asyncio.run(
            pull_all(
                jobs,
                base=session.home.path,
                scratch=scratch,
                environment=session.environment,
                clock=session.clock,
                policy=Policy(keep_received=True, debug_loop=session.debug_loop),
                land=land,
            )
        )
        for vendor, result in zip(vendors, pulled, strict=True):
            _settle_failures(session, vendor, pull_date, result.failures)
    note_fetches(session, pull_date, pulled)
    # Last: from here on the next pull may leave out what this one brought.
    keep_bookmarks(session, jobs, pulled)
    return tuple(_outcome(result, new[result.vendor]) for result in pulled)


def _outcome(pulled: Pulled, new: int) -> PullOutcome:
    return PullOutcome(
        pulled.vendor, pulled.fetched, new, pulled.failures, pulled.telemetry, pulled.passed_over
    )


def _known_files(session: Session) -> dict[str, frozenset[tuple[str, str]]]:
    """Returns, by vendor, the (uri, sha256) of everything received before, for plain globs."""
    received = session.lake.table(DELIVERIES).snapshot()
    table = received.read(columns=["vendor", "uri", "delivery"])
    known: dict[str, set[tuple[str, str]]] = {}
    for vendor, uri, delivery in zip(*(c.to_pylist() for c in table.columns), strict=True):
        known.setdefault(vendor, set()).add((uri, delivery))
    return {vendor: frozenset(files) for vendor, files in known.items()}


def _land(session: Session, pairs: Sequence[tuple[PullJob, Fetched]]) -> Counter[str]:
    """Lands bytes, then records them, all in one commit; returns the new ones of each vendor."""
    for _, fetched in pairs:
        session.lake.content.land(fetched.path, fetched.sha256)
    table = session.lake.table(DELIVERIES)
    before = table.snapshot()
    parts = [(job, _received(session, job, fetched)) for job, fetched in pairs]
    table.append_once([part for _, part in parts], run_id=session.run_id)
    return Counter(job.vendor.vendor for job, part in parts if not before.sequence(part.writer))


def _received(session: Session, job: PullJob, fetched: Fetched) -> Part:
    vendor, stamp = job.vendor, session.stamp()
    row = {
        "pull_date": job.pull_date,
        "delivery": fetched.sha256,
        "vendor": vendor.vendor,
        "feed": vendor.feed,
        "kind": str(vendor.record),
        "uri": fetched.uri,
        "size": fetched.size,
        "content_type": fetched.content_type,
        "status": fetched.status,
        "attempts": fetched.attempts,
        "fetched_at": fetched.fetched_at,
        "recorded_at": stamp.recorded_at,
        "run_id": stamp.run_id,
    }
    # The same bytes from the same place for the same date are the same delivery, however often
    # they are pulled; from another place or date they are received again.
    identity = digest("received", vendor.vendor, job.pull_date, fetched.uri, fetched.sha256)
    return Part(f"received/{identity}", 1, pa.Table.from_pylist([row], schema=DELIVERIES.schema))


def _settle_failures(
    session: Session, vendor: Vendor, pull_date: date, failures: Sequence[FetchFailure]
) -> None:
    """Opens a dead letter per failure; resolves those of earlier tries that did not recur."""
    scope = equals("stage", Stage.ACQUIRE) & equals("vendor", vendor.vendor)
    scope &= equals("day", pull_date)
    there = set(open_dead_letters(session, scope, [pull_date])["id"].to_pylist())
    settle(
        session,
        pa.Table.from_pylist(
            [_letter(session, vendor, pull_date, failure, there) for failure in failures],
            schema=session.feed.shape.dead_letters,
        ),
        scope=scope,
        days=[pull_date],
        day_column="pull_date",
        writer=f"acquire/{vendor.vendor}",
        attempts=max((failure.attempts for failure in failures), default=1),
        again=True,
    )


def _letter(
    session: Session, vendor: Vendor, pull_date: date, failure: FetchFailure, there: set[str]
) -> dict[str, object]:
    fingerprint = digest("fetch", vendor.vendor, pull_date, failure.uri)
    identity = dead_letter_id(vendor.vendor, fingerprint, Stage.ACQUIRE, [failure.reason])
    problems = [Problem("source", failure.reason, failure.message)]
    # The first try's bytes are kept; a vendor that is down for a week leaves no hundred halves.
    part = _keep_received(session, failure) if identity not in there else ""
    if part:
        place = session.lake.content.path(part)
        message = (
            f"{place.stat().st_size:,} bytes came; they are kept for evidence, not read as data: "
            f"{place.relative_to(session.lake.root)} in the lake"
        )
        problems.append(Problem("received", failure.reason, message))
    transient = FailureClass.TRANSIENT if failure.transient else FailureClass.PERMANENT
    return {
        "id": identity,
        "fingerprint": fingerprint,
        "delivery": part,
        "vendor": vendor.vendor,
        "feed": vendor.feed,
        **session.feed.scoped(vendor),
        "kind": str(vendor.record),
        "stage": Stage.ACQUIRE,
        "failure_class": transient,
        "reasons": [failure.reason],
        "errors": errors_json(problems),
        "payload": failure.uri,
        "traceback": failure.traceback,
        "pull_date": pull_date,
        "interpretation": "",
    }


def _keep_received(session: Session, failure: FetchFailure) -> str:
    """Lands what did arrive; returns its SHA-256 or None. No row of `deliveries` names it."""
    if failure.received is None:
        return ""
    sha256 = hash_file(failure.received)
    session.lake.content.land(failure.received, sha256)
    return sha256
