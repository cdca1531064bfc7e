"""Which record of a natural key stands: the resolution of duplicates and conflicts.

Within a key the first by (first pulled, vendor, delivery, row) stands, in whatever order deliveries
were processed. Another with the same content is a duplicate of it; one with other content conflicts
with it. A record without a key stands for itself.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import COST_FIELDS, DAY, HASH, RECORD_SCHEMA, TEXT

STANDS: Final = "stands"
DUPLICATE: Final = "duplicate"
CONFLICT: Final = "conflict"
REFERENCE: Final = "reference"
"""Stands, and is not to be posted: its vendor only serves reconciliation."""

CANDIDATE_SCHEMA: Final = pa.schema([*RECORD_SCHEMA, pa.field("first_pulled", DAY, nullable=False)])
"""A record with `first_pulled`: the smallest pull date on which its delivery ever came."""

RESOLVED_SCHEMA: Final = pa.schema(
    [
        *CANDIDATE_SCHEMA,
        pa.field("standing", TEXT, nullable=False),
        pa.field("of", HASH),
        pa.field("of_delivery", HASH),
        pa.field("of_row", pa.int64()),
    ]
)
"""A record with its standing, and which one stands in its place (null if it does itself)."""


def resolve(candidates: pa.Table, dates: Collection[date] | None = None) -> pa.Table:
    """The standing of every record of the wanted transaction dates (`RESOLVED_SCHEMA`), in order.

    Args:
        candidates: `CANDIDATE_SCHEMA`: all records of those dates and all their rivals, which are
            the records of any date that share (vendor, key) with one of them. Each once.
        dates: The wanted transaction dates; all if None.
    """
    rivals = query(_RIVALS, keys=candidates.select(["vendor", "key"]))["position"]
    compared = candidates.select(_COMPARED).take(rivals).append_column("position", rivals)
    losers = query(_LOSERS, rivals=compared)
    standings = query(_STANDINGS, losers=losers, every=candidates.select(["row"]))
    resolved = candidates.select(CANDIDATE_SCHEMA.names)
    for name in standings.column_names:
        resolved = resolved.append_column(name, standings[name])
    if dates is not None:
        wanted = pc.is_in(resolved["transaction_date"], pa.array(dates, DAY))
        resolved = resolved.filter(wanted)
    return resolved.cast(RESOLVED_SCHEMA)


def set_apart(resolved: pa.Table, reference: pa.Table) -> pa.Table:
    """The records with those that stand and only serve reconciliation marked as `REFERENCE`.

    Args:
        resolved: `RESOLVED_SCHEMA`.
        reference: The `vendor` and `delivery` of such records.
    """
    if not reference.num_rows:
        return resolved
    marked = query(_SET_APART, resolved=resolved, reference=reference)["standing"]
    place = resolved.schema.get_field_index("standing")
    field = resolved.schema.field(place)
    return resolved.set_column(place, field, marked.cast(field.type))


_SET_APART: Final = f"""
SELECT CASE WHEN standing = '{STANDS}' AND reference.vendor IS NOT NULL
            THEN '{REFERENCE}' ELSE standing END AS standing
FROM (SELECT *, row_number() OVER () AS position FROM resolved)
LEFT JOIN reference USING (vendor, delivery) ORDER BY position
"""

# What a record says, wherever it came from; its vendor is the same as that of every rival.
_CONTENT: Final = ("kind", *(entry.name for entry in COST_FIELDS))
_COMPARED: Final = (
    "fingerprint", "delivery", "row", "vendor", "key", "first_pulled", *_CONTENT,
)  # fmt: skip
_SAME_CONTENT: Final = " AND ".join(f"r.{name} IS NOT DISTINCT FROM f.{name}" for name in _CONTENT)

# Almost every key has one record, so those with several are found first, by a short hash: sorting
# or grouping a million long keys for a thousand collisions would cost more than the whole rest. Two
# keys that share the short hash are only looked at in vain.
_RIVALS: Final = """
WITH short AS (
    SELECT position, hash(vendor, key) AS short
    FROM (SELECT *, row_number() OVER () - 1 AS position FROM keys)
    WHERE key IS NOT NULL)
SELECT position FROM short
SEMI JOIN (SELECT short FROM short GROUP BY short HAVING count(*) > 1) USING (short)
"""

_LOSERS: Final = f"""
WITH firsts AS (
    SELECT vendor, key, arg_min(position, {{
        'first_pulled': first_pulled, 'delivery': delivery, 'row': "row"}}) AS position
    FROM rivals GROUP BY ALL)
SELECT r.position, f.fingerprint AS of, f.delivery AS of_delivery, f."row" AS of_row,
       CASE WHEN {_SAME_CONTENT} THEN '{DUPLICATE}' ELSE '{CONFLICT}' END AS standing
FROM rivals r JOIN firsts USING (vendor, key) JOIN rivals f ON f.position = firsts.position
WHERE r.position <> f.position
"""

_STANDINGS: Final = f"""
SELECT coalesce(standing, '{STANDS}') AS standing, of, of_delivery, of_row
FROM (SELECT row_number() OVER () - 1 AS position FROM every) LEFT JOIN losers USING (position)
ORDER BY position
"""
