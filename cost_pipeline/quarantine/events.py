"""Dead letters as a ledger of events, and which events to append: the difference, as for postings.

A dead letter's id is a hash of its row, its stage and its reasons, so one that is found again is
the same dead letter, and finding nothing new appends nothing. Its state is that of its last event:

    opened, reopened       open       somebody must look
    retried                open       it was tried again in vain; it is as old as before
    waived                 waived     somebody decided that it may stay as it is
    resolved by a delivery corrected  a correction took the row's place
    resolved               passed     the row is accepted now, or the failure is over

All but `passed` are refused rows still, and count as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.core.sql import literal

OPEN: Final = "open"
WAIVED: Final = "waived"
CORRECTED: Final = "corrected"
PASSED: Final = "passed"

# Events are ordered by their number within the dead letter: a clock may jump.
LETTERS_NOW: Final = f"""
    select * exclude (place),
        case event when 'waived' then {literal(WAIVED)}
            when 'resolved' then if(resolved_by is null, {literal(PASSED)}, {literal(CORRECTED)})
            else {literal(OPEN)} end as state
    from (
        select *,
            row_number() over (partition by id order by sequence desc, recorded_at desc) as place,
            max(recorded_at) filter (event in ('opened', 'reopened'))
                over (partition by id) as opened_at
        from {{table}}
        where %s
    ) where place = 1
"""
"""SQL of every dead letter with its last event, `state` and `opened_at`, over events that satisfy
the inserted condition."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes an event and when: the run and the instant it is recorded."""

    recorded_at: datetime
    run_id: str


def opened(
    dead_letters: pa.Table,
    day: str,
    stamp: Stamp,
    *,
    schema: pa.Schema,
    attempts: int = 1,
    before: pa.Table | None = None,
) -> pa.Table:
    """Returns one `opened` event per dead letter, in the order given.

    Args:
        dead_letters: Rows of DEAD_LETTER_SCHEMA.
        day: The column that says which day's partition an event belongs to.
        stamp: Who and when.
        schema: The schema of the events.
        attempts: How often the work behind it was tried.
        before: `id` and `sequence` of dead letters that had events already; none if not given.
    """
    count = dead_letters.num_rows
    last: pa.Array | pa.ChunkedArray = pa.repeat(pa.scalar(0, pa.int32()), count)
    if before is not None and before.num_rows:
        places = pc.index_in(dead_letters["id"], value_set=before["id"].combine_chunks())
        last = pc.fill_null(before["sequence"].take(places), 0)
    extra = {
        "day": dead_letters[day],
        "attempts": pa.repeat(pa.scalar(attempts, pa.int32()), count),
        "sequence": last,
    }
    return _events(dead_letters, "opened", stamp, schema, extra)


def resolved(
    letters: pa.Table, stamp: Stamp, *, schema: pa.Schema, by: str | None = None
) -> pa.Table:
    """Returns one `resolved` event per dead letter; `by` names the delivery that answered it."""
    return _events(letters, "resolved", stamp, schema, _same(letters, resolved_by=by))


def waived(letters: pa.Table, stamp: Stamp, *, schema: pa.Schema, by: str, why: str) -> pa.Table:
    """Returns one `waived` event per dead letter, with whose decision it is and why."""
    return _events(letters, "waived", stamp, schema, _same(letters, decided_by=by, why=why))


def reopened(
    letters: pa.Table,
    stamp: Stamp,
    *,
    schema: pa.Schema,
    by: str | None = None,
    why: str | None = None,
) -> pa.Table:
    """Returns one `reopened` event per dead letter that was waived or corrected."""
    return _events(letters, "reopened", stamp, schema, _same(letters, decided_by=by, why=why))


def retried(letters: pa.Table, stamp: Stamp, attempts: int, *, schema: pa.Schema) -> pa.Table:
    """Returns one `retried` event per open dead letter whose work was tried again in vain."""
    tried = pc.cast(pc.add(letters["attempts"], attempts), pa.int32())
    return _events(letters, "retried", stamp, schema, {"attempts": tried})


def difference(desired: pa.Table, there: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Returns what to open (rows of `desired`) and what to resolve (rows of `there`), by id."""
    wanted, known = desired["id"].combine_chunks(), there["id"].combine_chunks()
    return (
        desired.filter(pc.invert(pc.is_in(desired["id"], value_set=known))),
        there.filter(pc.invert(pc.is_in(there["id"], value_set=wanted))),
    )


def in_state(letters: pa.Table, *states: str) -> pa.Table:
    """Returns those of `LETTERS_NOW` in one of the states."""
    return letters.filter(pc.is_in(letters["state"], value_set=pa.array(states)))


def _same(letters: pa.Table, **texts: str | None) -> dict[str, pa.Array]:
    return {name: pa.array([text] * letters.num_rows, pa.string()) for name, text in texts.items()}


def _events(
    rows: pa.Table,
    event: str,
    stamp: Stamp,
    schema: pa.Schema,
    extra: dict[str, pa.Array],
) -> pa.Table:
    count = rows.num_rows
    own = {"resolved_by", "decided_by", "why"}
    columns = {name: rows[name] for name in rows.column_names if name not in own} | extra
    columns |= {
        "event": pa.repeat(event, count),
        "sequence": pc.cast(pc.add(columns["sequence"], 1), pa.int32()),
        "recorded_at": pa.repeat(pa.scalar(stamp.recorded_at, pa.timestamp("us", "UTC")), count),
        "run_id": pa.repeat(stamp.run_id, count),
    }
    arrays = {field.name: columns.get(field.name, pa.nulls(count, field.type)) for field in schema}
    return pa.table(arrays).cast(schema)
