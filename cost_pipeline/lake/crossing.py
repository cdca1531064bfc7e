"""Rows whose key occurs in more than one place, such as a transaction's number on two days.

Whether a key is anywhere else is the one question that each new file must ask of all others. A
short hash of every key is kept beside the table, in generations that double in size: a new file is
compared with the hashes, and only the rows that they point at are read. Like all that is derived
(`lake.derived`) it may be deleted, and a generation that is missing is made again.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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


class _Index:
    """The hashes and the crossing rows of a table, brought up to its snapshot."""

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
        files = self.snapshot.files()
        kept = read_derived(self.place, self.schema)
        covers = {generation: _covered(generation) for generation in self._generations()}
        marked = set(kept.filter(pc.is_null(kept["short"]))["filename"].to_pylist())
        covered = marked.intersection(*[set().union(*covers.values())])
        if covered - set(files):  # another table lies here now
            remove(self.place, *covers)
            kept, covered = self.schema.empty_table(), set()
        new = [file for file in files if file not in covered]
        if new:
            kept = self._with(kept, new)
            write_derived(self.place, kept)
        return kept.filter(pc.is_valid(kept["short"])).drop_columns(["short"])

    def _with(self, kept: pa.Table, new: list[str]) -> pa.Table:
        """The crossing rows with those that new files bring, from either side."""
        fresh = self.snapshot.query(
            f"select distinct filename, {self.crossing.by} as place, {self.crossing.short} as short"
            f" from {{table}} where {self.crossing.key[-1]} is not null",
            files=new,
        )
        older = [self._pointed_at(generation, fresh) for generation in self._generations()]
        hits = query(
            "with every as (from fresh union all from older) select short, filename from every "
            "semi join (select short from every group by short having count(distinct place) > 1) "
            "using (short)",
            fresh=fresh,
            older=pa.concat_tables([fresh.slice(0, 0), *older]),
        )
        self._keep(fresh, new)
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

    def _generations(self) -> list[Path]:
        """The files of hashes, largest first."""
        found = self.place.parent.glob(f"{self.place.stem}.hashes.*.parquet")
        return sorted(found, key=lambda file: (-file.stat().st_size, file.name))

    def _pointed_at(self, generation: Path, fresh: pa.Table) -> pa.Table:
        hashes = pq.read_table(generation, partitioning=None)
        return query(
            "select hashes.* from hashes semi join fresh using (short)", hashes=hashes, fresh=fresh
        ).cast(fresh.schema)

    def _keep(self, fresh: pa.Table, new: Collection[str]) -> None:
        """Keep new hashes, merged with the generations that are less than twice as large."""
        merged, covers, gone = fresh, set(new), []
        for generation in reversed(self._generations()):
            if pq.read_metadata(generation).num_rows >= 2 * merged.num_rows:
                break
            older = pq.read_table(generation, partitioning=None)
            merged = pa.concat_tables([merged, older.cast(fresh.schema)])
            covers |= _covered(generation)
            gone.append(generation)
        name = digest_of_set("generation", covers)[:16]
        place = self.place.with_name(f"{self.place.stem}.hashes.{name}.parquet")
        noted = {_COVERS: json.dumps(sorted(covers)).encode()}
        write_derived(place, merged.replace_schema_metadata(noted))
        if place.exists():
            remove(*(generation for generation in gone if generation != place))


def _covered(generation: Path) -> set[str]:
    """The data files whose hashes are in a generation; none if it cannot be read."""
    try:
        noted = pq.read_schema(generation).metadata or {}
        return set(json.loads(noted.get(_COVERS, b"[]")))
    except (OSError, ValueError, pa.ArrowException):
        return set()
