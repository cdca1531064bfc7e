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
class Audited:
    """What the audit log says of a table's rows before they are committed.

    Attributes:
        event: What happens to each of the rows, such as `posted`.
        subject: The column of the hash that names the row.
        where: SQL that tells which rows.
    """

    event: str
    subject: str
    where: str = "true"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table of the lake.

    Attributes:
        name: Of its folder.
        schema: Its columns.
        partition: A date32 or int32 column of `schema`.
        writing: How it grows.
        audited: What the audit log says of its rows.
        ordered_by: The column by which the rows of a commit are sorted in their file, so that who
            asks for some of its values skips the row groups of others.
        unrepeated: Columns in which hardly a value comes twice: a dictionary of them is no use.
    """

    name: str
    schema: pa.Schema
    partition: str
    writing: Writing = Writing.APPEND
    audited: tuple[Audited, ...] = ()
    ordered_by: str | None = None
    unrepeated: tuple[str, ...] = ()


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

CUT_DELIVERIES = TableSpec(
    "cut_deliveries",
    pa.schema(
        [
            _required("pull_date", DAY),
            _required("vendor", TEXT),
            _required("delivery", HASH),
            _required("whole", HASH),
            *_STAMP,
        ]
    ),
    "pull_date",
)
"""One row for each delivery that ends in the middle of a line which another version has whole."""

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
            pa.field("amounts", TEXT),
            pa.field("control_declared", TEXT),
            pa.field("control_computed", TEXT),
            pa.field("control_tolerance", TEXT),
            _required("unreadable_amounts", pa.int64()),
            _required("header", pa.list_(TEXT)),
            _required("drift", pa.list_(TEXT)),
            pa.field("schema", HASH),
            pa.field("shapes", TEXT),
            _required("posts", pa.bool_()),
            *_STAMP,
        ]
    ),
    "pull_date",
)
"""One row when a delivery was validated whole; the one with the highest `sequence` counts.

`amounts` is a JSON object of currency (or "") to the sum of every amount that could be read,
accepted and refused: conservation compares it with what is stored.

`shapes` is what its columns look like (`validate.shapes`), `schema` the hash of their names and
types; null of a delivery that could not be read. `posts` is false where its records only serve
reconciliation.
"""

ACCEPTED_SCHEMAS = TableSpec(
    "accepted_schemas",
    pa.schema(
        [
            _required("day", DAY),
            _required("vendor", TEXT),
            _required("sequence", pa.int32()),
            _required("schema", HASH),
            _required("shapes", TEXT),
            _required("delivery", HASH),
            _required("pull_date", DAY),
            _required("accepted_by", TEXT),
            _required("reason", TEXT),
            *_STAMP,
        ]
    ),
    "day",
)
"""Who accepted which schema of a vendor, when and why, as seen in which delivery.

It is in force for what was pulled on `pull_date` and later. `day` is when it was accepted.
"""

CHECKPOINTS = TableSpec(
    "checkpoints",
    pa.schema(
        [
            _required("pull_date", DAY),
            _required("delivery", HASH),
            _required("vendor", TEXT),
            _required("interpretation", HASH),
            _required("chunks", pa.int32()),
            _required("rows", pa.int64()),
            pa.field("line", pa.int64()),
            pa.field("blank_rows", pa.int64()),
            pa.field("encoding", TEXT),
            _required("state", TEXT),
            _required("shapes", TEXT),
            _required("amounts", TEXT),
            *_STAMP,
        ]
    ),
    "pull_date",
)
"""How far a delivery was validated when its records were committed before it was whole.

`line`, `blank_rows` and `encoding` are null where the format cannot be opened in the middle.
"""

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

RECORDS = TableSpec(
    "records",
    RECORD_SCHEMA,
    "pull_date",
    audited=(Audited("parsed", "fingerprint"),),
    ordered_by="transaction_date",
    unrepeated=("fingerprint", "row", "line", "transaction_id", "key"),
)
"""Of one transaction date, the rows of a commit keep their order."""

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
    audited=(
        Audited("rejected", "id", "event = 'opened'"),
        Audited("resolved", "id", "event = 'resolved' and resolved_by is null"),
        Audited("corrected", "id", "event = 'resolved' and resolved_by is not null"),
        Audited("waived", "id", "event = 'waived'"),
        Audited("reopened", "id", "event = 'reopened'"),
        Audited("retried", "id", "event = 'retried'"),
    ),
)
"""Events: opened, retried, resolved, waived, reopened; numbered from 1 within a dead letter.

`day` is the pull date, or the transaction date when posting. `resolved_by` is the correction's
delivery; `decided_by` and `why` are a person's.
"""

APPROVALS = TableSpec(
    "approvals",
    pa.schema(
        [
            _required("day", DAY),
            _required("act", TEXT),
            _required("approval", HASH),
            _required("dead_letter", HASH),
            _required("vendor", TEXT),
            _required("fingerprint", HASH),
            _required("original_vendor", TEXT),
            pa.field("original_transaction_id", TEXT),
            pa.field("original_fingerprint", HASH),
            pa.field("original_posting", HASH),
            _required("by", TEXT),
            _required("reason", TEXT),
            *_STAMP,
        ]
    ),
    "day",
)
"""Acts on reversals of negative rows: `approved`, and `withdrawn` with the approval's id again.

The original is named by transaction id, or by a posting and then held by the posting's record.
"""

PERIODS = TableSpec(
    "periods",
    pa.schema(
        [
            _required("year", pa.int32()),
            _required("period", TEXT),
            _required("sequence", pa.int32()),
            _required("act", TEXT),
            _required("by", TEXT),
            pa.field("reason", TEXT),
            *_STAMP,
        ]
    ),
    "year",
)
"""Acts on accounting periods: `closing`, `closed`, `reopened`; the last of a period counts."""

FX_SNAPSHOTS = TableSpec(
    "fx_snapshots",
    pa.schema([_required("reference_year", pa.int32()), *RATE_SCHEMA]),
    "reference_year",
)
"""By year, not by day: 7,126 daily partitions would be as many files of 2 kB (docs/adr/0005)."""

AUDIT_LOG = TableSpec(
    "audit_log",
    pa.schema(
        [
            _required("day", DAY),
            _required("chain", TEXT),
            _required("number", pa.int64()),
            _required("kind", TEXT),
            _required("root", HASH),
            _required("previous_root", HASH),
            _required("parents", pa.list_(HASH)),
            pa.field("voids", HASH),
            _required("table", TEXT),
            _required("tokens", pa.list_(TEXT)),
            _required("events", pa.list_(TEXT)),
            _required("subjects", pa.list_(pa.list_(HASH))),
            _required("subjects_digest", HASH),
            _required("host", TEXT),
            _required("process", pa.int64()),
            _required("announced_at", INSTANT),
            _required("run_id", TEXT),
        ]
    ),
    "day",
)
"""One row for each block; a block announces one commit of one table, or voids such a block.

`subjects` holds for each of `events` the hashes that name its rows: a million events are one row.
`lake.audit_blocks` says what `root` covers.
"""
