"""Post the difference: what to reverse and what to post so that the ledger is as desired.

New data, late data, replays, corrected rates and withdrawn deliveries are all this one comparison;
the cause of each line says which it was. Nothing to change gives an empty table.

    delivery       a record that the active ledger did not have
    late           the same, after the period of its transaction date was closed
    reversal       a credit that an approval allows
    credit         a credit that names its invoice
    fx_correction  the same record, and only its rates differ
    fx_policy      the same record, and the production chose another source or rounding
    restated       the same record, and something else of its content differs
    superseded     its record lost its place to another, or is no longer posted
    withdrawn      its record is gone
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import HASH, TEXT
from cost_pipeline.core.sql import literal
from cost_pipeline.ledger.desired import Desired
from cost_pipeline.ledger.periods import posting_periods
from cost_pipeline.ledger.schema import (
    CHANGE_SCHEMA,
    CONTENT_COLUMNS,
    DESIRED_SCHEMA,
    FX_COLUMNS,
    POLICY_COLUMNS,
    POST,
    REVERSE,
)


class Cause(StrEnum):
    """The cause for which a line was appended."""

    DELIVERY = "delivery"
    LATE = "late"
    REVERSAL = "reversal"
    CREDIT = "credit"
    FX_CORRECTION = "fx_correction"
    FX_POLICY = "fx_policy"
    RESTATED = "restated"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


def difference(
    desired: Desired, active: pa.Table, closed: Collection[str] = frozenset()
) -> pa.Table:
    """Returns the lines to append (`CHANGE_SCHEMA`); none if the ledger is as desired.

    Args:
        desired: What should be, for some transaction dates.
        active: All active postings of the same dates (`POSTING_SCHEMA`; seal columns are not read).
        closed: The periods into which nothing may be posted; it decides in which period a line
            falls, never whether there is one.
    """
    new = _without(desired.postings, active)
    gone = _without(active.select(["posting_id", *DESIRED_SCHEMA.names]), desired.postings)
    reversals = _lines(REVERSE, gone, gone["posting_id"], _reverse_causes(desired, new, gone))
    posts = _lines(POST, new, pa.nulls(new.num_rows, HASH), _post_causes(new, gone))
    return _in_periods(pa.concat_tables([reversals, posts]), closed)


def _in_periods(lines: pa.Table, closed: Collection[str]) -> pa.Table:
    """Returns the lines with the period of each, and the late ones marked."""
    periods = posting_periods(lines["transaction_date"], closed)
    lines = lines.append_column("posting_period", periods)
    if closed:
        moved = pc.not_equal(periods, pc.strftime(lines["transaction_date"], format="%Y-%m"))
        late = pc.and_(moved, pc.equal(lines["cause"], Cause.DELIVERY.value))
        causes = pc.if_else(late, Cause.LATE.value, lines["cause"])
        lines = lines.set_column(lines.column_names.index("cause"), "cause", causes)
    return lines.select(CHANGE_SCHEMA.names).cast(CHANGE_SCHEMA)


def _without(lines: pa.Table, others: pa.Table) -> pa.Table:
    """Returns the lines whose content the others lack; compares hashes and copies only these."""
    if not lines.num_rows or not others.num_rows:
        return lines
    kept = query(
        _WITHOUT, lines=lines.select(["content_hash"]), others=others.select(["content_hash"])
    )
    return lines if kept.num_rows == lines.num_rows else lines.take(kept["position"])


def _post_causes(new: pa.Table, gone: pa.Table) -> pa.Table:
    """Returns `cause` and `other_snapshot` of each line to post."""
    credited = any(new[name].null_count < len(new) for name in ("approval", "credit_of"))
    if not gone.num_rows and not credited:
        causes = pa.repeat(pa.scalar(Cause.DELIVERY.value, TEXT), new.num_rows)
        return pa.table({"cause": causes, "other_snapshot": pa.nulls(new.num_rows, HASH)})
    return query(_POST_CAUSES, new=new, gone=gone)


def _reverse_causes(desired: Desired, new: pa.Table, gone: pa.Table) -> pa.Table:
    """Returns `cause` and `other_snapshot` of each line to reverse."""
    known = desired.postings.select(
        ["transaction_date", "vendor", "transaction_id", "record_fingerprint", "original_amount"]
    )
    others = desired.dispositions.select(["transaction_date", "vendor", "fingerprint"])
    return query(_REVERSE_CAUSES, new=new, gone=gone, desired=known, others=others)


def _lines(
    kind: str,
    content: pa.Table,
    reverses: pa.Array | pa.ChunkedArray,
    causes: pa.Table,
) -> pa.Table:
    return (
        content.select(DESIRED_SCHEMA.names)
        .append_column("kind", pa.repeat(pa.scalar(kind, TEXT), content.num_rows))
        .append_column("cause", causes["cause"])
        .append_column("reverses", reverses)
        .append_column("other_snapshot", causes["other_snapshot"])
        .select(_LINE.names)
        .cast(_LINE)
    )


_LINE: Final = pa.schema([f for f in CHANGE_SCHEMA if f.name != "posting_period"])

_WITHOUT: Final = """
SELECT position FROM (SELECT *, row_number() OVER () - 1 AS position FROM lines)
ANTI JOIN others USING (content_hash)
ORDER BY position
"""


def _equal(names: Iterable[str]) -> str:
    return " AND ".join(f'n."{name}" IS NOT DISTINCT FROM g."{name}"' for name in names)


_ALL_BUT_RATES_EQUAL: Final = _equal(n for n in CONTENT_COLUMNS if n not in FX_COLUMNS)

# A record that moves to another transaction date is gone from one partition and new in the other,
# whichever of them is looked at first: causes never reach across dates.
_CHANGED: Final = f"""
WITH n AS (SELECT *, row_number() OVER () AS position FROM new),
g AS (SELECT *, row_number() OVER () AS position FROM gone),
changed AS (
    SELECT n.position AS new, g.position AS gone,
           CASE WHEN NOT ({_ALL_BUT_RATES_EQUAL}) THEN {literal(Cause.RESTATED)}
                WHEN {_equal(POLICY_COLUMNS)} THEN {literal(Cause.FX_CORRECTION)}
                ELSE {literal(Cause.FX_POLICY)} END AS cause,
           n.snapshot AS new_snapshot, g.snapshot AS gone_snapshot
    FROM n JOIN g USING (transaction_date, vendor, record_fingerprint))
"""

_OF_RATES: Final = f"cause IN ({literal(Cause.FX_CORRECTION)}, {literal(Cause.FX_POLICY)})"

_POST_CAUSES: Final = f"""
{_CHANGED}
SELECT coalesce(any_value(cause),
                CASE WHEN any_value(approval) IS NOT NULL THEN {literal(Cause.REVERSAL)}
                     WHEN any_value(original_amount) < 0 THEN {literal(Cause.CREDIT)}
                     ELSE {literal(Cause.DELIVERY)} END) AS cause,
       any_value(gone_snapshot) FILTER ({_OF_RATES}) AS other_snapshot
FROM n LEFT JOIN changed ON n.position = changed.new
GROUP BY n.position ORDER BY n.position
"""

# Columns: cause, other_snapshot; one row per posting of `g`, in their order.
_REVERSE_CAUSES: Final = f"""
{_CHANGED},
replaced AS (
    SELECT g.position FROM g JOIN desired d
      ON g.transaction_date = d.transaction_date AND g.vendor = d.vendor
     AND g.transaction_id = d.transaction_id AND g.record_fingerprint <> d.record_fingerprint
     AND (g.original_amount < 0) = (d.original_amount < 0)
    UNION ALL
    SELECT g.position FROM g JOIN others o
      ON g.transaction_date = o.transaction_date AND g.vendor = o.vendor
     AND g.record_fingerprint = o.fingerprint)
SELECT coalesce(any_value(cause),
                CASE WHEN g.position IN (FROM replaced) THEN {literal(Cause.SUPERSEDED)}
                     ELSE {literal(Cause.WITHDRAWN)} END) AS cause,
       any_value(new_snapshot) FILTER ({_OF_RATES}) AS other_snapshot
FROM g LEFT JOIN changed ON g.position = changed.gone
GROUP BY g.position ORDER BY g.position
"""
