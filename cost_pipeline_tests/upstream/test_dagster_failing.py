"""How Dagster tells that one asset of a step failed: what `defs/pulling` leans on."""

import dagster as dg
import pytest

from cost_pipeline.defs.upstream import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION

DAYS = dg.DailyPartitionsDefinition("2026-03-01", end_date="2026-04-01")
DAY = "2026-03-03"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.mark.parametrize("way", ["marked", "left out"])
def test_an_output_that_is_marked_is_no_materialization_and_lets_what_is_behind_it_run(
    instance, way
):
    """`pulling`: a vendor's partition fails alone only if its output is there for the plan."""

    @dg.multi_asset(
        specs=[dg.AssetSpec("good"), dg.AssetSpec("bad")], partitions_def=DAYS, can_subset=True
    )
    def pulled(context: dg.AssetExecutionContext):
        yield dg.MaterializeResult(asset_key="good")
        if way == "marked":
            mark = {SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True}
            name = context.assets_def.get_output_name_for_asset_key(dg.AssetKey("bad"))
            yield dg.Output(None, output_name=name, metadata=mark)

    @dg.asset(partitions_def=DAYS, deps=["good", "bad"])
    def behind() -> None: ...

    @dg.asset(partitions_def=DAYS, deps=["behind"])
    def last() -> None:
        raise dg.Failure("some were not fetched")

    result = dg.materialize(
        [pulled, behind, last],
        instance=instance,
        partition_key=DAY,
        raise_on_error=False,
        run_config=QUIET,
    )
    if way == "left out":  # everything behind it is skipped, and the run is green
        assert result.success
        assert not instance.get_materialized_partitions(dg.AssetKey("behind"))
        return
    assert not result.success
    states = [
        instance.get_status_by_partition(dg.AssetKey(key), [DAY], DAYS)[DAY].name
        for key in ("good", "bad", "behind")
    ]
    assert states == ["MATERIALIZED", "FAILED", "MATERIALIZED"]
