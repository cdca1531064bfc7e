"""The tables of a lake: name, columns, partition, and which of the two ways it is written.

A table is append-only or replaced by partition, never both: a stale append after an overwrite
fails in Delta, and a reader could not tell history from state. What a column means is said where
its schema is declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

from cost_pipeline.contracts.tables import DAY, HASH, INSTANT, TEXT, Shape, required


class Writing(Enum):
    """How a table grows: it only gets rows, or whole partitions are replaced."""

    APPEND = "append"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Audited:
    """What the audit log says about a table's rows before they are committed.

    Attributes:
        event: What happens to each row, such as `posted`.
        subject: The column with the hash that names the row.
        where: SQL that selects the rows.
    """

    event: str
    subject: str
    where: str = "true"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table of the lake.

    Attributes:
        name: The name of its folder.
        schema: Its columns.
        partition: A date32 or int32 column of `schema`.
        writing: How it grows.
        audited: What the audit log says of its rows.
        ordered_by: The column by which the rows of a commit are sorted in their file, so that who
            asks for some of its values skips the row groups of others.
        unrepeated: Columns in which hardly a value comes twice: a dictionary of them is no use.

    Raises:
        ValueError: If a column is there twice: a field of a feed has the name of one that the
            table has of its own.
    """

    name: str
    schema: pa.Schema
    partition: str
    writing: Writing = Writing.APPEND
    audited: tuple[Audited, ...] = ()
    ordered_by: str | None = None
    unrepeated: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = self.schema.names
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"the table `{self.name}` has a column `{twice[0]}` of its own: call the field of"
                " the feed otherwise"
            )


STAMP = (required("recorded_at", INSTANT), required("run_id", TEXT))

DELIVERIES = TableSpec(
    "deliveries",
    pa.schema(
        [
            required("pull_date", DAY),
            required("delivery", HASH),
            required("vendor", TEXT),
            required("feed", TEXT),
            required("kind", TEXT),
            required("uri", TEXT),
            required("size", pa.int64()),
            pa.field("content_type", TEXT),
            pa.field("status", pa.int32()),
            required("attempts", pa.int32()),
            required("fetched_at", INSTANT),
            pa.field("role", TEXT),
            pa.field("parent", HASH),
            *STAMP,
        ]
    ),
    "pull_date",
)
"""One row each time bytes were received: the same bytes on two days are two rows.

`role` is null for what a vendor sent, and `correction` for what people sent in its place; that is
a row for each vendor whose dead letters it answers. It is `archive` for an archive whose members
are deliveries of their own; theirs say it as their `parent`.
"""

CUT_DELIVERIES = TableSpec(
    "cut_deliveries",
    pa.schema(
        [
            required("pull_date", DAY),
            required("vendor", TEXT),
            required("delivery", HASH),
            required("whole", HASH),
            *STAMP,
        ]
    ),
    "pull_date",
)
"""One row for each delivery that ends in the middle of a line which another version has whole."""

BOOKMARKS = TableSpec(
    "bookmarks",
    pa.schema(
        [
            required("pull_date", DAY),
            required("vendor", TEXT),
            required("asked", HASH),
            pa.field("uri", TEXT),
            required("value", TEXT),
            required("sequence", pa.int32()),
            *STAMP,
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
            required("pull_date", DAY),
            required("vendor", TEXT),
            required("uri", TEXT),
            required("outcome", TEXT),
            required("attempts", pa.int32()),
            required("latency_us", pa.int64()),
            required("queued_us", pa.int64()),
            required("size", pa.int64()),
            required("received", pa.int64()),
            pa.field("delivery", HASH),
            pa.field("status", pa.int32()),
            pa.field("reason", TEXT),
            pa.field("transient", pa.bool_()),
            *STAMP,
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
            required("pull_date", DAY),
            required("delivery", HASH),
            required("vendor", TEXT),
            required("sequence", pa.int32()),
            required("interpretation", HASH),
            pa.field("encoding", TEXT),
            required("rows", pa.int64()),
            required("blank_rows", pa.int64()),
            required("records", pa.int64()),
            required("dead_letters", pa.int64()),
            pa.field("amounts", TEXT),
            pa.field("control_declared", TEXT),
            pa.field("control_computed", TEXT),
            pa.field("control_tolerance", TEXT),
            pa.field("control_problem", TEXT),
            required("unreadable_amounts", pa.int64()),
            required("header", pa.list_(TEXT)),
            required("drift", pa.list_(TEXT)),
            pa.field("schema", HASH),
            pa.field("shapes", TEXT),
            pa.field("account", TEXT),
            required("posts", pa.bool_()),
            *STAMP,
        ]
    ),
    "pull_date",
)
"""One row when a delivery was validated whole; the one with the highest `sequence` counts.

`amounts` is a JSON object of unit (or "") to the sum of every measure that could be read,
accepted and refused: conservation compares it with what is stored.

`account` says what became of every line or filled row of cells (`parse.account`); null of a
delivery that could not be read, and of what version 0.2 read. `control_problem` is `missing` where
a total must be there and is not, and `unreadable` where it cannot be read.

`shapes` is what its columns look like (`validate.shapes`), `schema` the hash of their names and
types; null of a delivery that could not be read. `posts` is false where its records only serve
reconciliation.
"""

ACCEPTED_SCHEMAS = TableSpec(
    "accepted_schemas",
    pa.schema(
        [
            required("day", DAY),
            required("vendor", TEXT),
            required("sequence", pa.int32()),
            required("schema", HASH),
            required("shapes", TEXT),
            required("delivery", HASH),
            required("pull_date", DAY),
            required("accepted_by", TEXT),
            required("reason", TEXT),
            *STAMP,
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
            required("pull_date", DAY),
            required("delivery", HASH),
            required("vendor", TEXT),
            required("interpretation", HASH),
            required("chunks", pa.int32()),
            required("rows", pa.int64()),
            pa.field("line", pa.int64()),
            pa.field("blank_rows", pa.int64()),
            pa.field("furniture_rows", pa.int64()),
            pa.field("encoding", TEXT),
            pa.field("carried", TEXT),
            required("state", TEXT),
            required("shapes", TEXT),
            required("amounts", TEXT),
            *STAMP,
        ]
    ),
    "pull_date",
)
"""How far a delivery was validated when its records were committed before it was whole.

`line`, `blank_rows`, `furniture_rows` and `encoding` are null where the format cannot be opened in
the middle; `furniture_rows` also of what version 0.2 wrote. `carried` is what the headings above
say, where a vendor declares such things.
"""

ALERTS = TableSpec(
    "alerts",
    pa.schema(
        [
            required("day", DAY),
            required("key", TEXT),
            required("title", TEXT),
            required("digest", HASH),
            *STAMP,
        ]
    ),
    "day",
)
"""What the webhook has taken; of one `key` the newest counts. An empty digest: well again."""

AUDIT_LOG = TableSpec(
    "audit_log",
    pa.schema(
        [
            required("day", DAY),
            required("chain", TEXT),
            required("number", pa.int64()),
            required("kind", TEXT),
            required("root", HASH),
            required("previous_root", HASH),
            required("parents", pa.list_(HASH)),
            pa.field("voids", HASH),
            required("table", TEXT),
            required("tokens", pa.list_(TEXT)),
            required("events", pa.list_(TEXT)),
            required("subjects", pa.list_(pa.list_(HASH))),
            required("subjects_digest", HASH),
            required("host", TEXT),
            required("process", pa.int64()),
            required("announced_at", INSTANT),
            required("run_id", TEXT),
        ]
    ),
    "day",
)
"""One row for each block; a block announces one commit of one table, or voids such a block.

`subjects` holds for each of `events` the hashes that name its rows: a million events are one row.
`lake.audit_blocks` says what `root` covers.
"""


def records_table(name: str, shape: Shape, *, unrepeated: tuple[str, ...] = ()) -> TableSpec:
    """Returns the table of a feed's records.

    Rows of one business date keep their order within a commit.

    Args:
        name: The name of the table.
        shape: The columns of the feed's records.
        unrepeated: Columns of the shape in which hardly a value comes twice.
    """
    return TableSpec(
        name,
        shape.records,
        "pull_date",
        audited=(Audited("parsed", "fingerprint"),),
        ordered_by=shape.day,
        unrepeated=("fingerprint", "row", "line", shape.identity, "key", *unrepeated),
    )


def dead_letters_table(name: str, shape: Shape) -> TableSpec:
    """Returns the table of what happened to a feed's dead letters.

    Events: opened, retried, resolved, waived, reopened; numbered from 1 within a dead letter.
    `day` is the pull date, or the business date when posting. `resolved_by` is the correction's
    delivery; `decided_by` and `why` are a person's.
    """
    return TableSpec(
        name,
        pa.schema(
            [
                required("day", DAY),
                required("event", TEXT),
                *shape.dead_letters,
                required("sequence", pa.int32()),
                required("attempts", pa.int32()),
                pa.field("resolved_by", TEXT),
                pa.field("decided_by", TEXT),
                pa.field("why", TEXT),
                *STAMP,
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
