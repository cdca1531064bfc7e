"""The checks that every feed has; `reports/findings` and others say what each finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cost_pipeline.contracts.tables import Measure
from cost_pipeline.pipeline.dead_letters.checks import aged_letters, measures_lost, with_measures
from cost_pipeline.pipeline.declared.assets import Calendar
from cost_pipeline.pipeline.declared.checks import (
    Check,
    Look,
    Subject,
    each_expecting_vendor,
    each_kind,
    each_source,
    each_vendor,
    of_audit_log,
    of_corrections,
    of_dead_letters,
)
from cost_pipeline.pipeline.pull.expected import expected
from cost_pipeline.pipeline.pull.fetches import failed_in_run, never_asked
from cost_pipeline.pipeline.reports import findings
from cost_pipeline.pipeline.reports.audit import verify_audit
from cost_pipeline.pipeline.reports.deliveries import DeliveryReport, deliveries
from cost_pipeline.pipeline.reports.gaps import Provisional, pulled_in_vain
from cost_pipeline.pipeline.reports.ingests import (
    ingests,
    ingests_are_posted,
    rows_are_accepted,
)
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.reports.read_whole import deliveries_are_read_whole
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.drift import SchemaReport, schemas_of
from cost_pipeline.pipeline.validation.look_alikes import nothing_looks_alike
from cost_pipeline.pipeline.validation.sample import records_satisfy_contract


@dataclass(frozen=True, slots=True)
class _Pulled:
    """What the lake holds for a pull date, read once for all its checks."""

    session: Session
    days: Sequence[date]
    reports: Sequence[DeliveryReport]
    schemas: Sequence[SchemaReport]
    lost: Sequence[str]
    measure: Measure | None
    known: Callable[[], Sequence[DeliveryReport]]


def _pulled(session: Session, days: Sequence[date]) -> _Pulled:
    return _Pulled(
        session,
        days,
        deliveries(session, days),
        schemas_of(session, pull_dates=days),
        measures_lost(session, days),
        session.feed.shape.measure,
        lambda: deliveries(session),
    )


@dataclass(frozen=True, slots=True)
class _Missing:
    """What could not be fetched of a pull date, by vendor.

    Attributes:
        gaps: What failed, by vendor.
        untried: Why nothing was asked of a vendor that nothing was ever had of, by its name.
    """

    session: Session
    days: Sequence[date]
    gaps: Mapping[str, Provisional]
    untried: Mapping[str, str]

    def of(self, vendor: str) -> Outcome:
        """Returns what the check says of a vendor."""
        if vendor in self.untried and vendor not in self.gaps:
            return findings.nothing_was_asked(self.untried[vendor])
        return findings.all_is_fetched(self.gaps.get(vendor))

    def why(self, vendor: str) -> str | None:
        """Returns why something of a vendor is missing; None if nothing is."""
        gap = self.gaps.get(vendor)
        return self.untried.get(vendor) if gap is None else gap.message


def _missing(session: Session, days: Sequence[date]) -> _Missing:
    gaps = {gap.vendor: gap for gap in pulled_in_vain(session, days)}
    untried = {one.vendor: one.words for one in session.home.wrong if one.stands == "new"}
    for vendor in never_asked(session, days):
        untried.setdefault(vendor, "its vendor file was wrong when this date was pulled")
    return _Missing(session, days, gaps, untried)


def _in_vain(found: _Missing) -> list[str]:
    """Returns the vendors of which this run could not fetch something, each with the reason."""
    if not (found.gaps or found.untried):
        return []
    failed = failed_in_run(found.session, found.days)
    return [f"{name}: {why}" for name in failed if (why := found.why(name)) is not None]


def _columns(found: _Pulled, subject: Subject) -> Outcome:
    return findings.columns_are_as_accepted(
        [report for report in found.reports if report.vendor == subject.noun],
        [schema for schema in found.schemas if schema.vendor == subject.noun],
    )


def _conserved(found: _Pulled, _subject: Subject) -> Outcome:
    return with_measures(findings.rows_are_conserved(found.reports), found.measure, found.lost)


def _accepted(found: _Pulled, subject: Subject) -> Outcome:
    every = ingests(found.session, found.days)
    return rows_are_accepted(found.session, [i for i in every if i.report.vendor == subject.noun])


def _expected(found: _Pulled, subject: Subject) -> Outcome:
    (vendor,) = [v for v in found.session.home.vendors if v.vendor == subject.noun]
    (day,) = found.days
    return expected(found.session, vendor, day)


def _lawful(found: tuple[Session, Sequence[date]], subject: Subject) -> Outcome:
    session, (day,) = found
    return records_satisfy_contract(session, day, subject.noun)


def _unlike(found: tuple[Session, Sequence[date]], subject: Subject) -> Outcome:
    session, (day,) = found
    return nothing_looks_alike(session, subject.noun, day)


def _as_it_is(found: Outcome, _subject: Subject) -> Outcome:
    return found


OF_PULLS: Final[Look[Session]] = Look("check_deliveries", Calendar.PULLS, _pulled)
OF_RECORDS: Final[Look[Session]] = Look(
    "check_records", Calendar.PULLS, lambda session, days: (session, days)
)
"""Each of its checks reads what it needs: the session and the pull date are all that is found."""
OF_FETCHES: Final[Look[Session]] = Look("check_fetched", Calendar.PULLS, _missing, _in_vain)
"""A look of its own: its step may fail, and steps behind a blocking check wait for that one."""
_OF_LETTERS: Final[Look[Session]] = Look(
    "check_dead_letters", Calendar.NONE, lambda session, _days: aged_letters(session)
)
_OF_INGESTS: Final[Look[Session]] = Look(
    "check_ingests", Calendar.NONE, lambda session, _days: ingests_are_posted(session)
)
_OF_AUDIT_LOG: Final[Look[Session]] = Look(
    "check_audit_log", Calendar.NONE, lambda session, _days: verify_audit(session)
)

DRIFT: Final[Check[Session]] = Check(
    name="drift",
    words="No delivery has a column that the vendor file does not know.",
    assets=each_vendor,
    look=OF_PULLS,
    judge=_columns,
    after_validation=True,
)
FETCHED: Final[Check[Session]] = Check(
    name="fetched",
    words="Nothing of the pull date is missing because it could not be fetched.",
    assets=each_source,
    look=OF_FETCHES,
    judge=lambda found, subject: found.of(subject.noun),
    passes_by=True,
    after_validation=True,
)
ACCEPTED: Final[Check[Session]] = Check(
    name="rows_accepted",
    words="Of no delivery are more than half of the rows refused by its contract.",
    assets=each_vendor,
    look=OF_PULLS,
    judge=_accepted,
    after_validation=True,
)
EXPECTED: Final[Check[Session]] = Check(
    name="came_in_time",
    words="What the vendor declares to send (`expect:`) has come.",
    assets=each_expecting_vendor,
    look=OF_PULLS,
    judge=_expected,
    after_validation=True,
)
LOOK_ALIKES: Final[Check[Session]] = Check(
    name="look_alikes",
    words="No row looks as if it had come before in another guise.",
    assets=each_vendor,
    look=OF_RECORDS,
    judge=_unlike,
    after_validation=True,
)
CONSERVATION: Final[Check[Session]] = Check(
    name="conservation",
    words="Every row is a record or refused.",
    assets=of_dead_letters,
    look=OF_PULLS,
    judge=_conserved,
    blocking=True,
)
CONTROL_TOTALS: Final[Check[Session]] = Check(
    name="control_totals",
    words="Declared totals are the sums.",
    assets=of_dead_letters,
    look=OF_PULLS,
    judge=lambda found, _subject: findings.control_totals_hold(found.reports, found.measure),
)
READ_WHOLE: Final[Check[Session]] = Check(
    name="read_whole",
    words="Nothing of a delivery is left unread.",
    assets=of_dead_letters,
    look=OF_PULLS,
    judge=lambda found, _subject: deliveries_are_read_whole(found.reports, found.known),
)
RETYPED: Final[Check[Session]] = Check(
    name="retyped",
    words="{Measures} and dates look as accepted.",
    assets=of_dead_letters,
    look=OF_PULLS,
    judge=lambda found, _subject: findings.values_mean_what_they_did(found.schemas, found.measure),
)
CORRECTIONS_CONSERVED: Final[Check[Session]] = Check(
    name=CONSERVATION.name,
    words="As for deliveries of vendors.",
    assets=of_corrections,
    look=OF_PULLS,
    judge=_conserved,
    blocking=True,
)
SCHEMA: Final[Check[Session]] = Check(
    name="schema",
    words="Stored records satisfy the contract.",
    assets=each_kind,
    look=OF_RECORDS,
    judge=_lawful,
    blocking=True,
)
AGE: Final[Check[Session]] = Check(
    name="age",
    words="No dead letter is open for longer than productions.yaml allows.",
    assets=of_dead_letters,
    look=_OF_LETTERS,
    judge=_as_it_is,
    standing=True,
)
INGESTS: Final[Check[Session]] = Check(
    name="ingests",
    words="Of no delivery are more than half of the rows refused when posting.",
    assets=of_dead_letters,
    look=_OF_INGESTS,
    judge=_as_it_is,
    standing=True,
)
LOG_AGREES: Final[Check[Session]] = Check(
    name="log_agrees",
    words="Every block is whole, and its events are exactly what was committed.",
    assets=of_audit_log,
    look=_OF_AUDIT_LOG,
    judge=lambda found, _subject: findings.audit_log_agrees(found),
)

EVERY_FEED: Final[tuple[Check[Session], ...]] = (
    DRIFT,
    FETCHED,
    ACCEPTED,
    EXPECTED,
    LOOK_ALIKES,
    CONSERVATION,
    CONTROL_TOTALS,
    READ_WHOLE,
    RETYPED,
    CORRECTIONS_CONSERVED,
    SCHEMA,
    AGE,
    INGESTS,
    LOG_AGREES,
)
