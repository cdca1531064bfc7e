"""Rows whose key occurs in more than one place, such as a transaction's number on two days.

Whether a key is anywhere else is the one question that each new file must ask of all others. A
short hash of every key is kept beside the table, in generations that double in size: a new file is
compared with the hashes, and only the rows that they point at are read. Like all that is derived
(`lake.derived`) it may be deleted, and a generation that is missing is made again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.canonical import digest_of_set
from cost_pipeline.lake.derived import derived_place, read_derived, remove, write_derived
from cost_pipeline.lake.snapshot import Snapshot

_COVERS: Final = b"covers"


@dataclass(frozen=True, slots=True)
class Crossing:
    """What is compared.

    Attributes:
        name: What it is.
        key: The columns of the key; rows in which the last one is null have none.
        by: The column of the place.
        kept: Columns of the rows that are returned, beside `filename`.
    """

    name: str
    key: tuple[str, ...]
    by: str
    kept: tuple[str, ...]

    @property
    def short(self) -> str:
        """SQL for the short hash. Two keys that share one are only looked at in vain."""
        return f"hash({', '.join(self.key)})"


def crossing_rows(snapshot: Snapshot, crossing: Crossing) -> pa.Table:
    """At least every row whose key occurs under more than one value of `by`.

    Returns:
        `filename` and the kept columns. Few others may be among them: compare the keys.
    """
    place = derived_place(snapshot, crossing.name, repr(crossing))
    held = _HELD.get(place)
    if held is not None and held[0] == snapshot.identity:
        return held[1]
    found = _Index(snapshot, crossing, place).rows()
    _HELD[place] = (snapshot.identity, found)
    return found


_HELD: Final[dict[Path, tuple[tuple[str, int], pa.Table]]] = {}


class _Generation:
    """A file of hashes, held open: another process may merge it into its own and delete it.

    Raises:
        _Unreadable: If it is not there any more, or not what was written.
    """

    def __init__(self, place: Path, opened: ExitStack) -> None:
        self.place = place
        with self._readable():
            self._file = opened.enter_context(
                pq.ParquetFile(place, page_checksum_verification=True)
            )
            noted = self._file.schema_arrow.metadata or {}
            self.covers: frozenset[str] = frozenset(json.loads(noted.get(_COVERS, b"[]")))
        self.size: int = self._file.metadata.num_rows

    def hashes(self) -> pa.Table:
        with self._readable():
            return self._file.read()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, pa.ArrowException) as error:
            raise _Unreadable(self.place) from error


class _Unreadable(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, place: Path) -> None:
        super().__init__(str(place))
        self.place = place


class _Index:
    """The hashes and the crossing rows of a table, brought up to its snapshot.

    Other processes do the same at the same time, some for an older or a newer snapshot. Each file
    is written whole under a name of its own or replaced whole, and says which data files it is
    about; what one process takes from another is never more than that its files were read.
    """

    def __init__(self, snapshot: Snapshot, crossing: Crossing, place: Path) -> None:
        self.snapshot = snapshot
        self.crossing = crossing
        self.place = place
        fields = [snapshot.spec.schema.field(name).with_nullable(True) for name in crossing.kept]  # noqa: FBT003
        # A row without a hash marks a data file whose crossing rows are all there.
        self.schema = pa.schema(
            [pa.field("filename", pa.string()), pa.field("short", pa.uint64()), *fields]
        )

    def rows(self) -> pa.Table:
        unreadable: set[Path] = set()
        while True:
            try:
                with ExitStack() as opened:
                    return self._rows(self._generations(unreadable, opened))
            except _Unreadable as error:
                unreadable.add(error.place)

    def _rows(self, generations: list[_Generation]) -> pa.Table:
        files = self.snapshot.files()
        kept = read_derived(self.place, self.schema)
        marked = set(kept.filter(pc.is_null(kept["short"]))["filename"].to_pylist())
        covered = marked.intersection(*[set().union(*(one.covers for one in generations))])
        if not all(Path(unquote(file)).exists() for file in covered.difference(files)):
            # Another table lies here now; files that are there are of a newer state of this one.
            remove(self.place, *(one.place for one in generations))
            kept, covered, generations = self.schema.empty_table(), set(), []
        new = [file for file in files if file not in covered]
        if new:
            kept = self._with(kept, new, generations)
            write_derived(self.place, kept)
        here = pc.is_in(kept["filename"], value_set=pa.array(files, pa.string()))
        return kept.filter(pc.and_(here, pc.is_valid(kept["short"]))).drop_columns(["short"])

    def _with(self, kept: pa.Table, new: list[str], generations: Sequence[_Generation]) -> pa.Table:
        """The crossing rows with those that new files bring, from either side."""
        fresh = self.snapshot.query(
            f"select distinct filename, {self.crossing.by} as place, {self.crossing.short} as short"
            f" from {{table}} where {self.crossing.key[-1]} is not null",
            files=new,
        )
        older = [self._pointed_at(one.hashes(), fresh) for one in generations]
        hits = query(
            "with every as (from fresh union all from older) select short, filename from every "
            "semi join (select short from every group by short having count(distinct place) > 1) "
            "using (short)",
            fresh=fresh,
            older=pa.concat_tables([fresh.slice(0, 0), *older]),
        )
        self._keep(fresh, new, generations)
        unmarked = kept.filter(
            pc.and_kleene(
                pc.is_valid(kept["short"]),
                pc.invert(pc.is_in(kept["short"], value_set=hits["short"].combine_chunks())),
            )
        )
        marks = sorted({*kept.filter(pc.is_null(kept["short"]))["filename"].to_pylist(), *new})
        markers = pa.table({"filename": marks}).to_pylist()
        return pa.concat_tables(
            [unmarked, self._read(hits), pa.Table.from_pylist(markers, schema=self.schema)]
        )

    def _read(self, hits: pa.Table) -> pa.Table:
        """The rows that the hashes point at."""
        files = sorted(set(hits["filename"].to_pylist()))
        if not files:
            return self.schema.empty_table()
        listed = ", ".join(f'"{name}"' for name in self.crossing.kept)
        return self.snapshot.query(
            f"select filename, short, {listed} from (select *, {self.crossing.short} as short "
            "from {table}) semi join hits using (short)",
            files=files,
            hits=hits,
        ).cast(self.schema)

    def _generations(self, unreadable: set[Path], opened: ExitStack) -> list[_Generation]:
        """The files of hashes, largest first.

        One that vanishes between being listed and being opened was merged into one that may not be
        listed; then nothing covers its data files, and they are read again.
        """
        found = self.place.parent.glob(f"{self.place.stem}.hashes.*.parquet")
        generations = [
            _Generation(file, opened) for file in sorted(found) if file not in unreadable
        ]
        return sorted(generations, key=lambda one: -one.size)

    def _pointed_at(self, hashes: pa.Table, fresh: pa.Table) -> pa.Table:
        return query(
            "select hashes.* from hashes semi join fresh using (short)", hashes=hashes, fresh=fresh
        ).cast(fresh.schema)

    def _keep(
        self, fresh: pa.Table, new: Collection[str], generations: Sequence[_Generation]
    ) -> None:
        """Keep new hashes, merged with the generations that are less than twice as large."""
        merged, covers, gone = fresh, set(new), []
        for generation in reversed(generations):
            if generation.size >= 2 * merged.num_rows:
                break
            merged = pa.concat_tables([merged, generation.hashes().cast(fresh.schema)])
            covers |= generation.covers
            gone.append(generation.place)
        name = digest_of_set("generation", covers)[:16]
        place = self.place.with_name(f"{self.place.stem}.hashes.{name}.parquet")
        noted = {_COVERS: json.dumps(sorted(covers)).encode()}
        write_derived(place, merged.replace_schema_metadata(noted))
        if place.exists():
            remove(*(one for one in gone if one != place))
