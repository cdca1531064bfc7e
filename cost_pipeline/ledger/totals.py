"""What the ledger holds, or held: active postings, their totals and their digest.

The digest is over content only, so two ledgers that came to the same state by different ways have
the same one. The ledger as it was known at an instant is the same computation over the lines that
were recorded up to it: nothing that is recorded later can change a line of the past.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.canonical import VERSION
from cost_pipeline.core.sql import equals, within
from cost_pipeline.ledger.schema import POST, REVERSE


@dataclass(frozen=True, slots=True)
class DateTotals:
    """What one transaction date holds: active postings, and base amounts by base currency."""

    active_postings: int
    base: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class AccountTotals:
    """What one account holds: active postings, and amounts by original and by base currency."""

    active_postings: int
    original: dict[str, Decimal]
    base: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a ledger, or of a part of one.

    Attributes:
        postings: All lines, reversals and reversed ones included.
        active_postings: Posts that are not reversed; everything below is of these.
        original: Sum of the original amounts by original currency.
        base: Sum of the base amounts by base currency.
        by_transaction_date: The same per partition, oldest first.
        by_account: The same per GL code.
        digest: Over the content hashes of the active postings.
    """

    postings: int
    active_postings: int
    original: dict[str, Decimal]
    base: dict[str, Decimal]
    by_transaction_date: dict[date, DateTotals] = field(default_factory=dict)
    by_account: dict[str, AccountTotals] = field(default_factory=dict)
    digest: str = ""


def active(postings: pa.Table) -> pa.Table:
    """Returns the posts that no line of the table reverses, in the order given.

    Args:
        postings: All lines of whole partitions (`POSTING_SCHEMA`, or the columns of it that are
            wanted with `posting_id`, `kind` and `reverses`).
    """
    kept = query(_ACTIVE, postings=postings.select(["posting_id", "kind", "reverses"]))
    if kept.num_rows == postings.num_rows:
        return postings
    return postings.take(kept["position"])


def known_at(instant: datetime | None) -> str:
    """Returns SQL that tells which lines were recorded by then; all of them for None."""
    if instant is None:
        return "true"
    return str(within("recorded_at", None, instant))


def active_lines(source: str, instant: datetime | None = None) -> str:
    """Returns SQL for the active postings of `source` (SQL for a table), as known at an instant.

    A reversal lies in the partition of its post, so whole partitions may be asked apart.
    """
    known = known_at(instant)
    return (
        f"select p.* from (select * from {source} where {_POSTS} and {known}) p anti join "
        f"(select reverses from {source} where {_REVERSES} and {known}) r "
        "on p.posting_id = r.reverses"
    )


def net(amount: str) -> str:
    """Returns SQL for the sum of an amount over active postings, from all lines of a partition.

    A reversal repeats the amounts of the post that it takes out, so no line looks for another.
    """
    return f"sum(if({_POSTS}, {amount}, -{amount}))"


def sums(source: str, instant: datetime | None = None) -> str:
    """Returns SQL for the rows that `totals_of` takes; a mere scan of seven narrow columns."""
    return f"""
with standing as materialized (
    select transaction_date, gl_code, original_currency, base_currency,
        count(*) as lines, sum(original_amount) as original_sum, sum(base_amount) as base_sum
    from ({active_lines(source, instant)}) group by all),
counted as (select count(*) as postings from {source} where {known_at(instant)})
select s.*, postings from counted left join standing s on true
order by transaction_date, gl_code, original_currency, base_currency
"""


def content(source: str, instant: datetime | None = None) -> str:
    """Returns SQL for the content hashes of the active postings, sorted for `digest_of`."""
    return f"select content_hash from ({active_lines(source, instant)}) order by content_hash"


def totals_of(rows: Iterable[dict[str, Any]], digest: str) -> Totals:
    """Returns the totals from the rows of `sums` and the digest."""
    original: dict[str, Decimal] = {}
    base: dict[str, Decimal] = {}
    dates: dict[date, DateTotals] = {}
    accounts: dict[str, AccountTotals] = {}
    postings = lines = 0
    for row in rows:
        postings = row["postings"]
        if row["lines"] is None:
            continue
        lines += row["lines"]
        _add(original, row["original_currency"], row["original_sum"])
        _add(base, row["base_currency"], row["base_sum"])
        day = dates.get(row["transaction_date"], DateTotals(0, {}))
        _add(day.base, row["base_currency"], row["base_sum"])
        dates[row["transaction_date"]] = DateTotals(day.active_postings + row["lines"], day.base)
        account = accounts.get(row["gl_code"], AccountTotals(0, {}, {}))
        _add(account.original, row["original_currency"], row["original_sum"])
        _add(account.base, row["base_currency"], row["base_sum"])
        accounts[row["gl_code"]] = AccountTotals(
            account.active_postings + row["lines"], account.original, account.base
        )
    return Totals(
        postings=postings,
        active_postings=lines,
        original=original,
        base=base,
        by_transaction_date=dates,
        by_account=dict(sorted(accounts.items())),
        digest=digest,
    )


def _add(sums_by_currency: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    sums_by_currency[currency] = sums_by_currency.get(currency, Decimal(0)) + amount


def digest_of(sorted_hashes: Iterable[pa.Table]) -> str:
    """Returns the digest of a ledger from the rows of `content`, by `digest_of_set`."""
    hasher = hashlib.sha256(f"{VERSION}:ledger|".encode("ascii"))
    for piece in sorted_hashes:
        # A hash is 64 characters, so the head of its field is always the same.
        fields = "".join([f"s64:{value}," for value in piece["content_hash"].to_pylist()])
        hasher.update(fields.encode("ascii"))
    return hasher.hexdigest()


def totals(postings: pa.Table) -> Totals:
    """Returns totals and digest of whole partitions that are in memory (`POSTING_SCHEMA`)."""
    lines = postings.select(_COLUMNS)
    rows = query(sums("lines"), lines=lines).to_pylist()
    return totals_of(rows, digest_of([query(content("lines"), lines=lines)]))


_COLUMNS: Final = (
    "posting_id", "kind", "reverses", "transaction_date", "gl_code", "original_amount",
    "original_currency", "base_amount", "base_currency", "content_hash",
)  # fmt: skip

_POSTS: Final = equals("kind", POST)
_REVERSES: Final = equals("kind", REVERSE)

_ACTIVE: Final = f"""
WITH numbered AS (SELECT *, row_number() OVER () - 1 AS position FROM postings),
reversed AS (SELECT reverses AS posting_id FROM numbered WHERE {_REVERSES})
SELECT position FROM (FROM numbered WHERE {_POSTS}) ANTI JOIN reversed USING (posting_id)
ORDER BY position
"""
