"""What the whole ledger comes to, and what corrections of rates have changed in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.people import money
from cost_pipeline.core.sql import equals
from cost_pipeline.feeds.production.report import posted_amounts
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.ledger.difference import Cause
from cost_pipeline.ledger.totals import known_at, net
from cost_pipeline.pipeline.declared.shown import Table
from cost_pipeline.pipeline.session import Session


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """Active postings of one original currency, and what they come to in one base currency."""

    currency: str
    base_currency: str
    postings: int
    original: Decimal
    base: Decimal


def currency_totals(session: Session, instant: datetime | None = None) -> tuple[CurrencyTotal, ...]:
    """Returns totals of the active ledger (as known then) per original and base currency."""
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


def totals_for_people(session: Session) -> Table:
    """Returns the totals of the active ledger as `run` prints them."""
    numbers = ("postings", "original", "base")
    return Table(
        {"whole ledger": "string", **dict.fromkeys(numbers, "number"), "": "string"},
        [
            {
                "whole ledger": one.currency,
                "postings": f"{one.postings:,}",
                "original": money(one.original),
                "base": money(one.base),
                "": one.base_currency,
            }
            for one in currency_totals(session)
        ],
    )


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
    """Returns the transaction dates that corrected rates have changed, oldest first."""
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
        from {{table}} where {equals("cause", Cause.FX_CORRECTION)}
        group by all order by all
        """
        )
    )
    return tuple(RepairedDate(**row) for row in found.to_pylist())
