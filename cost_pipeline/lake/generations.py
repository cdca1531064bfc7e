"""Short hashes of the rows of a table, kept beside it in generations: files that double in size.

A new data file costs what it holds, and some hundred data files leave some ten generations. Each
says which data files it covers and is ordered by hash, so one hash is found without reading it all.
Other processes do the same at the same time, some for an older or a newer state of the table: each
file is written whole and replaced whole, and what one process takes from another is never more than
that those data files were read. Like all that is derived (`lake.derived`) any of it may be deleted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cost_pipeline.core.canonical import digest_of_set
from cost_pipeline.lake.derived import remove, write_derived

_Answer = TypeVar("_Answer")

_COVERS: Final = b"covers"
_GROUP_ROWS: Final = 65_536


class Generation:
    """A file of hashes, held open: another process may merge it into its own and delete it.

    Attributes:
        place: Where it lies.
        covers: The data files that it is about.
        size: Its rows.
    """

    def __init__(self, place: Path, opened: ExitStack) -> None:
        self.place = place
        with self._readable():
            self._file = opened.enter_context(
                pq.ParquetFile(place, page_checksum_verification=True)
            )
            noted = self._file.schema_arrow.metadata or {}
            self.covers: tuple[str, ...] = tuple(json.loads(noted.get(_COVERS, b"[]")))
        self.size: int = self._file.metadata.num_rows

    def rows(self) -> pa.Table:
        """Returns all rows: `filename` (as a dictionary), `short` and what else is kept."""
        with self._readable():
            return self._named(self._file.read())

    def rows_of(self, short: int) -> pa.Table:
        """Returns the rows with this hash."""
        with self._readable():
            groups = [
                number
                for number in range(self._file.num_row_groups)
                if self._may_hold(number, short)
            ]
            found = self._file.read_row_groups(groups)
            return self._named(found.filter(pc.equal(found["short"], short)))

    def _may_hold(self, group: int, short: int) -> bool:
        column = self._file.schema_arrow.get_field_index("short")
        statistics = self._file.metadata.row_group(group).column(column).statistics
        if statistics is None or not statistics.has_min_max:
            return True
        return bool(statistics.min <= short <= statistics.max)

    def _named(self, rows: pa.Table) -> pa.Table:
        numbers = rows["file"].combine_chunks()
        if numbers.null_count or not self._are_places(numbers):
            raise _Unreadable(self.place)
        names = pa.DictionaryArray.from_arrays(numbers, pa.array(self.covers, pa.string()))
        return rows.set_column(rows.schema.get_field_index("file"), "filename", names)

    def _are_places(self, numbers: pa.Array) -> bool:
        ends = pc.min_max(numbers).as_py()
        return not len(numbers) or (ends["min"] >= 0 and ends["max"] < len(self.covers))

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as error:
            raise _Unreadable(self.place) from error


class _Unreadable(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, place: Path) -> None:
        super().__init__(str(place))
        self.place = place


def with_generations(place: Path, work: Callable[[Sequence[Generation]], _Answer]) -> _Answer:
    """Calls `work` with the generations at a place, largest first, and anew without a damaged one.

    One that vanishes between being listed and being opened was merged into one that may not be
    listed; then nothing covers its data files, and they are read again.
    """
    unreadable: set[Path] = set()
    while True:
        try:
            with ExitStack() as opened:
                found = place.parent.glob(f"{place.stem}.hashes.*.parquet")
                generations = [
                    Generation(file, opened) for file in sorted(found) if file not in unreadable
                ]
                return work(sorted(generations, key=lambda one: -one.size))
        except _Unreadable as error:
            unreadable.add(error.place)  # where it cannot be deleted
            remove(error.place)


def covered_by(generations: Sequence[Generation]) -> set[str]:
    """Returns the data files that the generations are about."""
    return set().union(*(one.covers for one in generations))


def keep_hashes(
    place: Path, fresh: pa.Table, new: Collection[str], generations: Sequence[Generation]
) -> None:
    """Keeps the hashes of new data files, merged with the generations less than twice as large.

    Args:
        place: Where the generations are.
        fresh: `filename`, `short` (unsigned) and what else is kept, of every row of the new files.
        new: The data files, also those without a row.
        generations: Those that there are, largest first.
    """
    merged, covers, gone = _by_dictionary(fresh), set(new), []
    for generation in reversed(generations):
        if generation.size >= 2 * merged.num_rows:
            break
        merged = pa.concat_tables([merged, generation.rows().cast(merged.schema)])
        covers.update(generation.covers)
        gone.append(generation.place)
    files = sorted(covers)
    at = merged.schema.get_field_index("filename")
    numbers = _places(merged["filename"], files)
    stored = merged.set_column(at, "file", numbers).sort_by("short")
    name = digest_of_set("generation", covers)[:16]
    kept = place.with_name(f"{place.stem}.hashes.{name}.parquet")
    noted = {_COVERS: json.dumps(files).encode()}
    write_derived(kept, stored.replace_schema_metadata(noted), group_rows=_GROUP_ROWS)
    if kept.exists():
        remove(*(one for one in gone if one != kept))


def _places(names: pa.ChunkedArray, files: Sequence[str]) -> pa.Array:
    """Returns the places of names among the files, found for each name and not for each row."""
    if not len(names):
        return pa.array([], pa.int32())
    once = names.unify_dictionaries().combine_chunks()
    return pc.index_in(once.dictionary, pa.array(files, pa.string())).take(once.indices)


def _by_dictionary(rows: pa.Table) -> pa.Table:
    """Returns the rows with file names as a dictionary: names are long, and few are distinct."""
    at = rows.schema.get_field_index("filename")
    return rows.set_column(at, "filename", rows["filename"].dictionary_encode())
