"""The tables of the ledger and the hashes of their rows, as Arrow schemas and as SQL.

What is hashed, in which order and under which tag is decided here and nowhere else;
docs/ledger-format.md says the same to third parties. Making and checking seals use these
expressions, so that they cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.cost_tables import MONEY, RATE
from cost_pipeline.contracts.tables import DAY, HASH, INSTANT, TEXT
from cost_pipeline.core.canonical import sql_digest

POST: Final = "post"
REVERSE: Final = "reverse"

FIRST_ROOT: Final = "0" * 64
"""The `previous_root` of the first batch of a partition."""


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


# What a posting means: hashed as `content_hash`, in this order.
_CONTENT_FIELDS: Final = (
    _required("feed", TEXT),
    _required("production", TEXT),
    _required("vendor", TEXT),
    _required("record_kind", TEXT),
    _required("transaction_id", TEXT),
    _required("transaction_date", DAY),
    _required("gl_code", TEXT),
    _required("department_code", TEXT),
    pa.field("union_category", TEXT),
    pa.field("vendor_name", TEXT),
    pa.field("description", TEXT),
    pa.field("po_number", TEXT),
    pa.field("credit_of", TEXT),
    pa.field("reversal_of", HASH),
    pa.field("approval", HASH),
    _required("original_amount", MONEY),
    _required("original_currency", TEXT),
    _required("base_amount", MONEY),
    _required("base_currency", TEXT),
    _required("rate_source", TEXT),
    _required("rounding", TEXT),
    pa.field("snapshot", HASH),
    _required("rate_original", RATE),
    _required("quote_original", TEXT),
    _required("rate_base", RATE),
    _required("quote_base", TEXT),
    pa.field("rate_date", DAY),
    pa.field("rule_pack", TEXT),
    _required("record_fingerprint", HASH),
    _required("delivery", HASH),
    _required("row", pa.int64()),
)

CONTENT_COLUMNS: Final = tuple(field.name for field in _CONTENT_FIELDS)

POLICY_COLUMNS: Final = ("rate_source", "rounding")
"""The content that only another FX policy of the production changes."""

FX_COLUMNS: Final = (
    "base_amount",
    "snapshot",
    "rate_original",
    "quote_original",
    "rate_base",
    "quote_base",
    "rate_date",
    *POLICY_COLUMNS,
)
"""The content that another rate or policy changes; `difference` tells such repairs by it."""

DESIRED_SCHEMA: Final = pa.schema([*_CONTENT_FIELDS, _required("content_hash", HASH)])
"""A posting as it should be, without place or time: the content and its hash."""

CHANGE_SCHEMA: Final = pa.schema(
    [
        _required("kind", TEXT),
        _required("cause", TEXT),
        pa.field("reverses", HASH),
        pa.field("other_snapshot", HASH),
        *DESIRED_SCHEMA,
        _required("posting_period", TEXT),
    ]
)
"""A line to append: not yet in a batch.

`other_snapshot` is on both sides of a repair of rates: a reverse names the snapshot of the post
that follows it, a post that of the one it replaces. Null where there is none.
"""

POSTING_SCHEMA: Final = pa.schema(
    [
        _required("posting_id", HASH),
        *CHANGE_SCHEMA,
        _required("recorded_at", INSTANT),
        _required("code_version", TEXT),
        _required("run_id", TEXT),
        _required("batch", pa.int64()),
        _required("leaf", pa.int64()),
        _required("leaf_hash", HASH),
        _required("batch_root", HASH),
        _required("previous_root", HASH),
    ]
)
"""A line of the ledger.

`kind` is `post` or `reverse`; a reverse repeats the content of the post that it `reverses`, amounts
with their sign, and takes it out of the active ledger. A post with a negative amount takes back
what `reversal_of` names (the fingerprint of a record, allowed by `approval`) or part of the invoice
`credit_of`. `posting_period` (`2026-03`) is the accounting period and no part of the content: what
comes after its month was closed falls into a later one.
`batch` counts from 1 within the transaction date, `leaf` from 0 within the batch.
"""

DISPOSITION_SCHEMA: Final = pa.schema(
    [
        _required("transaction_date", DAY),
        _required("fingerprint", HASH),
        _required("delivery", HASH),
        _required("row", pa.int64()),
        _required("vendor", TEXT),
        _required("feed", TEXT),
        _required("production", TEXT),
        _required("record_kind", TEXT),
        _required("disposition", TEXT),
        pa.field("reason", TEXT),
        pa.field("of", HASH),
        _required("transaction_id", TEXT),
        _required("gl_code", TEXT),
        _required("department_code", TEXT),
        pa.field("vendor_name", TEXT),
        pa.field("description", TEXT),
        pa.field("po_number", TEXT),
        _required("amount", MONEY),
        _required("currency", TEXT),
        pa.field("base_amount", MONEY),
        pa.field("base_currency", TEXT),
    ]
)
"""What became of a record that is not posted: `commitment`, `duplicate`, `dead_letter` or
`reference` (its vendor only serves reconciliation).

`reason` is the code of a dead letter.
`of` is the fingerprint of the record that stands in its place (duplicates and key conflicts).
"""

IDENTITY_COLUMNS: Final = ("kind", "content_hash", "transaction_date", "batch", "leaf")

LEAF_COLUMNS: Final = (
    "posting_id",
    "cause",
    "reverses",
    "other_snapshot",
    "posting_period",
    "recorded_at",
    "code_version",
    "run_id",
    "previous_root",
)


def _digest_of(tag: str, columns: Iterable[str]) -> str:
    """Returns SQL equal to `core.canonical.digest` of the columns of a posting, in this order.

    Decimals keep the scale of their column. Timestamps are hashed as text in UTC with microseconds,
    `2026-04-06T07:08:09.000000Z`; in SQL they must come without a zone (`without_zones`). All
    fields are arguments of one `concat`: joined one by one with `||` they cost half as much again.
    """
    arguments = (part for name in columns for part in _parts(POSTING_SCHEMA.field(name)))
    return sql_digest(tag, [f"concat({', '.join(arguments)})"])


def _parts(field: pa.Field) -> list[str]:
    letter, text = _canonical_text(field)
    parts = [f"'{letter}'", f"strlen({text})", "':'", text, "','"]
    if field.nullable:
        return [f"CASE WHEN {text} IS NULL THEN 'n,' ELSE concat({', '.join(parts)}) END"]
    return parts


def _canonical_text(field: pa.Field) -> tuple[str, str]:
    """Returns the type letter of `core.canonical.field`, and SQL for the text of the value."""
    name, kind = f'"{field.name}"', field.type
    if pa.types.is_timestamp(kind):
        return "s", f"strftime({name}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if pa.types.is_decimal(kind):
        return "d", f"{name}::VARCHAR"
    if pa.types.is_date(kind):
        return "t", f"{name}::VARCHAR"
    if pa.types.is_integer(kind):
        return "i", f"{name}::VARCHAR"
    return "s", name


SQL_CONTENT_HASH: Final = _digest_of("posting", CONTENT_COLUMNS)

SQL_POSTING_ID: Final = _digest_of("posting_id", IDENTITY_COLUMNS)

# Each hash covers the ones before it, so nothing is hashed twice: the content enters the posting id
# through `content_hash`, content, kind and place enter the leaf through `posting_id`.
SQL_LEAF_HASH: Final = _digest_of("leaf", LEAF_COLUMNS)


def described() -> dict[str, list[Any]]:
    """Returns a description of the columns for readers of docs/ledger-format.md.

    Returns:
        `all`: name and letter of each, in order; the names that each of the three hashes is over.
    """
    return {
        "all": [[field.name, _canonical_text(field)[0]] for field in POSTING_SCHEMA],
        "content": list(CONTENT_COLUMNS),
        "identity": list(IDENTITY_COLUMNS),
        "leaf": list(LEAF_COLUMNS),
    }


def canonical_texts() -> str:
    """Returns SQL for every column as the text that is hashed; timestamps without a zone."""
    return ", ".join(f'{_canonical_text(f)[1]} AS "{f.name}"' for f in POSTING_SCHEMA)


def canonical_line() -> str:
    """Returns SQL for a posting as one line: the JSON list of the texts of its columns."""
    texts = ", ".join(f"({_canonical_text(field)[1]})::VARCHAR" for field in POSTING_SCHEMA)
    return f"json_array({texts})::VARCHAR"


def without_zones(table: pa.Table) -> pa.Table:
    """Returns the table with its UTC timestamps as plain ones (no copy), as hashes need them."""
    fields = [
        field.with_type(pa.timestamp(field.type.unit))
        if pa.types.is_timestamp(field.type)
        else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))
