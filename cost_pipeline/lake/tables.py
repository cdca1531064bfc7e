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
            _required("attempts", pa.int32()),
            _required("fetched_at", INSTANT),
            pa.field("role", TEXT),
            *_STAMP,
        ]
    ),
    "pull_date",
)
"""One row each time bytes were received: the same bytes on two days are two rows.

`role` is null for what a vendor sent, and `correction` for what people sent in its place; that is
a row for each vendor whose dead letters it answers.
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
            pa.field("amounts", TEXT),
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
"""One row when a delivery was validated whole; the one with the highest `sequence` counts.

`amounts` is a JSON object of currency (or "") to the sum of every amount that could be read,
accepted and refused: conservation compares it with what is stored.
"""

RECORDS = TableSpec("records", RECORD_SCHEMA, "pull_date")

DEAD_LETTERS = TableSpec(
    "dead_letters",
    pa.schema(
        [
            _required("day", DAY),
            _required("event", TEXT),
            *DEAD_LETTER_SCHEMA,
            _required("sequence", pa.int32()),
            _required("attempts", pa.int32()),
            pa.field("resolved_by", TEXT),
            pa.field("decided_by", TEXT),
            pa.field("why", TEXT),
            *_STAMP,
        ]
    ),
    "day",
)
"""Events: opened, resolved, waived, reopened; numbered from 1 within a dead letter.

`day` is the pull date, or the transaction date when posting. `resolved_by` is the correction's
delivery; `decided_by` and `why` are a person's.
"""

FX_SNAPSHOTS = TableSpec(
    "fx_snapshots",
    pa.schema([_required("reference_year", pa.int32()), *RATE_SCHEMA]),
    "reference_year",
)
"""By year, not by day: 7,126 daily partitions would be as many files of 2 kB (docs/adr/0005)."""
