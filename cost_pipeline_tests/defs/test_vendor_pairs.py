"""In Dagster a pair is a report with its check; a home without one has neither."""

import dagster as dg
import pytest

from cost_pipeline.defs.build import build_definitions
from cost_pipeline.defs.run import Runner
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline_tests.defs.production_keys import RECONCILE_JOB, RECONCILIATION


@pytest.fixture
def paired(house, door):
    listing = door.vendor_text("rentals").replace("rentals", "listing")
    house.vendor_file("listing", f"{listing}posts: false\n")
    house.vendor_file(
        "rentals", f"{door.vendor_text('rentals')}reconcile_with: {{vendor: listing}}\n"
    )
    rows = [
        ("R1", "2026-03-31", "100.00", "GBP", "lamp"),
        ("R2", "2026-03-31", "51.00", "CAD", "stand"),
        ("R3", "2026-04-01", "10.00", "GBP", "cable"),
    ]
    house.drop("listing", "2026-04-01", rows)
    return house


def test_a_difference_turns_the_check_red_and_is_a_line_of_the_report(works, paired):
    paired.pull("2026-04-01")
    works.definitions = build_definitions(paired.root, FEEDS)
    result = works.run(RECONCILE_JOB)
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("sides_agree", False)
    assert check.severity is dg.AssetCheckSeverity.ERROR
    (made,) = result.asset_materializations_for_node("compare_vendors")
    assert made.metadata["differ"].value == 1
    (line,) = made.metadata["lines"].value.records
    assert line.data["here"] == "amount 50.00"
    assert line.data["there"] == "amount 51.00"


def test_on_the_command_line_the_pair_is_compared_after_posting(paired, instance):
    paired.pull("2026-04-01")
    runner = Runner(paired.session(), FEEDS, instance, lambda *_: None)
    runner.own_jobs("last")
    assert [error.name for error in runner.checked.errors] == ["sides_agree"]


def test_a_home_without_a_pair_has_no_report(works, instance):
    keys = {spec.key for spec in works.definitions.resolve_all_asset_specs()}
    assert RECONCILIATION not in keys
    Runner(works.house.session(), FEEDS, instance, lambda *_: None).own_jobs("last")
