"""The Arrow schemas that rooms hand to each other and that the lake stores.

Hashes are 64 lower-case hex characters. Amounts are `decimal128(20, 4)`, rates
`decimal128(28, 10)`: DECIMAL(38,18) squared overflows in DuckDB, so rates are narrower.
A column ending in `_at` is a UTC timestamp in microseconds.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

TEXT: Final = pa.string()
HASH: Final = pa.string()
DAY: Final = pa.date32()
MONEY: Final = pa.decimal128(20, 4)
RATE: Final = pa.decimal128(28, 10)
INSTANT: Final = pa.timestamp("us", tz="UTC")


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


# The fields of the cost contracts, as their values; `records`, `desired` and postings share them.
COST_FIELDS: Final = (
    _required("transaction_id", TEXT),
    _required("transaction_date", DAY),
    _required("production", TEXT),
    _required("department_code", TEXT),
    _required("gl_code", TEXT),
    _required("amount", MONEY),
    _required("currency", TEXT),
    pa.field("union_category", TEXT),
    pa.field("tax_id", TEXT),
    pa.field("vendor_name", TEXT),
    pa.field("description", TEXT),
    pa.field("po_number", TEXT),
    pa.field("credit_of", TEXT),
    pa.field("invoice_number", TEXT),
    pa.field("worker_id", TEXT),
    pa.field("location", TEXT),
    # What only a timecard says, as one canonical text: see `contracts.cards`.
    pa.field("card", TEXT),
)

# Where a row came from: enough to find its bytes again.
_ORIGIN: Final = (
    _required("fingerprint", HASH),
    _required("delivery", HASH),
    _required("row", pa.int64()),
    _required("line", pa.int64()),
    _required("vendor", TEXT),
    _required("feed", TEXT),
    _required("kind", TEXT),
    _required("pull_date", DAY),
)

RECORD_SCHEMA: Final = pa.schema(
    [
        *_ORIGIN,
        *COST_FIELDS,
        pa.field("key", TEXT),
        _required("interpretation", HASH),
        pa.field("answers", HASH),
        pa.field("answers_delivery", HASH),
        pa.field("answers_row", pa.int64()),
        pa.field("answers_stage", TEXT),
    ]
)
"""A row that satisfied its contract; with a negative amount, one whose cost would satisfy it.

`pull_date` is that of the delivery's first landing.

`answers` and what begins with it are a correction's: the fingerprint, delivery, number and stage of
refusal of the row whose place it takes. The stage of a correction of a correction that was refused
when posting is that of the row with the number of corrections between, `validate+1`.

`key` is the canonical text of the natural key, `s10:1112-00001,`, and null where the vendor's rows
have none. Keys are compared within a vendor.
"""

DEAD_LETTER_SCHEMA: Final = pa.schema(
    [
        _required("id", HASH),
        _required("fingerprint", HASH),
        _required("delivery", HASH),
        pa.field("row", pa.int64()),
        pa.field("line", pa.int64()),
        _required("vendor", TEXT),
        _required("feed", TEXT),
        pa.field("production", TEXT),
        _required("kind", TEXT),
        _required("stage", TEXT),
        _required("failure_class", TEXT),
        _required("reasons", pa.list_(TEXT)),
        _required("errors", TEXT),
        pa.field("payload", TEXT),
        _required("pull_date", DAY),
        pa.field("transaction_date", DAY),
        pa.field("amount", MONEY),
        pa.field("currency", TEXT),
        _required("interpretation", HASH),
        pa.field("answers", HASH),
        pa.field("traceback", TEXT),
    ]
)
"""A refused row, or a whole delivery where `row` is null.

`errors` is a JSON list of {"field", "code", "message", "value"} (`problems.errors_json`); `payload`
is null where the lake still holds the text under `delivery` and `row` (refused when posting).
`answers` is the fingerprint of the row that a refused correction was meant for. `traceback` is
there for failures of the infrastructure only.
"""

RATE_SCHEMA: Final = pa.schema(
    [
        _required("reference_date", DAY),
        _required("vintage", pa.int32()),
        _required("snapshot", HASH),
        _required("source", TEXT),
        _required("pivot", TEXT),
        _required("currency", TEXT),
        _required("quote", TEXT),
        _required("rate", RATE),
        pa.field("reason", TEXT),
        _required("recorded_at", INSTANT),
    ]
)
"""One currency of one immutable FX snapshot, as its source quotes it.

`quote` is `per_pivot` (units of the currency for one unit of the pivot) or `per_unit` (units of the
pivot for one unit of the currency).
"""
