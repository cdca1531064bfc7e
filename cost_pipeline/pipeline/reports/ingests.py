"""Ingests that came to nothing, or to less than half: red, however much else is green.

A delivery of which most rows are refused is mostly not bad data but a wrong vendor file, another
layout, or rates that are not loaded. Rows that somebody decided upon (waived, or answered by a
correction or by a later version of the file) are no reason to be red.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.pipeline.dead_letters.letters import of_posting, open_dead_letters
from cost_pipeline.pipeline.reports.deliveries import DeliveryReport, deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Ingest:
    """One delivery, and why its rows are refused.

    Attributes:
        report: What became of it.
        before: Reasons of its rows that were refused before posting and are open, with how many.
        after: The same of those that were refused when posting.
    """

    report: DeliveryReport
    before: Mapping[str, int]
    after: Mapping[str, int]

    @property
    def refused_before(self) -> bool:
        """Whether over half of its rows, or all of them, were refused by its contract."""
        return sum(self.before.values()) * 2 > self.report.rows

    @property
    def refused_after(self) -> bool:
        """Whether that is so only since it was posted."""
        count = sum(self.before.values()) + sum(self.after.values())
        return bool(self.after) and count * 2 > self.report.rows and not self.refused_before


def ingests(session: Session, pull_dates: Collection[date] | None = None) -> list[Ingest]:
    """Returns readable deliveries of vendors (on the pull dates), with what is open of them.

    One that could not be read at all is told as such.
    """
    after = _reasons(open_dead_letters(session, of_posting(session)))
    before = _reasons(
        open_dead_letters(session, f"stage <> 'acquire' and not {of_posting(session)}")
    )
    return [
        Ingest(
            report,
            before.get((report.vendor, report.delivery), {}),
            after.get((report.vendor, report.delivery), {}),
        )
        for report in deliveries(session, pull_dates)
        if report.duplicate_of is None
        and report.role is None
        and report.encoding is not None
        and report.rows
    ]


def _reasons(letters: pa.Table) -> dict[tuple[str, str], Counter[str]]:
    """Returns, by vendor and delivery, how many rows have each reason as their first."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in query(
        "select vendor, delivery, reasons[1] as reason, count(*) as n from letters group by all",
        letters=letters.select(["vendor", "delivery", "reasons"]),
    ).to_pylist():
        found.setdefault((row["vendor"], row["delivery"]), Counter())[row["reason"]] += row["n"]
    return found


def rows_are_accepted(session: Session, found: Iterable[Ingest]) -> Outcome:
    """Checks that at least half of the rows of each delivery satisfy their contract."""
    found = list(found)
    red = [one for one in found if one.refused_before]
    return _outcome(session, found, [(one, one.before) for one in red])


def ingests_are_posted(session: Session) -> Outcome:
    """Checks that at least half of the rows of each accepted delivery could be posted."""
    found = ingests(session)
    red = [one for one in found if one.refused_after]
    return _outcome(session, found, [(one, one.after) for one in red])


def _outcome(
    session: Session,
    found: Collection[Ingest],
    red: Collection[tuple[Ingest, Mapping[str, int]]],
) -> Outcome:
    numbers = {"deliveries": len(found), "mostly_refused": len(red)}
    if not red:
        message = f"of {len(found):,} deliveries at least half of the rows went through"
        return Outcome(True, message, numbers)  # noqa: FBT003
    words = []
    for one, reasons in list(red)[:_SHOWN]:
        count = sum(reasons.values())
        reason = max(sorted(reasons), key=lambda code: reasons[code])
        remedy = session.feed.texts()[reason].remedy
        words.append(
            f"{one.report.uri}: {count:,} of {one.report.rows:,} rows refused, most of them "
            f"{reason}. {remedy}"
        )
    return Outcome(False, "; ".join(words), numbers)  # noqa: FBT003
