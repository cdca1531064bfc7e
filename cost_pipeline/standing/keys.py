"""Which record of a natural key stands: the resolution of duplicates and conflicts.

Within a key the first by (first pulled, vendor, delivery, row) stands, in whatever order deliveries
were processed. Another with the same content is a duplicate of it; one with other content conflicts
with it. A record without a key stands for itself. Negative amounts are compared apart from others.

A correction takes the place of the row that it answers, also in time. Of a row and its corrections
one has the place: a correction of a row that was refused when posting, else the row itself, else
the first correction. What it has to say is compared within the place; only who has it is compared
by key (docs/adr/0021). A correction that was refused when posting may be corrected again: the
answer to it comes before it in the same place.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import COST_FIELDS, DAY, HASH, RECORD_SCHEMA, TEXT
from cost_pipeline.core.reasons import Stage

STANDS: Final = "stands"
DUPLICATE: Final = "duplicate"
CONFLICT: Final = "conflict"
REFERENCE: Final = "reference"
"""Stands, and is not to be posted: its vendor only serves reconciliation."""
ANSWERED: Final = "answered"
"""The row (or correction) was refused and a correction of it has its place."""
OVERRULED: Final = "overruled"
"""A correction with other content than what has the place already."""

AGAIN: Final = "+"
"""Between the stage of a row's refusal and the number of corrections that an answer passes over."""

DEPTH: Final = f"coalesce(try_cast(split_part(answers_stage, '{AGAIN}', 2) AS INTEGER), 0)"
"""SQL of that number."""

CANDIDATE_SCHEMA: Final = pa.schema(
    [
        *RECORD_SCHEMA,
        pa.field("first_pulled", DAY, nullable=False),
        pa.field("answers_pulled", DAY),
    ]
)
"""A record with `first_pulled`, the smallest pull date on which its delivery ever came, and for a
correction that of the delivery whose row it answers."""

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
    placed = _lost_places(candidates)
    keys = candidates.select(["vendor", "key", "amount"])
    rivals = query(_RIVALS, keys=keys, placed=placed)["position"]
    compared = candidates.select(_COMPARED).take(rivals).append_column("position", rivals)
    losers = pa.concat_tables([placed, query(_LOSERS, rivals=compared).select(placed.column_names)])
    resolved = _with_standings(candidates, losers)
    if dates is not None:
        wanted = pc.is_in(resolved["transaction_date"], pa.array(dates, DAY))
        resolved = where(resolved, wanted)
    return resolved


def where(rows: pa.Table, mask: pa.ChunkedArray) -> pa.Table:
    """The rows that the mask keeps; not copied when it keeps all, which is the rule."""
    return rows if pc.all(mask, min_count=0).as_py() else rows.filter(mask)


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


def out_of_place(candidates: pa.Table) -> pa.Table:
    """Of rows with corrections, and of corrections: those that do not have their place.

    Args:
        candidates: `CANDIDATE_SCHEMA`: records, with all that share a place with one of them.

    Returns:
        `RESOLVED_SCHEMA`, in their order.
    """
    return _with_standings(candidates, _lost_places(candidates)).filter(
        pc.field("standing") != STANDS
    )


def _lost_places(candidates: pa.Table) -> pa.Table:
    if candidates["answers"].null_count == candidates.num_rows:
        return _LOST.empty_table()
    numbers = pa.array(range(candidates.num_rows), pa.int64())
    rows = candidates.select(_COMPARED).append_column("position", numbers)
    return query(_OUT_OF_PLACE, rows=rows).cast(_LOST)


def _with_standings(candidates: pa.Table, losers: pa.Table) -> pa.Table:
    standings = query(_STANDINGS, losers=losers, every=candidates.select(["row"]))
    resolved = candidates.select(CANDIDATE_SCHEMA.names)
    for name in standings.column_names:
        resolved = resolved.append_column(name, standings[name])
    return resolved.cast(RESOLVED_SCHEMA)


_LOST: Final = pa.schema(
    [
        ("position", pa.int64()),
        ("of", HASH),
        ("of_delivery", HASH),
        ("of_row", pa.int64()),
        ("standing", TEXT),
    ]
)

# What a record says, wherever it came from; its vendor is the same as that of every rival.
_CONTENT: Final = ("kind", *(entry.name for entry in COST_FIELDS))
_COMPARED: Final = (
    "fingerprint", "delivery", "row", "vendor", "key", "first_pulled",
    "answers", "answers_delivery", "answers_row", "answers_stage", "answers_pulled", *_CONTENT,
)  # fmt: skip
_SAME_CONTENT: Final = " AND ".join(f"r.{name} IS NOT DISTINCT FROM f.{name}" for name in _CONTENT)

# Almost every key has one record, so those with several are found first, by a short hash: sorting
# or grouping a million long keys for a thousand collisions would cost more than the whole rest. Two
# keys that share the short hash are only looked at in vain.
_RIVALS: Final = """
WITH short AS (
    SELECT position, hash(vendor, key, amount < 0) AS short
    FROM (SELECT *, row_number() OVER () - 1 AS position FROM keys)
    WHERE key IS NOT NULL AND position NOT IN (SELECT position FROM placed))
SELECT position FROM short
SEMI JOIN (SELECT short FROM short GROUP BY short HAVING count(*) > 1) USING (short)
"""

_LOSERS: Final = f"""
WITH firsts AS (
    SELECT vendor, key, amount < 0 AS negative, arg_min(position, {{
        'first_pulled': coalesce(answers_pulled, first_pulled),
        'delivery': coalesce(answers_delivery, delivery),
        'row': coalesce(answers_row, "row")}}) AS position
    FROM rivals GROUP BY ALL)
SELECT r.position, f.fingerprint AS of, f.delivery AS of_delivery, f."row" AS of_row,
       CASE WHEN {_SAME_CONTENT} THEN '{DUPLICATE}' ELSE '{CONFLICT}' END AS standing
FROM rivals r JOIN firsts
    ON firsts.vendor = r.vendor AND firsts.key = r.key AND firsts.negative = (r.amount < 0)
JOIN rivals f ON f.position = firsts.position
WHERE r.position <> f.position
"""

# A place is named by the fingerprint of the row that was refused. A correction that is negative and
# names no invoice claims none: it waits for an approval as any negative row, and is no rival. The
# stage of an answer to a correction is that of the row and how many corrections lie between.
_OUT_OF_PLACE: Final = f"""
WITH claims AS (
    FROM rows WHERE answers IS NULL OR amount >= 0 OR credit_of IS NOT NULL
), sharing AS (
    SELECT *, coalesce(answers, fingerprint) AS place,
        CASE WHEN answers IS NULL THEN 1
            WHEN split_part(answers_stage, '{AGAIN}', 1) = '{Stage.POST}' THEN 0 ELSE 2 END AS rank,
        {DEPTH} AS depth
    FROM claims
    WHERE answers IS NOT NULL
        OR (vendor, fingerprint) IN (SELECT (vendor, answers) FROM claims WHERE answers IS NOT NULL)
), firsts AS (
    SELECT vendor, place, arg_min(position, {{
        'rank': rank, 'again': -depth, 'first_pulled': first_pulled, 'delivery': delivery,
        'row': "row"}}) AS position
    FROM sharing GROUP BY ALL)
SELECT r.position, f.fingerprint AS of, f.delivery AS of_delivery, f."row" AS of_row,
       CASE WHEN {_SAME_CONTENT} THEN '{DUPLICATE}'
            WHEN r.answers IS NULL OR r.depth < f.depth THEN '{ANSWERED}'
            ELSE '{OVERRULED}' END AS standing
FROM sharing r JOIN firsts USING (vendor, place) JOIN sharing f ON f.position = firsts.position
WHERE r.position <> f.position
"""

_STANDINGS: Final = f"""
SELECT coalesce(standing, '{STANDS}') AS standing, of, of_delivery, of_row
FROM (SELECT row_number() OVER () - 1 AS position FROM every) LEFT JOIN losers USING (position)
ORDER BY position
"""
