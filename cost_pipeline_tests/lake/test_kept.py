"""What is kept between commits is what reading again would give, whoever committed."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.lake.delta import Part, StaleSnapshotError, Table
from cost_pipeline.lake.kept import Kept
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.lake.tables import TableSpec

SCHEMA = pa.schema([pa.field("day", pa.date32()), pa.field("who", pa.string())])
SPEC = TableSpec("kept", SCHEMA, "day")
OTHER = TableSpec("other", SCHEMA, "day")


def _add(table, sequence, who):
    rows = pa.table({"day": [date(2026, 4, 1)], "who": [who]}, schema=SCHEMA)
    table.append_once([Part("w", sequence, rows)], run_id="r")


def _who(snapshot):
    return sorted(snapshot.read()["who"].to_pylist())


def test_a_snapshot_serves_until_somebody_commits(tmp_path):
    mine, theirs = (Table(SPEC, tmp_path / "tables" / "kept") for _ in range(2))
    _add(mine, 1, "a")
    first = mine.snapshot()
    assert mine.snapshot() is first
    _add(theirs, 2, "b")
    assert _who(mine.snapshot()) == ["a", "b"]


def test_what_was_opened_stays_as_it_was_when_its_own_table_is_written(tmp_path):
    table = Table(SPEC, tmp_path / "tables" / "kept")
    _add(table, 1, "a")
    before = table.snapshot()
    _add(table, 2, "b")
    assert (before.sequence("w"), _who(before)) == (1, ["a"])
    assert _who(table.snapshot()) == ["a", "b"]


def test_a_table_whose_log_was_lost_meanwhile_is_not_read_from_memory(tmp_path):
    table = Table(SPEC, tmp_path / "tables" / "kept")
    _add(table, 1, "a")
    table.snapshot()
    shutil.rmtree(table.folder / "_delta_log")
    with pytest.raises(EnvironmentFailedError, match="no readable log"):
        table.snapshot()


def test_a_snapshot_serves_every_lake_that_this_process_opens_at_that_place(tmp_path):
    first, again = (open_lake(str(tmp_path / "lake")) for _ in range(2))
    _add(first.table(SPEC), 1, "a")
    assert again.table(SPEC).snapshot() is first.table(SPEC).snapshot()
    elsewhere = open_lake(str(tmp_path / "elsewhere"))
    assert _who(elsewhere.table(SPEC).snapshot()) == []


def test_a_table_that_is_described_otherwise_is_another_snapshot(tmp_path):
    first = Table(SPEC, tmp_path / "tables" / "kept")
    _add(first, 1, "a")
    wider = TableSpec("kept", SCHEMA.append(pa.field("why", pa.string())), "day")
    assert Table(wider, first.folder).snapshot().spec is wider
    assert first.snapshot().spec is SPEC


def test_a_write_shows_at_once_what_a_table_opened_anew_shows(tmp_path):
    mine, theirs = (Table(SPEC, tmp_path / "tables" / "kept") for _ in range(2))
    stale = mine.snapshot()
    _add(theirs, 1, "a")
    rows = pa.table({"day": [date(2026, 4, 2)], "who": ["b"]}, schema=SCHEMA)
    # Somebody's commit lies between what this writer saw and what it wrote.
    mine.append(stale, [Part("other", 1, rows)], run_id="r")
    found, anew = mine.snapshot(), DeltaTable(str(mine.folder))
    assert found.version == anew.version() == 2
    assert sorted(found.files()) == sorted(anew.file_uris())
    assert _who(found) == ["a", "b"]
    assert (found.sequence("w"), found.sequence("other")) == (1, 1)
    assert (stale.version, _who(stale), stale.sequence("w")) == (0, [], 0)


def test_a_write_that_lost_leaves_what_others_read(tmp_path):
    mine, theirs = (Table(SPEC, tmp_path / "tables" / "kept") for _ in range(2))
    _add(mine, 1, "a")
    stale = mine.snapshot()
    _add(theirs, 2, "b")
    rows = pa.table({"day": [date(2026, 4, 2)], "who": ["c"]}, schema=SCHEMA)
    with pytest.raises(StaleSnapshotError):
        mine.append(stale, [Part("w", 2, rows)], run_id="r")
    assert (stale.version, _who(stale)) == (1, ["a"])
    assert _who(mine.snapshot()) == ["a", "b"]


def test_a_copy_that_was_restored_and_written_otherwise_is_not_taken_for_what_it_was(tmp_path):
    place, copy = tmp_path / "lake", tmp_path / "copy"

    def kept(lake):
        return lake.kept("who", [SPEC], lambda: _who(lake.table(SPEC).snapshot()))

    lake = open_lake(str(place))
    _add(lake.table(SPEC), 1, "a")
    shutil.copytree(place, copy)
    _add(lake.table(SPEC), 2, "b")
    before = lake.table(SPEC).snapshot()
    assert kept(lake) == ["a", "b"]
    shutil.rmtree(place)
    shutil.copytree(copy, place)
    restored = open_lake(str(place))
    assert kept(restored) == ["a"]
    _add(restored.table(SPEC), 2, "c")
    assert restored.table(SPEC).snapshot().version == before.version
    assert kept(restored) == ["a", "c"]


def test_what_is_made_of_tables_is_kept_for_whoever_opens_the_lake_again(tmp_path):
    made = []

    def kept(lake, name="things"):
        return lake.kept(name, [SPEC], lambda: made.append(lake.root) or len(made))

    one, two = (open_lake(str(tmp_path / name)) for name in ("one", "two"))
    assert [kept(one), kept(two), kept(open_lake(str(tmp_path / "one")))] == [1, 2, 1]
    assert made == [one.root, two.root]


def test_of_what_is_kept_the_least_used_goes_first():
    kept = Kept(most=2)
    assert kept.made("a", 1, lambda: "first") == "first"
    assert kept.made("b", 1, lambda: "second") == "second"
    assert kept.made("a", 1, lambda: "again") == "first"
    kept.keep("c", 1, "third")
    assert [kept.get(place, 1) for place in "abc"] == ["first", None, "third"]
    assert kept.get("a", 2) is None
    assert kept.made("a", 2, lambda: "anew") == "anew"
    assert kept.get("a", 1) is None
    kept.clear()
    assert kept.get("a", 2) is None


def test_what_is_made_of_tables_is_made_again_when_one_of_them_changed(tmp_path):
    lake, theirs = open_lake(str(tmp_path / "lake")), open_lake(str(tmp_path / "lake"))
    made = []

    def make():
        made.append(_who(lake.table(SPEC).snapshot()))
        return made[-1]

    def kept(given=None):
        return lake.kept("who", [SPEC, OTHER], make, given=given)

    assert kept() == kept() == []
    assert len(made) == 1
    _add(theirs.table(SPEC), 1, "a")
    assert kept() == ["a"]
    _add(theirs.table(OTHER), 1, "x")
    kept()
    assert len(made) == 3
    kept("other rules")
    assert len(made) == 4
    assert kept("other rules") == ["a"]
    assert len(made) == 4


def test_what_is_counted_is_counted_again_when_a_file_was_touched_without_a_commit(tmp_path):
    lake = open_lake(str(tmp_path / "lake"))
    _add(lake.table(SPEC), 1, "a")
    made = []

    def counted():
        def count():
            made.append(len(lake.table(SPEC).snapshot().read()))
            return made[-1]

        return lake.counted("rows", [SPEC], count, also=[OTHER], given=dict(given))

    given = {"posted": pa.table({"n": [1]})}
    assert [counted(), counted(), len(made)] == [1, 1, 1]
    given["posted"] = pa.table({"n": [1]})
    assert (counted(), len(made)) == (1, 1)
    given["posted"] = pa.table({"n": [2]})
    assert (counted(), made.pop()) == (1, 1)
    _add(lake.table(OTHER), 1, "x")
    counted()
    assert len(made) == 2
    (file,) = lake.table(SPEC).snapshot().files()
    os.utime(file, ns=(0, 0))
    counted()
    assert len(made) == 3
    Path(file).write_bytes(Path(file).read_bytes()[::-1])
    with pytest.raises(EnvironmentFailedError, match="not as it was written"):
        counted()
    Path(file).unlink()
    with pytest.raises(EnvironmentFailedError) as refused:
        counted()
    assert (refused.value.code, refused.value.where) == ("TABLE_DAMAGED", file)
