"""Dead letters in their public shape, with what happened to each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.contracts.tables import TEXT, Shape
from cost_pipeline.core.money import shown
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.tables import DELIVERIES as RECEIVED
from cost_pipeline.pipeline.dead_letters.rows import texts_of
from cost_pipeline.pipeline.session import Session
from cost_pipeline.quarantine.events import (
    OPEN,
)


def history_of(session: Session, letter: str) -> list[dict[str, Any]]:
    """Returns the events of a dead letter, oldest first."""
    events = (
        session.lake.table(session.feed.dead_letters)
        .snapshot()
        .query(
            "select sequence, event, recorded_at, run_id, attempts, resolved_by, decided_by, why "
            f"from {{table}} where {equals('id', letter)} order by sequence"
        )
    )
    return [{**row, "recorded_at": row["recorded_at"].isoformat()} for row in events.to_pylist()]


def as_json(session: Session, events: pa.Table) -> list[dict[str, Any]]:
    """Returns dead letters in their public shape (docs/interfaces.md), oldest pull first.

    A row refused when posting keeps no copy of its text: it is read from the landed bytes.
    """
    rows = events.sort_by([("pull_date", "ascending"), ("row", "ascending")]).to_pylist()
    texts = _texts(session, rows)
    sources = _sources(session, {row["delivery"] for row in rows})
    return [
        {
            "id": row["id"],
            "class": row["failure_class"],
            "stage": row["stage"],
            "reasons": row["reasons"],
            "errors": errors_of(row["errors"]),
            "payload": row["payload"] or texts.get((row["vendor"], row["delivery"], row["row"])),
            "delivery": row["delivery"] or None,
            "row": row["row"],
            "line": row["line"],
            "vendor": row["vendor"],
            "record": row["kind"],
            "fingerprint": row["fingerprint"],
            "pull_date": row["pull_date"].isoformat(),
            **_read_nevertheless(session.feed.shape, row),
            "attempts": row["attempts"],
            "opened_at": row.get("opened_at", row["recorded_at"]).isoformat(),
            "state": row.get("state", OPEN),
            "source": sources.get((row["vendor"], row["delivery"]), (None, None))[0],
            "received_at": sources.get((row["vendor"], row["delivery"]), (None, None))[1],
            "traceback": row["traceback"],
        }
        for row in rows
    ]


def _read_nevertheless(shape: Shape, row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what could be read of the row: its business date, and its measure with the unit."""
    day, measure = row[shape.day], shape.measure
    found: dict[str, Any] = {shape.day: day and day.isoformat()}
    if measure is not None:
        number = row[measure.field]
        found[measure.field] = None if number is None else shown(number)
        found[measure.unit] = row[measure.unit]
    return found


def _sources(
    session: Session, deliveries: set[str]
) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """Returns, by vendor and delivery, the address from which it came first, and when."""
    found = (
        session.lake.table(RECEIVED)
        .snapshot()
        .query(
            "select vendor, delivery, arg_min(uri, fetched_at) as uri, min(fetched_at) as at "
            "from {table} where delivery in (from wanted) group by all",
            wanted=pa.table({"delivery": pa.array(sorted(deliveries), TEXT)}),
        )
    )
    return {
        (row["vendor"], row["delivery"]): (row["uri"], row["at"].isoformat())
        for row in found.to_pylist()
    }


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
