"""Dagster as it is: every behaviour that cost_pipeline/defs leans on or works around.

Toy assets only. A test that fails here after an upgrade says which workaround to look at again;
docs/dagster.md tells what each is for.
"""

import warnings
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from cost_pipeline.defs.build import beta_and_preview_accepted
from cost_pipeline.defs.reporting import (
    DATA_VERSION_TAG,
    evaluated,
    report_checks_per_partition,
)
from cost_pipeline.defs.upstream import AssetCheckEvaluationTargetMaterializationData

DAYS = dg.DailyPartitionsDefinition("2026-03-01", end_date="2026-04-01")
SPAN = ["2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"]
RANGE = {
    "dagster/asset_partition_range_start": SPAN[0],
    "dagster/asset_partition_range_end": SPAN[-1],
}
EVENING = datetime(2026, 3, 20, 20, tzinfo=UTC)
UP, DOWN = dg.AssetKey("up"), dg.AssetKey("down")
CHECK = dg.AssetCheckKey(UP, "holds")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
ANY_DATE = dg.AutomationCondition.eager().without(dg.AutomationCondition.in_latest_time_window())


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def upstream():
    with beta_and_preview_accepted():

        @dg.asset(name="up", partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
        def up() -> None: ...

    return up


def checked(red=(), *, per_partition):
    """`up` with a blocking check that is red for some dates."""
    with beta_and_preview_accepted():

        @dg.asset_check(asset=UP, name="holds", partitions_def=DAYS, blocking=True)
        def holds(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
            results = [
                (
                    key,
                    dg.AssetCheckResult(check_name="holds", asset_key=UP, passed=key not in red),
                )
                for key in context.partition_keys
            ]
            if per_partition:
                report_checks_per_partition(
                    context.instance, context.run, results, blocking={"holds"}
                )
            return dg.AssetCheckResult(passed=all(result.passed for _, result in results))

    return holds


def downstream(condition):
    @dg.asset(name="down", partitions_def=DAYS, deps=[UP], automation_condition=condition)
    def down() -> None: ...

    return down


def run(instance, assets, **arguments):
    with beta_and_preview_accepted():
        return dg.materialize(
            assets, instance=instance, raise_on_error=False, run_config=QUIET, **arguments
        )


def statuses(instance):
    found = instance.event_log_storage.get_asset_check_partition_info([CHECK])
    return {i.partition_key: i.latest_execution_status.value for i in found if i.partition_key}


class Automation:
    """Ticks of declarative automation over some assets."""

    def __init__(self, instance, *assets, now=EVENING):
        with beta_and_preview_accepted():
            self.definitions = dg.Definitions(assets=list(assets))
        self.instance, self.now = instance, now
        self.cursor = None
        self.tick()

    def tick(self, asset=DOWN):
        """One tick: the partitions of the asset that are requested."""
        result = dg.evaluate_automation_conditions(
            self.definitions,
            instance=self.instance,
            cursor=self.cursor,
            evaluation_time=self.now,
            asset_selection=dg.AssetSelection.assets(asset),  # the default is beta
        )
        self.cursor = result.cursor
        return sorted(result.get_requested_partitions(asset))


def report(instance, partition, version=None, key=UP):
    tags = {DATA_VERSION_TAG: version} if version else None
    instance.report_runless_asset_event(
        dg.AssetMaterialization(key, partition=partition, tags=tags)
    )


def test_a_check_of_a_run_over_several_partitions_is_stored_without_partition(instance):
    result = run(instance, [upstream(), checked(per_partition=False)], tags=RANGE)
    assert [(e.passed, e.partition) for e in result.get_asset_check_evaluations()] == [(True, None)]
    assert statuses(instance) == dict.fromkeys(SPAN, "PLANNED")


def test_and_then_nothing_downstream_is_ever_asked_for(instance):
    gate = ANY_DATE & dg.AutomationCondition.all_deps_blocking_checks_passed()
    up, holds = upstream(), checked(per_partition=False)
    automation = Automation(instance, up, downstream(gate), holds)
    assert run(instance, [up, holds], tags=RANGE).success
    assert automation.tick() == []


def test_a_check_of_a_run_over_one_partition_is_stored_with_it(instance):
    result = run(instance, [upstream(), checked(per_partition=False)], partition_key=SPAN[0])
    assert [e.partition for e in result.get_asset_check_evaluations()] == [SPAN[0]]
    assert statuses(instance) == {SPAN[0]: "SUCCEEDED"}


def test_reported_per_partition_every_planned_check_is_settled_and_a_red_one_shows(instance):
    run(instance, [upstream(), checked([SPAN[1]], per_partition=True)], tags=RANGE)
    assert statuses(instance) == dict.fromkeys(SPAN, "SUCCEEDED") | {SPAN[1]: "FAILED"}


def test_reported_per_partition_the_gate_opens_for_what_passed_and_for_nothing_else(instance):
    gate = ANY_DATE & dg.AutomationCondition.all_deps_blocking_checks_passed()
    up, holds = upstream(), checked([SPAN[1]], per_partition=True)
    automation = Automation(instance, up, downstream(gate), holds)
    run(instance, [up, holds], tags=RANGE)
    assert automation.tick() == [SPAN[0], SPAN[2], SPAN[3]]


def test_a_second_run_reports_the_same_partition_again_and_the_newer_result_counts(instance):
    up = upstream()
    run(instance, [up, checked([SPAN[1]], per_partition=True)], tags=RANGE)
    assert run(instance, [up, checked(per_partition=True)], tags=RANGE).success
    assert statuses(instance) == dict.fromkeys(SPAN, "SUCCEEDED")
    run(instance, [up, checked([SPAN[3]], per_partition=True)], tags=RANGE)
    assert statuses(instance) == dict.fromkeys(SPAN, "SUCCEEDED") | {SPAN[3]: "FAILED"}


def test_a_planned_check_of_a_run_that_died_stays_planned(instance):
    """The gate before posting reads this as not passed."""
    with beta_and_preview_accepted():

        @dg.asset_check(asset=UP, name="holds", partitions_def=DAYS, blocking=True)
        def holds() -> dg.AssetCheckResult:
            raise RuntimeError

        assert not run(instance, [upstream(), holds], partition_key=SPAN[0]).success
    assert statuses(instance) == {SPAN[0]: "PLANNED"}


def without_run(instance, partition, *, passed=True):
    stored = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=UP, asset_partitions=[partition]), limit=1
    ).records[0]
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=UP,
            check_name="holds",
            passed=passed,
            partition=partition,
            severity=dg.AssetCheckSeverity.ERROR,
            blocking=True,
            target_materialization_data=AssetCheckEvaluationTargetMaterializationData(
                storage_id=stored.storage_id, run_id=stored.run_id, timestamp=stored.timestamp
            ),
        )
    )


def test_a_check_event_without_a_run_cannot_be_reported_twice_for_a_partition(instance):
    """Which is why the helper reports an event of the run, and not the documented runless one."""
    run(instance, [upstream()], partition_key=SPAN[0])
    without_run(instance, SPAN[0])
    with pytest.raises(Exception, match="UNIQUE constraint failed"):
        without_run(instance, SPAN[0], passed=False)
    assert statuses(instance) == {SPAN[0]: "SUCCEEDED"}


@pytest.mark.parametrize("days", [[], SPAN[:2]])
def test_a_check_without_the_days_of_its_asset_is_evaluated_as_dagster_does_it(instance, days):
    result = dg.AssetCheckResult(
        check_name="age",
        asset_key=UP,
        passed=False,
        severity=dg.AssetCheckSeverity.WARN,
        description="two are old",
        metadata={"old": 2},
    )

    def told(yielded):
        @dg.multi_asset_check(specs=[dg.AssetCheckSpec("age", asset=UP)])
        def age(context: dg.AssetCheckExecutionContext):
            yield from yielded(context)

        chosen = dg.AssetSelection.checks(dg.AssetCheckKey(UP, "age"))
        definitions = dg.Definitions(
            assets=[upstream()], asset_checks=[age], jobs=[dg.define_asset_job("look", chosen)]
        )
        job = definitions.resolve_job_def("look")
        ran = job.execute_in_process(instance=instance, run_config=QUIET)
        assert ran.success
        (found,) = ran.get_asset_check_evaluations()
        return found

    for day in days:
        dg.materialize([upstream()], instance=instance, partition_key=day, run_config=QUIET)
    theirs = told(lambda _context: [result])
    ours = told(
        lambda context: evaluated(context, {dg.AssetCheckKey(UP, "age"): result}, blocking=())
    )
    assert ours == theirs
    assert (ours.target_materialization_data is not None) is bool(days)
    (info,) = instance.event_log_storage.get_asset_check_partition_info(
        [dg.AssetCheckKey(UP, "age")]
    )
    assert info.latest_execution_status.value == "FAILED"


def test_eager_automation_only_looks_at_the_latest_time_window(instance):
    now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    automation = Automation(
        instance, upstream(), downstream(dg.AutomationCondition.eager()), now=now
    )
    report(instance, "2026-03-05")
    report(instance, "2026-03-19")
    assert automation.tick() == ["2026-03-19"]


def test_eager_automation_looks_as_far_back_as_it_is_told(instance):
    latest = dg.AutomationCondition.in_latest_time_window()
    far = dg.AutomationCondition.in_latest_time_window(lookback_delta=timedelta(days=10))
    condition = dg.AutomationCondition.eager().replace(latest, far)
    automation = Automation(instance, upstream(), downstream(condition))
    for day in ("2026-03-05", "2026-03-12"):
        report(instance, day)
    assert automation.tick() == ["2026-03-12"]


def external():
    return dg.AssetSpec("up", partitions_def=DAYS)


def test_eager_automation_loses_an_update_that_comes_in_the_tick_after_a_request(instance):
    """The reason for reconciliation by level: the second change is never asked for."""
    automation = Automation(instance, external(), downstream(ANY_DATE))
    asked = []
    for version in ("a", "b", "c", "d"):
        report(instance, SPAN[0], version)
        asked.append(automation.tick())
    assert asked == [[SPAN[0]], [], [SPAN[0]], []]
    assert automation.tick() == [], "the last change is not found later either"


def test_with_a_tick_of_rest_between_eager_automation_sees_every_update(instance):
    automation = Automation(instance, external(), downstream(ANY_DATE))
    asked = []
    for version in ("a", "b", "c"):
        report(instance, SPAN[0], version)
        asked.append(automation.tick())
        assert automation.tick() == []
    assert asked == [[SPAN[0]]] * 3


def test_a_hand_over_asks_for_exactly_the_dates_it_touched(instance):
    """Pulled on one day, belonging to others: no partition mapping says that, events do."""
    touched = {SPAN[0]: {"2026-01-30": "a", "2026-02-27": "b"}, SPAN[1]: {"2026-02-27": "c"}}
    transaction_dates = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-04-01")
    by_date = dg.AssetSpec("by_date", partitions_def=transaction_dates)

    @dg.asset(partitions_def=DAYS)
    def pulled(context: dg.AssetExecutionContext) -> None:
        for day, version in touched[context.partition_key].items():
            report(context.instance, day, version, key=by_date.key)

    changed = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.data_version_changed())

    @dg.asset(
        name="down",
        partitions_def=transaction_dates,
        deps=[by_date],
        automation_condition=changed.since_last_handled(),
    )
    def down() -> None: ...

    automation = Automation(instance, by_date, pulled, down)
    run(instance, [pulled], partition_key=SPAN[0])
    assert automation.tick() == ["2026-01-30", "2026-02-27"]
    assert automation.tick() == []
    run(instance, [pulled], partition_key=SPAN[1])
    assert automation.tick() == ["2026-02-27"]


def test_an_unchanged_version_reported_again_wakes_eager_automation(instance):
    """So a hand-over that has nothing new must not report."""
    automation = Automation(instance, external(), downstream(ANY_DATE))
    report(instance, SPAN[0], "a")
    assert automation.tick() == [SPAN[0]]
    assert automation.tick() == []
    report(instance, SPAN[0], "a")
    assert automation.tick() == [SPAN[0]]


def test_a_custom_partition_mapping_is_warned_about():
    class Mine(dg.PartitionMapping):
        def get_downstream_partitions_for_partitions(self, *_args, **_kwargs): ...
        def get_upstream_mapped_partitions_result_for_partitions(self, *_args, **_kwargs): ...
        def validate_partition_mapping(self, *_args, **_kwargs): ...
        @property
        def description(self):
            return "mine"

    with pytest.warns(DeprecationWarning, match="PartitionMapping"):
        dg.AssetDep("up", partition_mapping=Mine())


def test_the_latest_tags_come_by_partition_in_one_question(instance):
    """Shape of an undocumented method of the event log: partition to tag to value."""
    for day, version in ((SPAN[0], "a"), (SPAN[1], "b"), (SPAN[0], "c"), (SPAN[2], None)):
        report(instance, day, version)
    found = instance.event_log_storage.get_latest_tags_by_partition(
        UP, dg.DagsterEventType.ASSET_MATERIALIZATION, tag_keys=[DATA_VERSION_TAG]
    )
    assert {day: tags[DATA_VERSION_TAG] for day, tags in found.items() if day != SPAN[2]} == {
        SPAN[0]: "c",
        SPAN[1]: "b",
    }
    assert set(found) <= set(SPAN[:3])


def test_metadata_of_one_partition_stays_with_it_in_a_run_over_several(instance):
    with beta_and_preview_accepted():

        @dg.asset(name="up", partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
        def up(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
            for number, key in enumerate(context.partition_keys):
                context.add_asset_metadata({"rows": number}, partition_key=key)
            return dg.MaterializeResult()

    made = run(instance, [up], tags=RANGE).asset_materializations_for_node("up")
    assert {m.partition: m.metadata["rows"].value for m in made} == dict(
        zip(SPAN, range(4), strict=True)
    )


def test_the_event_log_is_no_audit_trail(instance):
    result = run(instance, [upstream()], partition_key=SPAN[0])
    assert instance.get_materialized_partitions(UP) == {SPAN[0]}
    instance.delete_run(result.run_id)
    assert instance.get_materialized_partitions(UP) == set()


def test_two_features_are_beta_and_preview_and_no_others_are_used_by_that_name():
    """When one of these no longer warns it is stable, and its filter can go."""
    with pytest.warns(dg.BetaWarning, match="Parameter `backfill_policy`"):

        @dg.asset(name="up", partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
        def up() -> None: ...

    with pytest.warns(dg.PreviewWarning, match="Specifying a partitions_def on an AssetCheckSpec"):
        dg.AssetCheckSpec("holds", asset=UP, partitions_def=DAYS)


def test_outside_the_filter_every_warning_is_an_error():
    with beta_and_preview_accepted(), pytest.raises(UserWarning, match="something else"):
        warnings.warn("something else", UserWarning, stacklevel=1)
