"""Sealing: changes become numbered, hashed batches, each chained to the one before it.

One batch per transaction date and commit. Within a batch reversals come first; otherwise the leaves
keep the order of the changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import DAY, HASH, INSTANT, TEXT
from cost_pipeline.core import merkle
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.sql import literal
from cost_pipeline.ledger.schema import (
    CHANGE_SCHEMA,
    FIRST_ROOT,
    POSTING_SCHEMA,
    SQL_LEAF_HASH,
    SQL_POSTING_ID,
    without_zones,
)


@dataclass(frozen=True, slots=True)
class Head:
    """The last batch of a partition: its number and root."""

    batch: int
    root: str


NO_BATCH: Final = Head(batch=0, root=FIRST_ROOT)
"""The head of a partition in which nothing has been posted."""


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """One batch, ready to be committed whole.

    Attributes:
        transaction_date: The date, which is its partition.
        head: The partition's head once the batch is committed.
        previous: The head that the partition must have before.
        postings: The lines (`POSTING_SCHEMA`) in the order of their leaves.
    """

    transaction_date: date
    head: Head
    previous: Head
    postings: pa.Table


@dataclass(frozen=True, slots=True)
class Stamp:
    """When, by which code and in which run lines are appended; `recorded_at` is in UTC."""

    recorded_at: datetime
    code_version: str
    run_id: str


def batch_root(
    transaction_date: date, batch: int, *, previous_root: str, leaf_hashes: list[str]
) -> str:
    """Returns the seal of a batch over its leaves, its place and the seal before it."""
    return digest(
        "seal", transaction_date, batch, previous_root, merkle.root(leaf_hashes), len(leaf_hashes)
    )


def seal(changes: pa.Table, heads: Mapping[date, Head], stamp: Stamp) -> tuple[SealedBatch, ...]:
    """Returns one batch for each transaction date among the changes, by date.

    Args:
        changes: Lines to append (`CHANGE_SCHEMA`), any number of dates, in any order.
        heads: The present head of each partition; a date without one starts at batch 1.
        stamp: What every line of this commit carries.
    """
    ordered, places = _ordered(changes, heads)
    lines = _hashed(_placed(ordered, places, stamp))
    counts = query(
        "SELECT transaction_date AS day, count(*) AS lines FROM places GROUP BY 1 ORDER BY 1",
        places=places.select(["transaction_date"]),
    ).to_pylist()
    found: list[tuple[date, Head, Head]] = []
    start = 0
    for row in counts:
        previous = heads.get(row["day"], NO_BATCH)
        leaves = lines["leaf_hash"].slice(start, row["lines"]).to_pylist()
        found.append((row["day"], _following(previous, row["day"], leaves), previous))
        start += row["lines"]
    return _sealed(lines, found, [row["lines"] for row in counts])


def _ordered(changes: pa.Table, heads: Mapping[date, Head]) -> tuple[pa.Table, pa.Table]:
    """Returns the changes in the order of their leaves, and where each comes to lie.

    Only the columns that decide the order are sorted; the wide rows follow, if they must.
    """
    places = query(
        _PLACES, changes=changes.select(["transaction_date", "kind"]), heads=_heads_table(heads)
    )
    lines = changes.select(CHANGE_SCHEMA.names)
    in_order = pc.all(pc.equal(places["position"], places["place"]), min_count=0).as_py()
    return (lines if in_order else lines.take(places["position"])), places


def _heads_table(heads: Mapping[date, Head]) -> pa.Table:
    return pa.table(
        {
            "transaction_date": pa.array(list(heads), DAY),
            "batch": pa.array([head.batch for head in heads.values()], pa.int64()),
            "root": pa.array([head.root for head in heads.values()], HASH),
        }
    )


def _placed(ordered: pa.Table, places: pa.Table, stamp: Stamp) -> pa.Table:
    count = ordered.num_rows
    constants = (
        ("recorded_at", pa.scalar(stamp.recorded_at, INSTANT)),
        ("code_version", pa.scalar(stamp.code_version, TEXT)),
        ("run_id", pa.scalar(stamp.run_id, TEXT)),
    )
    for name, value in constants:
        ordered = ordered.append_column(name, pa.repeat(value, count))
    for name in ("batch", "leaf", "previous_root"):
        ordered = ordered.append_column(name, places[name])
    return ordered


def _hashed(placed: pa.Table) -> pa.Table:
    hashes = query(_HASHES, placed=without_zones(placed))
    return placed.append_column("posting_id", hashes["posting_id"]).append_column(
        "leaf_hash", hashes["leaf_hash"]
    )


def _following(previous: Head, transaction_date: date, leaves: list[str]) -> Head:
    """Returns the head of the partition once these leaves follow on the previous one."""
    batch = previous.batch + 1
    root = batch_root(transaction_date, batch, previous_root=previous.root, leaf_hashes=leaves)
    return Head(batch, root)


def _sealed(
    lines: pa.Table, batches: list[tuple[date, Head, Head]], counts: list[int]
) -> tuple[SealedBatch, ...]:
    """Returns the lines in the order of their batches, with their roots; copies columns once."""
    roots = [
        pa.repeat(pa.scalar(head.root, HASH), count)
        for (_, head, _), count in zip(batches, counts, strict=True)
    ]
    whole = lines.append_column("batch_root", pa.chunked_array(roots, HASH))
    postings = whole.select(POSTING_SCHEMA.names).cast(POSTING_SCHEMA)
    starts = itertools.accumulate(counts, initial=0)
    return tuple(
        SealedBatch(day, head, previous, postings.slice(start, count))
        for (day, head, previous), start, count in zip(batches, starts, counts, strict=False)
    )


# Columns: place, position, transaction_date, batch, previous_root, leaf.
_PLACES: Final = f"""
WITH ordered AS (
    SELECT *, row_number() OVER () - 1 AS place FROM (
        SELECT transaction_date, position
        FROM (SELECT *, row_number() OVER () - 1 AS position FROM changes)
        ORDER BY transaction_date, kind DESC, position)),
starts AS (SELECT transaction_date, min(place) AS start FROM ordered GROUP BY ALL)
SELECT place, position, transaction_date, coalesce(heads.batch, 0) + 1 AS batch,
       coalesce(root, {literal(FIRST_ROOT)}) AS previous_root, place - start AS leaf
FROM ordered JOIN starts USING (transaction_date) LEFT JOIN heads USING (transaction_date)
ORDER BY place
"""

_HASHES: Final = f"""
SELECT posting_id, {SQL_LEAF_HASH} AS leaf_hash
FROM (SELECT *, {SQL_POSTING_ID} AS posting_id FROM placed)
"""
