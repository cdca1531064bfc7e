"""Decides which dates of a book are to be posted, and what holds them back.

Pulls and the book are partitioned by different calendars and share no run, so nothing that runs
them can stop the one for the other: whoever plans a posting asks here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from cost_pipeline.pipeline.declared.book import Book
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.drift import dates_of_drifted
from cost_pipeline.pipeline.validation.totals import dates_without_total


@dataclass(frozen=True, slots=True)
class Due:
    """The dates that a book lacks.

    Attributes:
        present: The digest of all inputs of every date that has records.
        behind: The dates whose inputs are not those that they were posted from, in order.
    """

    present: Mapping[date, str]
    behind: list[date]


def due(session: Session, book: Book[Session]) -> Due:
    """Compares the inputs of every date with those that it was posted from."""
    present = book.present(session)
    return Due(present, out_of_date(present, book.posted(session)))


def out_of_date(present: Mapping[date, str], stored: Mapping[date, str]) -> list[date]:
    """Returns the dates to post: new ones, changed ones, and those whose records are all gone."""
    return sorted(
        day for day in present.keys() | stored.keys() if present.get(day, "") != stored.get(day, "")
    )


def held_back(
    session: Session, book: Book[Session], dates: Collection[date], not_cleared: Collection[date]
) -> Mapping[date, date]:
    """Returns the dates that are not to be posted now, each with the earliest pull that holds it.

    Either not all blocking checks of the pull have passed, or a delivery of it has a column that
    feeds values on which the book depends, and is not what was accepted, or lacks the total that
    its vendor file requires. The latter two hold back only the dates of that delivery, and are told
    from the lake: they end with the acceptance, or with a delivery that has its total.

    Args:
        session: The run.
        book: The book that has these dates.
        dates: Those that would be posted.
        not_cleared: The pull dates of which a blocking check is red or never came to a result.
    """
    if not dates:
        return {}
    pulls = book.of_pulls(session, not_cleared)
    held = {**dates_without_total(session, dates), **dates_of_drifted(session, dates), **pulls}
    return {day: held[day] for day in dates if day in held}
