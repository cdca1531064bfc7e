"""How often Dagster walks a calendar to its end, and who asks it at one instant.

A calendar that ends years ahead is slow to walk; what is held here makes it bearable. And why
calendars are no dynamic partitions, and dates beyond them are posted by a job without partitions.
"""

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext

from cost_pipeline.defs.event_log import CONFIG, EVENT_LOG
from cost_pipeline.defs.reporting import report_checks_per_partition

DAYS = [f"2026-03-{day:02}" for day in range(3, 9)]
CHECKED = dg.AssetKey("checked")
CALENDAR = dg.DailyPartitionsDefinition("1999-01-01", end_offset=3000)


def walks():
    """How often the last window of a calendar was looked for in vain in what Dagster remembers."""
    return dg.TimeWindowPartitionsDefinition._get_last_partition_window.cache_info().misses


def test_a_calendar_is_walked_to_its_end_once_for_an_instant():
    before = walks()
    assert CALENDAR.has_partition_key("2026-03-01")
    assert CALENDAR.has_partition_key("2026-03-01")
    assert walks() - before == 2
    before = walks()
    with dg.partition_loading_context():
        assert all(CALENDAR.has_partition_key(day) for day in DAYS)
    assert walks() - before == 1


def test_the_web_server_asks_all_questions_of_a_request_at_one_instant(tmp_path):
    with (
        dg.DagsterInstance.local_temp(str(tmp_path)) as instance,
        WorkspaceProcessContext(instance, workspace_load_target=None) as server,
        server.create_request_context(),
    ):
        before = walks()
        assert all(CALENDAR.has_partition_key(day) for day in DAYS)
        assert walks() - before == 1


def test_the_states_of_a_check_are_told_as_of_one_instant(tmp_path):
    named = {EVENT_LOG: {**CONFIG, "config": {"dagster_home": str(tmp_path)}}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=named) as instance:
        run = dg.DagsterRun(job_name="checked", run_id="a run")
        results = [
            (day, dg.AssetCheckResult(check_name="holds", asset_key=CHECKED, passed=True))
            for day in DAYS
        ]
        report_checks_per_partition(instance, run, results, blocking=())
        key = dg.AssetCheckKey(CHECKED, "holds")
        before = walks()
        state = instance.event_log_storage.get_asset_check_state([(key, CALENDAR)])[key]
        assert walks() - before == 1
    told = {status.value: found.subset_value for status, found in state.subsets.items()}
    assert set(told["SUCCEEDED"].get_partition_keys()) == set(DAYS)


def test_a_range_of_dynamic_partitions_is_what_was_added_between_two():
    days = dg.DynamicPartitionsDefinition(name="days")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("days", [DAYS[0], DAYS[2], DAYS[1]])
        between = dg.PartitionKeyRange(DAYS[0], DAYS[2])
        with dg.partition_loading_context(dynamic_partitions_store=instance):
            found = days.get_partition_keys_in_range(between)
    assert found == [DAYS[0], DAYS[2]]


def test_a_sensor_that_asks_for_an_unknown_partition_gets_none_of_what_it_asked_for():
    calendar = dg.DailyPartitionsDefinition(DAYS[0])

    @dg.asset(partitions_def=calendar)
    def posted() -> None: ...

    job = dg.define_asset_job("post", [posted])

    @dg.sensor(job=job)
    def asks():
        yield dg.RunRequest(partition_key=DAYS[1])
        yield dg.RunRequest(partition_key="2025-01-01")

    location = dg.Definitions(assets=[posted], jobs=[job], sensors=[asks])
    repository = location.get_repository_def()
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance, repository_def=repository)
        with pytest.raises(dg.DagsterUnknownPartitionError, match="2025-01-01"):
            repository.get_sensor_def("asks").evaluate_tick(context)


def test_a_calendar_with_an_offset_of_one_ends_today():
    now = datetime(2026, 4, 10, 1, tzinfo=UTC)  # still the day before in Los Angeles
    for zone, last in (("UTC", "2026-04-10"), ("America/Los_Angeles", "2026-04-09")):
        calendar = dg.DailyPartitionsDefinition(DAYS[0], end_offset=1, timezone=zone)
        with dg.partition_loading_context(now):
            assert calendar.get_last_partition_key() == last
