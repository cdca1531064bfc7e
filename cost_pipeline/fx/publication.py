"""When a source's rates are out, and how old those that are loaded are: days, and nothing stored.

A weekend, a closing day and the hours before publication make nothing old. Which rate a transaction
gets is `fx.rates`' matter.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cost_pipeline.contracts.rate_sources import Source
from cost_pipeline.fx.calendar import last_publication_day, next_publication_day

GRACE: Final = timedelta(hours=4)
"""How late a publisher may be before anybody is told."""
_ONE_DAY: Final = timedelta(days=1)


def newest_due(source: Source, now: datetime) -> date | None:
    """Returns the newest day whose rates the source should have published by `now` (UTC)."""
    local = now.astimezone(ZoneInfo(source.time_zone))
    day = local.date() - timedelta(days=source.days_later)
    if local.time() < source.published_at:
        day -= _ONE_DAY
    return last_publication_day(source, day)


def missing_days(source: Source, loaded: Collection[date], now: datetime, most: int) -> list[date]:
    """Returns the days that are due and lie after the newest loaded one, oldest first.

    Args:
        source: The source.
        loaded: The days that are loaded.
        now: The present instant.
        most: Not more than so many, the newest; with nothing loaded, only the newest.
    """
    due = newest_due(source, now)
    if due is None:
        return []
    if not loaded:
        return [due]
    found, day = [], next_publication_day(source, max(loaded))
    while day <= due:
        found.append(day)
        day = next_publication_day(source, day)
    return found[-most:]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh the loaded rates of a source are.

    Attributes:
        newest: The newest loaded day; None if nothing is loaded.
        due: The newest day that should be loaded by now; None if none is.
        age: How many calendar days the newest loaded day lies back.
        limit: How many days old a rate may be where it is used.
    """

    newest: date | None
    due: date | None
    age: int
    limit: int

    @property
    def is_fresh(self) -> bool:
        """Whether everything is loaded that should be."""
        return self.newest is not None and (self.due is None or self.newest >= self.due)

    @property
    def is_usable(self) -> bool:
        """Whether a transaction of today would still find a rate."""
        return self.newest is not None and (self.is_fresh or self.age <= self.limit)


def freshness(source: Source, loaded: Collection[date], now: datetime, limit: int) -> Freshness:
    """Returns how fresh rates are at an instant; a publisher may be late by `GRACE`."""
    today = now.astimezone(ZoneInfo(source.time_zone)).date()
    newest = max(loaded, default=None)
    age = 0 if newest is None else (today - newest).days
    return Freshness(newest, newest_due(source, now - GRACE), age, limit)
