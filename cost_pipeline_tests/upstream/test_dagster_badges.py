"""What Dagster shows as the state of a check with partitions, which `defs/badges` leans on.

Toy assets only. A test that fails here after an upgrade says that badges may be made otherwise.
"""

import dagster as dg
import pytest

from cost_pipeline.defs.badges import states_of_book
from cost_pipeline.defs.build import beta_and_preview_accepted
from cost_pipeline.defs.event_log import CONFIG, EVENT_LOG
from cost_pipeline.defs.reporting import report_checks
from cost_pipeline.defs.upstream import InstanceRef

DAYS = dg.DailyPartitionsDefinition("2026-03-01", end_date="2026-04-01")
FIRST, SECOND, THIRD = "2026-03-03", "2026-03-04", "2026-03-05"
RANGE = {
    "dagster/asset_partition_range_start": FIRST,
    "dagster/asset_partition_range_end": SECOND,
}
UP = dg.AssetKey("up")
CHECK = dg.AssetCheckKey(UP, "holds")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture(params=["ephemeral", "dagster's own", "batched"])
def instance(request, tmp_path, monkeypatch):
    if request.param == "ephemeral":
        made = dg.DagsterInstance.ephemeral()
    else:
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
        ours = {EVENT_LOG: CONFIG} if request.param == "batched" else {}
        made = dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path), overrides=ours))
    with made:
        yield made


def of_book(*, passed):
    return dg.AssetCheckEvaluation(
        asset_key=UP,
        check_name="holds",
        passed=passed,
        metadata={},
        severity=dg.AssetCheckSeverity.ERROR,
        description="the whole book",
        blocking=True,
    )


def run(instance, red=(), *, book=None, dies=False, **arguments):
    """A run of an asset and its check, which may report a result of the whole book."""
    with beta_and_preview_accepted():

        @dg.asset(name="up", partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
        def up() -> None: ...

        @dg.multi_asset_check(
            specs=[dg.AssetCheckSpec("holds", asset=UP, partitions_def=DAYS, blocking=True)]
        )
        def holds(context: dg.AssetCheckExecutionContext):
            if dies:
                raise RuntimeError
            yield dg.AssetCheckResult(passed=not set(context.partition_keys) & set(red))
            if book is not None:
                report_checks(context.instance, context.run, [of_book(passed=book)])

        return dg.materialize(
            [up, holds], instance=instance, raise_on_error=False, run_config=QUIET, **arguments
        )


def shown(instance):
    """The result that the web server shows as a check's state: (passed, partition)."""
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key([CHECK])[CHECK]
    return found.evaluation.passed, found.evaluation.partition


def by_partition(instance):
    """The states that the web server shows of the partitions: state to dates."""
    with beta_and_preview_accepted():
        state = instance.event_log_storage.get_asset_check_state([(CHECK, DAYS)])[CHECK]
    return {
        status.value: sorted(subset.subset_value.get_partition_keys())
        for status, subset in state.subsets.items()
        if not subset.is_empty
    }


def test_the_newest_result_is_the_state_of_a_check_whichever_date_it_is_of(instance):
    run(instance, [FIRST], partition_key=FIRST)
    assert shown(instance) == (False, FIRST)
    run(instance, partition_key=SECOND)
    assert shown(instance) == (True, SECOND), "the red date is forgotten"


def test_a_result_without_partition_is_the_state_and_touches_no_partition(instance):
    run(instance, [FIRST], partition_key=FIRST)
    assert run(instance, book=False, partition_key=SECOND).success
    assert shown(instance) == (False, None)
    assert by_partition(instance) == {"FAILED": [FIRST], "SUCCEEDED": [SECOND]}
    assert [one.passed for one in run(instance, book=False, partition_key=THIRD)
            .get_asset_check_evaluations()] == [True]  # fmt: skip


def test_in_a_run_over_several_dates_it_takes_the_place_of_what_the_step_yielded(instance):
    assert run(instance, book=False, tags=RANGE).success
    assert shown(instance) == (False, None)
    history = instance.event_log_storage.get_asset_check_execution_history(CHECK, limit=10)
    assert [one.evaluation.description for one in history if one.partition is None] == [
        "the whole book"
    ]


def test_a_run_that_is_stopped_by_a_blocking_check_has_stored_it(instance):
    assert not run(instance, [FIRST], book=False, partition_key=FIRST).success
    assert shown(instance) == (False, None)


def test_a_run_that_died_leaves_a_date_planned_and_what_was_known_of_it_holds(instance):
    run(instance, [FIRST], partition_key=FIRST)
    run(instance, dies=True, partition_key=FIRST)
    run(instance, partition_key=SECOND)
    state = states_of_book(instance.event_log_storage, [CHECK])[CHECK]
    assert (state.dates, state.red) == (2, [FIRST])
    run(instance, partition_key=FIRST)
    assert states_of_book(instance.event_log_storage, [CHECK])[CHECK].red == []
