"""How a run tells how much was asked for at once: what `defs/confirm` leans on."""

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.execution.backfill import PartitionBackfill

from cost_pipeline.defs.confirm import dates_at_once
from cost_pipeline.defs.upstream import BACKFILL_ID_TAG

DAYS = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-04-01")
KEYS = DAYS.get_partition_keys()[:40]
NOW = datetime(2026, 4, 10, tzinfo=UTC).timestamp()
RAW = dg.AssetKey(["raw", "one"])


@dg.asset(key=RAW, partitions_def=DAYS)
def one() -> None: ...


def stored(instance):
    instance.add_backfill(
        PartitionBackfill.from_asset_partitions(
            backfill_id="b",
            asset_graph=dg.Definitions([one]).resolve_asset_graph(),
            partition_names=KEYS,
            asset_selection=[RAW],
            backfill_timestamp=NOW,
            tags={},
            dynamic_partitions_store=instance,
            all_partitions=False,
            title=None,
            description=None,
            run_config=None,
        )
    )


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


# Dagster's own call, by which its web server makes a backfill.
@pytest.mark.filterwarnings("ignore:Function `AssetSelection.sources`:DeprecationWarning")
def test_a_run_knows_how_many_partitions_its_backfill_has(instance):
    stored(instance)
    tags = {BACKFILL_ID_TAG: "b"}
    assert dates_at_once(instance, tags, [RAW]) == len(KEYS)
    assert dates_at_once(instance, tags, [dg.AssetKey("another")]) == 1


def test_a_run_without_a_backfill_is_one(instance):
    assert dates_at_once(instance, {}, [RAW]) == 1
    assert dates_at_once(instance, {BACKFILL_ID_TAG: "gone"}, [RAW]) == 1
