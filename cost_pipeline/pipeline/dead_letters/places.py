"""Records that share a place: rows that were refused, and the corrections that answer them.

Corrections are few. They are known from the summaries of the data files, and the rows that they
answer are looked for only in the files of those rows' deliveries; nothing else is read.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.lake.derived import files_of, summarised
from cost_pipeline.lake.kept import Kept
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.pipeline.pull.deliveries import LIVE, current_deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.record_files import by_date, claim_schema, claims
from cost_pipeline.standing.keys import candidate_schema


def places(shape: Shape, snapshot: Snapshot) -> pa.Table:
    """Returns every record that shares a place with another, whether it counts or not.

    Columns: `filename`, those of a claim, and `place`: the fingerprint of the row that was refused.
    """
    return _HELD.made(snapshot.folder, snapshot.identity, lambda: _places(shape, snapshot))


# A version of a table never changes: within a process it need not be looked through twice.
_HELD: Final = Kept[pa.Table](most=8)


def _places(shape: Shape, snapshot: Snapshot) -> pa.Table:
    names = [("filename", pa.string()), *claim_schema(shape), ("place", pa.string())]
    schema = pa.schema(names)
    every = summarised(snapshot, claims(shape))
    claimed = every.filter(pc.is_valid(every["answers"]))
    if not claimed.num_rows:
        return schema.empty_table()
    found = query(
        "select *, coalesce(answers, fingerprint) as place from "
        "(from claims union all by name from answered)",
        claims=claimed,
        answered=_answered(shape, snapshot, claimed),
    )
    return found.select(schema.names).cast(schema)


def _answered(shape: Shape, snapshot: Snapshot, claimed: pa.Table) -> pa.Table:
    """Returns the rows that were answered and are records: these were refused only when posting."""
    holding = query(
        "select distinct filename from by_date semi join claims "
        "on claims.vendor = by_date.vendor and claims.answers_delivery = by_date.delivery",
        by_date=summarised(snapshot, by_date(shape)),
        claims=claimed,
    )
    if not holding.num_rows:
        return claimed.schema.empty_table()
    named = ", ".join(claim_schema(shape).names)
    rows = snapshot.query(
        f"select filename, {named} from {{table}} where answers is null "
        "and (vendor, fingerprint) in (select (vendor, answers) from claims)",
        files=files_of(holding),
        claims=claimed,
    )
    return rows.select(claimed.column_names).cast(claimed.schema)


def with_their_places(session: Session, found: pa.Table) -> pa.Table:
    """Returns the records (`candidate_schema`) with all that count and share a place."""
    snapshot = session.lake.table(session.feed.records).snapshot()
    sharing = places(session.feed.shape, snapshot)
    if not sharing.num_rows:
        return found
    others = query(
        """
        with mine as (select distinct vendor, place from sharing
            semi join known using (vendor, fingerprint))
        from sharing semi join mine using (vendor, place)
        anti join known using (vendor, fingerprint)
        """,
        sharing=sharing,
        known=found.select(["vendor", "fingerprint"]),
    )
    if not others.num_rows:
        return found
    more = snapshot.query(
        f"from ({LIVE}) semi join others using (vendor, fingerprint)",
        files=files_of(others),
        deliveries=current_deliveries(session),
        others=others.select(["vendor", "fingerprint"]),
    )
    schema = candidate_schema(session.feed.shape)
    return pa.concat_tables([found, more.select(schema.names).cast(schema)])
