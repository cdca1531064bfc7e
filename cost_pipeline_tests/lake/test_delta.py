"""Commits: exactly once, whole or not at all, and on the disk when they are done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake.exceptions import TableNotFoundError

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.lake import delta
from cost_pipeline.lake.delta import Part, StaleSnapshotError, Table
from cost_pipeline.lake.snapshot import entry_of
from cost_pipeline.lake.tables import TableSpec, Writing

SCHEMA = pa.schema([pa.field("day", pa.date32()), pa.field("who", pa.string())])
RACE = TableSpec("race", SCHEMA, "day")
STATE = TableSpec("state", SCHEMA, "day", Writing.REPLACE)
SORTED = TableSpec(
    "sorted",
    pa.schema([*SCHEMA, pa.field("number", pa.int64()), pa.field("place", pa.int64())]),
    "day",
    ordered_by="number",
)
ONE, TWO = date(2026, 4, 1), date(2026, 4, 2)
WORKER = Path(__file__).with_name("race_worker.py")


def _rows(*pairs):
    return pa.table({"day": [d for d, _ in pairs], "who": [w for _, w in pairs]}, schema=SCHEMA)


def _part(writer, sequence, *pairs):
    return Part(writer, sequence, _rows(*pairs))


def _content(table):
    rows = table.snapshot().read().to_pylist()
    return sorted((str(row["day"]), row["who"]) for row in rows)


@pytest.fixture
def table(tmp_path):
    return Table(RACE, tmp_path / "tables" / "race")


def test_a_second_append_with_the_same_token_is_skipped(table):
    part = _part("w", 1, (ONE, "a"))
    assert table.append_once([part], run_id="r") == 1
    version = table.snapshot().table.version()
    assert table.append_once([part], run_id="r") == 0
    assert table.snapshot().table.version() == version
    assert _content(table) == [("2026-04-01", "a")]


def test_of_several_parts_only_the_fresh_ones_are_appended(table):
    table.append_once([_part("w", 1, (ONE, "a"))], run_id="r")
    parts = [_part("w", 1, (ONE, "a")), _part("w", 2, (ONE, "b")), _part("v", 1, (TWO, "c"))]
    assert table.append_once(parts, run_id="r") == 2
    assert _content(table) == [("2026-04-01", "a"), ("2026-04-01", "b"), ("2026-04-02", "c")]
    assert table.snapshot().sequence("w") == 2
    assert table.snapshot().sequence("unknown") == 0


def test_a_stale_writer_loses_and_writes_nothing(table):
    stale = table.snapshot()
    table.append_once([_part("w", 1, (ONE, "first"))], run_id="r")
    with pytest.raises(StaleSnapshotError):
        table.append(stale, [_part("w", 1, (ONE, "second"))], run_id="r")
    assert _content(table) == [("2026-04-01", "first")]


def test_a_stale_writer_of_something_else_commits(table):
    stale = table.snapshot()
    table.append_once([_part("w", 1, (ONE, "a"))], run_id="r")
    table.append(stale, [_part("v", 1, (TWO, "b"))], run_id="r")
    assert _content(table) == [("2026-04-01", "a"), ("2026-04-02", "b")]


def test_a_run_that_loses_a_race_of_once_parts_finds_them_there(tmp_path):
    folder = tmp_path / "tables" / "race"
    raced = []

    def between(step):
        if step == "before" and not raced:
            raced.append(Table(RACE, folder).append_once([_part("w", 1, (ONE, "a"))], run_id="b"))

    table = Table(RACE, folder, between=between)
    assert table.append_once([_part("w", 1, (ONE, "a"))], run_id="a") == 0
    assert raced == [1]
    assert _content(table) == [("2026-04-01", "a")]


@pytest.mark.parametrize(
    ("places", "answers"),
    [
        ((("ledger/1", ONE), ("ledger/1", ONE)), ["lost", "won"]),
        ((("ledger/1", ONE), ("ledger/2", TWO)), ["won", "won"]),
    ],
    ids=["one partition", "two partitions"],
)
def test_of_two_processes_that_race_for_a_writer_one_wins(tmp_path, places, answers):
    folder = tmp_path / "race"
    Table(RACE, folder).snapshot()
    workers = [
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(WORKER), str(folder), writer, str(day)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for writer, day in places
    ]
    assert [worker.stdout.readline().strip() for worker in workers] == ["ready"] * 2
    for number, worker in enumerate(workers):
        worker.stdin.write(f"process {number}\n")
        worker.stdin.flush()
    found = [worker.communicate(timeout=60)[0].strip() for worker in workers]
    assert sorted(found) == answers
    assert len(_content(Table(RACE, folder))) == answers.count("won")


def test_replacing_touches_only_the_partitions_named(tmp_path):
    table = Table(STATE, tmp_path / "state")
    table.replace(table.snapshot(), _rows((ONE, "a"), (TWO, "b")), [str(ONE), str(TWO)], "r")
    table.replace(table.snapshot(), _rows((ONE, "c")), [str(ONE)], "r")
    assert _content(table) == [("2026-04-01", "c"), ("2026-04-02", "b")]
    table.replace(table.snapshot(), SCHEMA.empty_table(), [str(TWO)], "r")
    assert _content(table) == [("2026-04-01", "c")]


def test_of_two_replacements_of_a_partition_the_stale_one_loses(tmp_path):
    table = Table(STATE, tmp_path / "state")
    table.replace(table.snapshot(), _rows((ONE, "a")), [str(ONE)], "r")
    stale = table.snapshot()
    table.replace(table.snapshot(), _rows((ONE, "b")), [str(ONE)], "r")
    with pytest.raises(StaleSnapshotError):
        table.replace(stale, _rows((ONE, "c")), [str(ONE)], "r")
    assert _content(table) == [("2026-04-01", "b")]


def test_an_append_only_table_refuses_to_lose_rows(table):
    table.append_once([_part("w", 1, (ONE, "a"))], run_id="r")
    with pytest.raises(Exception, match="append-only"):
        table.snapshot().table.delete()
    with pytest.raises(Exception, match="append-only"):
        table.replace(table.snapshot(), _rows((ONE, "b")), [str(ONE)], "r")
    assert _content(table) == [("2026-04-01", "a")]


def test_history_is_kept_by_properties_set_at_creation(table):
    found = table.snapshot().table.metadata().configuration
    assert found["delta.appendOnly"] == "true"
    assert found["delta.logRetentionDuration"] == "interval 36500 days"
    assert found["delta.deletedFileRetentionDuration"] == "interval 36500 days"


def test_a_table_killed_while_it_was_made_is_made_again(table):
    log = table.folder / "_delta_log"
    log.mkdir(parents=True)
    (log / "_commit_0123.json.tmp").write_text("{", encoding="utf-8")
    assert table.append_once([_part("w", 1, (ONE, "a"))], run_id="r") == 1
    assert _content(table) == [("2026-04-01", "a")]


def test_a_table_without_its_log_is_an_error_and_nothing_is_changed(table):
    table.append_once([_part("w", 1, (ONE, "a"))], run_id="r")
    shutil.rmtree(table.folder / "_delta_log")
    before = sorted(file.name for file in table.folder.rglob("*"))
    with pytest.raises(EnvironmentFailedError, match="no readable log") as raised:
        table.snapshot()
    assert raised.value.code == "TABLE_DAMAGED"
    assert str(table.folder) in raised.value.where
    assert sorted(file.name for file in table.folder.rglob("*")) == before


def test_files_are_pruned_by_partition_and_by_statistics(table):
    table.append_once([_part("w", 1, (ONE, "a"))], run_id="r")
    table.append_once([_part("w", 2, (TWO, "b"))], run_id="r")
    snapshot = table.snapshot()
    assert len(snapshot.files()) == 2
    assert len(snapshot.files("day = '2026-04-02'")) == 1
    assert len(snapshot.files("who = 'b'")) == 1
    assert snapshot.read(where=one_of("day", [date(2026, 4, 1)]))["who"].to_pylist() == ["a"]
    assert snapshot.read(where=equals("day", date(2020, 1, 1))).num_rows == 0


def test_a_snapshot_stays_what_it_was(table):
    table.append_once([_part("w", 1, (ONE, "a"))], run_id="r")
    before = table.snapshot()
    table.append_once([_part("w", 2, (ONE, "b"))], run_id="r")
    assert before.read()["who"].to_pylist() == ["a"]
    assert before.identity != table.snapshot().identity


def test_the_steps_of_a_commit_come_in_order_and_show_what_they_say(tmp_path):
    folder = tmp_path / "race"
    seen = []

    def between(step):
        seen.append((step, len(_content(Table(RACE, folder)))))

    Table(RACE, folder, between=between).append_once([_part("w", 1, (ONE, "a"))], run_id="r")
    assert seen == [("before", 0), ("committed", 1), ("synced", 1)]


def test_a_commit_is_on_the_disk_when_it_is_done(tmp_path):
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not here: that a commit is synced cannot be seen")
    log = tmp_path / "calls"
    folder = tmp_path / "tables" / "race"
    Table(RACE, folder).snapshot()
    program = [sys.executable, str(WORKER), str(folder), "w", str(ONE)]
    done = subprocess.run(  # noqa: S603 - our own program
        [strace, "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", str(log), *program],
        input="a\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "ptrace" in done.stderr.lower() and "won" not in done.stdout:
        pytest.skip("strace may not trace here")
    assert "won" in done.stdout, done.stderr
    synced = log.read_text(encoding="utf-8")
    for file in folder.rglob("*.parquet"):
        assert f"<{file}>" in synced
        assert f"<{file.parent}>" in synced
    newest = max((folder / "_delta_log").glob("*.json"))
    for place in (newest, newest.parent, folder):
        assert f"<{place}>" in synced
    assert " = -1" not in synced


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_clear_error(table):
    table.snapshot()
    (table.folder / "_delta_log").chmod(0o555)
    with pytest.raises(EnvironmentFailedError) as raised:
        table.append_once([_part("w", 1, (ONE, "a"))], run_id="r")
    assert raised.value.code == "NOT_WRITABLE"


def test_a_table_that_another_run_makes_while_it_is_looked_for_is_opened(table, monkeypatch):
    theirs = Table(RACE, table.folder)
    looked, missed = delta.DeltaTable, []

    class Late(looked):
        """Not there at the first look, and made right after it."""

        def __init__(self, *place, **at):
            if not missed:
                missed.append(place)
                theirs.append_once([_part("w", 1, (ONE, "a"))], run_id="r")
                raise TableNotFoundError("no files in log segment")
            super().__init__(*place, **at)

    monkeypatch.setattr(delta, "DeltaTable", Late)
    assert _content(table) == [("2026-04-01", "a")]


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"day=2026-04-01/", b"dax=2026-04-01/"), (b"2026-04-01/", b"2026-04-0x/")],
)
def test_a_log_that_names_another_place_is_damage_that_says_where(table, before, after):
    table.append_once([_part("w", 1, (ONE, "a"))], run_id="r")
    entry = entry_of(table.folder, 1)
    entry.write_bytes(entry.read_bytes().replace(before, after))
    snapshot = Table(RACE, table.folder).snapshot()
    with pytest.raises(EnvironmentFailedError) as refused:
        list(snapshot.stream(snapshot.files()))
    assert refused.value.code == "TABLE_DAMAGED"
    assert refused.value.where


def test_rows_lie_by_the_column_that_is_asked_for_and_few_row_groups_hold_one_value(tmp_path):
    table = Table(SORTED, tmp_path / "tables" / "sorted")
    count = 4 * delta.ROW_GROUP
    parts = [
        Part(
            f"w{half}",
            1,
            pa.table(
                {
                    "day": pa.repeat(pa.scalar(ONE), count // 2),
                    "who": pa.repeat("a", count // 2),
                    "number": [place % 100 for place in range(count // 2)],
                    "place": range(half * count // 2, (half + 1) * count // 2),
                },
                schema=SORTED.schema,
            ),
        )
        for half in range(2)
    ]
    table.append_once(parts, run_id="r")
    (file,) = table.snapshot().files()
    with pq.ParquetFile(file) as stored:
        groups = [stored.metadata.row_group(n) for n in range(stored.num_row_groups)]
        rows = stored.read()
    column = rows.schema.get_field_index("number")
    spans = [group.column(column).statistics for group in groups]
    assert [group.num_rows for group in groups] == [delta.ROW_GROUP] * 4
    holding = [sum(s.min <= number <= s.max for s in spans) for number in range(100)]
    assert max(holding) <= 2
    assert sum(holding) == 100 + 3, "each number in one group, but for those on a border"
    places = list(zip(*(rows[name].to_pylist() for name in ("number", "place")), strict=True))
    assert places == sorted(places), "rows of one number keep their order"


def test_rows_that_are_in_order_are_not_copied():
    rows = pa.table({"number": [1, 1, 2]})
    assert delta.ordered(SORTED, rows) is rows
    assert delta.ordered(SORTED, rows.slice(0, 0)).num_rows == 0
    assert delta.ordered(SORTED, pa.table({"number": [2, 1]}))["number"].to_pylist() == [1, 2]


def test_a_large_file_is_compressed_well_and_a_small_one_fast(tmp_path):
    schema = pa.schema([*SCHEMA, pa.field("number", pa.int64())])
    spec = TableSpec("sizes", schema, "day", unrepeated=("number",))
    table = Table(spec, tmp_path / "tables" / "sizes")
    for sequence, (day, count) in enumerate(((ONE, 10), (TWO, 10_000)), start=1):
        columns = {"day": [day] * count, "who": ["w"] * count, "number": range(count)}
        table.append_once([Part("w", sequence, pa.table(columns, schema=schema))], run_id="r")

    found = {}
    for day, (file,) in table.snapshot().files_by_partition().items():
        with pq.ParquetFile(file) as stored:
            group = stored.metadata.row_group(0)
            who, number = group.column(0), group.column(1)
            found[day] = who.compression, who.has_dictionary_page, number.has_dictionary_page
    assert found == {
        str(ONE): ("SNAPPY", True, True),
        str(TWO): ("ZSTD", True, False),
    }
