"""What the lake knows of deliveries: first landing, and the validation that counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import DAY, HASH, TEXT
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.derived import Summary, summarised
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.pipeline.session import Session

CORRECTION: Final = "correction"
"""The role of a delivery that answers dead letters."""

ARCHIVE: Final = "archive"
"""The role of a delivery that was only unpacked: its members are deliveries of their own."""

_RECEIVED: Final = Summary(
    "received",
    "select filename, vendor, delivery, min(pull_date) as first_pulled, max(role) as role, "
    "feed from {table} group by all",
    pa.schema(
        [
            ("vendor", TEXT),
            ("delivery", HASH),
            ("first_pulled", DAY),
            ("role", TEXT),
            ("feed", TEXT),
        ]
    ),
)

_VALIDATED: Final = Summary(
    "validated",
    "select filename, vendor, delivery, arg_max(interpretation, sequence) as interpretation, "
    "arg_max(posts, sequence) as posts, max(sequence) as sequence from {table} group by all",
    pa.schema(
        [
            ("vendor", TEXT),
            ("delivery", HASH),
            ("interpretation", HASH),
            ("posts", pa.bool_()),
            ("sequence", pa.int32()),
        ]
    ),
)
LIVE: Final = """
    select r.*, d.first_pulled, o.first_pulled as answers_pulled
    from {table} r join deliveries d using (vendor, delivery, interpretation)
    left join deliveries o on o.vendor = r.vendor and o.delivery = r.answers_delivery
"""
"""SQL of the records that count, with the table `deliveries` (`current_deliveries`) at hand."""

# Columns: those that `current_deliveries` names.
_CURRENT: Final = """
    with landed as (
        select vendor, delivery, min(first_pulled) as first_pulled, max(role) as role
        from received where {of_feed} group by all
    ), newest as (
        select vendor, delivery, arg_max(interpretation, sequence) as interpretation,
            arg_max(posts, sequence) as posts, max(sequence) as sequence
        from validated group by all
    )
    select landed.vendor, landed.delivery, first_pulled, role, interpretation, sequence, posts
    from landed left join newest using (vendor, delivery)
"""


def current_deliveries(session: Session) -> pa.Table:
    """Returns every delivery of the feed once.

    Columns: vendor, delivery, first_pulled, role, newest interpretation or null, sequence, posts.
    `posts` is false where its records only serve reconciliation.

    `first_pulled` is the smallest pull date on which the bytes were ever received, whatever order
    the pulls were run in: it decides which of two conflicting rows stands.
    """
    return session.lake.kept(
        f"current_deliveries/{session.feed.name}",
        [DELIVERIES, VALIDATIONS],
        lambda: query(
            _CURRENT.format(of_feed=equals("feed", session.feed.name)),
            received=summarised(session.lake.table(DELIVERIES).snapshot(), _RECEIVED),
            validated=summarised(session.lake.table(VALIDATIONS).snapshot(), _VALIDATED),
        ),
    )


def reference_deliveries(session: Session) -> pa.Table:
    """Returns vendor and delivery of what is not posted because of `posts: false`.

    That is part of the interpretation, so it changes the digest of the dates it touches.
    """
    found = current_deliveries(session)
    return query("select vendor, delivery from found where not posts", found=found)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a vendor has delivered for a pull date, by whichever pull of that date."""

    deliveries: int
    bytes: int


def standing(session: Session, pull_date: date) -> dict[str, Standing]:
    """Returns what stands of a pull date, by vendor; one that delivered nothing is left out."""
    where = equals("pull_date", pull_date) & equals("feed", session.feed.name)
    found = session.lake.table(DELIVERIES).snapshot().query(_STANDING % where, where=where)
    return {row["vendor"]: Standing(row["n"], row["bytes"]) for row in found.to_pylist()}


# Corrections are received on a day as well, and are no vendor's deliveries of it.
_STANDING: Final = """
    select vendor, count(*)::bigint as n, sum(size)::bigint as bytes from (
        select distinct vendor, uri, delivery, size from {table}
        where role is null and %s
    ) group by vendor
"""
