"""Dead letters in the lake: settled by difference, so that nothing new appends nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.tables import INSTANT, TEXT
from cost_pipeline.core.money import shown
from cost_pipeline.feeds.production.rows import texts_of
from cost_pipeline.feeds.session import Session
from cost_pipeline.lake.delta import Part, Snapshot, StaleSnapshotError
from cost_pipeline.lake.tables import DEAD_LETTERS
from cost_pipeline.quarantine.events import (
    CORRECTED,
    LETTERS_NOW,
    OPEN,
    WAIVED,
    difference,
    in_state,
    opened,
    reopened,
    resolved,
)

REFUSED: Final = (OPEN, WAIVED, CORRECTED)
"""The states in which a dead letter is a refused row still; what passes now is none."""


def letters_now(
    session: Session,
    scope: str = "true",
    days: Sequence[date] | None = None,
    *,
    snapshot: Snapshot | None = None,
    **tables: pa.Table,
) -> pa.Table:
    """Every dead letter within `scope` with its last event, `state` and `opened_at`.

    Args:
        session: The run.
        scope: SQL over dead-letter columns; it is made of names, dates and hashes that this program
            chose, never of vendor text. It must hold for all events of a dead letter or for none.
        days: The partitions to look in; all if None.
        snapshot: The state to look at; the present one if None.
        tables: Arrow tables that `scope` names.
    """
    pruned = _days(days)
    condition = f"({scope})" + (f" and {pruned}" if pruned else "")
    snapshot = snapshot or session.lake.table(DEAD_LETTERS).snapshot()
    found = snapshot.query(LETTERS_NOW % condition, where=pruned, **tables)
    return found.select([*DEAD_LETTERS.schema.names, "state", "opened_at"]).cast(_NOW_SCHEMA)


_NOW_SCHEMA: Final = pa.schema(
    [*DEAD_LETTERS.schema, pa.field("state", TEXT), pa.field("opened_at", INSTANT)]
)


def open_dead_letters(
    session: Session,
    scope: str,
    days: Sequence[date] | None = None,
    *,
    snapshot: Snapshot | None = None,
) -> pa.Table:
    """The events that opened what is open now, within `scope` (see `letters_now`)."""
    now = in_state(letters_now(session, scope, days, snapshot=snapshot), OPEN)
    return now.select(DEAD_LETTERS.schema.names)


def settle(
    session: Session,
    desired: pa.Table,
    *,
    scope: str,
    days: Sequence[date],
    day_column: str,
    writer: str,
    attempts: int = 1,
    held: Sequence[str] = (OPEN, WAIVED),
) -> tuple[int, int]:
    """Make the open dead letters within `scope` be exactly `desired`.

    What was waived and is found again stays waived.

    Args:
        session: The run.
        desired: Rows of DEAD_LETTER_SCHEMA.
        scope: SQL that tells which dead letters this is about.
        days: The partitions that they lie in.
        day_column: Of `desired`: its event's partition.
        writer: With a day, the token under which only one run at a time may settle this scope.
        attempts: How often the work behind them was tried.
        held: The states in which one that is found again stays as it is.

    Returns:
        How many were opened and how many resolved.
    """
    table = session.lake.table(DEAD_LETTERS)
    while True:
        snapshot = table.snapshot()
        before = letters_now(session, scope, days, snapshot=snapshot)
        fresh, gone = difference(desired, in_state(before, *held))
        if not fresh.num_rows and not gone.num_rows:
            return 0, 0
        stamp = session.stamp()
        schema = DEAD_LETTERS.schema
        events = pa.concat_tables(
            [
                opened(
                    fresh, day_column, stamp, schema=schema, attempts=attempts, before=before
                ),
                resolved(gone, stamp, schema=schema),
            ]
        )
        parts = []
        for day in sorted(set(events["day"].to_pylist())):
            token = f"{writer}/{day}"
            mine = events.filter(pc.equal(events["day"], day))
            parts.append(Part(token, snapshot.sequence(token) + 1, mine))
        try:
            table.append(snapshot, parts, run_id=session.run_id)
        except StaleSnapshotError:
            continue  # another run settled one of these days first; compare again
        return fresh.num_rows, gone.num_rows


def answer(session: Session, vendor: str, answered: pa.Array, *, by: str) -> None:
    """Resolve what a correction answers, and open again what it answered once and does no more.

    Args:
        session: The run.
        vendor: Whose dead letters they are.
        answered: Fingerprints of the rows that have an accepted answer in it.
        by: The correction's delivery.
    """
    table = session.lake.table(DEAD_LETTERS)
    answers = pa.table({"fingerprint": answered})
    while True:
        snapshot = table.snapshot()
        letters = letters_now(
            session,
            f"vendor = '{vendor}' and id in (select id from {{table}} where resolved_by = '{by}' "
            "or fingerprint in (from answered) or answers in (from answered))",
            snapshot=snapshot,
            answered=answers,
        )
        concerned = pc.or_(
            pc.is_in(letters["fingerprint"], value_set=answered),
            pc.fill_null(pc.is_in(letters["answers"], value_set=answered, skip_nulls=True), False),  # noqa: FBT003
        )
        stamp, schema = session.stamp(), DEAD_LETTERS.schema
        mine = pc.fill_null(pc.equal(letters["resolved_by"], by), False)  # noqa: FBT003
        withdrawn = in_state(letters.filter(pc.and_(mine, pc.invert(concerned))), CORRECTED)
        done = in_state(letters.filter(concerned), OPEN, WAIVED)
        events = pa.concat_tables(
            [resolved(done, stamp, schema=schema, by=by), reopened(withdrawn, stamp, schema=schema)]
        )
        if not events.num_rows:
            return
        # Under the tokens of whoever judges these rows, so that no two settle one at a time.
        owners = pc.unique(events["delivery"]).to_pylist()
        parts = []
        for owner in sorted(owners):
            own = events.filter(pc.equal(events["delivery"], owner))
            token = f"dead_letters/{vendor}/{owner}"
            parts.append(Part(token, snapshot.sequence(token) + 1, own))
        try:
            table.append(snapshot, parts, run_id=session.run_id)
        except StaleSnapshotError:
            continue  # one of them was judged meanwhile; look again
        return


def as_json(session: Session, events: pa.Table) -> list[dict[str, Any]]:
    """Open dead letters in their public shape (docs/interfaces.md), oldest pull first.

    A row refused when posting keeps no copy of its text: it is read from the landed bytes.
    """
    rows = events.sort_by([("pull_date", "ascending"), ("row", "ascending")]).to_pylist()
    texts = _texts(session, rows)
    return [
        {
            "id": row["id"],
            "class": row["failure_class"],
            "stage": row["stage"],
            "reasons": row["reasons"],
            "errors": json.loads(row["errors"]),
            "payload": row["payload"] or texts.get((row["vendor"], row["delivery"], row["row"])),
            "delivery": row["delivery"] or None,
            "row": row["row"],
            "line": row["line"],
            "vendor": row["vendor"],
            "record": row["kind"],
            "fingerprint": row["fingerprint"],
            "pull_date": row["pull_date"].isoformat(),
            "transaction_date": row["transaction_date"] and row["transaction_date"].isoformat(),
            "amount": None if row["amount"] is None else shown(row["amount"]),
            "currency": row["currency"],
            "attempts": row["attempts"],
            "opened_at": row["recorded_at"].isoformat(),
        }
        for row in rows
    ]


def _texts(session: Session, rows: list[dict[str, Any]]) -> dict[tuple[str, str, int], str]:
    wanted: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        if row["payload"] is None and row["row"] is not None:
            wanted.setdefault((row["vendor"], row["delivery"]), []).append(row["row"])
    return {
        (vendor, delivery, number): text
        for (vendor, delivery), numbers in wanted.items()
        for number, (_, text) in texts_of(session, vendor, delivery, numbers).items()
    }


def _days(days: Sequence[date] | None) -> str | None:
    if days is None:
        return None
    listed = ", ".join(f"'{day}'" for day in sorted(set(days)))
    return f"day in ({listed})"
