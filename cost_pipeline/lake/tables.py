"""The tables of a lake: name, columns, partition, and which of the two ways it is written.

A table is append-only or replaced by partition, never both: a stale append after an overwrite
fails in Delta, and a reader could not tell history from state. What a column means is said where
its schema is declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

from cost_pipeline.contracts.tables import (
    DAY,
    DEAD_LETTER_SCHEMA,
    HASH,
    INSTANT,
    RATE_SCHEMA,
    RECORD_SCHEMA,
    TEXT,
)


class Writing(Enum):
    """How a table grows."""

    APPEND = "append"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table of the lake; `partition` is a date32 or int32 column of `schema`."""

    name: str
    schema: pa.Schema
    partition: str
    writing: Writing = Writing.APPEND


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


_STAMP = (_required("recorded_at", INSTANT), _required("run_id", TEXT))

DELIVERIES = TableSpec(
    "deliveries",
    pa.schema(
        [
            _required("pull_date", DAY),
            _required("delivery", HASH),
            _required("vendor", TEXT),
            _required("feed", TEXT),
            _required("kind", TEXT),
            _required("uri", TEXT),
            _required("size", pa.int64()),
            pa.field("content_type", TEXT),
            pa.field("status", pa.int32()),
            _required("attempts", pa.int32()),
            _required("fetched_at", INSTANT),
            *_STAMP,
        ]
    ),
    "pull_date",
)
"""One row each time bytes were received: the same bytes on two days are two rows."""

BOOKMARKS = TableSpec(
    "bookmarks",
    pa.schema(
        [
            _required("pull_date", DAY),
            _required("vendor", TEXT),
            _required("asked", HASH),
            pa.field("uri", TEXT),
            _required("value", TEXT),
            _required("sequence", pa.int32()),
            *_STAMP,
        ]
    ),
    "pull_date",
)
"""What a vendor's pull left for later ones; of one `uri` the highest `sequence` counts.

`value` is a validator as JSON, or the cursor where `uri` is null. `asked` is the hash of the part
of the vendor file that says what is asked for: under another one a bookmark means nothing.
"""

FETCHES = TableSpec(
    "fetches",
    pa.schema(
        [
            _required("pull_date", DAY),
            _required("vendor", TEXT),
            _required("uri", TEXT),
            _required("outcome", TEXT),
            _required("attempts", pa.int32()),
            _required("latency_us", pa.int64()),
            _required("queued_us", pa.int64()),
            _required("size", pa.int64()),
            _required("received", pa.int64()),
            pa.field("delivery", HASH),
            pa.field("status", pa.int32()),
            pa.field("reason", TEXT),
            pa.field("transient", pa.bool_()),
            *_STAMP,
        ]
    ),
    "pull_date",
)
"""Telemetry: one row per delivery, unchanged one and failure of every pull, times in microseconds.

A pull that is killed leaves its deliveries and no telemetry.
"""

VALIDATIONS = TableSpec(
    "validations",
    pa.schema(
        [
            _required("pull_date", DAY),
            _required("delivery", HASH),
            _required("vendor", TEXT),
            _required("sequence", pa.int32()),
            _required("interpretation", HASH),
            pa.field("encoding", TEXT),
            _required("rows", pa.int64()),
            _required("blank_rows", pa.int64()),
            _required("records", pa.int64()),
            _required("dead_letters", pa.int64()),
            pa.field("control_declared", TEXT),
            pa.field("control_computed", TEXT),
            pa.field("control_tolerance", TEXT),
            _required("unreadable_amounts", pa.int64()),
            _required("header", pa.list_(TEXT)),
            _required("drift", pa.list_(TEXT)),
            *_STAMP,
        ]
    ),
    "pull_date",
)
"""One row when a delivery was validated whole; the one with the highest `sequence` counts."""

RECORDS = TableSpec("records", RECORD_SCHEMA, "pull_date")

DEAD_LETTERS = TableSpec(
    "dead_letters",
    pa.schema(
        [
            _required("day", DAY),
            _required("event", TEXT),
            *DEAD_LETTER_SCHEMA,
            _required("attempts", pa.int32()),
            pa.field("resolved_by", TEXT),
            *_STAMP,
        ]
    ),
    "day",
)
"""Events: opened, resolved. `day` is the pull date, or the transaction date when posting."""

FX_SNAPSHOTS = TableSpec(
    "fx_snapshots",
    pa.schema([_required("reference_year", pa.int32()), *RATE_SCHEMA]),
    "reference_year",
)
"""By year, not by day: 7,126 daily partitions would be as many files of 2 kB (docs/adr/0005)."""

ALERTS = TableSpec(
    "alerts",
    pa.schema(
        [
            _required("day", DAY),
            _required("key", TEXT),
            _required("title", TEXT),
            _required("digest", HASH),
            *_STAMP,
        ]
    ),
    "day",
)
"""What the webhook has taken; of one `key` the newest counts. An empty digest: well again."""
