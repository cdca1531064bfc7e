"""FX in the lake: histories of sources, corrections as new vintages, rates in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.rate_sources import Source, ecb, source_named, sources_of
from cost_pipeline.contracts.tables import RATE_SCHEMA
from cost_pipeline.core.reference import ECB, reference_path
from cost_pipeline.feeds.session import Session
from cost_pipeline.fx.files import parse_two_columns, read_rates
from cost_pipeline.fx.rates import affected_dates, in_force
from cost_pipeline.fx.reading import DayRates
from cost_pipeline.fx.snapshots import Contradiction, correct, load_history
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.delta import Part, StaleSnapshotError
from cost_pipeline.lake.durable import clear_read_errors
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.lake.tables import FX_SNAPSHOTS

_HISTORY: Final = "ecb/eurofxref-hist.csv"


@dataclass(frozen=True, slots=True)
class LoadedHistory:
    """What loading a file of rates did.

    Attributes:
        source: Whose file it is.
        days: Days added.
        contradictions: Rates that it gives otherwise than what is stored.
        unmapped: Names in it for which no currency is known; their rates were not loaded.
    """

    source: Source
    days: int
    contradictions: tuple[Contradiction, ...] = ()
    unmapped: tuple[str, ...] = ()


def stored_rates(session: Session) -> pa.Table:
    """Every rate of every vintage (RATE_SCHEMA)."""
    return session.lake.table(FX_SNAPSHOTS).snapshot().read(columns=RATE_SCHEMA.names)


def rates_in_force(session: Session) -> pa.Table:
    """The rates that count now, each with the snapshot that introduced its value."""
    snapshot = session.lake.table(FX_SNAPSHOTS).snapshot()
    if snapshot.identity not in _IN_FORCE:
        _IN_FORCE.clear()
        with clear_read_errors(snapshot.table.table_uri):  # a value that cannot be missing may be
            _IN_FORCE[snapshot.identity] = in_force(snapshot.read(columns=RATE_SCHEMA.names))
    return _IN_FORCE[snapshot.identity]


# The whole history takes a sixth of a second to resolve and a run asks a dozen times. A version of
# an append-only table never changes, so its result may be kept.
_IN_FORCE: Final[dict[tuple[str, int], pa.Table]] = {}


def source_of(session: Session, name: str) -> Source:
    """A source that the home may use, by name."""
    return source_named(name, sources_of(session.home.productions))


def load_bundled_history(session: Session) -> LoadedHistory:
    """Load the ECB history that comes with the product; nothing if this file was loaded before."""
    path = reference_path(_HISTORY)
    token = f"fx/history/{hash_file(path)}"
    if session.lake.table(FX_SNAPSHOTS).snapshot().sequence(token):
        return LoadedHistory(ecb(), 0)
    read = read_rates(path.read_bytes(), ecb(), where=str(path))
    return _load(session, ecb(), read.days, token)


def load_file(session: Session, name: str, file: Path, day: date | None) -> LoadedHistory:
    """Load a file of a source: days that are not stored yet.

    Args:
        session: The run.
        name: The source.
        file: In one of the source's layouts.
        day: For files that do not carry their day.

    Raises:
        UsageError: `FX_SOURCE`, `FX_FILE` or `FX_DAY`.
    """
    source = source_of(session, name)
    read = read_rates(file.read_bytes(), source, day=day, where=str(file))
    loaded = _load(session, source, read.days)
    return LoadedHistory(source, loaded.days, loaded.contradictions, read.unmapped)


def _load(
    session: Session, source: Source, days: Iterable[DayRates], *tokens: str
) -> LoadedHistory:
    table = session.lake.table(FX_SNAPSHOTS)
    while True:
        snapshot = table.snapshot()
        stored = snapshot.read(columns=RATE_SCHEMA.names)
        loaded = load_history(stored, days, source, recorded_at=session.clock())
        if not loaded.rows.num_rows and not tokens:
            return LoadedHistory(source, 0, loaded.contradictions)
        # Loads of one source never overlap: each takes the next number of the source.
        parts = [_part(snapshot, f"fx/load/{source.name}", loaded.rows)]
        parts += [Part(token, 1, _NOTHING) for token in tokens]
        try:
            table.append(snapshot, parts, run_id=session.run_id)
        except StaleSnapshotError:
            continue  # another load of the source came first; compare again
        added = pc.count_distinct(loaded.rows["reference_date"]).as_py()
        return LoadedHistory(source, added, loaded.contradictions)


@dataclass(frozen=True, slots=True)
class Correction:
    """A new vintage and the transaction dates on which it can change a conversion."""

    reference_date: date
    vintage: int | None
    snapshot: str | None
    affected: tuple[date, ...]


def correct_rates(
    session: Session, day: date, file: Path, reason: str, source: str = ECB
) -> Correction:
    """Write a new vintage of a day's snapshot from a file of `currency,rate` lines.

    Nothing is written if it changes nothing, so that the same correction twice is one.

    Args:
        session: The run.
        day: The reference date.
        file: Rates as the source quotes them.
        reason: Why; the one in the file if empty.
        source: Whose snapshot.
    """
    publisher = source_of(session, source)
    read = parse_two_columns(file.read_bytes(), publisher, where=str(file))
    return write_vintage(session, publisher, DayRates(day, read.rates), reason or read.reason)


def write_vintage(
    session: Session, source: Source, corrected: DayRates, reason: str, *, token: str | None = None
) -> Correction:
    """Write the next vintage of a day, unless it changes nothing or `token` was used before."""
    table = session.lake.table(FX_SNAPSHOTS)
    day = corrected.reference_date
    unchanged = Correction(day, None, None, ())
    while True:
        snapshot = table.snapshot()
        if token is not None and snapshot.sequence(token):
            return unchanged
        stored = snapshot.read(columns=RATE_SCHEMA.names)
        rows = correct(stored, corrected, source, reason=reason, recorded_at=session.clock())
        parts = [] if token is None else [Part(token, 1, _NOTHING)]
        if rows.num_rows:
            parts.append(_part(snapshot, f"fx/vintage/{source.name}/{day}", rows))
        if not parts:
            return unchanged
        try:
            table.append(snapshot, parts, run_id=session.run_id)
        except StaleSnapshotError:
            continue  # another correction of the day came first; this one goes on top of it
        if not rows.num_rows:
            return unchanged
        affected = _affected(session, source, stored)
        return Correction(day, rows["vintage"][0].as_py(), rows["snapshot"][0].as_py(), affected)


def _affected(session: Session, source: Source, stored: pa.Table) -> tuple[date, ...]:
    """The dates on which a production that uses the source could convert otherwise than before."""
    users = [
        production
        for production in session.home.productions.productions.values()
        if production.fx.source == source.name
    ]
    if not users:
        return ()
    ages = (production.fx.max_age_days for production in users)
    return affected_dates(
        in_force(stored),
        rates_in_force(session),
        base_currencies=frozenset(production.base_currency for production in users),
        max_age_days=max(source.max_age_days if age is None else age for age in ages),
        source=source,
    )


def snapshots_listed(
    session: Session, limit: int, source: str | None = None
) -> list[dict[str, Any]]:
    """The newest snapshots: date, vintage, id, how many currencies, and why if corrected."""
    rates = stored_rates(session)
    if source is not None:
        rates = rates.filter(pc.equal(rates["source"], source_of(session, source).name))
    found = query(
        "select reference_date, vintage, snapshot, source, any_value(reason) as reason, "
        "count(*) as currencies from rates group by all "
        "order by reference_date desc, vintage desc, source",
        rates=rates,
    ).slice(0, limit)
    rows = found.to_pylist()
    return [{**row, "reference_date": row["reference_date"].isoformat()} for row in rows]


def _part(snapshot: Snapshot, writer: str, rows: pa.Table) -> Part:
    return Part(writer, snapshot.sequence(writer) + 1, _with_year(rows))


def _with_year(rows: pa.Table) -> pa.Table:
    years = pc.cast(pc.year(rows["reference_date"]), pa.int32())
    rows = rows.append_column("reference_year", years)
    return rows.select(FX_SNAPSHOTS.schema.names).cast(FX_SNAPSHOTS.schema)


_NOTHING: Final = FX_SNAPSHOTS.schema.empty_table()
