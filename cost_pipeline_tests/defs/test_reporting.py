"""Reports to event logs that take batches, and to such as refuse some."""

import dagster as dg
import pytest

from cost_pipeline.defs.checks import held
from cost_pipeline.defs.reporting import (
    DATA_VERSION_TAG,
    GONE,
    report_changed_partitions,
    report_checks_per_partition,
)
from cost_pipeline.defs.upstream import BATCH_WRITABLE_EVENTS, SqliteEventLogStorage

DAYS = ["2026-03-01", "2026-03-02", "2026-03-03"]
HANDED = dg.AssetKey("handed")
Kind = dg.DagsterEventType


class LikePostgres(SqliteEventLogStorage):
    """Takes batches as dagster-postgres 0.29 does, and notes them.

    It refuses a batch with a result of a check. It stores at once what is of one type, and then
    writes only the row of the last event's asset.
    """

    def __init__(self, base_dir):
        super().__init__(base_dir)
        self.batches = []

    def store_event_batch(self, events):
        kinds = {event.get_dagster_event().event_type for event in events}
        assert kinds <= BATCH_WRITABLE_EVENTS
        assert len({event.get_dagster_event().asset_key for event in events}) == 1
        self.batches.append((*kinds, len(events)))
        super().store_event_batch(events)


@pytest.fixture
def instance(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as made:
        yield made


@pytest.fixture
def log(instance, tmp_path):
    """Such an event log in the place of the instance's own."""
    made = LikePostgres(str(tmp_path / "log"))
    made.register_instance(instance)
    return made


class With:
    """An instance with another event log: what reports ask of one."""

    def __init__(self, instance, log):
        self.instance, self.event_log_storage = instance, log

    def fetch_materializations(self, records_filter, limit):
        return self.event_log_storage.fetch_materializations(records_filter, limit=limit)


def versions(log):
    found = log.get_latest_tags_by_partition(
        HANDED, Kind.ASSET_MATERIALIZATION, tag_keys=[DATA_VERSION_TAG]
    )
    return {day: tags[DATA_VERSION_TAG] for day, tags in found.items()}


def test_a_hand_over_is_one_batch_of_each_type_and_reports_what_changed(instance, log):
    target = With(instance, log)
    assert report_changed_partitions(target, HANDED, dict.fromkeys(DAYS, "a")) == DAYS
    assert log.batches == [(Kind.ASSET_OBSERVATION, 3), (Kind.ASSET_MATERIALIZATION, 3)]
    assert report_changed_partitions(target, HANDED, dict.fromkeys(DAYS, "a")) == []
    assert len(log.batches) == 2
    assert report_changed_partitions(target, HANDED, {DAYS[0]: "b", DAYS[2]: "a"}) == DAYS[:2]
    assert versions(log) == {DAYS[0]: "b", DAYS[1]: GONE, DAYS[2]: "a"}


def test_results_of_checks_are_stored_one_by_one_where_a_batch_of_them_is_refused(instance, log):
    target = With(instance, log)
    report_changed_partitions(target, HANDED, dict.fromkeys(DAYS, "a"))
    run = dg.DagsterRun(job_name="checked", run_id="a run")
    results = [
        (day, dg.AssetCheckResult(check_name=name, asset_key=HANDED, passed=day != DAYS[1]))
        for name in ("holds", "warns")
        for day in DAYS
    ]
    report_checks_per_partition(target, run, results, blocking={"holds"})
    assert len(log.batches) == 2
    keys = [dg.AssetCheckKey(HANDED, name) for name in ("holds", "warns")]
    found = log.get_asset_check_partition_info(keys)
    assert {
        (i.check_key.name, i.partition_key): i.latest_execution_status.value for i in found
    } == {
        (name, day): "FAILED" if day == DAYS[1] else "SUCCEEDED"
        for name in ("holds", "warns")
        for day in DAYS
    }
    assert all(info.is_current for info in found)
    stored = [
        record.event_log_entry.asset_check_evaluation
        for record in log.get_records_for_run("a run").records
    ]
    assert {(e.check_name, e.blocking) for e in stored} == {("holds", True), ("warns", False)}
    assert {e.partition: e.target_materialization_data.storage_id for e in stored} == dict(
        log.get_latest_storage_id_by_partition(HANDED, Kind.ASSET_MATERIALIZATION)
    )


def test_each_date_of_a_check_over_several_counts():
    def of(*, passed, **numbers):
        return dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey("ledger"),
            check_name="integrity",
            passed=passed,
            metadata={name: dg.MetadataValue.int(number) for name, number in numbers.items()},
        )

    assert held(of(passed=True)) == 1
    assert held(of(passed=False)) == 0
    assert held(of(passed=True, transaction_dates=280, red=0)) == 280
    assert held(of(passed=False, transaction_dates=280, red=3)) == 277
