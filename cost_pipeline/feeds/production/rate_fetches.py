"""Asks the sources of rates that a home declares (`fx_fetch`), as vendors are asked.

The bytes are landed before anything reads them, and each try is a row of `fx_fetches`. What is no
file of rates stays in the lake as evidence and is not loaded; loading what came is the matter of
`rate_offers`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.acquire.engine import Fetched, Policy, Pulled, PullJob, pull_all
from cost_pipeline.contracts.production import Productions, RateFetch
from cost_pipeline.contracts.rate_sources import PLAIN, Source, source_named, sources_of
from cost_pipeline.contracts.sources import FolderSource
from cost_pipeline.contracts.sources import Source as Place
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.people import counted
from cost_pipeline.feeds.production.names import NAME
from cost_pipeline.feeds.production.rates import contradicted, rate_days
from cost_pipeline.feeds.production.tables import FX_FETCHES
from cost_pipeline.fx.files import read_rates
from cost_pipeline.fx.publication import missing_days, newest_due
from cost_pipeline.fx.reading import DayRates
from cost_pipeline.parse import RefusedArchiveError, each_member
from cost_pipeline.pipeline.pull.unpacking import INSIDE, why_not
from cost_pipeline.pipeline.session import Session

HISTORY: Final = "history"
NEWEST: Final = "source"
MOST_CONTRADICTED: Final = 31
"""On more days than these, a file is rather another one than a correction of what is stored."""
_MOST_DAYS: Final = 31
_MOST_BYTES: Final = 256 << 20
# An outage, or a publisher who is late, is asked again after this long.
_PAUSE: Final = timedelta(minutes=15)
_FORMATS: Final[Mapping[str, Mapping[str, str]]] = {
    "xml": {"kind": "xml", "records": "rates"},
    "json": {"kind": "json"},
}


@dataclass(frozen=True, slots=True)
class Try:
    """What one address answered.

    Attributes:
        source: The name of the source.
        part: `source` or `history`.
        uri: The address; holds no secret.
        outcome: `delivered`, `nothing`, `failed` or `unreadable`.
        rate_days: The number of days with rates in what came.
        newest: The newest of them.
        contradictions: The rates in it that are stored otherwise.
        message: What went wrong, with what to do; empty if nothing.
        transient: Whether trying again without a change can help.
        asked_for: The day that was named to the source.
        delivery: The SHA-256 of what came; empty if nothing came.
        recorded_at: When it was recorded.
    """

    source: str
    part: str
    uri: str
    outcome: str
    rate_days: int
    newest: date | None
    contradictions: int
    message: str
    transient: bool
    asked_for: date
    delivery: str
    recorded_at: datetime

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to mend."""
        return self.outcome in {"delivered", "nothing"}


def declared_fetches(session: Session) -> Mapping[str, RateFetch]:
    """Returns where the home's rates come from, by source."""
    return session.home.settings_of(Productions).fx_fetch


def loaded_days(session: Session) -> dict[str, list[date]]:
    """Returns the days whose rates are loaded, by source."""
    found: dict[str, list[date]] = {}
    days = rate_days(session)
    for name, day in zip(*(days[c].to_pylist() for c in ("source", "reference_date")), strict=True):
        found.setdefault(name, []).append(day)
    return found


def tries(session: Session) -> list[Try]:
    """Returns every try, oldest first."""
    table = session.lake.table(FX_FETCHES).snapshot()
    rows = table.query("select * from {table} order by recorded_at, source, asked_for, uri")
    return [_as_try(row) for row in rows.to_pylist()]


def last_tries(session: Session) -> dict[str, list[Try]]:
    """Returns the newest tries of each source; several if it was asked for several days at once."""
    found: dict[str, list[Try]] = {}
    for one in tries(session):
        before = found.get(one.source, [])
        together = bool(before) and before[0].recorded_at == one.recorded_at
        found[one.source] = [*before, one] if together else [one]
    return found


def sources_due(session: Session) -> dict[str, str]:
    """Returns, for each declared source, why it is not asked now; an empty text if it is.

    It is asked once the rates of a day should be out that are not loaded, and again 15 minutes
    after a try that did not bring them.
    """
    now, loaded, last = session.clock(), loaded_days(session), last_tries(session)
    found = {}
    for name in declared_fetches(session):
        due = newest_due(_source(session, name), now)
        newest = max(loaded.get(name, ()), default=None)
        tried = max((one.recorded_at for one in last.get(name, ())), default=None)
        if due is None or (newest is not None and newest >= due):
            found[name] = f"up to date with {newest}"
        elif tried is not None and now - tried < _PAUSE:
            found[name] = f"asked less than {_PAUSE.seconds // 60} minutes ago"
        else:
            found[name] = ""
    return found


def fetch_rates(session: Session, names: Collection[str]) -> list[Try]:
    """Asks the sources, lands what they hand over, and records each try.

    Args:
        session: The run.
        names: The sources that are asked; each is one of `fx_fetch`.

    Raises:
        UsageError: `FX_SOURCE` for a source that nothing is declared of.
    """
    loaded, now = loaded_days(session), session.clock()
    jobs: list[tuple[str, str, PullJob]] = []
    for name in names:
        told = declared_fetches(session).get(name)
        if told is None:
            raise UsageError(
                f"the home does not say where rates of {name!r} come from",
                where=str(session.home.path / "productions.yaml"),
                remedy=f"declare `fx_fetch: {{{name}: {{source: ...}}}}` (docs/interfaces.md)",
                code="FX_SOURCE",
            )
        jobs += _jobs(session, name, told, loaded.get(name, ()), now)
    if not jobs:
        return []
    with session.lake.content.scratch() as scratch:
        pulled = asyncio.run(
            pull_all(
                [job for _, _, job in jobs],
                base=session.home.path,
                scratch=scratch,
                environment=session.environment,
                clock=session.clock,
                policy=Policy(debug_loop=session.debug_loop),
            )
        )
        for one in pulled:
            for fetched in one.fetched:
                session.lake.content.land(fetched.path, fetched.sha256)
    stamp = session.stamp()
    rows = [
        {**row, "recorded_at": stamp.recorded_at, "run_id": stamp.run_id}
        for (name, part, job), one in zip(jobs, pulled, strict=True)
        for row in _rows(session, name, part, job, one, now.date())
    ]
    table = pa.Table.from_pylist(rows, schema=FX_FETCHES.schema)
    session.lake.table(FX_FETCHES).append_next("fx/fetches", table, run_id=session.run_id)
    return [_as_try(row) for row in rows]


def published_in(session: Session, one: Try) -> tuple[DayRates, ...]:
    """Returns the rates in what a try brought.

    Raises:
        UsageError: `FX_FILE`, if it is no file of rates of this source.
    """
    source = _source(session, one.source)
    told = declared_fetches(session)[one.source]
    place = told.history if one.part == HISTORY and told.history is not None else told.source
    day = one.asked_for if PLAIN in source.layouts else None
    path = session.lake.content.open_path(one.delivery)
    days: dict[date, DayRates] = {}
    for name, data in _files(path, place, one.uri):
        for rates in read_rates(data, source, day=day, where=name).days:
            if days.setdefault(rates.reference_date, rates) != rates:
                raise _no_rates(f"{rates.reference_date} occurs twice with other rates", name)
    if not days:
        raise _no_rates("there is no rate in it", one.uri)
    return tuple(days[known] for known in sorted(days))


def _files(path: Path, place: Place, uri: str) -> list[tuple[str, bytes]]:
    """Returns the files of a delivery with their names: its members if it is an archive."""
    if path.stat().st_size > _MOST_BYTES:
        raise _no_rates(f"it is larger than {_MOST_BYTES:,} bytes", uri)
    if place.unpack is None:
        return [(uri, path.read_bytes())]
    found = []
    try:
        for name, pieces in each_member(path, place.unpack.kind):
            data = b"".join(pieces)
            if why_not(name, place.unpack.files) is None:
                found.append((f"{uri}{INSIDE}{name}", data))
    except RefusedArchiveError as error:
        raise _no_rates(str(error), uri) from None
    return found


def _no_rates(what: str, uri: str) -> UsageError:
    return UsageError(
        f"this is not a file of exchange rates: {what}",
        where=uri,
        remedy="mend the address under `fx_fetch` in productions.yaml, or ask the publisher",
        code="FX_FILE",
    )


def _source(session: Session, name: str) -> Source:
    return source_named(name, sources_of(session.home.settings_of(Productions)))


def _jobs(
    session: Session, name: str, told: RateFetch, loaded: Sequence[date], now: datetime
) -> list[tuple[str, str, PullJob]]:
    """Returns what is asked of a source: part and job, one for each day if its files are of one."""
    source = _source(session, name)
    missing = missing_days(source, loaded, now, _MOST_DAYS)
    newest = newest_due(source, now) or now.date()
    if PLAIN in source.layouts:
        return [
            (name, NEWEST, _job(session, name, told.source, day)) for day in missing or [newest]
        ]
    if told.history is not None and (len(missing) > 1 or not loaded):
        return [(name, HISTORY, _job(session, name, told.history, newest))]
    return [(name, NEWEST, _job(session, name, told.source, newest))]


def _job(session: Session, name: str, place: Place, day: date) -> PullJob:
    vendor = Vendor.model_validate(
        {
            "vendor": name,
            "feed": NAME,
            "record": "exchange_rates",
            "source": place,
            "format": _format_of(place),
            "key": None,
            "columns": {},
        }
    )
    known: frozenset[tuple[str, str]] = frozenset()
    if isinstance(place, FolderSource) and not place.dated:
        known = frozenset((one.uri, one.delivery) for one in tries(session) if one.source == name)
    return PullJob(vendor, day, known)


def _format_of(place: Place) -> Mapping[str, str]:
    """Returns what is expected to come, by the address: it decides which content types fit."""
    address = place.files if isinstance(place, FolderSource) else place.url
    found = (form for name, form in _FORMATS.items() if name in address.lower())
    return next(found, {"kind": "csv"})


def _rows(
    session: Session, name: str, part: str, job: PullJob, pulled: Pulled, today: date
) -> list[dict[str, Any]]:
    row: dict[str, Any] = {
        "day": today,
        "source": name,
        "part": part,
        "asked_for": job.pull_date,
        "attempts": 1,
        "rate_days": 0,
        "contradictions": 0,
        "transient": False,
    }
    rows = [row | _delivered(session, row, fetched) for fetched in pulled.fetched]
    rows += [
        row
        | {
            "uri": failure.uri,
            "outcome": "failed",
            "attempts": failure.attempts,
            "message": failure.message,
            "transient": failure.transient,
        }
        for failure in pulled.failures
    ]
    place = job.vendor.source
    where = place.path if isinstance(place, FolderSource) else place.url
    return rows or [row | {"uri": where, "outcome": "nothing"}]


def _delivered(session: Session, row: Mapping[str, Any], fetched: Fetched) -> dict[str, Any]:
    came = {
        "uri": fetched.uri,
        "delivery": fetched.sha256,
        "size": fetched.size,
        "content_type": fetched.content_type,
        "status": fetched.status,
        "attempts": fetched.attempts,
        "outcome": "delivered",
    }
    one = _as_try({**row, **came, "recorded_at": fetched.fetched_at})
    try:
        days = published_in(session, one)
        other = contradicted(session, _source(session, one.source), days)
        contradicted_days = len({item.reference_date for item in other})
        if contradicted_days > MOST_CONTRADICTED:
            what = f"it says otherwise than what is stored on {counted(contradicted_days, 'day')}"
            raise _no_rates(what, fetched.uri)
    except UsageError as error:
        message = f"{error.message}; {error.remedy}"
        return {**came, "outcome": "unreadable", "message": message}
    return {
        **came,
        "rate_days": len(days),
        "newest": days[-1].reference_date,
        "contradictions": len(other),
    }


def _as_try(row: Mapping[str, Any]) -> Try:
    return Try(
        source=row["source"],
        part=row["part"],
        uri=row["uri"],
        outcome=row["outcome"],
        rate_days=row["rate_days"],
        newest=row.get("newest"),
        contradictions=row["contradictions"],
        message=row.get("message") or "",
        transient=row["transient"],
        asked_for=row["asked_for"],
        delivery=row.get("delivery") or "",
        recorded_at=row["recorded_at"],
    )
