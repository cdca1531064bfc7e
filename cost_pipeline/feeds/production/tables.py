"""The tables of the lake whose rows are the ledger's, declared where both rooms meet."""

from __future__ import annotations

from datetime import date
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.cost_tables import COSTS, RATE_SCHEMA
from cost_pipeline.contracts.findings import FINDING_SCHEMA
from cost_pipeline.contracts.tables import DAY, HASH, INSTANT, TEXT, required
from cost_pipeline.feeds.production.cost_rows import COST_REPORT_SCHEMA
from cost_pipeline.lake.lookup import Lookup
from cost_pipeline.lake.tables import (
    STAMP,
    Audited,
    TableSpec,
    Writing,
    dead_letters_table,
    records_table,
)
from cost_pipeline.ledger.heads import HEAD_SCHEMA
from cost_pipeline.ledger.schema import DISPOSITION_SCHEMA, POSTING_SCHEMA

LEDGER: Final = TableSpec(
    "ledger",
    POSTING_SCHEMA,
    "transaction_date",
    audited=(
        Audited("converted", "posting_id", "kind = 'post' and original_currency <> base_currency"),
        Audited("posted", "posting_id", "kind = 'post'"),
        Audited("reversed", "posting_id", "kind = 'reverse'"),
    ),
    unrepeated=(
        "posting_id",
        "content_hash",
        "leaf_hash",
        "record_fingerprint",
        "transaction_id",
        "row",
    ),
)

ID_BEGINNING: Final = 8
"""Characters of a posting id that name it for people."""

NAMED: Final = Lookup("named", (f"posting_id[:{ID_BEGINNING}]", "transaction_id"))
"""What people name a posting by."""

HEADS: Final = TableSpec("ledger_heads", HEAD_SCHEMA, "day")


LEDGER_WRITER: Final = "ledger/"


def writer_of(transaction_date: date) -> str:
    """Returns the application transaction of a ledger partition; only one of two runs has it."""
    return f"{LEDGER_WRITER}{transaction_date}"


FINDINGS: Final = TableSpec(
    "findings",
    pa.schema(
        [
            *FINDING_SCHEMA,
            pa.field("recorded_at", INSTANT, nullable=False),
            pa.field("run_id", TEXT, nullable=False),
        ]
    ),
    "work_date",
    Writing.REPLACE,
)
"""The findings of a work date, replaced as a whole whenever that date is posted."""

NONE: Final = "none"

DISPOSITIONS: Final = TableSpec(
    "dispositions",
    pa.schema(
        [
            *(
                f if f.name in ("transaction_date", "disposition") else f.with_nullable(True)  # noqa: FBT003
                for f in DISPOSITION_SCHEMA
            ),
            pa.field("inputs", HASH, nullable=False),
            pa.field("recorded_at", INSTANT, nullable=False),
            pa.field("run_id", TEXT, nullable=False),
        ]
    ),
    "transaction_date",
    Writing.REPLACE,
)
"""What became of the records of a transaction date that are not posted, replaced as a whole.

`inputs` is the digest of everything the partition was computed from. A date whose records are all
posted has one row with disposition `none`, so that its digest is known and changes in the same
commit as its dispositions.
"""

RECORDS: Final = records_table("records", COSTS)
DEAD_LETTERS: Final = dead_letters_table("dead_letters", COSTS)

APPROVALS = TableSpec(
    "approvals",
    pa.schema(
        [
            required("day", DAY),
            required("act", TEXT),
            required("approval", HASH),
            required("dead_letter", HASH),
            required("vendor", TEXT),
            required("fingerprint", HASH),
            required("original_vendor", TEXT),
            pa.field("original_transaction_id", TEXT),
            pa.field("original_fingerprint", HASH),
            pa.field("original_posting", HASH),
            required("by", TEXT),
            required("reason", TEXT),
            *STAMP,
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
            required("year", pa.int32()),
            required("period", TEXT),
            required("sequence", pa.int32()),
            required("act", TEXT),
            required("by", TEXT),
            pa.field("reason", TEXT),
            *STAMP,
        ]
    ),
    "year",
)
"""Acts on accounting periods: `closing`, `closed`, `reopened`; the last of a period counts."""

FX_SNAPSHOTS = TableSpec(
    "fx_snapshots",
    pa.schema([required("reference_year", pa.int32()), *RATE_SCHEMA]),
    "reference_year",
)
"""By year, not by day: 7,126 daily partitions would be as many files of 2 kB (docs/adr/0005)."""

COST_REPORTS: Final = TableSpec(
    "cost_reports", pa.schema([*COST_REPORT_SCHEMA, *STAMP]), "report_date"
)
"""The cost summaries that were made; of one date the last recorded counts. See `costs`."""

FX_FETCHES = TableSpec(
    "fx_fetches",
    pa.schema(
        [
            required("day", DAY),
            required("source", TEXT),
            required("part", TEXT),
            required("asked_for", DAY),
            required("uri", TEXT),
            required("outcome", TEXT),
            pa.field("delivery", HASH),
            pa.field("size", pa.int64()),
            pa.field("content_type", TEXT),
            pa.field("status", pa.int32()),
            required("attempts", pa.int32()),
            required("rate_days", pa.int32()),
            pa.field("newest", DAY),
            required("contradictions", pa.int32()),
            pa.field("message", TEXT),
            required("transient", pa.bool_()),
            *STAMP,
        ]
    ),
    "day",
)
"""One row for each file of rates that was asked for; `delivery` names the landed bytes.

`part` is `source` or `history`, `asked_for` the day that was named to the source. `outcome` is
`delivered`, `nothing`, `failed` (not fetched) or `unreadable` (landed, and no rates in it).
"""
