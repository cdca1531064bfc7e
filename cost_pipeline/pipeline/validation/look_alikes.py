"""Finds rows that look as if they were there already; people decide about them.

Belongs here: for a vendor without a key, rows that say the same as rows of an earlier delivery; for
one with a key, ids that differ only in how they are written. Either may be lawful. The vendor file
settles both: a key, or `ids`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import HASH, TEXT, Shape
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.derived import Summary, summarised
from cost_pipeline.pipeline.pull.deliveries import LIVE, current_deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_SHOWN: Final = 5

# What scripts and spreadsheets put before and behind an id, and what they take off it.
_BARE: Final = (
    r"regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(lower({id}), "
    "'[\\s\u00a0\u2007\u2009\u202f\u3000]+', ' ', 'g'), "
    """'^(?:''|=)?"?([^"]+)"?$', '\\1'), """
    r"'^[a-z][a-z _.-]*[:#]\s*', ''), '^([0-9]+)\.0+$', '\1'), '^0+(.)', '\1')"
)

_ALIKE: Final = """
    with ids as (
        select distinct {id} as id, {bare} as bare, first_pulled from ({live})
        where {of_vendor} and key is not null and answers is null
    )
    select list(distinct id order by id) as ids from ids group by bare
    having count(distinct id) > 1 and bool_or({of_day}) order by ids
"""

# Columns: delivery, earlier, n.
_REPEATED: Final = """
    with said as (
        select delivery, first_pulled, hash(kind, {says}) as says from ({live})
        where {of_vendor} and key is null and answers is null
    ), firsts as (
        select says, min({{'first_pulled': first_pulled, 'delivery': delivery}}) as first
        from said group by says having count(distinct delivery) > 1
    )
    select delivery, first.delivery as earlier, count(*) as n
    from said join firsts using (says)
    where {of_day} and delivery <> first.delivery
    group by all order by delivery, earlier
"""


def _dressed(identity: str) -> Summary:
    """Returns, by file, the deliveries with an id from which more could be taken off."""
    bare = _BARE.format(id=identity)
    return Summary(
        "dressed_ids",
        f"select filename, vendor, delivery, interpretation, bool_or({bare} <> {identity}) "
        "as dressed from {table} where key is not null group by all",
        pa.schema(
            [
                ("vendor", TEXT),
                ("delivery", HASH),
                ("interpretation", HASH),
                ("dressed", pa.bool_()),
            ]
        ),
    )


def _says(shape: Shape) -> str:
    """Returns SQL of what a row says; a row without an id is named by its place, left out here."""
    placed = "delivery[:12] || ':' || \"row\""
    return ", ".join(
        f"if({name} = {placed}, null, {name})" if name == shape.identity else name
        for name in shape.names
    )


def nothing_looks_alike(session: Session, name: str, day: date) -> Outcome:
    """Checks that no row of a pull date looks as if it had come before in another guise."""
    (vendor,) = (vendor for vendor in session.home.vendors if vendor.vendor == name)
    if vendor.key is None:
        return _repeated(session, vendor.vendor, day)
    if vendor.as_of(day).ids is not None:
        return Outcome(passed=True, message="the vendor file says how ids are written")
    return _alike(session, vendor.vendor, day)


def _alike(session: Session, vendor: str, day: date) -> Outcome:
    shape = session.feed.shape
    dressed = query(
        "select 1 from dressed join deliveries using (vendor, delivery, interpretation) "
        f"where {equals('vendor', vendor)} and dressed limit 1",
        dressed=summarised(
            session.lake.table(session.feed.records).snapshot(), _dressed(shape.identity)
        ),
        deliveries=current_deliveries(session),
    )
    found = _asked(session, _ALIKE, vendor, day) if dressed.num_rows else dressed
    if not found.num_rows:
        return Outcome(passed=True, message="no two ids differ only in how they are written")
    pairs = [", ".join(map(repr, ids[:_SHOWN])) for ids in found["ids"].to_pylist()]
    return Outcome(
        passed=False,
        message=f"ids are written in several ways: {'; '.join(pairs[:_SHOWN])}; if "
        "they are the same, declare what to take off under `ids` in the vendor file",
        numbers={"alike": len(pairs)},
        warning=True,
    )


def _repeated(session: Session, vendor: str, day: date) -> Outcome:
    found = _asked(session, _REPEATED, vendor, day)
    if not found.num_rows:
        return Outcome(passed=True, message="no row says the same as one of another file")
    told = [
        f"{row['n']} rows of delivery {row['delivery'][:8]} say the same as rows of"
        f" {row['earlier'][:8]}"
        for row in found.to_pylist()
    ]
    return Outcome(
        passed=False,
        message=f"{'; '.join(told[:_SHOWN])}; without a key each of them is posted again",
        numbers={"repeated": sum(found["n"].to_pylist()), "deliveries": len(told)},
        warning=True,
    )


def _asked(session: Session, sql: str, vendor: str, day: date) -> pa.Table:
    shape = session.feed.shape
    return (
        session.lake.table(session.feed.records)
        .snapshot()
        .query(
            sql.format(
                of_vendor=equals("vendor", vendor),
                of_day=equals("first_pulled", day),
                live=LIVE.format(table="{table}"),
                id=shape.identity,
                bare=_BARE.format(id=shape.identity),
                says=_says(shape),
            ),
            deliveries=current_deliveries(session),
        )
    )
