"""A table that is replaced partition by partition, as it was at an instant.

Nothing is ever removed from a lake (`lake.delta`: logs and data files are kept for ever), so every
state that a table has had can be opened again. Rows say when they were recorded; the instants of
Delta's own log are those of a machine's clock and decide nothing here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from deltalake import DeltaTable

from cost_pipeline.lake.delta import Table
from cost_pipeline.lake.durable import clear_read_errors
from cost_pipeline.lake.snapshot import Snapshot

_LAST: Final = "select max(recorded_at) as last from {table}"


def known_at(table: Table, instant: datetime) -> Snapshot:
    """Returns the newest state of a table in which no row was recorded after the instant.

    States are looked for by halves: a later one never has an earlier newest row, because each
    commit stamps its rows with the present instant.

    Args:
        table: One whose rows have `recorded_at`.
        instant: An instant with a time zone.
    """
    newest = table.snapshot()
    if newest.version < 0 or _all_known(newest, instant):
        return newest
    low, high = 0, newest.version - 1  # the first state is that of an empty table
    while low < high:
        middle = (low + high + 1) // 2
        if _all_known(_state(table, middle), instant):
            low = middle
        else:
            high = middle - 1
    return _state(table, low)


def _state(table: Table, version: int) -> Snapshot:
    with clear_read_errors(str(table.folder)):
        return Snapshot(table.spec, DeltaTable(str(table.folder), version=version), table.folder)


def _all_known(snapshot: Snapshot, instant: datetime) -> bool:
    (last,) = snapshot.query(_LAST)["last"].to_pylist()
    return last is None or last.astimezone(UTC) <= instant
