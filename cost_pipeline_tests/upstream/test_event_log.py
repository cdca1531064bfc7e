"""The event log that a home names in dagster.yaml, beside Dagster's own over the same events.

A test that fails here after an upgrade of Dagster says that its SQLite files or rows changed:
cost_pipeline/defs/event_log.py has to follow.
"""

import multiprocessing
import os
import queue
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterEventType as Kind

from cost_pipeline.defs.build import beta_and_preview_accepted
from cost_pipeline.defs.event_log import CONFIG, EVENT_LOG, BatchedSqliteEventLog
from cost_pipeline.defs.reporting import report_changed_partitions, report_checks_per_partition
from cost_pipeline.defs.upstream import (
    ASSET_CHECK_EVENTS,
    ASSET_EVENTS,
    InstanceRef,
    SqliteEventLogStorage,
)

DAYS = dg.DailyPartitionsDefinition("2026-03-01", end_date="2026-04-01")
SPAN = [f"2026-03-{day:02}" for day in range(3, 9)]
RANGE = {
    "dagster/asset_partition_range_start": SPAN[0],
    "dagster/asset_partition_range_end": SPAN[-1],
}
UP = dg.AssetKey("up")
HANDED = dg.AssetKey("handed")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
INDEX = "index.db"
# Written by SQLite's clock, or by ours when an index was made.
OF_THE_CLOCK = {"create_timestamp", "migration_completed"}


FORK = multiprocessing.get_context("fork")
FORKS = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def definitions(red=()):
    """An asset of several partitions a run, and two checks of it: one blocks."""
    with beta_and_preview_accepted():

        @dg.asset(name="up", partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
        def up(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
            context.log.info("a message of the user")
            report_changed_partitions(context.instance, HANDED, {day: day for day in SPAN})
            return dg.MaterializeResult(tags={"colour": "blue"})

        @dg.multi_asset_check(
            name="check_up",
            specs=[
                dg.AssetCheckSpec("holds", asset=UP, partitions_def=DAYS, blocking=True),
                dg.AssetCheckSpec("warns", asset=UP, partitions_def=DAYS),
            ],
        )
        def check_up(context: dg.AssetCheckExecutionContext):
            names = ("holds", "warns")
            of_all = [
                (day, dg.AssetCheckResult(check_name=n, asset_key=UP, passed=(n, day) not in red))
                for n in names
                for day in context.partition_keys
            ]
            report_checks_per_partition(context.instance, context.run, of_all, blocking={"holds"})
            for name in names:
                yield dg.AssetCheckResult(check_name=name, asset_key=UP, passed=True)

        @dg.asset(deps=[up])
        def fails() -> None:
            message = "on purpose"
            raise ValueError(message)

    return [up, check_up, fails]


def worked(instance):
    """Two runs over a range, one over one partition, and one that fails."""
    up, check_up, fails = definitions(red={("warns", SPAN[1])})

    def run(assets, **arguments):
        with beta_and_preview_accepted():
            return dg.materialize(
                assets, instance=instance, raise_on_error=False, run_config=QUIET, **arguments
            )

    assert run([up, check_up], tags=RANGE).success
    assert run([up, check_up], tags=RANGE).success
    run([up, check_up], partition_key=SPAN[0])
    assert not run([fails]).success
    return instance


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """What such runs store, in Dagster's own storage, by run."""
    folder = tmp_path_factory.mktemp("stock")
    with dg.DagsterInstance.local_temp(str(folder)) as instance:
        worked(instance)
        runs = [run.run_id for run in instance.get_runs()]
        log = instance.event_log_storage
        return {
            run_id: [r.event_log_entry for r in log.get_records_for_run(run_id).records]
            for run_id in ["", *reversed(runs)]
        }


def batches(stored):
    """Neighbours among events that Dagster or we may hand over together."""
    found = []
    for event in stored:
        together = event.is_dagster_event and event.dagster_event_type in (
            ASSET_EVENTS | ASSET_CHECK_EVENTS
        )
        if together and found and found[-1][0]:
            found[-1][1].append(event)
        else:
            found.append((together, [event]))
    return [batch for _, batch in found]


def tables(folder):
    """Each file of a store: its tables as they were made, and their rows."""
    found = {}
    for file in sorted(Path(folder).iterdir()):
        with closing(sqlite3.connect(file)) as read:
            master = read.execute("select type, name, tbl_name, sql from sqlite_master").fetchall()
            found[file.name, "laid out as"] = sorted(map(str, master))
            found[file.name, "journal"] = read.execute("pragma journal_mode").fetchall()
            for kind, name, *_ in master:
                if kind == "table":
                    columns = [c[1] for c in read.execute(f"pragma table_info({name})")]
                    kept = ", ".join(f'"{c}"' for c in columns if c not in OF_THE_CLOCK)
                    rows = read.execute(f"select {kept} from {name}").fetchall()
                    found[file.name, name] = sorted(map(str, rows))
    return found


def stored_by(storage, events, *, one_by_one=False):
    for stored in events.values():
        for batch in [[e] for e in stored] if one_by_one else batches(stored):
            if len(batch) == 1:
                storage.store_event(batch[0])
            else:
                storage.store_event_batch(batch)
    storage.dispose()


@pytest.mark.parametrize("one_by_one", [False, True])
def test_files_and_rows_are_those_of_dagsters_own_storage(events, tmp_path, one_by_one):
    stored_by(SqliteEventLogStorage(str(tmp_path / "stock")), events)
    stored_by(BatchedSqliteEventLog(str(tmp_path / "ours")), events, one_by_one=one_by_one)
    stock, ours = tables(tmp_path / "stock"), tables(tmp_path / "ours")
    assert ours.keys() == stock.keys()
    for place, rows in stock.items():
        assert ours[place] == rows, place
    kinds = {e.dagster_event_type for stored in events.values() for e in stored}
    assert {
        Kind.ASSET_OBSERVATION,
        Kind.ASSET_MATERIALIZATION,
        Kind.ASSET_MATERIALIZATION_PLANNED,
        Kind.ASSET_CHECK_EVALUATION,
        Kind.ASSET_CHECK_EVALUATION_PLANNED,
        Kind.RUN_FAILURE,
        Kind.RUN_SUCCESS,
    } <= kinds


def home_with(folder, text):
    folder.mkdir(parents=True)
    (folder / "dagster.yaml").write_text(text, encoding="utf-8")
    return folder


def asked(instance):
    """What the pages ask of a store, by way of the instance."""
    log = instance.event_log_storage
    checks = [dg.AssetCheckKey(UP, name) for name in ("holds", "warns")]
    info = log.get_asset_check_partition_info(checks)
    return {
        "materialized": instance.get_materialized_partitions(UP),
        "versions": log.get_latest_tags_by_partition(
            HANDED, Kind.ASSET_MATERIALIZATION, tag_keys=["dagster/data_version"]
        ),
        "checks": {(i.check_key, i.partition_key): i.latest_execution_status for i in info},
        "current": {(i.check_key, i.partition_key): i.is_current for i in info},
        "assets": sorted(instance.all_asset_keys()),
        "runs": sorted(
            (run.status.value, log.get_stats_for_run(run.run_id).materializations)
            for run in instance.get_runs()
        ),
    }


def test_a_home_that_names_it_works_like_one_that_does_not_and_either_reads_the_other(
    tmp_path, monkeypatch
):
    for name in ("named", "plain"):
        folder = home_with(tmp_path / name, "telemetry: {enabled: false}\n")
        monkeypatch.setenv("DAGSTER_HOME", str(folder))
        overrides = {EVENT_LOG: CONFIG} if name == "named" else {}
        with dg.DagsterInstance.from_ref(
            InstanceRef.from_dir(str(folder), overrides=overrides)
        ) as instance:
            assert isinstance(instance.event_log_storage, BatchedSqliteEventLog) is bool(overrides)
            found = asked(worked(instance))
        with dg.DagsterInstance.from_ref(
            InstanceRef.from_dir(str(folder), overrides={} if overrides else {EVENT_LOG: CONFIG})
        ) as other:
            assert asked(other) == found
        if name == "named":
            first = found
    assert found == first
    assert found["checks"][dg.AssetCheckKey(UP, "warns"), SPAN[1]].value == "FAILED"


def handed_over(days=SPAN):
    with dg.DagsterInstance.ephemeral() as instance:
        report_changed_partitions(instance, HANDED, {day: day for day in days})
        return [
            record.event_log_entry
            for record in instance.event_log_storage.get_records_for_run("").records
            if record.event_log_entry.dagster_event_type is Kind.ASSET_MATERIALIZATION
        ]


def rows_of(folder, file, table="event_logs"):
    with closing(sqlite3.connect(Path(folder) / file)) as read:
        return read.execute(f"select count(*) from {table}").fetchone()[0]


def refusing(folder, file):
    """A connection that has made a file refuse events."""
    held = sqlite3.connect(Path(folder) / file, isolation_level=None)
    held.execute(
        "create trigger refused before insert on event_logs begin "
        "select raise(abort, 'no room'); end"
    )
    return held


@pytest.mark.parametrize(("file", "half"), [(".db", 0), (INDEX, len(SPAN))])
def test_a_batch_that_failed_is_stored_once_when_it_is_stored_again(tmp_path, file, half):
    """As Dagster does: whole first, then event by event."""
    storage = BatchedSqliteEventLog(str(tmp_path))
    batch = handed_over()
    storage.store_event(handed_over(["2026-03-01"])[0])
    held = refusing(tmp_path, file)
    for _ in range(2):
        with pytest.raises(Exception, match="no room"):
            storage.store_event_batch(batch)
        assert (rows_of(tmp_path, ".db"), rows_of(tmp_path, INDEX)) == (1 + half, 1)
    with pytest.raises(Exception, match="no room"):
        storage.store_event(batch[0])
    held.execute("drop trigger refused")
    held.close()
    for event in batch:
        storage.store_event(event)
    storage.dispose()
    for stored in (".db", INDEX):
        assert rows_of(tmp_path, stored) == 1 + len(SPAN)
    assert rows_of(tmp_path, INDEX, "asset_event_tags") == 1 + len(SPAN)


def test_the_index_and_one_run_are_open_and_nothing_when_it_is_let_go(events, tmp_path):
    storage = BatchedSqliteEventLog(str(tmp_path))
    for run_id in events:
        storage.get_records_for_run(run_id)
        opened = [file.readlink() for file in Path("/proc/self/fd").iterdir() if file.exists()]
        files = {file.name for file in opened if file.is_relative_to(tmp_path)}
        assert {name for name in files if name.endswith(".db")} <= {INDEX, f"{run_id}.db"}
    storage.store_event_batch(handed_over())
    assert list(tmp_path.glob("*.db-wal"))
    storage.dispose()
    assert not [place.name for place in tmp_path.iterdir() if not place.name.endswith(".db")]


@pytest.mark.parametrize("reader", [SqliteEventLogStorage, BatchedSqliteEventLog])
def test_who_follows_a_run_is_told_at_once_though_the_file_stays_open(tmp_path, reader):
    """The run page of the web UI; a home whose settings were edited has Dagster's own class."""
    writer = BatchedSqliteEventLog(str(tmp_path))
    first, second, third = handed_over(SPAN[:3])
    writer.store_event(first)
    told, seen = queue.Queue(), reader(str(tmp_path))
    seen.watch("", None, lambda event, _cursor: told.put(event.asset_materialization.partition))
    for event in (second, third):
        writer.store_event(event)
        while told.get(timeout=20) != event.asset_materialization.partition:
            pass
    assert (tmp_path / ".db-wal").exists()
    writer.dispose()
    seen.dispose()


def test_threads_store_and_read_at_once(tmp_path):
    storage = BatchedSqliteEventLog(str(tmp_path))
    batches_of = [handed_over([f"2026-03-{day:02}"]) * 3 for day in range(1, 9)]

    def work(batch):
        storage.store_event_batch(batch)
        storage.get_records_for_run("some run")
        storage.get_records_for_run("")

    threads = [threading.Thread(target=work, args=[batch]) for batch in batches_of]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    storage.dispose()
    assert rows_of(tmp_path, INDEX) == rows_of(tmp_path, ".db") == 3 * len(batches_of)


def _store_after_fork(storage, batch):
    storage.store_event_batch(batch)
    os._exit(0)  # as a worker that is done; nothing of the parent's is closed


@FORKS
def test_a_forked_process_opens_files_of_its_own(tmp_path):
    storage = BatchedSqliteEventLog(str(tmp_path))
    storage.store_event_batch(handed_over())
    child = FORK.Process(target=_store_after_fork, args=[storage, handed_over()])
    child.start()
    child.join()
    assert child.exitcode == 0
    storage.store_event_batch(handed_over())
    storage.dispose()
    assert rows_of(tmp_path, INDEX) == rows_of(tmp_path, ".db") == 3 * len(SPAN)


def _lay_out(folder, start, events):
    storage = BatchedSqliteEventLog(folder)
    start.wait()
    for event in events:
        storage.store_event(event)
    storage.dispose()


@FORKS
def test_processes_that_meet_at_a_new_file_lay_it_out_once(tmp_path):
    BatchedSqliteEventLog(str(tmp_path)).dispose()
    start = FORK.Barrier(3)
    workers = [
        FORK.Process(target=_lay_out, args=[str(tmp_path), start, handed_over()]) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert rows_of(tmp_path, INDEX) == rows_of(tmp_path, ".db") == 3 * len(SPAN)


def test_a_home_that_was_made_anew_under_a_running_server_is_written_to(tmp_path):
    place = tmp_path / "home"
    server = BatchedSqliteEventLog(str(place))
    server.store_event_batch(handed_over())
    place.rename(tmp_path / "away")
    BatchedSqliteEventLog(str(place)).dispose()
    server.store_event_batch(handed_over())
    server.dispose()
    assert rows_of(place, INDEX) == rows_of(place, ".db") == len(SPAN)
