"""Verification of partitions: every hash recomputed, every batch, link and reversal checked.

A broken ledger is a value that names batch, posting and columns; nothing is raised for it. Rows
come in any order and in any number of chunks, and only their places and hashes are kept: about 300
bytes for each posting. Where the rows come from, and whether a whole partition is missing, is for
the caller to know.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import DAY
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.sql import literal
from cost_pipeline.ledger.breaks import MOST_BREAKS, Break, Broken, Verified
from cost_pipeline.ledger.schema import (
    POST,
    POSTING_SCHEMA,
    REVERSE,
    SQL_CONTENT_HASH,
    SQL_LEAF_HASH,
    SQL_POSTING_ID,
    without_zones,
)
from cost_pipeline.ledger.seal import NO_BATCH, Head, batch_root
from cost_pipeline.standing.keys import where


def verify_partition(
    transaction_date: date, chunks: Iterable[pa.Table], *, head: Head | None = None
) -> Verified | Broken:
    """Checks one partition of the ledger.

    Args:
        transaction_date: The partition.
        chunks: All its lines (`POSTING_SCHEMA`), in tables of any size and order.
        head: What a batch of it is known to be from elsewhere, the last one if possible: a tail
            that was cut off whole can only be found with it. Batches may have followed it since.
    """
    checked = [
        _checked(chunk, pa.repeat(pa.scalar(transaction_date, DAY), chunk.num_rows))
        for chunk in (*chunks, _EMPTY)
    ]
    return _verified(pa.concat_tables(checked), {transaction_date: head})[transaction_date]


def verify_partitions(
    lines: pa.Table, heads: Mapping[date, Head | None]
) -> dict[date, Verified | Broken]:
    """Checks several partitions, each as `verify_partition` does, in the time of one.

    Args:
        lines: All lines of these partitions (`POSTING_SCHEMA`), in any order.
        heads: The partitions to check, each with what is known of it.
    """
    return _verified(_checked(lines, lines["transaction_date"]), heads)


def _verified(
    checked: pa.Table, heads: Mapping[date, Head | None]
) -> dict[date, Verified | Broken]:
    every = _in_order_of(checked, ["day", "batch", "leaf"])
    sound = pc.not_equal(pc.fill_null(every["group"], ""), "identity")
    placed = where(every, sound)
    lines = _by_day(every)
    those_placed = lines if placed is every else _by_day(placed)
    reversed_somewhere = not _all_post(placed)
    batches: dict[date, list[dict[str, Any]]] = {}
    for row in query(_BATCHES, lines=placed).to_pylist():
        batches.setdefault(row.pop("day"), []).append(row)
    none = checked.slice(0, 0)
    return {
        day: _of_partition(
            day,
            _Partition(lines.get(day, none), those_placed.get(day, none), batches.get(day, [])),
            head,
            reversed_somewhere=reversed_somewhere,
        )
        for day, head in heads.items()
    }


@dataclass(frozen=True, slots=True)
class _Partition:
    """The lines of a partition with their judgement, those that are in their place, its batches.

    Lines are in the order of batches and leaves; those without one come last.
    """

    lines: pa.Table
    placed: pa.Table
    batches: list[dict[str, Any]]


def _of_partition(
    day: date, found: _Partition, head: Head | None, *, reversed_somewhere: bool
) -> Verified | Broken:
    breaks = [
        *_row_breaks(day, found.lines, found.batches),
        *_batch_breaks(day, found.placed, found.batches),
        *_head_breaks(found.batches, head),
        *(_reversal_breaks(found.placed) if reversed_somewhere else ()),
    ]
    if breaks:
        return Broken(day, tuple(sorted(breaks, key=_place)[:MOST_BREAKS]))
    last = found.batches[-1] if found.batches else None
    return Verified(
        transaction_date=day,
        batches=len(found.batches),
        postings=found.lines.num_rows,
        head=Head(last["batch"], last["root"]) if last else NO_BATCH,
    )


def _by_day(ordered: pa.Table) -> dict[date, pa.Table]:
    """Returns the lines of each day, from lines in the order of days."""
    found, start = {}, 0
    for counted in pc.value_counts(ordered["day"]).to_pylist():
        found[counted["values"]] = ordered.slice(start, counted["counts"])
        start += counted["counts"]
    return found


def _checked(chunk: pa.Table, days: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Returns places, hashes and what is wrong with rows that contradict themselves or the day."""
    lines = without_zones(chunk.select(POSTING_SCHEMA.names)).append_column("day", days)
    return query(_CHECKED, chunk=lines)


def _place(found: Break) -> tuple[int, int, int]:
    # A line that names itself comes before what its loss does to its batch.
    return (
        -1 if found.batch is None else found.batch,
        0 if found.posting else 1,
        found.leaf or 0,
    )


def _row_breaks(
    transaction_date: date, lines: pa.Table, batches: list[dict[str, Any]]
) -> Iterator[Break]:
    if lines["group"].null_count == lines.num_rows:
        return
    broken = lines.filter(pc.is_valid(lines["group"]))
    first = broken.sort_by([("batch", "ascending"), ("leaf", "ascending")]).slice(0, MOST_BREAKS)
    for row in first.to_pylist():
        place = _true_place(transaction_date, row, batches) if row["group"] == "identity" else None
        batch, leaf = place or (row["batch"], row["leaf"])
        yield Break(
            batch=batch,
            leaf=leaf,
            posting=row["posting_id"],
            group=row["group"],
            message="the posting claims another place" if place else _ROW_MESSAGES[row["group"]],
            expected=f"batch {batch}, leaf {leaf}" if place else row["expected"],
            found=f"batch {row['batch']}, leaf {row['leaf']}" if place else str(row["found"]),
        )


def _true_place(
    transaction_date: date, row: dict[str, Any], batches: list[dict[str, Any]]
) -> tuple[int, int] | None:
    """Returns where a posting belongs by its id, if only its batch or its leaf was changed."""
    last_batch = max((batch["batch"] for batch in batches), default=0) + 1
    last_leaf = max((batch["lines"] for batch in batches), default=0)
    candidates = itertools.chain(
        ((batch, row["leaf"]) for batch in range(1, min(last_batch, _MOST_PLACES) + 1)),
        ((row["batch"], leaf) for leaf in range(min(last_leaf, _MOST_PLACES) + 1)),
    )
    content = (row["kind"], row["content_hash"], transaction_date)
    return next(
        (p for p in candidates if digest("posting_id", *content, *p) == row["posting_id"]), None
    )


# Naming the true place is a kindness to the reader and must not take minutes.
_MOST_PLACES: Final = 100_000

_ROW_MESSAGES: Final = {
    "partition": "the posting lies in the partition of another transaction date",
    "content": "the content does not have the content hash",
    "identity": "the posting id is not that of this kind, content and place",
    "leaf": "the leaf hash is not that of the row",
}


def _batch_breaks(
    transaction_date: date, lines: pa.Table, batches: list[dict[str, Any]]
) -> Iterator[Break]:
    """Yields what is wrong with the order, completeness, links and seals of batches.

    Lines whose id contradicts their place are left out: where they claim to be is no evidence.
    """
    previous = NO_BATCH
    previous_time = None
    start = 0
    for batch in batches:
        part = lines.slice(start, batch["lines"])
        start += batch["lines"]
        number = batch["batch"]
        if previous_time and batch["earliest"] and batch["earliest"] < previous_time:
            message = "it was recorded before the batch that it follows"
            yield _whole(number, "time", message, f"{previous_time} or later", batch["earliest"])
        previous_time = batch["latest"] or previous_time
        if number != previous.batch + 1:
            yield _whole(
                number, "sequence", "batches are missing before it", previous.batch + 1, number
            )
        elif not batch["broken"] and batch["previous_root"] != previous.root:
            yield _whole(
                number,
                "chain",
                "it does not follow the batch before it",
                previous.root,
                batch["previous_root"],
            )
        places = _place_breaks(batch, part)
        yield from places
        if not places and not batch["broken"]:
            yield from _seal_breaks(transaction_date, batch, part)
        previous = Head(number, batch["root"])


def _in_order_of(lines: pa.Table, names: list[str]) -> pa.Table:
    """Sorts by these columns, but only where a commit did not write them so."""
    ordered: pa.ChunkedArray | None = None
    for name in reversed(names):
        before, after = _neighbours(lines[name])
        less = pc.less(before, after)
        if ordered is None:
            ordered = pc.less_equal(before, after)
        else:
            ordered = pc.or_kleene(less, pc.and_kleene(pc.equal(before, after), ordered))
    if pc.all(pc.fill_null(ordered, fill_value=False), min_count=0).as_py():
        return lines
    return lines.sort_by([(name, "ascending") for name in names])


def _neighbours(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    return values.slice(0, max(len(values) - 1, 0)), values.slice(1)


def _place_breaks(batch: dict[str, Any], part: pa.Table) -> list[Break]:
    """Returns the first missing or repeated place of a batch whose leaves are not 0, 1, 2..."""
    if batch["first"] == 0 and batch["last"] == batch["places"] - 1 == batch["lines"] - 1:
        return []
    number = batch["batch"]
    place = 0
    for line in part.select(["leaf", "posting_id"]).to_pylist():
        if line["leaf"] is not None and line["leaf"] == place - 1:
            message = "the place occurs more than once"
            posting = line["posting_id"]
            return [Break(number, place - 1, posting, "sequence", message, "once", "more")]
        if line["leaf"] != place:
            break
        place += 1
    message = "the posting at this place is missing"
    return [Break(number, place, None, "sequence", message, "a posting", "none")]


def _seal_breaks(transaction_date: date, batch: dict[str, Any], part: pa.Table) -> Iterator[Break]:
    expected = batch_root(
        transaction_date,
        batch["batch"],
        previous_root=batch["previous_root"],
        leaf_hashes=part["leaf_hash"].to_pylist(),
    )
    if batch["roots"] == 1 and batch["root"] == expected:
        return
    wrong = part.filter(pc.fill_null(pc.not_equal(part["batch_root"], expected), fill_value=True))
    if wrong.num_rows == part.num_rows > 1:
        message = "the seal is not that of these leaves: lines were added, dropped or exchanged"
        yield _whole(batch["batch"], "seal", message, expected, batch["root"])
        return
    for line in wrong.slice(0, 1).to_pylist():
        yield Break(
            batch=batch["batch"],
            leaf=line["leaf"],
            posting=line["posting_id"],
            group="seal",
            message="the line has another seal than its batch",
            expected=expected,
            found=str(line["batch_root"]),
        )


def _all_post(lines: pa.Table) -> bool:
    """Whether no line reverses, or claims to, as is the rule."""
    posts = pc.and_(pc.equal(pc.fill_null(lines["kind"], ""), POST), pc.is_null(lines["reverses"]))
    return bool(pc.all(posts, min_count=0).as_py())


def _reversal_breaks(lines: pa.Table) -> Iterator[Break]:
    if _all_post(lines):
        return
    for row in query(_REVERSALS, lines=lines).to_pylist():
        yield Break(**row)


def _head_breaks(batches: list[dict[str, Any]], head: Head | None) -> Iterator[Break]:
    if head is None or head == NO_BATCH:
        return
    last = batches[-1]["batch"] if batches else 0
    found = next((b["root"] for b in batches if b["batch"] == head.batch), None)
    if found is None:
        message = f"the last batch should be {head.batch} and is {last}"
        yield _whole(max(head.batch, last), "chain", message, head.root, "none")
    elif found != head.root:
        message = "the batch is not the one that the heads of the ledger know"
        yield _whole(head.batch, "chain", message, head.root, found)


def _whole(batch: int, group: str, message: str, expected: object, found: object) -> Break:
    return Break(batch, None, None, group, message, str(expected), str(found))


_EMPTY: Final = POSTING_SCHEMA.empty_table()

# Columns: day, batch, leaf, posting_id, kind, reverses, content_hash, leaf_hash, batch_root,
# previous_root, recorded_at, group (null where the line is sound), expected, found.
_CHECKED: Final = f"""
WITH recomputed AS (
    SELECT *, {SQL_CONTENT_HASH} AS sound_content, {SQL_POSTING_ID} AS sound_id,
           {SQL_LEAF_HASH} AS sound_leaf
    FROM chunk),
judged AS (
    SELECT *, CASE WHEN transaction_date IS DISTINCT FROM day THEN 'partition'
                   WHEN content_hash IS DISTINCT FROM sound_content THEN 'content'
                   WHEN posting_id IS DISTINCT FROM sound_id THEN 'identity'
                   WHEN leaf_hash IS DISTINCT FROM sound_leaf THEN 'leaf' END AS "group"
    FROM recomputed)
SELECT day, batch, leaf, posting_id, kind, reverses, content_hash, leaf_hash, batch_root,
       previous_root, recorded_at, "group",
       CASE "group" WHEN 'partition' THEN day::VARCHAR WHEN 'content' THEN sound_content
                    WHEN 'identity' THEN sound_id WHEN 'leaf' THEN sound_leaf END AS expected,
       CASE "group" WHEN 'partition' THEN transaction_date::VARCHAR
                    WHEN 'content' THEN content_hash WHEN 'identity' THEN posting_id
                    WHEN 'leaf' THEN leaf_hash END AS found
FROM judged
"""

# `mode` and not `any_value`: one changed line of a batch must not speak for the others.
_BATCHES: Final = """
SELECT day, batch, count(*) AS lines, count("group") AS broken,
       min(leaf) AS first, max(leaf) AS last, count(DISTINCT leaf) AS places,
       mode(batch_root) AS root, mode(previous_root) AS previous_root,
       count(DISTINCT coalesce(batch_root, '')) AS roots,
       min(recorded_at) FILTER ("group" IS NULL) AS earliest,
       max(recorded_at) FILTER ("group" IS NULL) AS latest
FROM lines WHERE batch IS NOT NULL GROUP BY day, batch ORDER BY day, batch
"""

# Columns: batch, leaf, posting, group, message, expected, found.
_REVERSALS: Final = f"""
WITH reversals AS (
    SELECT *, row_number() OVER (PARTITION BY reverses ORDER BY batch, leaf) AS attempt
    FROM lines WHERE kind IS DISTINCT FROM '{POST}' OR reverses IS NOT NULL),
posts AS (FROM lines WHERE kind = {literal(POST)}),
judged AS (
    SELECT r.*, p.content_hash AS original,
        CASE WHEN r.kind IS NULL OR r.kind NOT IN ({literal(POST)}, {literal(REVERSE)})
             THEN 'the kind is neither {POST} nor {REVERSE}'
             WHEN r.kind = {literal(POST)} THEN 'a {POST} that says it reverses something'
             WHEN p.posting_id IS NULL THEN 'it reverses no posting of this partition'
             WHEN p.batch >= r.batch THEN 'it reverses a posting that is not older than itself'
             WHEN attempt > 1 THEN 'the posting was reversed before'
             WHEN p.content_hash IS DISTINCT FROM r.content_hash
             THEN 'it does not repeat the content of the posting that it reverses'
        END AS message
    FROM reversals r LEFT JOIN posts p ON p.posting_id = r.reverses)
SELECT batch, leaf, posting_id AS posting, 'reversal' AS "group", message,
       coalesce(original, 'a posting') AS expected, coalesce(reverses, 'none') AS found
FROM judged WHERE message IS NOT NULL ORDER BY batch, leaf LIMIT {MOST_BREAKS}
"""
