"""Compares the records that posting refused with the dead letters that tell of them.

Dispositions say that a record was refused, dead letters tell people of it. They are two tables, so
one of them may be damaged or put back by itself. Where they differ, the date does not count as
posted: posting it again opens what is missing, and resolves what is no longer refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import DAY
from cost_pipeline.core.sql import literal
from cost_pipeline.feeds.production.tables import DISPOSITIONS
from cost_pipeline.lake.derived import Summary, summarised
from cost_pipeline.ledger.desired import DEAD_LETTER
from cost_pipeline.pipeline.dead_letters.letters import of_posting
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.record_files import SUMS


class Refusals(NamedTuple):
    """How many records of a date are refused, and of how many of them dead letters tell.

    Attributes:
        refused: Records whose disposition is a refusal.
        told: Dead letters of posting that are open or waived.
        same: Whether they are of the same records, for the same reasons.
    """

    refused: int
    told: int
    same: bool


# What a refusal and its dead letter have in common; a record whose correction took its place is
# held without a reason, and has no dead letter.
_PART: Final = "md5_number(concat_ws('|', vendor, fingerprint, {}))"

_REFUSED: Final = Summary(
    "refused",
    f"""
    with parts as (
        select *, {_PART.format("reason")} as part from {{table}}
        where disposition = {literal(DEAD_LETTER)} and reason is not null
    )
    select filename, transaction_date as day, count(*) as n, {SUMS} from parts group by all
    union all by name
    select distinct filename from {{table}}
    """,
    pa.schema(
        [
            ("day", DAY),
            ("n", pa.int64()),
            ("low", pa.decimal128(38, 0)),
            ("high", pa.decimal128(38, 0)),
        ]
    ),
)
"""The refusals of a data file by date; one row without a day says that the file was read."""

_EVENTS: Final = pa.schema(
    [
        ("day", DAY),
        ("id", pa.string()),
        ("sequence", pa.int64()),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
        ("event", pa.string()),
        ("part", pa.string()),
    ]
)

# Columns: day, refused, told, same.
_COMPARED: Final = f"""
    with refused as (
        select day, sum(n) as n, sum(low) as low, sum(high) as high
        from refusals where day is not null group by all
    ), letters as (
        select * from events where id is not null
        qualify row_number() over (partition by id order by sequence desc, recorded_at desc) = 1
    ), parts as (
        select day, part::uhugeint as part from letters where event <> 'resolved'
    ), told as (select day, count(*) as n, {SUMS} from parts group by all)
    select day, coalesce(r.n, 0)::bigint as refused, coalesce(t.n, 0)::bigint as told,
        coalesce(r.n = t.n and r.low = t.low and r.high = t.high, false) as same
    from refused r full join told t using (day)
"""


def refusals(session: Session) -> Mapping[date, Refusals]:
    """Returns what was refused on each transaction date that has refusals or dead letters."""
    return session.lake.kept(
        "refusals", [DISPOSITIONS, session.feed.dead_letters], lambda: _refusals(session)
    )


def _refusals(session: Session) -> Mapping[date, Refusals]:
    found = query(
        _COMPARED,
        refusals=summarised(session.lake.table(DISPOSITIONS).snapshot(), _REFUSED),
        events=summarised(
            session.lake.table(session.feed.dead_letters).snapshot(), _events(session)
        ),
    )
    return {
        row["day"]: Refusals(row["refused"], row["told"], row["same"]) for row in found.to_pylist()
    }


def _events(session: Session) -> Summary:
    """Returns what each data file of dead letters says of posting.

    A row without an id says that the file was read.
    """
    return Summary(
        "posting_events",
        f"""
    select filename, day, id, sequence, recorded_at, event,
        {_PART.format("reasons[1]")}::varchar as part
    from {{table}} where {of_posting(session)}
    union all by name
    select distinct filename from {{table}}
    """,
        _EVENTS,
    )
