"""The Arrow schemas of the production feed.

Amounts are `decimal128(20, 4)`, rates `decimal128(28, 10)`: DECIMAL(38,18) squared overflows in
DuckDB, so rates are narrower.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.tables import DAY, HASH, INSTANT, TEXT, Measure, Shape
from cost_pipeline.contracts.tables import required as _required

MONEY: Final = pa.decimal128(20, 4)
RATE: Final = pa.decimal128(28, 10)

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

COSTS: Final = Shape(
    COST_FIELDS,
    identity="transaction_id",
    day="transaction_date",
    scope="production",
    measure=Measure("amount", "currency", "amounts", credits="credit_of"),
)
"""What the records of the production feed have in common."""

RECORD_SCHEMA: Final = COSTS.records
DEAD_LETTER_SCHEMA: Final = COSTS.dead_letters

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
