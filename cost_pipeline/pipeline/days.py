"""Says from when to when a home has something: what the calendars of its feed are made of.

What does not belong here: how Dagster is told (`defs/partitions`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cost_pipeline.core.sql import Predicate, equals, one_of
from cost_pipeline.home.load import Home
from cost_pipeline.lake.tables import DELIVERIES, FETCHES, TableSpec
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session

_ENDS: Final = 'select min("{day}") as first, max("{day}") as last from {{table}}'


@dataclass(frozen=True, slots=True)
class Reach:
    """The days of a feed in a home, as far as it has any.

    Attributes:
        first_pull: The first day for which anything was pulled, or tried to.
        first: The first business day of a record or of the book.
        last: The last one.
    """

    first_pull: date | None = None
    first: date | None = None
    last: date | None = None


def reach(session: Session) -> Reach:
    """Returns what the lake has."""
    received = _first_pull(session, DELIVERIES, equals("feed", session.feed.name))
    mine = one_of("vendor", [vendor.vendor for vendor in session.home.vendors])
    first, last = _of_book(session)
    return Reach(_least([received, _first_pull(session, FETCHES, mine)]), first, last)


def _first_pull(session: Session, table: TableSpec, where: Predicate) -> date | None:
    snapshot = session.lake.table(table).snapshot()
    (found,) = snapshot.query(f"select min(pull_date) as first from {{table}} where {where}")[
        "first"
    ].to_pylist()
    first: date | None = found
    return first


def _of_book(session: Session) -> tuple[date | None, date | None]:
    book, records = session.feed.book, session.lake.table(session.feed.records).snapshot()
    if book is None:
        return None, None
    (ends,) = records.query(_ENDS.format(day=session.feed.shape.day)).to_pylist()
    posted = book.posted(session)
    return _least([ends["first"], *posted]), _most([ends["last"], *posted])


def _least(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _most(days: Iterable[date | None]) -> date | None:
    return max((day for day in days if day is not None), default=None)


def start_of_home(feed: Feed[Session], home: Home) -> date | None:
    """Returns the first day that the settings of a feed declare; None if they declare none."""
    settings = home.settings.get(feed.name)
    return None if settings is None else feed.contract.start(settings)


def zone_of_home(feed: Feed[Session], home: Home, now: datetime) -> str:
    """Returns the time zone in which a feed's days begin: UTC if no vendor has one.

    Of several it is the one in which it is latest now, so that nobody misses the present day.
    """
    settings = home.settings.get(feed.name)
    zones = {feed.contract.zone(settings, v) for v in home.vendors if v.feed == feed.name}
    clocks = {zone: now.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for zone in sorted(zones)}
    return max(clocks, key=clocks.__getitem__, default="UTC")


def today(session: Session) -> date:
    """Returns the present day in the time zone of the session's feed."""
    now = session.clock()
    return now.astimezone(ZoneInfo(zone_of_home(session.feed, session.home, now))).date()
