"""A pull in which a vendor failed: its partition is red, the others stand, and the rest goes on."""

import shutil

import dagster as dg
import pytest

from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.defs.alerts import failed_runs
from cost_pipeline.defs.sensors import PARTITION
from cost_pipeline_tests.defs.production_keys import DEAD_LETTERS, PULL_JOB, raw_key, records_key

FIRST = "2026-04-01"
ORDERS, RENTALS = raw_key("orders"), raw_key("rentals")
INVOICES = records_key(RecordKind.VENDOR_INVOICE)


@pytest.fixture
def away(works):
    """Takes the folder of a vendor away; its pull fails as long as it is."""
    folder, aside = works.house.root / "inbox" / "orders", works.house.root / "aside"

    class Away:
        def go(self):
            shutil.move(folder, aside)

        def come_back(self):
            shutil.move(aside, folder)

    return Away()


def state(works, key, day=FIRST):
    partitions = works.definitions.resolve_job_def(PULL_JOB).partitions_def
    return works.instance.get_status_by_partition(key, [day], partitions)[day].name


def logged(works, result, kind):
    return [entry.dagster_event for entry in works.instance.all_logs(result.run_id, of_type=kind)]


def shown(event):
    return {name: value.value for name, value in event.metadata.items()}


def test_only_the_vendor_that_failed_is_red_and_what_came_goes_on(works, away):
    away.go()
    result = works.run(PULL_JOB, FIRST)
    assert not result.success
    assert works.instance.get_run_by_id(result.run_id).status is dg.DagsterRunStatus.FAILURE
    assert state(works, ORDERS) == "FAILED"
    assert [state(works, key) for key in (RENTALS, INVOICES, DEAD_LETTERS)] == ["MATERIALIZED"] * 3
    assert works.materialized(ORDERS) == {}
    assert shown(works.materialized(INVOICES)[FIRST])["dagster/partition_row_count"] == 3
    assert works.post("2026-03-31", FIRST).success


def test_every_check_of_the_pull_has_its_result(works, away):
    away.go()
    works.run(PULL_JOB, FIRST)
    assert works.statuses(ORDERS, "fetched") == {FIRST: "FAILED"}
    for key, name in (
        (RENTALS, "fetched"),
        (RENTALS, "drift"),
        (DEAD_LETTERS, "conservation"),
        (DEAD_LETTERS, "control_totals"),
        (INVOICES, "schema"),
    ):
        assert works.statuses(key, name) == {FIRST: "SUCCEEDED"}, name


def test_the_reason_is_in_the_log_of_the_run_and_on_the_asset(works, away):
    away.go()
    result = works.run(PULL_JOB, FIRST)
    (failure,) = logged(works, result, dg.DagsterEventType.STEP_FAILURE)
    said = failure.step_failure_data.user_failure_data
    assert said.description.startswith(f"1 vendor could not be fetched whole for {FIRST}: orders: ")
    assert "materialise the failed partitions again" in said.description
    errors = [e for e in works.instance.all_logs(result.run_id) if e.level == 40]
    assert any("orders" in entry.message for entry in errors if entry.dagster_event is None)
    (seen,) = works.instance.fetch_observations(ORDERS, limit=9).records
    assert seen.partition_key == FIRST
    assert shown(seen.asset_observation)["failures"]
    assert shown(seen.asset_observation)["provisional"] is True


def test_a_vendor_that_comes_back_is_green_again(works, away):
    away.go()
    works.run(PULL_JOB, FIRST)
    away.come_back()
    works.pull(FIRST)
    assert state(works, ORDERS) == "MATERIALIZED"
    assert works.statuses(ORDERS, "fetched") == {FIRST: "SUCCEEDED"}


def test_a_pull_again_in_vain_leaves_the_numbers_of_what_stands(works, away):
    works.pull(FIRST)
    before = shown(works.materialized(ORDERS)[FIRST])
    away.go()
    assert not works.run(PULL_JOB, FIRST).success
    assert state(works, ORDERS) == "FAILED"
    assert shown(works.materialized(ORDERS)[FIRST]) == before
    (seen,) = works.instance.fetch_observations(ORDERS, limit=9).records
    stands = shown(seen.asset_observation)
    assert stands["deliveries_received"] == before["deliveries_received"] == 1
    assert stands["provisional"] is False, "the date was fetched whole before"


def test_a_pull_again_that_brings_nothing_counts_what_stands(works):
    works.pull(FIRST)
    before = shown(works.materialized(RENTALS)[FIRST])
    for file in (works.house.root / "inbox" / "rentals").iterdir():
        file.unlink()
    works.pull(FIRST)
    again = shown(works.materialized(RENTALS)[FIRST])
    for name in ("dagster/partition_row_count", "deliveries_received", "bytes_received"):
        assert again[name] == before[name] > 0, name
    assert (before["deliveries_new"], again["deliveries_new"]) == (1, 0)


def test_a_run_that_is_asked_for_nothing_but_the_vendor_fails_all_the_same(works, away):
    away.go()
    result = works.run(PULL_JOB, FIRST, asset_selection=[ORDERS])
    assert not result.success
    assert state(works, ORDERS) == "FAILED"
    assert works.statuses(ORDERS, "fetched") == {FIRST: "FAILED"}
    job = dg.define_asset_job("bare", dg.AssetSelection.assets(ORDERS).without_checks())
    bare = dg.Definitions.merge(works.definitions, dg.Definitions(jobs=[job]))
    result = bare.resolve_job_def("bare").execute_in_process(
        instance=works.instance, partition_key=FIRST, raise_on_error=False
    )
    assert not result.success
    (failure,) = logged(works, result, dg.DagsterEventType.STEP_FAILURE)
    assert "orders: " in str(failure.step_failure_data.error)


def test_looking_again_without_a_pull_is_red_and_no_failure(works, away):
    away.go()
    works.run(PULL_JOB, FIRST)
    job = dg.define_asset_job("look", dg.AssetSelection.checks_for_assets(ORDERS))
    looking = dg.Definitions.merge(works.definitions, dg.Definitions(jobs=[job]))
    result = looking.resolve_job_def("look").execute_in_process(
        instance=works.instance, tags={PARTITION: FIRST}, raise_on_error=False
    )
    assert result.success
    assert works.statuses(ORDERS, "fetched") == {FIRST: "FAILED"}


def test_its_alert_is_that_of_the_check(works, away):
    away.go()
    works.run(PULL_JOB, FIRST)
    assert failed_runs(works.instance, works.house.session()) == []
