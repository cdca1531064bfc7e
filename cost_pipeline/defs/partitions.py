"""The two calendars. Nothing else is partitioned.

Pulls are partitioned by pull date, a book by the dates of its records. Rows pulled on one day
belong to many dates of the book, and no Dagster partition mapping can say that. External assets
hand over what changed; their partitions are reported one by one (`handover`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import dagster as dg

from cost_pipeline.pipeline.declared.assets import Calendar
from cost_pipeline.pipeline.declared.book import Book
from cost_pipeline.pipeline.pull.vendors import FIRST_PULL
from cost_pipeline.pipeline.session import Session

# Without this the last partition is yesterday.
_DAYS_AHEAD: Final = 1


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars of a feed; `book` is None if it has no book."""

    pulls: dg.DailyPartitionsDefinition
    book: dg.DailyPartitionsDefinition | None

    def by(self, calendar: Calendar) -> dg.DailyPartitionsDefinition | None:
        """Returns the partitions of an asset or a check; None if it has none.

        Raises:
            ValueError: If it is partitioned by the dates of a book, and the feed has no book.
        """
        if calendar is Calendar.BOOK and self.book is None:
            raise ValueError("an asset or a check is partitioned by the book of a feed without one")
        return {Calendar.NONE: None, Calendar.PULLS: self.pulls, Calendar.BOOK: self.book}[calendar]


def calendars(book: Book[Session] | None, today: date) -> Calendars:
    """Returns the calendars of a feed.

    Args:
        book: Its book; None if it has none.
        today: Decides how far the calendar of the book reaches.
    """
    return Calendars(pull_dates(), None if book is None else book_dates(book, today))


def pull_dates() -> dg.DailyPartitionsDefinition:
    """Returns every day from 1999 to today, in UTC; `run` refuses any other, too."""
    return dg.DailyPartitionsDefinition(
        start_date=FIRST_PULL.isoformat(), end_offset=_DAYS_AHEAD, timezone="UTC"
    )


def book_dates(book: Book[Session], today: date) -> dg.DailyPartitionsDefinition:
    """Returns every date that a contract accepts, so that each accepted row has a place.

    Vendors date some records ahead; the contract bounds how far, and the calendar follows it.
    """
    ahead = max((book.last - today).days + 1, 0)
    return dg.DailyPartitionsDefinition(
        start_date=book.first.isoformat(),
        end_date=date.fromordinal(book.last.toordinal() + 1).isoformat(),
        end_offset=ahead,
        timezone="UTC",
    )
