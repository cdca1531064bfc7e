"""The summary of some pull dates: the numbers that `run` prints and returns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.feeds.production.provisional import Provisional, provisional
from cost_pipeline.feeds.production.report import (
    deliveries,
    open_of_pull_dates,
    posted_amounts,
)
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.ledger.difference import Cause
from cost_pipeline.ledger.totals import known_at, net
from cost_pipeline.pipeline.dead_letters.letters import reasons_of
from cost_pipeline.pipeline.session import Session


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """Active postings of one original currency, and what they come to in one base currency."""

    currency: str
    base_currency: str
    postings: int
    original: Decimal
    base: Decimal


@dataclass(frozen=True, slots=True)
class Summary:
    """What came on the pull dates, what became of it, and the ledger's totals as they are now."""

    deliveries: int
    rows: int
    blank_rows: int
    records: int
    posted: int
    commitments: int
    duplicates: int
    dead_letters: int
    reference: int
    by_reason: dict[str, int]
    totals: tuple[CurrencyTotal, ...]
    passed_checks: int
    failed_checks: tuple[str, ...]
    provisional: tuple[Provisional, ...] = ()

    def fates(self) -> dict[str, int]:
        """What became of the rows."""
        fates = {
            "posted": self.posted,
            "held as commitments": self.commitments,
            "duplicates": self.duplicates,
            "dead letters": self.dead_letters,
        }
        return fates | ({"kept for reference": self.reference} if self.reference else {})

    def as_json(self) -> dict[str, Any]:
        """The public shape (docs/interfaces.md)."""
        return {
            "deliveries": self.deliveries,
            "rows": self.rows,
            "blank_rows": self.blank_rows,
            "records": self.records,
            "posted": self.posted,
            "commitments": self.commitments,
            "duplicates": self.duplicates,
            "dead_letters": self.dead_letters,
            "reference": self.reference,
            "by_reason": self.by_reason,
            "provisional": [gap.as_json() for gap in self.provisional],
            "checks": {"passed": self.passed_checks, "failed": list(self.failed_checks)},
        }


def summarize(
    session: Session, pull_dates: Collection[date], *, passed: int, failed: Collection[str]
) -> Summary:
    """Count the deliveries of the pull dates, from what is stored."""
    reports = deliveries(session, pull_dates)
    return Summary(
        deliveries=len(reports),
        rows=sum(r.rows for r in reports),
        blank_rows=sum(r.blank_rows for r in reports),
        records=sum(r.records for r in reports),
        posted=sum(r.posted for r in reports),
        commitments=sum(r.commitments for r in reports),
        duplicates=sum(r.duplicates for r in reports),
        dead_letters=sum(r.dead_letters for r in reports),
        reference=sum(r.reference for r in reports),
        by_reason=reasons_of(open_of_pull_dates(session, pull_dates)),
        totals=currency_totals(session),
        passed_checks=passed,
        failed_checks=tuple(failed),
        provisional=tuple(provisional(session, pull_dates)),
    )


def currency_totals(session: Session, instant: datetime | None = None) -> tuple[CurrencyTotal, ...]:
    """Totals of the active ledger (as it was known then) per original and base currency."""
    if instant is None:  # counted already for the reports of deliveries, of all data files
        summed = query(_CURRENCY_TOTALS, posted=posted_amounts(session))
    else:
        summed = (
            session.lake.table(LEDGER)
            .snapshot()
            .query(
                "select original_currency as currency, base_currency, "
                f"{net('1')}::bigint as postings, "
                f"{net('original_amount')} as original, {net('base_amount')} as base "
                f"from {{table}} where {known_at(instant)} "
                "group by all having postings <> 0 or original <> 0 or base <> 0 order by all"
            )
        )
    return tuple(CurrencyTotal(**row) for row in summed.to_pylist())


_CURRENCY_TOTALS: Final = """
    select currency, base_currency, sum(n)::bigint as postings, sum(amount) as original,
        sum(base) as base
    from posted
    group by all having postings <> 0 or original <> 0 or sum(posted.base) <> 0 order by all
"""


@dataclass(frozen=True, slots=True)
class RepairedDate:
    """What corrections of rates changed on a transaction date: lines, and base amounts of them."""

    transaction_date: date
    base_currency: str
    reversed: int
    posted: int
    before: Decimal
    after: Decimal


def repaired_by_corrections(session: Session) -> tuple[RepairedDate, ...]:
    """The transaction dates that corrected rates have changed, oldest first."""
    found = (
        session.lake.table(LEDGER)
        .snapshot()
        .query(
            f"""
        select transaction_date, base_currency,
            count(*) filter (kind = 'reverse') as reversed,
            count(*) filter (kind = 'post') as posted,
            coalesce(sum(base_amount) filter (kind = 'reverse'), 0)::decimal(38, 4) as before,
            coalesce(sum(base_amount) filter (kind = 'post'), 0)::decimal(38, 4) as after
        from {{table}} where cause = '{Cause.FX_CORRECTION}'
        group by all order by all
        """
        )
    )
    return tuple(RepairedDate(**row) for row in found.to_pylist())


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A pull or a whole delivery that gave no rows: what happened, and where."""

    vendor: str
    reason: str
    message: str
    where: str


def unreadable(session: Session, pull_dates: Collection[date]) -> list[Unreadable]:
    """Open dead letters of whole pulls and deliveries of these pull dates."""
    uris = {(r.vendor, r.delivery): r.uri for r in deliveries(session, pull_dates)}
    return [
        Unreadable(
            vendor=row["vendor"],
            reason=row["reasons"][0],
            message=errors_of(row["errors"])[0]["message"],
            where=row["payload"] or uris.get((row["vendor"], row["delivery"]), row["delivery"]),
        )
        for row in open_of_pull_dates(session, pull_dates, '"row" is null').to_pylist()
    ]
