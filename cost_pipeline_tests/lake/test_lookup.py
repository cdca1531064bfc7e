"""A text leads to the data files that hold it, whatever became of the hashes beside the table."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cost_pipeline.lake import lookup
from cost_pipeline.lake.delta import Part, Table
from cost_pipeline.lake.generations import Generation
from cost_pipeline.lake.lookup import Lookup, files_with, keep_up
from cost_pipeline.lake.tables import TableSpec

SCHEMA = pa.schema(
    [pa.field("part", pa.int32()), pa.field("id", pa.string()), pa.field("name", pa.string())]
)
NAMED = Lookup("named", ("id[:8]", "name"))
PARTS = 21


@pytest.fixture
def table(tmp_path):
    return Table(TableSpec("things", SCHEMA, "part"), tmp_path / "tables" / "things")


def _add(table, number):
    """A data file with three rows: ids and names of its own, and a name that every third has."""
    ids = [f"{number:08d}-{i}" for i in range(3)]
    names = [f"n{number}-0", f"n{number}-1", "third" if number % 3 == 0 else None]
    rows = pa.table({"part": [number] * 3, "id": ids, "name": names}, schema=SCHEMA)
    table.append_once([Part(f"part {number}", 1, rows)], run_id="r")


def _parts(snapshot, text):
    """The numbers of the files that are named."""
    return {
        int(file.rpartition("part=")[2].partition("/")[0])
        for file in files_with(snapshot, NAMED, text)
    }


def _hashes(tmp_path):
    return sorted((tmp_path / "derived").glob("*.hashes.*"))


@pytest.fixture
def filled(table):
    for number in range(PARTS):
        _add(table, number)
        keep_up(table.snapshot(), NAMED)
    return table


def test_each_text_leads_to_its_files_and_no_others(filled):
    snapshot = filled.snapshot()
    for number in range(PARTS):
        assert _parts(snapshot, f"{number:08d}") == {number}
        assert _parts(snapshot, f"n{number}-1") == {number}
    assert _parts(snapshot, "third") == set(range(0, PARTS, 3))
    assert _parts(snapshot, "nobody") == set()


def test_files_of_hashes_double(filled, tmp_path):
    assert 1 < len(_hashes(tmp_path)) <= 6
    sizes = sorted(pq.read_metadata(file).num_rows for file in _hashes(tmp_path))
    assert all(large >= 2 * small for small, large in pairwise(sizes))
    keep_up(filled.snapshot(), NAMED)
    assert sorted(pq.read_metadata(file).num_rows for file in _hashes(tmp_path)) == sizes


def test_all_at_once_is_the_same(table):
    for number in range(PARTS):
        _add(table, number)
    assert _parts(table.snapshot(), "third") == set(range(0, PARTS, 3))
    assert _parts(table.snapshot(), "n20-0") == {20}


def test_a_file_is_read_once(filled, monkeypatch):
    _add(filled, PARTS)
    snapshot = filled.snapshot()
    asked = []
    query = snapshot.query
    monkeypatch.setattr(snapshot, "query", lambda *a, **k: asked.append(k) or query(*a, **k))
    for text in ("third", "n3-0", "nobody"):
        _parts(snapshot, text)
    assert [len(one["files"]) for one in asked] == [1]


@pytest.mark.parametrize("groups", [1, 4])
def test_a_text_is_found_in_any_group_of_rows(table, monkeypatch, groups):
    monkeypatch.setattr("cost_pipeline.lake.generations._GROUP_ROWS", groups)
    for number in range(PARTS):
        _add(table, number)
    for number in range(PARTS):
        assert _parts(table.snapshot(), f"n{number}-0") == {number}


def test_what_cannot_be_kept_is_looked_at_each_time(filled, monkeypatch, tmp_path):
    for file in _hashes(tmp_path)[:1]:
        file.unlink()
    _add(filled, PARTS)
    monkeypatch.setattr(lookup, "keep_hashes", lambda *_: None)
    snapshot = filled.snapshot()
    for number in range(PARTS + 1):
        assert number in _parts(snapshot, f"n{number}-0")


def _numbers_beyond(file):
    """A sound file whose rows name data files that it does not cover."""
    table = pq.read_table(file)
    wrong = pa.array([7_000] * len(table), table["file"].type)
    pq.write_table(table.set_column(table.schema.get_field_index("file"), "file", wrong), file)


def _of_other_columns(file):
    pq.write_table(pq.read_table(file).drop_columns(["file"]), file)


def _cut(file):
    file.write_bytes(file.read_bytes()[:-9])


@pytest.mark.parametrize("harm", [_numbers_beyond, _of_other_columns, _cut])
def test_damaged_hashes_are_made_again(filled, tmp_path, harm):
    for file in _hashes(tmp_path):
        harm(file)
    snapshot = filled.snapshot()
    assert 5 in _parts(snapshot, "n5-0")  # what is known no more is looked at
    for number in range(PARTS):
        _parts(snapshot, f"n{number}-0")
    for number in range(PARTS):
        assert _parts(snapshot, f"n{number}-0") == {number}
    for file in _hashes(tmp_path):
        pq.read_table(file, page_checksum_verification=True)


def test_another_process_may_merge_while_this_one_looks(filled, monkeypatch):
    opened = Generation.__init__
    gone = []

    def vanishing(self, place, stack):
        if not gone:
            gone.append(place)
            place.unlink()
        opened(self, place, stack)

    monkeypatch.setattr(Generation, "__init__", vanishing)
    assert _parts(filled.snapshot(), "third") == set(range(0, PARTS, 3))
    assert gone


def test_a_damaged_data_file_is_only_told_to_who_looks_there(filled):
    _add(filled, PARTS)
    _add(filled, PARTS + 1)
    snapshot = filled.snapshot()
    damaged = next(file for file in snapshot.files() if f"part={PARTS}/" in file)
    Path(damaged).write_bytes(b"PAR1")
    keep_up(snapshot, NAMED)
    assert PARTS in _parts(snapshot, "n5-0")
    assert _parts(snapshot, f"n{PARTS + 1}-0") == {PARTS, PARTS + 1}
