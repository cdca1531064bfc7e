"""FX in the lake: the bundled ECB history, corrections as new vintages, rates in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import RATE_SCHEMA
from cost_pipeline.core.reference import reference_path
from cost_pipeline.feeds.session import Session
from cost_pipeline.fx.ecb import DayRates, parse_correction, parse_history
from cost_pipeline.fx.rates import affected_dates, in_force
from cost_pipeline.fx.snapshots import Contradiction, correct, load_history
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.tables import FX_SNAPSHOTS

_HISTORY: Final = "ecb/eurofxref-hist.csv"


@dataclass(frozen=True, slots=True)
class LoadedHistory:
    """What loading a history did: days added, and rates it gives otherwise than what is stored."""

    days: int
    contradictions: tuple[Contradiction, ...]


def stored_rates(session: Session) -> pa.Table:
    """Every rate of every vintage (RATE_SCHEMA)."""
    return session.lake.table(FX_SNAPSHOTS).snapshot().read(columns=RATE_SCHEMA.names)


def rates_in_force(session: Session) -> pa.Table:
    """The rates that count now, each with the snapshot that introduced its value."""
    snapshot = session.lake.table(FX_SNAPSHOTS).snapshot()
    if snapshot.identity not in _IN_FORCE:
        _IN_FORCE.clear()
        _IN_FORCE[snapshot.identity] = in_force(snapshot.read(columns=RATE_SCHEMA.names))
    return _IN_FORCE[snapshot.identity]


# The whole history takes a sixth of a second to resolve and a run asks a dozen times. A version of
# an append-only table never changes, so its result may be kept.
_IN_FORCE: Final[dict[tuple[str, int], pa.Table]] = {}


def load_bundled_history(session: Session) -> LoadedHistory:
    """Load the ECB history that comes with the product; nothing if this file was loaded before."""
    path = reference_path(_HISTORY)
    writer = f"fx/history/{hash_file(path)}"
    table = session.lake.table(FX_SNAPSHOTS)
    if table.snapshot().sequence(writer):
        return LoadedHistory(0, ())
    loaded = load_history(
        stored_rates(session), parse_history(path.read_bytes()), recorded_at=session.clock()
    )
    table.append_once([Part(writer, 1, _with_year(loaded.rows))], run_id=session.run_id)
    days = pc.count_distinct(loaded.rows["reference_date"]).as_py()
    return LoadedHistory(days, loaded.contradictions)


@dataclass(frozen=True, slots=True)
class Correction:
    """A new vintage and the transaction dates on which it can change a conversion."""

    reference_date: date
    vintage: int | None
    snapshot: str | None
    affected: tuple[date, ...]


def correct_rates(session: Session, day: date, file: Path, reason: str) -> Correction:
    """Write a new vintage of a day's snapshot from a file of `currency,rate` lines.

    Nothing is written if it changes nothing, so that the same correction twice is one.
    """
    table = session.lake.table(FX_SNAPSHOTS)
    corrected = DayRates(day, parse_correction(file.read_bytes(), where=str(file)))
    appended = 0
    while not appended:  # another correction of the day may come first; this one goes on top of it
        stored = stored_rates(session)
        rows = correct(stored, corrected, reason=reason, recorded_at=session.clock())
        if not rows.num_rows:
            return Correction(day, None, None, ())
        vintage = rows["vintage"][0].as_py()
        part = Part(f"fx/vintage/{day}", vintage, _with_year(rows))
        appended = table.append_once([part], run_id=session.run_id)
    policies = session.home.productions.productions.values()
    affected = affected_dates(
        in_force(stored),
        rates_in_force(session),
        base_currencies=frozenset(p.base_currency for p in policies),
        max_age_days=max(p.fx.max_age_days for p in policies),
    )
    return Correction(day, vintage, rows["snapshot"][0].as_py(), affected)


def snapshots_listed(session: Session, limit: int) -> list[dict[str, Any]]:
    """The newest snapshots: date, vintage, id, how many currencies, and why if corrected."""
    found = query(
        "select reference_date, vintage, snapshot, source, any_value(reason) as reason, "
        "count(*) as currencies from rates group by all "
        "order by reference_date desc, vintage desc",
        rates=stored_rates(session),
    ).slice(0, limit)
    rows = found.to_pylist()
    return [{**row, "reference_date": row["reference_date"].isoformat()} for row in rows]


def _with_year(rows: pa.Table) -> pa.Table:
    years = pc.cast(pc.year(rows["reference_date"]), pa.int32())
    return rows.append_column("reference_year", years).select(FX_SNAPSHOTS.schema.names)
