"""What is derived may be deleted, damaged or made by several at once: the answers stay the same."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from cost_pipeline.lake import crossing, derived
from cost_pipeline.lake.crossing import Crossing, crossing_rows
from cost_pipeline.lake.delta import Part, Table
from cost_pipeline.lake.derived import Summary, summarised
from cost_pipeline.lake.generations import Generation
from cost_pipeline.lake.tables import TableSpec

SCHEMA = pa.schema(
    [pa.field("day", pa.date32()), pa.field("vendor", pa.string()), pa.field("key", pa.string())]
)
SPEC = TableSpec("records", SCHEMA, "day")
CROSSING = Crossing("twice", ("vendor", "key"), "day", ("day", "vendor", "key"))
COUNTS = Summary(
    "counts",
    "select filename, count(*) as rows from {table} group by filename",
    pa.schema([pa.field("rows", pa.int64())]),
)
FIRST = date(2026, 4, 1)


@pytest.fixture
def forget():
    """Be a process that has just started."""

    def anew():
        crossing._HELD.clear()
        derived._HELD.clear()

    anew()
    return anew


@pytest.fixture
def table(tmp_path):
    return Table(SPEC, tmp_path / "tables" / "records")


def _add(table, number, keys):
    """The keys on the day of that number, as a data file of its own."""
    day = FIRST + timedelta(number)
    rows = pa.table(
        {"day": [day] * len(keys), "vendor": ["v"] * len(keys), "key": keys}, schema=SCHEMA
    )
    table.append_once([Part(f"day {number}", 1, rows)], run_id="r")


def _rows(found):
    return sorted((row["day"], row["key"]) for row in found.to_pylist())


def _expected(snapshot):
    """By looking at everything."""
    every = {(row["day"], row["key"]) for row in snapshot.read().to_pylist()}
    keys = [key for _, key in every]
    return sorted(one for one in every if keys.count(one[1]) > 1)


def _kept(tmp_path):
    return sorted((tmp_path / "derived").iterdir())


def _filled(table, days=9):
    dice = random.Random(3)  # noqa: S311 - which keys meet again
    for number in range(days):
        _add(table, number, [f"{number}-{i}" for i in range(5)] + [f"k{dice.randrange(6)}"])
        crossing_rows(table.snapshot(), CROSSING)
        summarised(table.snapshot(), COUNTS)


def test_keys_of_two_days_are_found_as_the_files_come(table, forget):
    _filled(table)
    snapshot = table.snapshot()
    assert _rows(crossing_rows(snapshot, CROSSING)) == _expected(snapshot)
    assert _expected(snapshot)
    forget()
    assert _rows(crossing_rows(snapshot, CROSSING)) == _expected(snapshot)


def test_a_summary_reads_only_files_that_it_has_not_seen(table, forget, monkeypatch):
    _filled(table, 2)
    _add(table, 2, ["new"])
    forget()
    asked = []
    snapshot = table.snapshot()
    query = snapshot.query
    monkeypatch.setattr(snapshot, "query", lambda *a, **k: asked.append(k) or query(*a, **k))
    found = summarised(snapshot, COUNTS)
    assert sorted(found["rows"].to_pylist()) == [1, 6, 6]
    assert [len(one["files"]) for one in asked] == [1]


def _gone(file: Path):
    file.unlink()


def _cut(file: Path):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _empty(file: Path):
    file.write_bytes(b"")


def _changed_value(file: Path):
    """A byte of the first page, which only a checksum can tell."""
    data = bytearray(file.read_bytes())
    for place in range(60, 80):
        data[place] ^= 0xFF
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("harm", [_gone, _cut, _empty, _changed_value])
def test_what_is_kept_may_be_damaged_and_the_answers_are_the_same(table, tmp_path, forget, harm):
    _filled(table)
    assert len(_kept(tmp_path)) >= 3
    for number, name in enumerate([file.name for file in _kept(tmp_path)]):
        if (tmp_path / "derived" / name).exists():
            harm(tmp_path / "derived" / name)
        _add(table, 20 + number, [f"k{number}"])
        forget()
        snapshot = table.snapshot()
        assert _rows(crossing_rows(snapshot, CROSSING)) == _expected(snapshot)
        assert sum(summarised(snapshot, COUNTS)["rows"].to_pylist()) == snapshot.read().num_rows


def test_another_process_may_merge_between_being_listed_and_being_opened(
    table, forget, monkeypatch
):
    _filled(table)
    _add(table, 30, ["k1"])
    listed = Path.glob

    def vanishing(self, pattern):
        found = list(listed(self, pattern))
        for file in found[:1]:
            file.unlink(missing_ok=True)
        return iter(found)

    monkeypatch.setattr(Path, "glob", vanishing)
    forget()
    snapshot = table.snapshot()
    assert _rows(crossing_rows(snapshot, CROSSING)) == _expected(snapshot)


def test_a_file_that_was_opened_may_be_deleted_before_it_is_read(table, forget, monkeypatch):
    _filled(table)
    _add(table, 30, ["k1"])
    opened = Generation.__init__

    def deleted(self, place, stack):
        opened(self, place, stack)
        place.unlink()

    monkeypatch.setattr(Generation, "__init__", deleted)
    forget()
    snapshot = table.snapshot()
    assert _rows(crossing_rows(snapshot, CROSSING)) == _expected(snapshot)


def test_an_older_state_is_answered_beside_a_newer_one_and_harms_it_not(table, forget):
    _filled(table, 4)
    older = Table(SPEC, table.folder).snapshot()
    _add(table, 10, ["k0", "k1", "k2", "0-0"])
    newer = table.snapshot()
    expected = _expected(newer)
    assert _rows(crossing_rows(newer, CROSSING)) == expected
    forget()
    found = set(_rows(crossing_rows(older, CROSSING)))
    assert found >= set(_expected(older))
    assert found <= {(row["day"], row["key"]) for row in older.read().to_pylist()}
    forget()
    assert _rows(crossing_rows(newer, CROSSING)) == expected


def test_another_table_in_the_same_place_is_looked_at_anew(table, tmp_path, forget):
    _filled(table, 3)
    table.folder.rename(tmp_path / "elsewhere")
    other = Table(SPEC, table.folder)
    _add(other, 0, ["x", "y"])
    _add(other, 1, ["x"])
    forget()
    snapshot = other.snapshot()
    assert [key for _, key in _rows(crossing_rows(snapshot, CROSSING))] == ["x", "x"]
    assert sum(summarised(snapshot, COUNTS)["rows"].to_pylist()) == 3
