"""Keeps summaries of a table's files beside it, so that a step costs only what is new.

Data files of a Delta table never change: an append adds files, a replacement exchanges them. So a
summary that is computed for each file by itself stays true as long as the file is in the table, and
only files that were not seen before are ever read. What is kept lies under `derived/` of the lake
and may be deleted at any time: it is computed again. It decides nothing by itself; which files
count is asked of the Delta log each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cost_pipeline.core.canonical import digest
from cost_pipeline.lake.kept import Kept
from cost_pipeline.lake.only_reading import may_write
from cost_pipeline.lake.snapshot import Snapshot

_FILE: Final = pa.field("filename", pa.string(), nullable=False)


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of one data file.

    Attributes:
        name: The name of the summary.
        sql: A statement over `{table}` that selects its column `filename` and groups by it.
        schema: Its columns, without `filename`.
    """

    name: str
    sql: str
    schema: pa.Schema

    @property
    def stored(self) -> pa.Schema:
        """The columns as they are kept."""
        return pa.schema([_FILE, *self.schema])


def summarised(snapshot: Snapshot, summary: Summary) -> pa.Table:
    """Returns the summaries of all data files of a table (`filename` and the summary's columns)."""
    place = derived_place(snapshot, summary.name, summary.sql)
    return _HELD.made(place, snapshot.identity, lambda: _brought_up(snapshot, summary, place))


# A version of a table never changes: within a process its summary need not be read twice.
_HELD: Final = Kept[pa.Table](most=64)


def _brought_up(snapshot: Snapshot, summary: Summary, place: Path) -> pa.Table:
    files = snapshot.files()
    kept = read_derived(place, summary.stored)
    seen = set(pc.unique(kept["filename"]).to_pylist())
    new = [file for file in files if file not in seen]
    found = kept
    if seen - set(files):
        found = kept.filter(pc.is_in(kept["filename"], pa.array(files, pa.string())))
    if new:
        fresh = snapshot.query(summary.sql, files=new).select(summary.stored.names)
        found = pa.concat_tables([found, fresh.cast(summary.stored)])
    if found is not kept:
        write_derived(place, found)
    return found


def derived_place(snapshot: Snapshot, name: str, meaning: str) -> Path:
    """Returns the place of what is derived from a table, one for each meaning and engine."""
    version = digest("derived", meaning, duckdb.__version__)[:16]
    root = snapshot.folder.parent.parent
    return root / "derived" / f"{snapshot.spec.name}.{name}.{version}.parquet"


def read_derived(place: Path, schema: pa.Schema) -> pa.Table:
    """Returns what is kept there; None if it is missing, unreadable or has other columns."""
    try:
        # Not `pq.read_table`, which imports the whole of `pyarrow.dataset` first.
        with pq.ParquetFile(place, page_checksum_verification=True) as parquet:
            found = parquet.read()
        return found.cast(schema) if found.schema.names == schema.names else schema.empty_table()
    except (OSError, pa.ArrowException):
        return schema.empty_table()


def write_derived(place: Path, table: pa.Table, *, group_rows: int | None = None) -> None:
    """Keeps it. A reader sees the old or the new; a full disk or a lost race loses nothing."""
    if not may_write():
        return
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(exist_ok=True)
        # With checksums, for nothing else would tell a changed value from a true one.
        pq.write_table(
            table, beside, compression="zstd", write_page_checksum=True, row_group_size=group_rows
        )
        beside.replace(place)
    except OSError:
        remove(beside)


def remove(*places: Path) -> None:
    """Deletes what is derived, if it is there and may be deleted."""
    if not may_write():
        return
    for place in places:
        try:
            place.unlink(missing_ok=True)
        except OSError:
            continue


def files_of(summaries: pa.Table, names: Iterable[str] = ("filename",)) -> list[str]:
    """Returns the distinct data files of some summaries, in order."""
    (name,) = names
    return sorted(pc.unique(summaries[name]).to_pylist())
