"""The heads of the ledger in the lake: gathered after every commit, whoever made it.

An entry covers every version of the ledger since the entry before, so a process that was killed
between its commit and its entry is covered by the next one, its own rerun included: the
dispositions that make a transaction date count as posted are written after the entry.
"""

from __future__ import annotations

import random
import time
from datetime import date
from typing import Final

import pyarrow as pa

from cost_pipeline.core.errors import CheckFailedError, EnvironmentFailedError
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.feeds.production.signing import signer
from cost_pipeline.feeds.production.tables import HEADS, LEDGER, LEDGER_WRITER
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.delta import Part, StaleSnapshotError
from cost_pipeline.lake.kept import Kept
from cost_pipeline.lake.lake import Lake
from cost_pipeline.lake.log import log_entries
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.ledger.heads import Gathered, PartitionHead, gathered, next_entry
from cost_pipeline.ledger.seal import Stamp
from cost_pipeline.pipeline.session import Session

_TRIES: Final = 60
_WRITER: Final = "ledger_heads"


def last_head(session: Session) -> Gathered:
    """Returns where the ledger stands by its last entry; is read before the ledger itself."""
    return _last(session.lake.table(HEADS).snapshot())


def _last(snapshot: Snapshot) -> Gathered:
    days = snapshot.partitions()
    newest = equals("day", max(days)) if days else None
    state = snapshot.touched(newest)
    return _LAST.made(snapshot.folder, state, lambda: gathered(snapshot.read(where=newest)))


# Each group of dates asks three times, and a day of many commits has as many files.
_LAST: Final = Kept[Gathered](most=8)


def gather(session: Session) -> None:
    """Appends the entry for what the ledger got since the last one; nothing if it got nothing."""
    table = session.lake.table(HEADS)
    for attempt in range(_TRIES):
        snapshot = table.snapshot()
        before = _last(snapshot)
        ledger = session.lake.table(LEDGER).snapshot()
        refuse_truncated(before, ledger)
        rows = _entry(session, before, ledger)
        if rows is None:
            return
        try:
            part = Part(_WRITER, before.sequence + 1, rows)
            table.append(snapshot, [part], run_id=session.run_id)
        except StaleSnapshotError:
            # Another process gathered first, most likely this one's commit with it.
            time.sleep(random.uniform(0.002, 0.02) * (attempt + 1))  # noqa: S311
            continue
        return
    raise EnvironmentFailedError(
        f"other runs kept writing heads of the ledger ({_TRIES} tries)",
        where=str(table.folder),
        remedy="run again; what was posted is posted",
        code="CONTENDED",
    )


def refuse_truncated(before: Gathered, ledger: Snapshot) -> None:
    """Refuses to post upon a ledger whose end is missing.

    Raises:
        CheckFailedError: If the ledger is an older version than its last head knows.
    """
    if ledger.identity[1] < before.ledger_version:
        raise CheckFailedError(
            f"the ledger's log ends at version {ledger.identity[1]} and its heads know version "
            f"{before.ledger_version}: the end of the ledger is missing",
            where=ledger.identity[0],
            remedy="restore the ledger's folder from a copy; `cost-pipeline ledger verify` says "
            "what is missing",
            code="LEDGER_TRUNCATED",
        )


def refuse_truncated_ledger(lake: Lake) -> None:
    """Refuses to judge for a ledger whose end is missing.

    Raises:
        CheckFailedError: If it is.
    """
    known = _last(lake.table(HEADS).snapshot())  # before the ledger, which may only be ahead
    refuse_truncated(known, lake.table(LEDGER).snapshot())


def _entry(session: Session, before: Gathered, ledger: Snapshot) -> pa.Table | None:
    folder = session.lake.table(LEDGER).folder
    version = ledger.identity[1]
    changed: set[date] = set()
    files: dict[str, str] = {}
    for entry in log_entries(folder, before.ledger_version + 1, version):
        for path in (entry.path, *entry.added):
            files[path] = hash_file(folder / path)
        changed |= {
            date.fromisoformat(writer.removeprefix(LEDGER_WRITER))
            for writer in entry.tokens
            if writer.startswith(LEDGER_WRITER)
        }
    if not files or not (changed or before.partitions):
        return None
    return next_entry(
        before,
        _heads(ledger, changed),
        files,
        ledger_version=version,
        stamp=Stamp(session.clock(), session.code_version, session.run_id),
        sign=signer(session.environment),
    )


def _heads(ledger: Snapshot, days: set[date]) -> dict[date, PartitionHead]:
    if not days:
        return {}
    where = one_of("transaction_date", sorted(days))
    found = ledger.query(
        "select transaction_date as day, max(batch) as batch, "
        "arg_max(batch_root, batch) as root, count(*) as postings "
        f"from {{table}} where {where} group by all",
        where=where,
    )
    return {
        row["day"]: PartitionHead(row["batch"], row["root"], row["postings"])
        for row in found.to_pylist()
    }
