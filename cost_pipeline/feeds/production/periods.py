"""Accounting periods in the lake: acts of closing and reopening, and what a closing guarantees.

A posting run opens the ledger, then reads the periods, then commits. Closing announces itself
first (`closing`: from now on runs post into the next open period), then commits an empty batch to
the ledger that bears the application transaction of every date whose postings could still fall into
the period, then confirms (`closed`). A run that opened the ledger before that barrier fails at its
commit and looks again; one that opens it later sees the announcement. So nothing can slip in, by
whichever process, and a closing that was killed half way is finished by closing again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.core.errors import CheckFailedError, UsageError
from cost_pipeline.feeds.production.heads import gather, last_head, refuse_truncated
from cost_pipeline.feeds.production.tables import LEDGER, PERIODS, writer_of
from cost_pipeline.lake.delta import Part, StaleSnapshotError
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.ledger.periods import (
    Act,
    Closing,
    Recorded,
    closed_now,
    closings,
    next_period,
    previous_period,
)
from cost_pipeline.pipeline.session import Session

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class OpenPeriod:
    """What prevents closing a period.

    Attributes:
        red: Blocking checks that are red, in words.
        unposted: Transaction dates of the period whose inputs are not posted.
        dead_letters: Open dead letters whose cost may belong to the period, by reason.
    """

    red: tuple[str, ...] = ()
    unposted: tuple[date, ...] = ()
    dead_letters: tuple[tuple[str, int], ...] = ()


def recorded_closings(session: Session) -> tuple[Closing, ...]:
    """Returns when which period was closed."""
    return closings(_acts(session.lake.table(PERIODS).snapshot()))


def closed_periods(session: Session) -> frozenset[str]:
    """Returns the periods into which nothing may be posted now."""
    return closed_now(recorded_closings(session))


def acts_on_periods(session: Session) -> list[dict[str, Any]]:
    """Returns every act, by period and in order."""
    rows: list[dict[str, Any]] = session.lake.table(PERIODS).snapshot().read().to_pylist()
    return sorted(rows, key=lambda row: (row["period"], row["sequence"]))


def close(
    session: Session,
    period: str,
    *,
    by: str,
    reason: str | None,
    examine: Callable[[], OpenPeriod],
    accept_dead_letters: bool = False,
) -> None:
    """Closes a period; nothing is posted into it once this has returned.

    Args:
        session: The run.
        period: Such as `2026-03`.
        by: Who closes it.
        reason: Why; None if there is nothing to say.
        examine: Says what stands against it, from what the lake holds then.
        accept_dead_letters: Close although dead letters of it are open.

    Raises:
        UsageError: `PERIOD_CLOSED` if it is closed; `OPEN_DEAD_LETTERS` if some are and that was
            not accepted.
        CheckFailedError: `CHECKS_RED` if a blocking check is red or a date is not posted.
    """
    announced = False
    while True:
        known = last_head(session)
        ledger = session.lake.table(LEDGER).snapshot()
        refuse_truncated(known, ledger)
        last = _last(session.lake.table(PERIODS).snapshot(), period)
        if last is Act.CLOSED:
            raise UsageError(
                f"the period {period} is closed",
                where=period,
                remedy="`ledger reopen` opens it",
                code="PERIOD_CLOSED",
            )
        try:
            _refuse(period, examine(), accept_dead_letters=accept_dead_letters)
        except (UsageError, CheckFailedError):
            if announced or last is Act.CLOSING:
                _record(session, period, Act.REOPENED, by, "its checks were red when closing")
            raise
        _record(session, period, Act.CLOSING, by, reason)
        announced = True
        if not _barrier(session, ledger, period):
            continue  # something was posted since it was examined
        if _record(session, period, Act.CLOSED, by, reason) is Act.CLOSED:
            return


def reopen(session: Session, period: str, *, by: str, reason: str) -> None:
    """Opens a closed period again.

    Raises:
        UsageError: `PERIOD_OPEN` if it is open.
    """
    if _last(session.lake.table(PERIODS).snapshot(), period) in (None, Act.REOPENED):
        raise UsageError(
            f"the period {period} is open",
            where=period,
            remedy="`ledger periods` lists those that are closed",
            code="PERIOD_OPEN",
        )
    _record(session, period, Act.REOPENED, by, reason)


def _refuse(period: str, found: OpenPeriod, *, accept_dead_letters: bool) -> None:
    red = list(found.red)
    if found.unposted:
        days = ", ".join(day.isoformat() for day in found.unposted[:_SHOWN])
        red.append(f"{len(found.unposted)} transaction dates are not posted: {days}")
    if red:
        raise CheckFailedError(
            f"{period} cannot be closed: " + "; ".join(red[:_SHOWN]),
            where=period,
            remedy="mend what is red, or post with `cost-pipeline run`, and close again",
            code="CHECKS_RED",
        )
    if found.dead_letters and not accept_dead_letters:
        listed = ", ".join(f"{count} {reason}" for reason, count in found.dead_letters)
        raise UsageError(
            f"dead letters of {period} are open: {listed}",
            where=period,
            remedy="settle them, or close with --accept-dead-letters: what comes of them later "
            "goes into the next open period",
            code="OPEN_DEAD_LETTERS",
        )


def _barrier(session: Session, ledger: Snapshot, period: str) -> bool:
    """Whether the ledger is as it was opened, for every date that could post into the period."""
    first = period
    # What is late in a month that was closed, also by a run that has not heard of its reopening,
    # falls into this one.
    closed = {span.period for span in recorded_closings(session)}
    while previous_period(first) in closed:
        first = previous_period(first)
    day, end = date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{next_period(period)}-01")
    parts = []
    while day < end:
        writer = writer_of(day)
        parts.append(Part(writer, ledger.sequence(writer), LEDGER.schema.empty_table()))
        day += timedelta(days=1)
    try:
        session.lake.table(LEDGER).append(ledger, parts, run_id=session.run_id)
    except StaleSnapshotError:
        return False
    gather(session)
    return True


_FOLLOWS: Final = {
    Act.CLOSING: (None, Act.REOPENED),
    Act.CLOSED: (Act.CLOSING,),
    Act.REOPENED: (Act.CLOSING, Act.CLOSED),
}


def _record(session: Session, period: str, act: Act, by: str, reason: str | None) -> Act | None:
    """Stores the act if it follows on the last one; returns what the last one is then."""
    table = session.lake.table(PERIODS)
    while True:
        snapshot = table.snapshot()
        last = _last(snapshot, period)
        if last not in _FOLLOWS[act]:
            return last
        writer = f"periods/{period}"
        sequence = snapshot.sequence(writer) + 1
        row = {
            "year": int(period[:4]),
            "period": period,
            "sequence": sequence,
            "act": act.value,
            "by": by,
            "reason": reason,
            "recorded_at": session.clock(),
            "run_id": session.run_id,
        }
        rows = pa.Table.from_pylist([row], schema=PERIODS.schema)
        try:
            table.append(snapshot, [Part(writer, sequence, rows)], run_id=session.run_id)
        except StaleSnapshotError:
            continue
        return act


def _acts(snapshot: Snapshot) -> list[Recorded]:
    rows = snapshot.read(columns=["period", "sequence", "act", "recorded_at"]).to_pylist()
    return [Recorded(**{**row, "act": Act(row["act"])}) for row in rows]


def _last(snapshot: Snapshot, period: str) -> Act | None:
    acts: Sequence[Recorded] = [act for act in _acts(snapshot) if act.period == period]
    return max(acts, key=lambda act: act.sequence).act if acts else None
