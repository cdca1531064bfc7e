"""Which storage the runs of a home write to, and what is left of it afterwards."""

import os
import sys

import dagster as dg
import pytest

from cost_pipeline.defs.compute_logs import COMPUTE_LOGS, NothingPrinted
from cost_pipeline.defs.event_log import BatchedSqliteEventLog
from cost_pipeline.defs.reporting import report_changed_partitions
from cost_pipeline.defs.run import home_instance
from cost_pipeline.defs.upstream import LocalComputeLogManager, SqliteEventLogStorage
from cost_pipeline.home.layout import complete_home
from cost_pipeline_tests.defs.production_keys import RECORDS_BY_DATE

EDITED = "concurrency: {runs: {max_concurrent_runs: 4}}\n"
NAMED = "storage: {sqlite: {base_dir: %s}}\n"


@pytest.fixture
def settings(house):
    """The `dagster.yaml` of a home."""
    complete_home(house.root)
    return house.root / "dagster" / "dagster.yaml"


@pytest.mark.parametrize("text", [None, EDITED])
def test_a_home_that_names_no_other_storage_has_its_events_written_in_batches(
    house, settings, text
):
    if text is not None:
        settings.write_text(text, encoding="utf-8")
    with home_instance(house.session()) as instance:
        assert isinstance(instance.event_log_storage, BatchedSqliteEventLog)
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == (
            4 if text else 2
        )
        report_changed_partitions(instance, RECORDS_BY_DATE, {"2026-04-01": "a"})
    files = settings.parent / "history" / "runs"
    assert sorted(file.name for file in files.iterdir()) == [".db", "index.db"]


def test_a_storage_that_a_home_names_is_the_one_that_is_written_to(house, settings, tmp_path):
    settings.write_text(NAMED % (tmp_path / "elsewhere"), encoding="utf-8")
    with home_instance(house.session()) as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage
        report_changed_partitions(instance, RECORDS_BY_DATE, {"2026-04-01": "a"})
    assert (tmp_path / "elsewhere" / "history" / "runs" / "index.db").exists()
    assert not (settings.parent / "history" / "runs").exists()


def test_the_environment_is_afterwards_as_it_was(house, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", "/another")
    before = dict(os.environ)
    with home_instance(house.session()):
        assert int(os.environ["DAGSTER_EVENT_BATCH_SIZE"]) > 1
    assert dict(os.environ) == before


def test_a_ui_reads_of_a_run_that_it_has_printed_nothing_and_is_over(
    house, settings, capfd, monkeypatch
):
    @dg.job(executor_def=dg.in_process_executor)
    def speaking():
        dg.op(name="says")(lambda: sys.stdout.write("said"))()

    with home_instance(house.session()) as instance:
        run_id = speaking.execute_in_process(instance=instance).run_id
        assert type(instance.compute_log_manager) is NothingPrinted
    assert "said" in capfd.readouterr().out

    monkeypatch.setenv("DAGSTER_HOME", str(settings.parent))
    with dg.DagsterInstance.from_config(str(settings.parent)) as instance:
        [log] = instance.all_logs(run_id, of_type=dg.DagsterEventType.LOGS_CAPTURED)
        key = [run_id, COMPUTE_LOGS, log.dagster_event.logs_captured_data.file_key]
        logs = instance.compute_log_manager
        assert type(logs) is LocalComputeLogManager
        assert logs.is_capture_complete(key)
        assert (logs.get_log_data(key).stdout, logs.get_log_data(key).stderr) == (None, None)


def test_where_a_home_says_to_keep_what_runs_print_it_is_kept(house, settings, tmp_path):
    settings.write_text(
        "compute_logs:\n  module: dagster._core.storage.local_compute_log_manager\n"
        f"  class: LocalComputeLogManager\n  config: {{base_dir: {tmp_path / 'logs'}}}\n",
        encoding="utf-8",
    )
    with home_instance(house.session()) as instance:
        assert type(instance.compute_log_manager) is LocalComputeLogManager
        assert isinstance(instance.event_log_storage, BatchedSqliteEventLog)
