"""Decides which record of a natural key stands: resolves duplicates and conflicts.

Within a key the first by (first pulled, vendor, delivery, row) stands, in whatever order deliveries
were processed. Another with the same content is a duplicate of it; one with other content conflicts
with it. If a kind's keys are updated, the last by the fields that the kind declares stands, and
one with other content is superseded. A record without a key stands for itself. Credits, which take
back what another record says, are compared apart from others.

A correction takes the place of the row that it answers, also in time. One of these has the
place: a correction of a row that was refused when posting, else the row itself, else
the first correction. What it has to say is compared within the place; only who has it is compared
by key (docs/adr/0021). A correction that was refused when posting may be corrected again: the
answer to it comes before it in the same place.
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.tables import DAY, HASH, TEXT, Shape
from cost_pipeline.core.reasons import Stage
from cost_pipeline.core.sql import equals, literal, one_of

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

DEPTH: Final = f"coalesce(try_cast(split_part(answers_stage, {literal(AGAIN)}, 2) AS INTEGER), 0)"
"""SQL of that number."""

SUPERSEDED: Final = "superseded"
"""A later row of the same key has its place, as its kind of record declares."""


@functools.cache
def candidate_schema(shape: Shape) -> pa.Schema:
    """Returns the columns of a record with when it came.

    `first_pulled` is the smallest pull date on which its delivery ever came; `answers_pulled`, of a
    correction, that of the delivery whose row it answers.
    """
    return pa.schema(
        [
            *shape.records,
            pa.field("first_pulled", DAY, nullable=False),
            pa.field("answers_pulled", DAY),
        ]
    )


@functools.cache
def resolved_schema(shape: Shape) -> pa.Schema:
    """Returns the columns of a record with its standing, and of the one that has its place.

    `of` and what begins with it are null where the record stands itself.
    """
    return pa.schema(
        [
            *candidate_schema(shape),
            pa.field("standing", TEXT, nullable=False),
            pa.field("of", HASH),
            pa.field("of_delivery", HASH),
            pa.field("of_row", pa.int64()),
        ]
    )


@dataclass(frozen=True, slots=True)
class Keys:
    """Says how records of a feed are compared.

    Attributes:
        shape: Their columns.
        updates: The kinds whose keys are updated, each with the fields, filled in every record, by
            which one row is later than another.
    """

    shape: Shape
    updates: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def content(self) -> tuple[str, ...]:
        """The columns of what a record says, wherever it came from; all rivals share the vendor."""
        return ("kind", *self.shape.names)

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns that the comparison reads."""
        return (*_ORIGIN, *self.content)

    def same(self) -> str:
        """Returns SQL: whether `r` and `f` say the same."""
        return " AND ".join(f"r.{name} IS NOT DISTINCT FROM f.{name}" for name in self.content)

    def of_kinds(self) -> str:
        """Returns SQL: whether the keys of the record `r` are updated."""
        return str(one_of("r.kind", [kind for kind, _ in self.updates]))


def keys_of(feed: FeedContract) -> Keys:
    """Returns how the records of a feed are compared."""
    updates = [(name, one.order) for name, one in feed.kinds.items() if one.key == "update"]
    return Keys(feed.shape, tuple(updates))


def resolve(keys: Keys, candidates: pa.Table, dates: Collection[date] | None = None) -> pa.Table:
    """Returns the standing of all records of the wanted business dates (`resolved_schema`).

    Args:
        keys: How they are compared.
        candidates: `candidate_schema`: all records of those dates and all their rivals, which are
            the records of any date that share (vendor, key) with one of them. Each once.
        dates: The wanted business dates; all if None.
    """
    placed = _lost_places(keys, candidates)
    shown = candidates.select(["vendor", "key", *_credit_columns(keys.shape)])
    rivals = query(_RIVALS.format(credit=keys.shape.credit), keys=shown, placed=placed)["position"]
    compared = candidates.select(keys.compared).take(rivals).append_column("position", rivals)
    losers = query(_losers(keys), rivals=compared).select(placed.column_names)
    resolved = _with_standings(keys.shape, candidates, pa.concat_tables([placed, losers]))
    if dates is not None:
        wanted = pc.is_in(resolved[keys.shape.day], pa.array(dates, DAY))
        resolved = where(resolved, wanted)
    return resolved


def _credit_columns(shape: Shape) -> tuple[str, ...]:
    return (shape.measure.field,) if shape.measure else ()


def where(rows: pa.Table, mask: pa.ChunkedArray) -> pa.Table:
    """Returns the rows that the mask keeps, without a copy if it keeps all."""
    return rows if pc.all(mask, min_count=0).as_py() else rows.filter(mask)


def set_apart(resolved: pa.Table, reference: pa.Table) -> pa.Table:
    """Returns the records; those that stand and only serve reconciliation are `REFERENCE`.

    Args:
        resolved: `resolved_schema`.
        reference: The `vendor` and `delivery` of such records.
    """
    if not reference.num_rows:
        return resolved
    marked = query(_SET_APART, resolved=resolved, reference=reference)["standing"]
    place = resolved.schema.get_field_index("standing")
    field = resolved.schema.field(place)
    return resolved.set_column(place, field, marked.cast(field.type))


_SET_APART: Final = f"""
SELECT CASE WHEN {equals("standing", STANDS)} AND reference.vendor IS NOT NULL
            THEN {literal(REFERENCE)} ELSE standing END AS standing
FROM (SELECT *, row_number() OVER () AS position FROM resolved)
LEFT JOIN reference USING (vendor, delivery) ORDER BY position
"""


def out_of_place(keys: Keys, candidates: pa.Table) -> pa.Table:
    """Returns the rows with corrections, and the corrections, that do not have their place.

    Args:
        keys: How they are compared.
        candidates: `candidate_schema`: records, with all that share a place with one of them.

    Returns:
        `resolved_schema`, in their order.
    """
    lost = _lost_places(keys, candidates)
    return _with_standings(keys.shape, candidates, lost).filter(pc.field("standing") != STANDS)


def _lost_places(keys: Keys, candidates: pa.Table) -> pa.Table:
    if candidates["answers"].null_count == candidates.num_rows:
        return _LOST.empty_table()
    numbers = pa.array(range(candidates.num_rows), pa.int64())
    rows = candidates.select(keys.compared).append_column("position", numbers)
    return query(_out_of_place(keys), rows=rows).cast(_LOST)


def _with_standings(shape: Shape, candidates: pa.Table, losers: pa.Table) -> pa.Table:
    standings = query(_STANDINGS, losers=losers, every=candidates.select(["row"]))
    resolved = candidates.select(candidate_schema(shape).names)
    for name in standings.column_names:
        resolved = resolved.append_column(name, standings[name])
    return resolved.cast(resolved_schema(shape))


_LOST: Final = pa.schema(
    [
        ("position", pa.int64()),
        ("of", HASH),
        ("of_delivery", HASH),
        ("of_row", pa.int64()),
        ("standing", TEXT),
    ]
)

_ORIGIN: Final = (
    "fingerprint", "delivery", "row", "vendor", "key", "first_pulled",
    "answers", "answers_delivery", "answers_row", "answers_stage", "answers_pulled",
)  # fmt: skip

# Almost every key has one record, so those with several are found first, by a short hash: sorting
# or grouping a million long keys for a thousand collisions would cost more than the whole rest. Two
# keys that share the short hash are only looked at in vain.
_RIVALS: Final = """
WITH short AS (
    SELECT position, hash(vendor, key, {credit}) AS short
    FROM (SELECT *, row_number() OVER () - 1 AS position FROM keys)
    WHERE key IS NOT NULL AND position NOT IN (SELECT position FROM placed))
SELECT position FROM short
SEMI JOIN (SELECT short FROM short GROUP BY short HAVING count(*) > 1) USING (short)
"""

# A correction came when the row that it answers did.
_CAME: Final = """{
        'first_pulled': coalesce(answers_pulled, first_pulled),
        'delivery': coalesce(answers_delivery, delivery),
        'row': coalesce(answers_row, "row")}"""


@functools.cache
def _losers(keys: Keys) -> str:
    """Returns SQL of records that share their key with one that stands, each with that one."""
    credit = keys.shape.credit
    first = (
        f"SELECT vendor, key, {credit} AS credit, arg_min(position, {_CAME}) AS position "
        f"FROM rivals r WHERE NOT {keys.of_kinds()} GROUP BY ALL"
    )
    firsts = [first]
    for kind, order in keys.updates:
        later = ", ".join(f"{literal(name)}: {name}" for name in order)
        last = f"{{{later}, 'came': {_CAME}}}" if later else _CAME
        firsts.append(
            f"SELECT vendor, key, {credit} AS credit, arg_max(position, {last}) AS position "
            f"FROM rivals WHERE {equals('kind', kind)} GROUP BY ALL"
        )
    return _LOSERS.format(
        firsts=" UNION ALL ".join(firsts),
        credit=credit,
        same=keys.same(),
        of_kinds=keys.of_kinds(),
        duplicate=literal(DUPLICATE),
        superseded=literal(SUPERSEDED),
        conflict=literal(CONFLICT),
    )


# Columns: those of `_LOST`, one row per record of `rivals` that does not stand.
_LOSERS: Final = """
WITH firsts AS ({firsts}),
marked AS (SELECT *, {credit} AS credit FROM rivals)
SELECT r.position, f.fingerprint AS of, f.delivery AS of_delivery, f."row" AS of_row,
       CASE WHEN {same} THEN {duplicate} WHEN {of_kinds} THEN {superseded}
            ELSE {conflict} END AS standing
FROM marked r JOIN firsts
    ON firsts.vendor = r.vendor AND firsts.key = r.key AND firsts.credit = r.credit
JOIN rivals f ON f.position = firsts.position
WHERE r.position <> f.position
"""


@functools.cache
def _out_of_place(keys: Keys) -> str:
    """Returns SQL of corrected rows, and corrections, that do not have their place.

    A place is named by the fingerprint of the row that was refused. A credit that names nothing
    claims none: it waits for an approval, and is no rival. The stage of an answer to a correction
    is that of the row and how many corrections lie between.
    """
    return _OUT_OF_PLACE.format(
        complete=keys.shape.complete,
        again=literal(AGAIN),
        post=literal(Stage.POST),
        depth=DEPTH,
        same=keys.same(),
        duplicate=literal(DUPLICATE),
        answered=literal(ANSWERED),
        overruled=literal(OVERRULED),
    )


# Columns: those of `_LOST`, one row per record of `rows` whose place another one has.
_OUT_OF_PLACE: Final = """
WITH claims AS (
    FROM rows WHERE answers IS NULL OR {complete}
), sharing AS (
    SELECT *, coalesce(answers, fingerprint) AS place,
        CASE WHEN answers IS NULL THEN 1
            WHEN split_part(answers_stage, {again}, 1) = {post} THEN 0 ELSE 2 END AS rank,
        {depth} AS depth
    FROM claims
    WHERE answers IS NOT NULL
        OR (vendor, fingerprint) IN (SELECT (vendor, answers) FROM claims WHERE answers IS NOT NULL)
), firsts AS (
    SELECT vendor, place, arg_min(position, {{
        'rank': rank, 'again': -depth, 'first_pulled': first_pulled, 'delivery': delivery,
        'row': "row"}}) AS position
    FROM sharing GROUP BY ALL)
SELECT r.position, f.fingerprint AS of, f.delivery AS of_delivery, f."row" AS of_row,
       CASE WHEN {same} THEN {duplicate}
            WHEN r.answers IS NULL OR r.depth < f.depth THEN {answered}
            ELSE {overruled} END AS standing
FROM sharing r JOIN firsts USING (vendor, place) JOIN sharing f ON f.position = firsts.position
WHERE r.position <> f.position
"""


_STANDINGS: Final = f"""
SELECT coalesce(standing, {literal(STANDS)}) AS standing, of, of_delivery, of_row
FROM (SELECT row_number() OVER () - 1 AS position FROM every) LEFT JOIN losers USING (position)
ORDER BY position
"""
