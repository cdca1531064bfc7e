"""Finds the data files of a table that hold a text: one row among millions.

Ids are random, so that the statistics of files exclude none, and to ask each file costs a look at
each. Short hashes of the texts are kept beside the table (`lake.generations`); what they point at
is read, and may be a file too many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import pyarrow as pa

from cost_pipeline.contracts.columns import session
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.lake.derived import derived_place
from cost_pipeline.lake.generations import Generation, covered_by, keep_hashes, with_generations
from cost_pipeline.lake.snapshot import Snapshot

# Hashes that are in memory before they are kept.
_AT_ONCE: Final = 2_000_000

# Data files that are read by one statement, most of whose time is its own if the file is small.
_FILES_AT_ONCE: Final = 64


Progress: TypeAlias = Callable[[str, int, int], None]


def _silent(_phase: str, _done: int, _total: int) -> None:
    """Does nothing: the progress of a caller who wants to hear of none."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The text by which rows are looked up.

    Attributes:
        name: What it is.
        texts: SQL for the texts that name a row.
    """

    name: str
    texts: tuple[str, ...]


def files_with(
    snapshot: Snapshot, lookup: Lookup, text: str, progress: Progress = _silent
) -> list[str]:
    """Returns the data files that may hold a row named by this text: all that do, few others.

    Args:
        snapshot: The table.
        lookup: What its rows are looked up by.
        text: What is looked for.
        progress: Told (phase, done, total) when many files were not seen before.
    """
    keep_up(snapshot, lookup, progress)
    with session() as connection:
        (short,) = connection.execute(f"select {_short('$1::varchar')}", [text]).fetchall()[0]

    def found(generations: Sequence[Generation]) -> list[str]:
        covered = covered_by(generations)  # not all, where nothing may be written
        rows = [one.rows_of(short)["filename"].cast(pa.string()) for one in generations]
        names = {name for some in rows for name in some.to_pylist()}
        return [file for file in snapshot.files() if file in names or file not in covered]

    return with_generations(_place(snapshot, lookup), found)


def keep_up(snapshot: Snapshot, lookup: Lookup, progress: Progress = _silent) -> None:
    """Keeps the hashes of new data files, so that the next search does not have to read them."""
    place, files = _place(snapshot, lookup), snapshot.files()
    covered = with_generations(place, covered_by)
    new = [file for file in files if file not in covered]
    names: list[str] = []
    read: list[pa.Table] = []
    for start in range(0, len(new), _FILES_AT_ONCE):
        progress("reading ids", start, len(new))
        more, hashes = _hashes(snapshot, lookup, new[start : start + _FILES_AT_ONCE])
        names, read = names + more, read + hashes
        last = start + _FILES_AT_ONCE >= len(new)
        if names and (last or sum(map(len, read)) >= _AT_ONCE):
            fresh = pa.concat_tables(read)
            with_generations(place, partial(keep_hashes, place, fresh, names))
            names, read = [], []
    progress("reading ids", len(new), len(new))


def _hashes(
    snapshot: Snapshot, lookup: Lookup, files: Sequence[str]
) -> tuple[list[str], list[pa.Table]]:
    """Returns the files that can be read, and `filename` and `short` of all texts in them.

    One that is damaged stays uncovered: who looks for something hears of it, nobody else.
    """
    try:
        return list(files), [_short_hashes(snapshot, lookup, files)]
    except EnvironmentFailedError:
        if len(files) == 1:
            return [], []
    middle = len(files) // 2
    names, read = _hashes(snapshot, lookup, files[:middle])
    more, others = _hashes(snapshot, lookup, files[middle:])
    return names + more, read + others


def _short_hashes(snapshot: Snapshot, lookup: Lookup, files: Sequence[str]) -> pa.Table:
    texts = ", ".join(lookup.texts)
    found = snapshot.query(
        f"select {_short('text')} as short, filename from "
        f"(select unnest([{texts}]) as text, filename from {{table}}) where text is not null",
        files=files,
    )
    at = found.schema.get_field_index("filename")
    return found.set_column(at, "filename", found["filename"].dictionary_encode())


def _place(snapshot: Snapshot, lookup: Lookup) -> Path:
    return derived_place(snapshot, lookup.name, repr(lookup))


def _short(text: str) -> str:
    """Returns SQL for half of a hash: of ten million texts, one in four hundred meets another."""
    return f"(hash({text}) >> 32)::uinteger"
