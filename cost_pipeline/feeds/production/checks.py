"""The checks of production, declared: its ledger, rates, union rules and pairs of vendors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.feeds.production.categories import cost_codes_are_mapped
from cost_pipeline.feeds.production.costs_assets import TIED
from cost_pipeline.feeds.production.cross_source import corrections_are_applied, sources_agree
from cost_pipeline.feeds.production.ledger_checks import look_at_ledger
from cost_pipeline.feeds.production.names import FINDINGS, LEDGER, RECONCILIATION, SNAPSHOTS
from cost_pipeline.feeds.production.pairs_agree import sides_agree
from cost_pipeline.feeds.production.rate_fetching import fetched_keys
from cost_pipeline.feeds.production.rate_freshness import rates_are_fresh, rates_came
from cost_pipeline.feeds.production.reconcile import pairs
from cost_pipeline.feeds.production.union_summary import FAMILIES, day_outcomes
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.checks import CONSERVATION, EVERY_FEED, OF_RECORDS
from cost_pipeline.pipeline.declared.assets import Calendar
from cost_pipeline.pipeline.declared.checks import Check, Look, Subject, each_kind, only
from cost_pipeline.pipeline.declared.names import Key, Names
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_PAYROLL: Final = frozenset({RecordKind.PAYROLL_LINE, RecordKind.TIMECARD})


def has_timecards(home: Home) -> bool:
    """Whether there is anything for union rules to look at."""
    return any(vendor.record == RecordKind.TIMECARD for vendor in home.vendors)


def _each_payroll(names: Names, home: Home) -> list[Key]:
    return [key for key in each_kind(names, home) if key[-1] in _PAYROLL]


def _of_pairs(_names: Names, home: Home) -> list[Key]:
    return [RECONCILIATION] if pairs(home) else []


def _of_findings(_names: Names, home: Home) -> list[Key]:
    return [FINDINGS] if has_timecards(home) else []


OF_LEDGER: Final[Look[Session]] = Look("check_ledger", Calendar.BOOK, look_at_ledger)
_OF_SNAPSHOTS: Final[Look[Session]] = Look(
    "check_snapshots", Calendar.NONE, lambda session, _days: session
)
"""Each of its checks reads what it needs."""
_OF_FETCHED: Final[Look[Session]] = Look(
    "check_rates", Calendar.NONE, lambda session, _days: session
)
_OF_FINDINGS: Final[Look[Session]] = Look("check_findings", Calendar.BOOK, day_outcomes)

OF_THE_LEDGER: Final[tuple[Check[Session], ...]] = (
    Check(
        name=CONSERVATION.name,
        words="Records equal postings and dispositions; dead letters tell of what is refused.",
        assets=only(LEDGER),
        look=OF_LEDGER,
        judge=lambda found, subject: found[subject.day].conserved,
        blocking=True,
    ),
    Check(
        name="fx_coverage",
        words="Every converted posting carries the rates of the snapshot it names.",
        assets=only(LEDGER),
        look=OF_LEDGER,
        judge=lambda found, subject: found[subject.day].covered,
        blocking=True,
    ),
    Check(
        name="integrity",
        words="Every hash, seal, chain and reversal of the date's postings holds.",
        assets=only(LEDGER),
        look=OF_LEDGER,
        judge=lambda found, subject: found[subject.day].intact,
        blocking=True,
    ),
    Check(
        name="closed_periods",
        words="Nothing was posted into a period after it was closed.",
        assets=only(LEDGER),
        look=OF_LEDGER,
        judge=lambda found, subject: found[subject.day].in_open_periods,
    ),
    Check(
        name="refused_when_posting",
        words="No record is refused for its key, a rate, a credit or a union rule.",
        assets=only(LEDGER),
        look=OF_LEDGER,
        judge=lambda found, subject: found[subject.day].accepted,
        warns=True,
    ),
)


def _mapped(found: tuple[Session, Sequence[date]], subject: Subject) -> Outcome:
    session, (day,) = found
    return cost_codes_are_mapped(session, day, subject.noun)


def _family(family: str) -> Check[Session]:
    """Returns the check of a rule family.

    A blocked card is a dead letter by then, so nothing wrong was posted: it warns.
    """
    return Check(
        name=f"union_{family}",
        words=f"No card of the date is flagged or blocked by the rules of "
        f"{family.replace('_', ' ')}, and all could be evaluated.",
        assets=_of_findings,
        look=_OF_FINDINGS,
        judge=lambda found, subject: found[subject.day][family],
        warns=True,
    )


CHECKS: Final[tuple[Check[Session], ...]] = (
    *EVERY_FEED,
    *OF_THE_LEDGER,
    Check(
        name="union_categories",
        words="No payroll is refused because its cost code has no union category.",
        assets=_each_payroll,
        look=OF_RECORDS,
        judge=_mapped,
        warns=True,
    ),
    Check(
        name="cross_source",
        words="Sources agree on the days that both have, within tolerances.",
        assets=only(SNAPSHOTS),
        look=_OF_SNAPSHOTS,
        judge=lambda session, _subject: sources_agree(session),
    ),
    Check(
        name="corrections",
        words="Every file in the watched folder of corrections can be applied.",
        assets=only(SNAPSHOTS),
        look=_OF_SNAPSHOTS,
        judge=lambda session, _subject: corrections_are_applied(session),
    ),
    Check(
        name="rates_came",
        words="Every source of rates answered with rates when it was asked last.",
        assets=lambda _names, home: fetched_keys(home),
        look=_OF_FETCHED,
        judge=lambda session, _subject: rates_came(session),
        passes_by=True,
    ),
    Check(
        name="rates_fresh",
        words="The rates are loaded that sources should have published by now.",
        assets=lambda _names, home: [SNAPSHOTS] if fetched_keys(home) else [],
        look=_OF_SNAPSHOTS,
        judge=lambda session, _subject: rates_are_fresh(session),
    ),
    *map(_family, FAMILIES),
    Check(
        name="sides_agree",
        words="The two vendors of each pair tell the same of each transaction.",
        assets=_of_pairs,
        look=None,
        judge=lambda found, _subject: sides_agree(found),
    ),
    TIED,
)
