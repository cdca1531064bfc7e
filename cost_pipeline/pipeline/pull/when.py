"""Which vendors are pulled now because a delivery of theirs is due: pure decisions over `expect`.

Belongs here: what follows from the declarations, the instant, and what came. Who asks, and what
runs then, is the work of `defs.expected`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cost_pipeline.contracts.expectations import Due, Expectation, last_due

_INSTANT: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_WEEKEND: Final = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a vendor file declares, and the time zone in which it means it."""

    expect: Expectation
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class PlannedPull:
    """Vendors that are pulled for one pull date, in one run."""

    pull_date: date
    vendors: tuple[str, ...]


def newly_due(
    declared: Mapping[str, Declared], now: datetime, looked_after: Mapping[str, datetime]
) -> dict[str, Due]:
    """Returns, by vendor, the newest delivery that must be there now and was not looked after yet.

    Args:
        declared: By vendor.
        now: An instant, in any time zone.
        looked_after: By vendor, by when that delivery must have been there for which a pull was
            asked for last, or which had come by itself.
    """
    found: dict[str, Due] = {}
    for vendor, one in declared.items():
        due = last_due(one.expect, now.astimezone(one.zone))
        before = looked_after.get(vendor)
        if due is not None and (before is None or due.by > before):
            found[vendor] = due
    return found


def plan_pulls(
    due: Mapping[str, Due], came: Collection[str], first_pull: date
) -> list[PlannedPull]:
    """Returns the pulls of vendors of which nothing came, by pull date; one run for each.

    Args:
        due: What must be there now, by vendor.
        came: The vendors of which it came.
        first_pull: The day with which the home begins.
    """
    by_date: dict[date, list[str]] = {}
    for vendor, one in due.items():
        day = pull_date_of(one)
        if vendor not in came and day >= first_pull:
            by_date.setdefault(day, []).append(vendor)
    return [PlannedPull(day, tuple(sorted(by_date[day]))) for day in sorted(by_date)]


def pull_date_of(due: Due) -> date:
    """Returns the pull date of a delivery that is due.

    It is the day on which it is sent, or, where it may come for longer after than a weekend lasts,
    such as for the whole of a month, the last day of that time.
    """
    sent = due.sent.date()
    last = min((due.by - _INSTANT).date(), due.until.date() - _DAY)
    return last if last - sent > _WEEKEND else sent
