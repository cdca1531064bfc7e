"""Pulls vendors and lands their deliveries. Bytes are landed before anything reads them.

A delivery is landed and recorded as soon as it is complete, so a pull that is killed keeps what it
had. One vendor's failure is an outcome of the pull, kept as a dead letter of the whole delivery; it
neither fails nor delays another vendor.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
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
    measure,
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
from cost_pipeline.pipeline.pull.deliveries import ARCHIVE
from cost_pipeline.pipeline.pull.fetches import note_fetches
from cost_pipeline.pipeline.pull.unpacking import Unpacked, archives_of, unpacked
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
    known = _known_files(session, vendors)
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
    taken = _Taken()
    with session.lake.content.scratch() as scratch:

        def land(pairs: Sequence[tuple[PullJob, Fetched]]) -> None:
            taken.add(_land(session, pairs, scratch))

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
            settle_failures(session, vendor, pull_date, result.failures)
    pulled = tuple(map(taken.with_members, jobs, pulled))
    note_fetches(session, pull_date, pulled)
    # Last: from here on the next pull may leave out what this one brought.
    keep_bookmarks(session, jobs, pulled)
    return tuple(_outcome(result, taken.new[result.vendor]) for result in pulled)


def _outcome(pulled: Pulled, new: int) -> PullOutcome:
    return PullOutcome(
        pulled.vendor, pulled.fetched, new, pulled.failures, pulled.telemetry, pulled.passed_over
    )


@dataclass(slots=True)
class _Taken:
    """What was landed: how many deliveries are new, and what archives held, by vendor."""

    new: Counter[str] = field(default_factory=Counter)
    members: dict[str, list[Fetched]] = field(default_factory=dict)
    passed_over: dict[str, list[PassedOver]] = field(default_factory=dict)

    def add(self, more: _Taken) -> None:
        """Takes in what was landed in another commit."""
        self.new.update(more.new)
        for vendor, members in more.members.items():
            self.members.setdefault(vendor, []).extend(members)
        for vendor, passed in more.passed_over.items():
            self.passed_over.setdefault(vendor, []).extend(passed)

    def with_members(self, job: PullJob, pulled: Pulled) -> Pulled:
        """Returns what a job brought with the members of its archives."""
        members = tuple(self.members.get(pulled.vendor, ()))
        passed = tuple(self.passed_over.get(pulled.vendor, ()))
        if not members and not passed:
            return pulled
        inside = Pulled(pulled.vendor, members, passed_over=passed)
        more = (one for one in measure(job, inside) if one.outcome != "nothing")
        return replace(
            pulled,
            fetched=(*pulled.fetched, *members),
            passed_over=(*pulled.passed_over, *passed),
            telemetry=(*pulled.telemetry, *more),
        )


def _known_files(
    session: Session, vendors: Sequence[Vendor]
) -> dict[str, frozenset[tuple[str, str]]]:
    """Returns, by vendor, the (uri, sha256) of everything received before, for plain globs.

    Of sources of archives that is what was unpacked: others may have come before `unpack` was
    declared.
    """
    archives = archives_of(vendors)
    received = session.lake.table(DELIVERIES).snapshot()
    table = received.read(columns=["vendor", "uri", "delivery", "role"])
    known: dict[str, set[tuple[str, str]]] = {}
    for vendor, uri, delivery, role in zip(*(c.to_pylist() for c in table.columns), strict=True):
        if vendor not in archives or role == ARCHIVE:
            known.setdefault(vendor, set()).add((uri, delivery))
    return {vendor: frozenset(files) for vendor, files in known.items()}


def _land(session: Session, pairs: Sequence[tuple[PullJob, Fetched]], scratch: Path) -> _Taken:
    """Lands bytes, then records them, all in one commit: an archive is there with its members."""
    content, taken = session.lake.content, _Taken()
    for _, fetched in pairs:
        content.land(fetched.path, fetched.sha256)
    table = session.lake.table(DELIVERIES)
    before = table.snapshot()
    parts: list[tuple[PullJob, Part]] = []
    for job, fetched in pairs:
        vendor, unpack = job.vendor, job.vendor.source.unpack
        found = None
        if unpack is not None:
            found = unpacked(content.open_path(fetched.sha256), unpack, fetched, scratch)
        if not isinstance(found, Unpacked):
            parts.append((job, _received(session, job, fetched)))
            continue
        parts.append((job, _received(session, job, fetched, role=ARCHIVE)))
        for member in found.members:
            content.land(member.path, member.sha256)
            parts.append((job, _received(session, job, member, parent=fetched.sha256)))
        taken.members.setdefault(vendor.vendor, []).extend(found.members)
        taken.passed_over.setdefault(vendor.vendor, []).extend(found.passed_over)
    table.append_once([part for _, part in parts], run_id=session.run_id)
    taken.new.update(job.vendor.vendor for job, part in parts if not before.sequence(part.writer))
    return taken


def _received(
    session: Session,
    job: PullJob,
    fetched: Fetched,
    *,
    role: str | None = None,
    parent: str | None = None,
) -> Part:
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
        "role": role,
        "parent": parent,
        "recorded_at": stamp.recorded_at,
        "run_id": stamp.run_id,
    }
    # The same bytes from the same place for the same date are the same delivery, however often
    # they are pulled; from another place or date they are received again.
    place = (vendor.vendor, job.pull_date, fetched.uri, fetched.sha256)
    identity = digest("received", *place, *filter(None, (role, parent)))
    return Part(f"received/{identity}", 1, pa.Table.from_pylist([row], schema=DELIVERIES.schema))


def settle_failures(
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
