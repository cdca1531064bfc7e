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
from cost_pipeline.contracts.tables import DAY, HASH, RECORD_SCHEMA, TEXT

STANDS: Final = "stands"
DUPLICATE: Final = "duplicate"
CONFLICT: Final = "conflict"

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
            the records of any date that share (vendor, key hash) with one of them. Each once.
        dates: The wanted transaction dates; all if None.
    """
    standings = query(_STANDINGS, candidates=candidates.select(_NARROW))
    resolved = candidates.select(CANDIDATE_SCHEMA.names)
    for name in standings.column_names:
        resolved = resolved.append_column(name, standings[name])
    if dates is not None:
        wanted = pc.is_in(resolved["transaction_date"], pa.array(dates, DAY))
        resolved = resolved.filter(wanted)
    return resolved.cast(RESOLVED_SCHEMA)


_NARROW: Final = (
    "fingerprint", "delivery", "row", "vendor", "key_hash", "content_hash", "first_pulled",
)  # fmt: skip

# Almost every key has one record, so the keys with several are found first: sorting a million rows
# for a thousand collisions would cost more than the whole rest.
_STANDINGS: Final = f"""
WITH numbered AS (SELECT *, row_number() OVER () AS position FROM candidates),
several AS (
    SELECT vendor, key_hash FROM candidates WHERE key_hash IS NOT NULL
    GROUP BY ALL HAVING count(*) > 1),
rivals AS (FROM numbered SEMI JOIN several USING (vendor, key_hash)),
firsts AS (
    SELECT vendor, key_hash, arg_min(position, {{
        'first_pulled': first_pulled, 'delivery': delivery, 'row': "row"}}) AS position
    FROM rivals GROUP BY ALL),
losers AS (
    SELECT r.position, f.fingerprint AS of, f.delivery AS of_delivery, f."row" AS of_row,
           CASE WHEN r.content_hash = f.content_hash THEN '{DUPLICATE}' ELSE '{CONFLICT}' END
               AS standing
    FROM rivals r JOIN firsts USING (vendor, key_hash)
    JOIN rivals f ON f.position = firsts.position
    WHERE r.position <> f.position)
SELECT coalesce(standing, '{STANDS}') AS standing, of, of_delivery, of_row
FROM (SELECT position FROM numbered) LEFT JOIN losers USING (position)
ORDER BY position
"""
