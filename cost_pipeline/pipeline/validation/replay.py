"""Replay judges landed deliveries again under the present contract, and fetches nothing.

What is judged already under the present contract would give what there is, so only what is behind
is replayed: a changed contract, mapping or rule replays exactly what it concerns.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import begins, equals
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.pipeline.dead_letters.corrections import out_of_date, validate_corrections
from cost_pipeline.pipeline.dead_letters.superseded import answer_superseded
from cost_pipeline.pipeline.pull.deliveries import CORRECTION, current_deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.deliveries import pending, validate_deliveries
from cost_pipeline.pipeline.validation.versions import note_cut, versions_seen

_PREFIX = 8
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Behind:
    """A delivery that was not judged under the present contract, and its first pull date."""

    vendor: str
    delivery: str
    pull_date: date


def behind(session: Session, pull_dates: Collection[date] | None = None) -> list[Behind]:
    """Returns the deliveries (first received on these dates) that a replay would judge again."""
    rows = current_deliveries(session).to_pylist()
    first = {(r["vendor"], r["delivery"]): r["first_pulled"] for r in rows}
    days = {r["first_pulled"] for r in rows if r["role"] is None}
    found = {
        Behind(p.vendor.vendor, p.delivery, first[p.vendor.vendor, p.delivery])
        for day in sorted(days)
        if pull_dates is None or day in pull_dates
        for p in pending(session, session.home.vendors, day)
    }
    found |= {
        Behind(CORRECTION, delivery, pulled)
        for delivery, pulled in out_of_date(session).items()
        if pull_dates is None or pulled in pull_dates
    }
    return sorted(found, key=lambda b: (b.pull_date, b.vendor, b.delivery))


def replay(session: Session, pull_date: date, delivery: str | None = None) -> int:
    """Judges again what is behind of one pull date, or one delivery of it; returns how many.

    A delivery of another date is among them if one of this date is a longer version of it.
    """
    vendors = session.home.vendors
    files = versions_seen(session, pull_date)
    cut = {(one.vendor, one.delivery): one.first_pulled for one in note_cut(session, files)}
    found = pending(session, vendors, pull_date)
    for day in sorted(set(cut.values()) - {pull_date}):
        earlier = pending(session, vendors, day)
        found += [one for one in earlier if (one.vendor.vendor, one.delivery) in cut]
    chosen = [one for one in found if delivery is None or one.delivery == delivery]
    validate_deliveries(session, chosen)
    answer_superseded(session, files)
    behind_too = [
        one
        for one, pulled in out_of_date(session).items()
        if pulled == pull_date and (delivery is None or one == delivery)
    ]
    validate_corrections(session, behind_too)
    return len(chosen) + len(behind_too)


def delivery_named(session: Session, beginning: str) -> tuple[str, date]:
    """Returns the one landed delivery whose hash begins so, and its first pull date.

    Raises:
        UsageError: If there is none, or more than one.
    """
    if len(beginning) >= _PREFIX and set(beginning) <= _HEX:
        named = begins("delivery", beginning) & equals("feed", session.feed.name)
        found = (
            session.lake.table(DELIVERIES)
            .snapshot()
            .query(
                f"select delivery, min(pull_date) as day from {{table}} where {named} group by all"
            )
        )
        if found.num_rows == 1:
            return found["delivery"][0].as_py(), found["day"][0].as_py()
    raise UsageError(
        f"there is no one delivery {beginning!r}",
        where="--delivery",
        remedy=f"give at least {_PREFIX} characters of a hash of `cost-pipeline deliveries --json`",
        code="NO_SUCH_DELIVERY",
    )
