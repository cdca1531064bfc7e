"""Whether what vendors declare to send has come (`expect:`), for a pull date and for now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cost_pipeline.contracts.expectations import Due, last_due, start_of
from cost_pipeline.contracts.sources import FolderSource, HttpSource
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.tables import DELIVERIES, FETCHES
from cost_pipeline.pipeline.pull.fetches import names_seen
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Came:
    """One delivery of a vendor: for which pull date, and when it was fetched."""

    pull_date: date
    fetched_at: datetime


def expected(session: Session, vendor: Vendor, pull_date: date) -> Outcome:
    """Whether the newest delivery that was due by the end of a pull date, or by now, has come.

    A delivery counts for the one that was due if it is of the pull dates from then until the next
    one, or was fetched between the two.
    """
    if vendor.expect is None:
        raise AssertionError(f"{vendor.vendor} declares no `expect`")
    zone = zone_of(session, vendor)
    at = min(session.clock().astimezone(zone), start_of(pull_date + _DAY, zone))
    due = last_due(vendor.expect, at)
    if due is None or not _was_asked(session, vendor, due):
        return Outcome(passed=True, message="nothing has been due yet")
    count = came_of(session, vendor.vendor, due)
    numbers = {"deliveries": count}
    if count:
        return Outcome(True, f"{count} deliveries came of {_when(due)}", numbers)  # noqa: FBT003
    message = f"nothing came that was due by {due.by:%Y-%m-%d %H:%M %Z} (expect: {vendor.expect})"
    return Outcome(False, message + _seen(session, vendor, pull_date), numbers)  # noqa: FBT003


def came_of(session: Session, vendor: str, due: Due) -> int:
    """Returns how many deliveries of a vendor are of what was due."""
    return sum(_is_of(due, one) for one in _deliveries(session, vendor))


def all_expected(session: Session) -> dict[str, Outcome]:
    """Returns, by vendor that declares it, whether what was due by now has come."""
    return {
        vendor.vendor: expected(
            session, vendor, session.clock().astimezone(zone_of(session, vendor)).date()
        )
        for vendor in session.home.vendors
        if vendor.expect is not None
    }


def zone_of(session: Session, vendor: Vendor) -> ZoneInfo:
    """Returns the time zone of the owner of a vendor's records."""
    return ZoneInfo(session.feed.contract.zone(session.home.settings[session.feed.name], vendor))


def _when(due: Due) -> str:
    return f"what was due by {due.by:%Y-%m-%d %H:%M %Z}"


def _is_of(due: Due, one: _Came) -> bool:
    sent, until = due.sent, due.until
    if one.pull_date < sent.date() or one.fetched_at < sent:
        return False
    return one.pull_date < until.date() or one.fetched_at < until


def _was_asked(session: Session, vendor: Vendor, due: Due) -> bool:
    """Whether the vendor was pulled for this period, or before: else nobody looked for it."""
    first = min(_pull_dates(session, vendor), default=None)
    return first is not None and first < max(due.until.date(), due.sent.date() + _DAY)


def _pull_dates(session: Session, vendor: Vendor) -> Collection[date]:
    table = session.lake.table(FETCHES).snapshot()
    found = table.query(
        f"select min(pull_date) as day from {{table}} where {equals('vendor', vendor.vendor)}"
    )
    return [day for day in found["day"].to_pylist() if day is not None]


def _deliveries(session: Session, vendor: str) -> list[_Came]:
    table = session.lake.table(DELIVERIES).snapshot()
    found = table.query(
        "select pull_date, fetched_at from {table} "
        f"where {equals('vendor', vendor)} and role is null"
    )
    return [_Came(**row) for row in found.to_pylist()]


def _seen(session: Session, vendor: Vendor, pull_date: date) -> str:
    """Returns what was there instead, so that a wrong pattern is told from a late vendor."""
    if isinstance(vendor.source, HttpSource):
        return ""
    names = names_seen(session, vendor.vendor, pull_date)
    where = vendor.source.path if isinstance(vendor.source, FolderSource) else vendor.source.url
    if not names:
        return f"; {where} holds no file of another name"
    return f"; `{vendor.source.files}` matches none of what {where} holds: {', '.join(names)}"
