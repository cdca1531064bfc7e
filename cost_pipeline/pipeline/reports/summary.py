"""The summary of some pull dates: the numbers that `run` prints and returns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.core.sql import Predicate
from cost_pipeline.home.last_good import WrongFile
from cost_pipeline.lake.only_reading import only_reading
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.pipeline.dead_letters.letters import reasons_of
from cost_pipeline.pipeline.declared.shown import Table
from cost_pipeline.pipeline.pull.fetches import LeftAlone, passed_over
from cost_pipeline.pipeline.reports.deliveries import deliveries, open_of_pull_dates
from cost_pipeline.pipeline.reports.gaps import Provisional, provisional
from cost_pipeline.pipeline.session import Session

_FATES: Final = {
    "posted": "posted",
    "commitments": "held as commitments",
    "duplicates": "duplicates",
    "dead_letters": "dead letters",
    "reference": "kept for reference",
}
"""What may have become of rows, and the words for it where the feed has none of its own."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What came on the pull dates, what became of it, and what the whole book comes to now.

    Attributes:
        warnings: The red checks that only warn.
        always: The fates that are shown even where there are none, with their words.
        totals: The totals of the whole book; None if the feed has none.
        nothing_new: Whether the run found nothing that was not there before it.
        wrong: Vendor files by which nothing was pulled, because they are wrong.
    """

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
    always: dict[str, str]
    totals: Table | None
    passed_checks: int
    failed_checks: tuple[str, ...]
    provisional: tuple[Provisional, ...] = ()
    warnings: tuple[str, ...] = ()
    passed_over: tuple[LeftAlone, ...] = ()
    nothing_new: bool = False
    wrong: tuple[WrongFile, ...] = ()

    def fates(self) -> dict[str, int]:
        """Returns what became of the rows, by words for people."""
        words = self.always | {
            fate: words
            for fate, words in _FATES.items()
            if fate not in self.always and getattr(self, fate)
        }
        return {text: getattr(self, fate) for fate, text in words.items()}

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "nothing_new": self.nothing_new,
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
            "wrong_vendor_files": [one.as_json() for one in self.wrong],
            "passed_over": [one.as_json() for one in self.passed_over],
            "checks": {
                "passed": self.passed_checks,
                "failed": list(self.failed_checks),
                "warnings": list(self.warnings),
            },
        }


def summarize(
    session: Session,
    pull_dates: Collection[date],
    *,
    passed: int,
    failed: Collection[str],
    warnings: Collection[str] = (),
    nothing_new: bool = False,
) -> Summary:
    """Counts the deliveries of the pull dates, from what is stored."""
    found, reports = deliveries(session, pull_dates), session.feed.reports
    return Summary(
        deliveries=len(found),
        rows=sum(r.rows for r in found),
        blank_rows=sum(r.blank_rows for r in found),
        records=sum(r.records for r in found),
        posted=sum(r.posted for r in found),
        commitments=sum(r.commitments for r in found),
        duplicates=sum(r.duplicates for r in found),
        dead_letters=sum(r.dead_letters for r in found),
        reference=sum(r.reference for r in found),
        by_reason=reasons_of(open_of_pull_dates(session, pull_dates)),
        always=dict(reports.always),
        totals=reports.totals(session) if reports.totals is not None else None,
        passed_checks=passed,
        failed_checks=tuple(failed),
        warnings=tuple(warnings),
        provisional=tuple(provisional(session, pull_dates)),
        passed_over=tuple(passed_over(session, pull_dates)),
        nothing_new=nothing_new,
        wrong=session.home.wrong,
    )


def written_so_far(session: Session) -> tuple[int, ...]:
    """Returns the versions of the tables that a run writes to if it finds anything new.

    A run that only asked again, or read what it had read, leaves them as they were.
    """
    feed = session.feed
    with only_reading():
        return tuple(
            session.lake.table(spec).snapshot().version
            for spec in (DELIVERIES, VALIDATIONS, feed.records, feed.dead_letters)
        )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A pull or a whole delivery that gave no rows: what happened, and where."""

    vendor: str
    reason: str
    message: str
    where: str


def unreadable(session: Session, pull_dates: Collection[date]) -> list[Unreadable]:
    """Returns the open dead letters of whole pulls and deliveries of these pull dates."""
    uris = {(r.vendor, r.delivery): r.uri for r in deliveries(session, pull_dates)}
    return [
        Unreadable(
            vendor=row["vendor"],
            reason=row["reasons"][0],
            message=errors_of(row["errors"])[0]["message"],
            where=row["payload"] or uris.get((row["vendor"], row["delivery"]), row["delivery"]),
        )
        for row in open_of_pull_dates(session, pull_dates, Predicate('"row" is null')).to_pylist()
    ]
