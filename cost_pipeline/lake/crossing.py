"""Rows whose key occurs in more than one place, such as a transaction's number on two days.

Whether a key is anywhere else is the one question that each new file must ask of all others. A
short hash of every key is kept beside the table (`lake.generations`): a new file is compared with
the hashes, and only the rows that they point at are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.lake.derived import derived_place, read_derived, remove, write_derived
from cost_pipeline.lake.generations import Generation, covered_by, keep_hashes, with_generations
from cost_pipeline.lake.kept import Kept
from cost_pipeline.lake.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Crossing:
    """Says which keys of a table are compared, and across what.

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
        """SQL for the short hash. If two keys share one, both are read and then told apart."""
        return f"hash({', '.join(self.key)})"


def crossing_rows(snapshot: Snapshot, crossing: Crossing) -> pa.Table:
    """Returns at least every row whose key occurs under more than one value of `by`.

    Returns:
        `filename` and the kept columns. A few other rows may be among them: compare the keys.
    """
    place = derived_place(snapshot, crossing.name, repr(crossing))
    return _HELD.made(place, snapshot.identity, lambda: _Index(snapshot, crossing, place).rows())


_HELD: Final = Kept[pa.Table](most=16)


class _Index:
    """The hashes and the crossing rows of a table, brought up to its snapshot.

    Other processes do the same at the same time, some for an older or a newer snapshot.
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
        return with_generations(self.place, self._rows)

    def _rows(self, generations: Sequence[Generation]) -> pa.Table:
        files = self.snapshot.files()
        kept = read_derived(self.place, self.schema)
        marked = set(kept.filter(pc.is_null(kept["short"]))["filename"].to_pylist())
        covered = marked & covered_by(generations)
        if not all(Path(file).exists() for file in covered.difference(files)):
            # Another table lies here now; files that are there are of a newer state of this one.
            remove(self.place, *(one.place for one in generations))
            kept, covered, generations = self.schema.empty_table(), set(), ()
        new = [file for file in files if file not in covered]
        if new:
            kept = self._with(kept, new, generations)
            write_derived(self.place, kept)
        here = pc.is_in(kept["filename"], value_set=pa.array(files, pa.string()))
        return kept.filter(pc.and_(here, pc.is_valid(kept["short"]))).drop_columns(["short"])

    def _with(self, kept: pa.Table, new: list[str], generations: Sequence[Generation]) -> pa.Table:
        """Returns the crossing rows with those that new files bring, from either side."""
        fresh = self._hashes_of(new)
        older = [self._pointed_at(one.rows(), fresh) for one in generations]
        hits = query(
            "with every as (from fresh union all from older) select short, filename from every "
            "semi join (select short from every group by short having count(distinct place) > 1) "
            "using (short)",
            fresh=fresh,
            older=pa.concat_tables([fresh.slice(0, 0), *older]),
        )
        keep_hashes(self.place, fresh, new, generations)
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

    def _hashes_of(self, files: list[str]) -> pa.Table:
        """Returns place and short hash of every key in the files, with the file as a dictionary.

        A name is as long as ten hashes: with one on every row, those of a million rows took 150 MB.
        """
        found = self.snapshot.query(
            f"select distinct hash(filename) as file, {self.crossing.by} as place, "
            f"{self.crossing.short} as short from {{table}} "
            f"where {self.crossing.key[-1]} is not null",
            files=files,
        )
        names = query("select hash(name) as file, name from files", files=pa.table({"name": files}))
        numbers = pc.index_in(found["file"], value_set=names["file"].combine_chunks())
        if numbers.null_count or pc.count_distinct(names["file"]).as_py() != len(files):
            raise AssertionError("every file has a hash of its own")
        file_names = names["name"].combine_chunks()
        named = [
            pa.DictionaryArray.from_arrays(chunk, file_names)
            for chunk in (numbers.chunks if isinstance(numbers, pa.ChunkedArray) else [numbers])
        ]
        column = pa.chunked_array(named, pa.dictionary(pa.int32(), pa.string()))
        return found.set_column(0, "filename", column)

    def _read(self, hits: pa.Table) -> pa.Table:
        """Returns the rows that the hashes point at."""
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

    def _pointed_at(self, hashes: pa.Table, fresh: pa.Table) -> pa.Table:
        found = query(
            "select hashes.* from hashes semi join fresh using (short)",
            hashes=hashes,
            fresh=fresh.select(["short"]),
        ).select(fresh.column_names)
        return found.set_column(0, "filename", found["filename"].dictionary_encode())
