"""Loads rates that were fetched: new days become snapshots, changed ones are offered to a person.

A source that restates a day restates nothing here. What it says now is written into the watched
folder of corrections as a file that gives no reason yet, so it waits there, is named by the check
`corrections`, and becomes a vintage once somebody writes why. It is offered once: whoever takes the
file away has refused it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from cost_pipeline.core.canonical import digest
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.feeds.production.rate_corrections import inbox
from cost_pipeline.feeds.production.rate_fetches import Try, declared_fetches, published_in, tries
from cost_pipeline.feeds.production.rates import add_days, is_done, mark_done, source_of
from cost_pipeline.feeds.production.tables import FX_SNAPSHOTS
from cost_pipeline.fx.snapshots import Contradiction
from cost_pipeline.pipeline.session import Session

_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class LoadedFetches:
    """What loading the fetched rates did.

    Attributes:
        newest: The newest day that came, by source.
        offered: The names of the files that wait in the watched folder for a reason.
    """

    newest: dict[str, date]
    offered: tuple[str, ...] = ()


def load_fetched(session: Session) -> LoadedFetches:
    """Loads what was fetched and not loaded yet; what was loaded before is not read again.

    Raises:
        EnvironmentFailedError: `NOT_WRITABLE`, if the folder of corrections cannot be written to.
    """
    newest: dict[str, date] = {}
    offered: list[str] = []
    for one in _not_loaded(session):
        source = source_of(session, one.source)
        contradictions = add_days(session, source, published_in(session, one))
        offered += _offer(session, one, contradictions)
        mark_done(session, _token(one))
        if one.newest is not None:
            newest[one.source] = max(one.newest, newest.get(one.source, one.newest))
    return LoadedFetches(newest, tuple(offered))


def _not_loaded(session: Session) -> list[Try]:
    declared = declared_fetches(session)
    rates = session.lake.table(FX_SNAPSHOTS).snapshot()
    return [
        one
        for one in tries(session)
        if one.outcome == "delivered" and one.source in declared and not rates.sequence(_token(one))
    ]


def _token(one: Try) -> str:
    """Returns what records with the rates that a delivery was loaded."""
    return f"fx/fetched/{one.source}/{one.part}/{one.asked_for}/{one.delivery}"


def _offer(session: Session, one: Try, found: Iterable[Contradiction]) -> list[str]:
    """Writes a file for each day that the source restates, unless it was offered before."""
    by_day: dict[date, list[Contradiction]] = {}
    for item in found:
        by_day.setdefault(item.reference_date, []).append(item)
    names = []
    for day, items in sorted(by_day.items()):
        # What a source takes back stays: a correction cannot say that there is no rate.
        rates = [(item.currency, item.offered) for item in items if item.offered is not None]
        said = digest("offered", *(f"{currency} {rate}" for currency, rate in rates))
        name = f"{one.source}-{day}-published-{said[:_DIGITS]}.csv"
        token = f"fx/offered/{name}"
        if not rates or is_done(session, token):
            continue
        _write(inbox(session) / name, _text(session, one, day, items))
        mark_done(session, token)
        names.append(name)
    return names


def _text(session: Session, one: Try, day: date, items: Iterable[Contradiction]) -> str:
    title = source_of(session, one.source).title
    given = [item for item in items if item.offered is not None]
    stored = ", ".join(
        f"{item.currency} {item.stored.normalize():f}" if item.stored else f"no {item.currency}"
        for item in given
    )
    lines = [
        f"# For {day} {title} says otherwise now than what is in force here: {stored}.",
        f"# Fetched {one.recorded_at:%Y-%m-%d %H:%M} UTC from {one.uri}",
        "# To accept it, write why behind the next line. To refuse it, take this file away.",
        "# reason:",
        "currency,rate",
        *(f"{item.currency},{item.offered.normalize():f}" for item in given if item.offered),
    ]
    return "\n".join(lines) + "\n"


def _write(place: Path, text: str) -> None:
    draft = place.with_name(f".{place.name}")  # the folder is watched; names with a dot are not
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, place)  # noqa: PTH105 - the same file system
    except OSError as error:
        raise EnvironmentFailedError(
            f"a correction of rates cannot be offered: {error.strerror}",
            where=str(place),
            remedy="make the folder of `fx_inbox` writable; nothing was restated",
            code="NOT_WRITABLE",
        ) from error
