"""The calendars. Nothing else is partitioned.

Pulls are partitioned by pull date, a book by the dates of its records. Rows pulled on one day
belong to many dates of the book, and no Dagster partition mapping can say that. External assets
hand over what changed; their partitions are reported one by one (`handover`). Reports are
partitioned by the day that they are of.

A calendar begins where the home does and ends today, so that all of it is what a home has. It is
counted when the code location is loaded; today goes on by itself. A record beyond it makes it
longer at the next load, and is posted meanwhile (`beyond`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg

from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.days import Reach, start_of_home, zone_of_home
from cost_pipeline.pipeline.declared.assets import Calendar
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session

# Without it the last partition is yesterday.
_TODAY: Final = 1


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars of a feed; `book` is None if it has no book."""

    pulls: dg.DailyPartitionsDefinition
    book: dg.DailyPartitionsDefinition | None
    reports: dg.DailyPartitionsDefinition

    def by(self, calendar: Calendar) -> dg.DailyPartitionsDefinition | None:
        """Returns the partitions of an asset or a check; None if it has none.

        Raises:
            ValueError: If it is partitioned by the dates of a book, and the feed has no book.
        """
        if calendar is Calendar.BOOK and self.book is None:
            raise ValueError("an asset or a check is partitioned by the book of a feed without one")
        return {
            Calendar.NONE: None,
            Calendar.PULLS: self.pulls,
            Calendar.BOOK: self.book,
            Calendar.REPORTS: self.reports,
        }[calendar]


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when the calendars of a feed go.

    Attributes:
        first_pull: The first pull date.
        first: The first date of the book.
        ahead: How many days after today the book goes.
        zone: The time zone in which a day begins.
    """

    first_pull: date
    first: date
    ahead: int
    zone: str

    def covers(self, day: date, now: datetime) -> bool:
        """Whether the calendar of the book has a date at an instant."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        return self.first <= day <= today + timedelta(days=self.ahead)


def span_of(
    feed: Feed[Session], home: Home, has: Reach, *, now: datetime, asked: Sequence[date] = ()
) -> Span:
    """Returns how far the calendars of a feed go.

    Both begin with the declared start, or with what the home has from before; with today if it
    has nothing and declares none.

    Args:
        feed: The feed.
        home: Its home.
        has: What the home has.
        now: The present instant.
        asked: Pull dates that are wanted in any case.
    """
    zone = zone_of_home(feed, home, now)
    today = now.astimezone(ZoneInfo(zone)).date()
    start = start_of_home(feed, home)
    first_pull = _first([start, has.first_pull, *asked], today)
    # Without a declared start a book that has nothing yet begins with the first pull.
    first = _first([start or first_pull, has.first], today)
    ahead = max(0, (has.last - today).days) if has.last is not None else 0
    return Span(first_pull, first, ahead, zone)


def _first(days: Iterable[date | None], today: date) -> date:
    """Returns the earliest day; a start that lies ahead is no reason to have no calendar."""
    return min(today, *(day for day in days if day is not None)) if any(days) else today


def calendars(feed: Feed[Session], span: Span) -> Calendars:
    """Returns the calendars of a feed, as far as a span goes."""
    return Calendars(
        _daily(span.first_pull, _TODAY, span.zone),
        None if feed.book is None else _daily(span.first, _TODAY + span.ahead, span.zone),
        _daily(min(span.first, span.first_pull), _TODAY, span.zone),
    )


def _daily(first: date, offset: int, zone: str) -> dg.DailyPartitionsDefinition:
    return dg.DailyPartitionsDefinition(
        start_date=first.isoformat(), end_offset=offset, timezone=zone
    )
