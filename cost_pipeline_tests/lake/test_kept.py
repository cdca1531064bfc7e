"""What is kept between commits is what reading again would give, whoever committed."""

from __future__ import annotations

import shutil
from datetime import date

import pyarrow as pa
import pytest

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.lake.delta import Part, Table
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
