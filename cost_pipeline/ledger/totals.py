"""What the ledger holds now: active postings, their totals and their digest.

The digest is over content only, so two ledgers that came to the same state by different ways have
the same one. Totals as of an earlier time are a filter on `recorded_at` before `active`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.canonical import digest_of_set
from cost_pipeline.ledger.schema import POST, REVERSE


@dataclass(frozen=True, slots=True)
class DateTotals:
    """Of one transaction date: active postings, and their base amounts by base currency."""

    active_postings: int
    base: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Totals:
    """Of a ledger or part of one.

    Attributes:
        postings: All lines, reversals and reversed ones included.
        active_postings: Posts that are not reversed; everything below is of these.
        original: Sum of the original amounts by original currency.
        base: Sum of the base amounts by base currency.
        by_transaction_date: The same per partition, oldest first.
        digest: Over the content hashes of the active postings.
    """

    postings: int
    active_postings: int
    original: dict[str, Decimal]
    base: dict[str, Decimal]
    by_transaction_date: dict[date, DateTotals] = field(default_factory=dict)
    digest: str = ""


def active(postings: pa.Table) -> pa.Table:
    """The posts that no line of the table reverses, in the order given.

    Args:
        postings: All lines of whole partitions (`POSTING_SCHEMA`, or the columns of it that are
            wanted with `posting_id`, `kind` and `reverses`).
    """
    kept = query(_ACTIVE, postings=postings.select(["posting_id", "kind", "reverses"]))
    if kept.num_rows == postings.num_rows:
        return postings
    return postings.take(kept["position"])


def totals(postings: pa.Table) -> Totals:
    """The totals and the digest of whole partitions.

    Args:
        postings: All their lines (`POSTING_SCHEMA`).
    """
    standing = active(postings.select(_COLUMNS))
    summed = query(_SUMS, standing=standing).to_pylist()
    by_date: dict[date, DateTotals] = {}
    for row in summed:
        if row["day"] is not None:
            entry = by_date.setdefault(row["day"], DateTotals(active_postings=0, base={}))
            entry.base[row["base"]] = row["base_sum"]
            by_date[row["day"]] = DateTotals(entry.active_postings + row["lines"], entry.base)
    return Totals(
        postings=postings.num_rows,
        active_postings=standing.num_rows,
        original={row["original"]: row["original_sum"] for row in summed if row["original"]},
        base={row["base"]: row["base_sum"] for row in summed if row["base"] and not row["day"]},
        by_transaction_date=by_date,
        digest=ledger_digest(standing["content_hash"]),
    )


def ledger_digest(content_hashes: pa.ChunkedArray) -> str:
    """The digest of the active postings with these content hashes, in any order."""
    return digest_of_set("ledger", content_hashes.to_pylist())


_COLUMNS: Final = (
    "posting_id", "kind", "reverses", "transaction_date", "original_amount", "original_currency",
    "base_amount", "base_currency", "content_hash",
)  # fmt: skip

_ACTIVE: Final = f"""
WITH numbered AS (SELECT *, row_number() OVER () - 1 AS position FROM postings),
reversed AS (SELECT reverses AS posting_id FROM numbered WHERE kind = '{REVERSE}')
SELECT position FROM (FROM numbered WHERE kind = '{POST}') ANTI JOIN reversed USING (posting_id)
ORDER BY position
"""

_SUMS: Final = """
SELECT transaction_date AS day, original_currency AS original, base_currency AS base,
       count(*) AS lines, sum(original_amount) AS original_sum, sum(base_amount) AS base_sum
FROM standing
GROUP BY GROUPING SETS ((original_currency), (base_currency), (transaction_date, base_currency))
ORDER BY day, original, base
"""
