"""Finds what prevents closing a period: its checks, computed anew, and the work that is open."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Final

from cost_pipeline.core.sql import equals
from cost_pipeline.feeds.production.checks import OF_THE_LEDGER
from cost_pipeline.feeds.production.inputs import present_inputs, stored_inputs
from cost_pipeline.feeds.production.ledger_checks import look_at_ledger
from cost_pipeline.feeds.production.names import LEDGER as LEDGER_KEY
from cost_pipeline.feeds.production.periods import OpenPeriod
from cost_pipeline.feeds.production.tables import LEDGER, RECORDS
from cost_pipeline.ledger.periods import month_of
from cost_pipeline.pipeline.checks import CONSERVATION, SCHEMA
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters
from cost_pipeline.pipeline.declared.checks import Subject
from cost_pipeline.pipeline.posting.dates import out_of_date
from cost_pipeline.pipeline.reports.deliveries import deliveries
from cost_pipeline.pipeline.reports.findings import rows_are_conserved
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.sample import records_satisfy_contract


def examine(session: Session, period: str) -> OpenPeriod:
    """Returns the red blocking checks, unposted dates and open dead letters of a period."""
    present, stored = present_inputs(session), stored_inputs(session)
    unposted = [day for day in out_of_date(present, stored) if month_of(day) == period]
    return OpenPeriod(
        red=tuple(_red(session, period, [d for d in present | stored if month_of(d) == period])),
        unposted=tuple(unposted),
        dead_letters=_dead_letters(session, period),
    )


_MONTH: Final = "strftime({}, '%Y-%m')"


def _red(session: Session, period: str, days: list[date]) -> list[str]:
    conserved = rows_are_conserved(deliveries(session))
    red = [] if conserved.passed else [f"{CONSERVATION.name} of deliveries: {conserved.message}"]
    for pull_date, kind in _pulled(session, period):
        lawful = records_satisfy_contract(session, pull_date, kind)
        red += [] if lawful.passed else [f"{SCHEMA.name} of {pull_date}: {lawful.message}"]
    into = equals("posting_period", period)
    posted_into = (
        session.lake.table(LEDGER)
        .snapshot()
        .query(f"select distinct transaction_date from {{table}} where {into}")
    )
    dates = {*days, *posted_into["transaction_date"].to_pylist()}
    found = look_at_ledger(session, dates) if dates else {}
    for day in found:
        for check in OF_THE_LEDGER:
            one = check.outcome(found, Subject(LEDGER_KEY, day))
            red += [] if one.passed or one.warning else [f"{check.name} of {day}: {one.message}"]
    return red


def _pulled(session: Session, period: str) -> list[tuple[date, str]]:
    """Returns the pull dates and kinds of the records with a transaction date in the period."""
    found = (
        session.lake.table(RECORDS)
        .snapshot()
        .query(
            "select distinct pull_date, kind from {table} "
            f"where {equals(_MONTH.format('transaction_date'), period)} order by all"
        )
    )
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def _dead_letters(session: Session, period: str) -> tuple[tuple[str, int], ...]:
    """Returns the open ones by reason; where no transaction date could be read, by pull date."""
    events = open_dead_letters(
        session, equals(_MONTH.format("coalesce(transaction_date, pull_date)"), period)
    )
    counts = Counter(reason for reasons in events["reasons"].to_pylist() for reason in reasons)
    return tuple(counts.most_common())
