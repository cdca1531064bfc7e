"""Which dead letters to open and which to resolve: the difference, as for postings.

A dead letter's id is a hash of its row, its stage and its reasons, so one that is found again is
the same dead letter, and finding nothing new appends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

OPEN_NOW: Final = """
    select * exclude (balance, newest) from (
        select *,
            sum(if(event = 'opened', 1, -1)) over (partition by id) as balance,
            row_number() over (partition by id, event order by recorded_at desc) as newest
        from {table}
        where %s
    ) where balance > 0 and event = 'opened' and newest = 1
"""
"""SQL of the dead letters that are open, over events that satisfy the inserted condition."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes an event and when: the run and the instant it is recorded."""

    recorded_at: datetime
    run_id: str


def opened(
    dead_letters: pa.Table, day: str, stamp: Stamp, *, schema: pa.Schema, attempts: int = 1
) -> pa.Table:
    """One `opened` event per dead letter, in the order given.

    Args:
        dead_letters: Rows of DEAD_LETTER_SCHEMA.
        day: The column that says which day's partition an event belongs to.
        stamp: Who and when.
        schema: The schema of the events.
        attempts: How often the work behind it was tried.
    """
    return _events(dead_letters, dead_letters[day], "opened", stamp, schema, attempts)


def resolved(
    open_events: pa.Table, stamp: Stamp, *, schema: pa.Schema, by: str | None = None
) -> pa.Table:
    """One `resolved` event per open one; `by` names the delivery that answered it."""
    events = open_events.select([n for n in open_events.column_names if n != "resolved_by"])
    return _events(events, open_events["day"], "resolved", stamp, schema, None, by=by)


def difference(desired: pa.Table, open_events: pa.Table) -> tuple[pa.Table, pa.Table]:
    """What to open (rows of `desired`) and what to resolve (rows of `open_events`), by id."""
    wanted, there = desired["id"].combine_chunks(), open_events["id"].combine_chunks()
    return (
        desired.filter(pc.invert(pc.is_in(desired["id"], value_set=there))),
        open_events.filter(pc.invert(pc.is_in(open_events["id"], value_set=wanted))),
    )


def _events(
    rows: pa.Table,
    day: pa.ChunkedArray,
    event: str,
    stamp: Stamp,
    schema: pa.Schema,
    attempts: int | None,
    *,
    by: str | None = None,
) -> pa.Table:
    count = rows.num_rows
    columns = {name: rows[name] for name in rows.column_names}
    columns |= {
        "day": day,
        "event": pa.repeat(event, count),
        "resolved_by": pa.array([by] * count, pa.string()),
        "recorded_at": pa.repeat(pa.scalar(stamp.recorded_at, pa.timestamp("us", "UTC")), count),
        "run_id": pa.repeat(stamp.run_id, count),
    }
    if attempts is not None:
        columns["attempts"] = pa.repeat(pa.scalar(attempts, pa.int32()), count)
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)
