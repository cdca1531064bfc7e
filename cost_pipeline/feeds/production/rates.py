"""FX in the lake: histories of sources, corrections as new vintages, rates in force."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import RATE_SCHEMA
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rate_sources import Source, ecb, source_named, sources_of
from cost_pipeline.contracts.tables import DAY, TEXT
from cost_pipeline.core.reference import ECB, reference_path
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.feeds.production.prepared_rates import prepared_rows
from cost_pipeline.feeds.production.rate_doubts import AROUND, refuse_doubtful
from cost_pipeline.feeds.production.tables import FX_SNAPSHOTS
from cost_pipeline.fx.files import parse_two_columns, read_rates
from cost_pipeline.fx.rates import IN_FORCE_SCHEMA, affected_dates, in_force
from cost_pipeline.fx.reading import DayRates
from cost_pipeline.fx.snapshots import Contradiction, Loaded, correct, load_history
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.delta import Part, StaleSnapshotError
from cost_pipeline.lake.derived import Summary, summarised
from cost_pipeline.lake.durable import clear_read_errors
from cost_pipeline.lake.kept import Kept
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.pipeline.session import Session

BUNDLED: Final = "ecb/eurofxref-hist.csv"
"""The history that comes with the product, as its publisher writes it."""


@dataclass(frozen=True, slots=True)
class LoadedHistory:
    """What loading a file of rates has done.

    Attributes:
        source: The source that publishes the file.
        days: Days added.
        contradictions: Rates that it gives otherwise than what is stored.
        unmapped: Names in it for which no currency is known; their rates were not loaded.
    """

    source: Source
    days: int
    contradictions: tuple[Contradiction, ...] = ()
    unmapped: tuple[str, ...] = ()


def stored_rates(session: Session, years: Collection[int] | None = None) -> pa.Table:
    """Returns every rate of every vintage (RATE_SCHEMA).

    Args:
        session: The run.
        years: Only those of days in these years.
    """
    snapshot = session.lake.table(FX_SNAPSHOTS).snapshot()
    if years is None:
        return snapshot.read(columns=RATE_SCHEMA.names)
    if not years:
        return RATE_SCHEMA.empty_table()
    of_years = one_of("reference_year", sorted(years))
    return snapshot.read(where=of_years, columns=RATE_SCHEMA.names)


def rates_in_force(session: Session) -> pa.Table:
    """Returns all rates that count now, each with the snapshot that introduced its value."""
    return rates_between(session, date.min, date.max)


def rates_between(session: Session, first: date, last: date) -> pa.Table:
    """Returns the rates that count between two days, and of others of the same years.

    A home holds decades of rates and most runs look at the last two years of them.
    """
    snapshot = session.lake.table(FX_SNAPSHOTS).snapshot()
    years = [year for year in map(int, snapshot.partitions()) if first.year <= year <= last.year]
    found = [_in_force_of(snapshot, year) for year in sorted(years)]
    return pa.concat_tables(found) if found else IN_FORCE_SCHEMA.empty_table()


def _in_force_of(snapshot: Snapshot, year: int) -> pa.Table:
    def resolve() -> pa.Table:
        where = equals("reference_year", year)
        with clear_read_errors(snapshot.identity[0]):  # a value that cannot be missing may be
            return in_force(snapshot.read(where=where, columns=RATE_SCHEMA.names))

    return _IN_FORCE.made((snapshot.folder, year), snapshot.identity, resolve)


# A run asks a dozen times; a version of a table never changes.
_IN_FORCE: Final = Kept[pa.Table](most=64)


def rate_days(session: Session) -> pa.Table:
    """Returns how many rates each snapshot has. Columns: source, reference_date, vintage, rates."""
    return summarised(session.lake.table(FX_SNAPSHOTS).snapshot(), _RATE_DAYS)


_RATE_DAYS: Final = Summary(
    "rate_days",
    "select filename, source, reference_date, vintage, count(*) as rates from {table} group by all",
    pa.schema(
        [
            ("source", TEXT),
            ("reference_date", DAY),
            ("vintage", pa.int32()),
            ("rates", pa.int64()),
        ]
    ),
)


def count_in_force(session: Session) -> int:
    """Returns how many rates count now: those of the newest vintage of each day."""
    newest = query(
        "select coalesce(sum(rates), 0)::bigint as n from ("
        "select arg_max(rates, vintage) as rates from days group by source, reference_date)",
        days=rate_days(session),
    )
    return int(newest["n"][0].as_py())


def source_of(session: Session, name: str) -> Source:
    """Returns a source that the home may use, by name."""
    return source_named(name, sources_of(session.home.settings_of(Productions)))


def load_bundled_history(session: Session) -> LoadedHistory:
    """Loads the ECB history that comes with the product; nothing if this file was loaded before."""
    path = reference_path(BUNDLED)
    sha256 = hash_file(path)
    token = f"fx/history/{sha256}"
    if session.lake.table(FX_SNAPSHOTS).snapshot().sequence(token):
        return LoadedHistory(ecb(), 0)

    def compare(snapshot: Snapshot) -> Loaded:
        # With nothing stored there is nothing to compare, and every day is a first vintage.
        rows = None if snapshot.files() else prepared_rows(path, sha256, session.clock())
        if rows is not None:
            return Loaded(rows, ())
        days = read_rates(path.read_bytes(), ecb(), where=str(path)).days
        return _compared(session, snapshot, days, ecb())

    return _load(session, ecb(), compare, token)


def load_file(session: Session, name: str, file: Path, day: date | None) -> LoadedHistory:
    """Loads a file of a source: days that are not stored yet.

    Args:
        session: The run.
        name: The source.
        file: A file in one of the source's layouts.
        day: The day of a file that does not say it.

    Raises:
        UsageError: `FX_SOURCE`, `FX_FILE` or `FX_DAY`.
    """
    source = source_of(session, name)
    read = read_rates(file.read_bytes(), source, day=day, where=str(file))
    loaded = _load(
        session, source, lambda snapshot: _compared(session, snapshot, read.days, source)
    )
    return LoadedHistory(source, loaded.days, loaded.contradictions, read.unmapped)


def contradicted(
    session: Session, source: Source, days: Iterable[DayRates]
) -> tuple[Contradiction, ...]:
    """Returns where the days say otherwise than what is stored; nothing is written."""
    snapshot = session.lake.table(FX_SNAPSHOTS).snapshot()
    return _compared(session, snapshot, days, source).contradictions


def add_days(
    session: Session, source: Source, days: Collection[DayRates]
) -> tuple[Contradiction, ...]:
    """Loads those of the days that are not stored yet; returns where the others contradict."""
    loaded = _load(session, source, lambda snapshot: _compared(session, snapshot, days, source))
    return loaded.contradictions


def is_done(session: Session, token: str) -> bool:
    """Whether something that happens once was recorded with the rates."""
    return bool(session.lake.table(FX_SNAPSHOTS).snapshot().sequence(token))


def mark_done(session: Session, token: str) -> None:
    """Notes with the rates that something happened."""
    session.lake.table(FX_SNAPSHOTS).append_once([Part(token, 1, _NOTHING)], run_id=session.run_id)


def _compared(
    session: Session, snapshot: Snapshot, days: Iterable[DayRates], source: Source
) -> Loaded:
    stored = snapshot.read(columns=RATE_SCHEMA.names)
    return load_history(stored, days, source, recorded_at=session.clock())


def _load(
    session: Session, source: Source, compare: Callable[[Snapshot], Loaded], *tokens: str
) -> LoadedHistory:
    table = session.lake.table(FX_SNAPSHOTS)
    while True:
        snapshot = table.snapshot()
        loaded = compare(snapshot)
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
    session: Session,
    day: date,
    file: Path,
    reason: str,
    source: str = ECB,
    *,
    confirmed: bool = False,
) -> Correction:
    """Writes a new vintage of a day's snapshot from a file of `currency,rate` lines.

    Nothing is written if it changes nothing, so that the same correction twice is one.

    Args:
        session: The run.
        day: The reference date.
        file: Rates as the source quotes them.
        reason: Why; the one in the file if empty.
        source: The source of the snapshot.
        confirmed: Whether a rate far from its neighbours is right; the file may say so itself.

    Raises:
        UsageError: `FX_FILE` or `FX_FAR_OFF`.
    """
    publisher = source_of(session, source)
    read = parse_two_columns(file.read_bytes(), publisher, where=str(file))
    corrected = DayRates(day, read.rates)
    look_at(session, publisher, corrected, str(file), confirmed=confirmed or read.confirmed)
    return write_vintage(session, publisher, corrected, reason or read.reason)


def look_at(
    session: Session, source: Source, corrected: DayRates, where: str, *, confirmed: bool
) -> None:
    """Refuses a correction that is more likely a typing error (`rate_doubts`)."""
    day = corrected.reference_date
    around = rates_between(session, day - AROUND, day + AROUND)
    refuse_doubtful(around, source, corrected, where=where, confirmed=confirmed)


def write_vintage(
    session: Session, source: Source, corrected: DayRates, reason: str, *, token: str | None = None
) -> Correction:
    """Writes the next vintage of a day, unless it changes nothing or `token` was used before."""
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
    """Returns the dates on which a production that uses the source could convert otherwise."""
    users = [
        production
        for production in session.home.settings_of(Productions).productions.values()
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
    """Returns the newest snapshots: date, vintage, id, number of currencies, why corrected."""
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
