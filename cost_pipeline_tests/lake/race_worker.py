"""One of two processes that race for a table: FOLDER WRITER DAY; waits for a line between."""

import sys
from datetime import date
from pathlib import Path

import pyarrow as pa

from cost_pipeline.lake.delta import Part, StaleSnapshotError, Table
from cost_pipeline.lake.tables import TableSpec

folder, writer, day = sys.argv[1:]
spec = TableSpec(
    "race", pa.schema([pa.field("day", pa.date32()), pa.field("who", pa.string())]), "day"
)
table = Table(spec, Path(folder))
snapshot = table.snapshot()
print("ready", flush=True)  # noqa: T201 - the answer
name = sys.stdin.readline().strip()
rows = pa.table({"day": [date.fromisoformat(day)], "who": [name]}, schema=spec.schema)
part = Part(writer, snapshot.sequence(writer) + 1, rows)
try:
    table.append(snapshot, [part], run_id=name)
    print("won", flush=True)  # noqa: T201 - the answer
except StaleSnapshotError:
    print("lost", flush=True)  # noqa: T201 - the answer
