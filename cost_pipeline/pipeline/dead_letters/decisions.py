"""Decisions of people on dead letters: waived, or opened again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import begins
from cost_pipeline.lake.delta import StaleSnapshotError
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.pipeline.dead_letters.letters import letters_now, parts_by_token
from cost_pipeline.pipeline.dead_letters.told import as_json
from cost_pipeline.pipeline.session import Session
from cost_pipeline.quarantine.events import (
    OPEN,
    PASSED,
    reopened,
    waived,
)

_PREFIX: Final = 8


_HEX: Final = frozenset("0123456789abcdef")


def decide(session: Session, letter: str, *, waive: bool, by: str, why: str) -> dict[str, Any]:
    """Waives an open dead letter, or reopens a waived or corrected one; returns it as JSON.

    Args:
        session: The run.
        letter: Its id, or the beginning of it.
        waive: Whether it is waived; else it is opened again.
        by: Who decided it.
        why: The reason, kept with the decision.

    Raises:
        UsageError: If there is no such dead letter, or it is not in a state for that.
    """
    table = session.lake.table(session.feed.dead_letters)
    while True:
        snapshot = table.snapshot()
        found = find_letter(session, letter, snapshot=snapshot)
        state = found["state"][0].as_py()
        if (state == OPEN) is not waive or state == PASSED:
            raise UsageError(
                f"the dead letter is {state}",
                where=found["id"][0].as_py(),
                remedy="only an open one can be waived, and a waived or corrected one reopened",
                code="DEAD_LETTER_STATE",
            )
        event = waived if waive else reopened
        rows = event(
            found, session.stamp(), schema=session.feed.dead_letters.schema, by=by, why=why
        )
        try:
            table.append(snapshot, parts_by_token(session, snapshot, rows), run_id=session.run_id)
        except StaleSnapshotError:
            continue
        return as_json(session, find_letter(session, letter))[0]


def waive_all(
    session: Session, choose: Callable[[Snapshot], pa.Table], *, by: str, why: str
) -> pa.Table:
    """Waives every dead letter that is chosen, in one commit; returns them as they were.

    Args:
        session: The run.
        choose: Returns open dead letters of a state of the table; asked again if another process
            wrote meanwhile, so what was answered in between is not waived.
        by: Who decided it.
        why: The reason, kept with each decision.
    """
    table = session.lake.table(session.feed.dead_letters)
    while True:
        snapshot = table.snapshot()
        found = choose(snapshot)
        if not found.num_rows:
            return found
        schema = session.feed.dead_letters.schema
        rows = waived(found, session.stamp(), schema=schema, by=by, why=why)
        try:
            table.append(snapshot, parts_by_token(session, snapshot, rows), run_id=session.run_id)
        except StaleSnapshotError:
            continue
        return found


def find_letter(session: Session, beginning: str, *, snapshot: Snapshot | None = None) -> pa.Table:
    """Returns the one dead letter whose id begins so.

    Raises:
        UsageError: If there is none, or more than one.
    """
    if len(beginning) >= _PREFIX and set(beginning) <= _HEX:
        found = letters_now(session, begins("id", beginning), snapshot=snapshot)
        if found.num_rows == 1:
            return found
    raise UsageError(
        f"there is no one dead letter {beginning!r}",
        where="ID",
        remedy=f"give at least {_PREFIX} characters of an id of "
        "`cost-pipeline dead-letters list --json`",
        code="NO_SUCH_DEAD_LETTER",
    )
