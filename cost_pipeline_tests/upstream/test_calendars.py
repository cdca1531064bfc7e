"""How often Dagster walks a calendar to its end, and who asks it at one instant.

A calendar that ends years ahead is slow to walk; what is held here makes it bearable.
"""

import dagster as dg
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
