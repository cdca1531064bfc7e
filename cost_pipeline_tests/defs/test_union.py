"""The findings in Dagster: assets behind the ledger, a check for each family, a week's summary."""

import base64
import re
from dataclasses import replace
from datetime import date

import dagster as dg
import pytest

from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.feeds.production.union_summary import FAMILIES
from cost_pipeline_tests.defs.conftest import Works
from cost_pipeline_tests.defs.production_keys import FINDINGS, LEDGER, WEEKLY, records_key
from cost_pipeline_tests.feeds.payday import HUNGRY, PAYDAY, card, csv_of, free_meals_from

PULLED = "2026-03-08"


@pytest.fixture
def payroll(door, tmp_path, instance):
    house = door.House(tmp_path / "home", ())
    house.vendor_file("payday", PAYDAY)
    hungry = card(2, 3, **HUNGRY)
    house.drop("payday", PULLED, csv_of(card(1, 2), hungry))
    works = Works(house, instance)
    works.pull(PULLED)
    return works


def test_a_home_without_timecards_has_no_union_assets(works):
    keys = works.definitions.resolve_asset_graph().get_all_asset_keys()
    assert not {FINDINGS, WEEKLY} & set(keys)


def test_posting_shows_the_findings_and_the_week(payroll):
    assert payroll.asked() == [("2026-03-02", "2026-03-03")]
    result = payroll.post("2026-03-02", "2026-03-03")
    assert result.success
    shown = payroll.materialized(FINDINGS)
    blocked = {day: m.metadata["blocked"].value for day, m in shown.items()}
    assert blocked == {"2026-03-02": 0, "2026-03-03": 1}
    week = payroll.materialized(WEEKLY)[None].metadata
    rows = [dict(record.data) for record in week["by_department_and_cause"].records]
    (meals,) = [row for row in rows if row["cause"] == "meals"]
    assert meals["week_ending"] == "2026-03-07"
    assert meals["department"] == "2500"
    assert meals["at_risk"] == meals["penalties_due"] == "30.00 USD"
    image = re.search(r"base64,([A-Za-z0-9+/=]+)", week["trend"].value)
    assert base64.b64decode(image[1]).startswith(b"<svg")


def test_each_family_has_a_check_and_the_one_that_blocks_is_red_for_its_date(payroll):
    payroll.post("2026-03-02", "2026-03-03")
    statuses = {name: payroll.statuses(FINDINGS, f"union_{name}") for name in FAMILIES}
    assert statuses["meals"] == {"2026-03-02": "SUCCEEDED", "2026-03-03": "FAILED"}
    assert statuses["scale"]["2026-03-02"] == "SUCCEEDED"
    assert payroll.statuses(LEDGER, "conservation")["2026-03-03"] == "SUCCEEDED"


def test_the_sensor_asks_for_findings_with_the_ledger(payroll):
    result = payroll.tick()
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests
    assert set(request.asset_selection) == {LEDGER, FINDINGS, WEEKLY}


def test_a_changed_rule_is_a_new_data_version_of_exactly_the_dates_that_it_covers(payroll):
    session = payroll.house.session()
    assert payroll.hand_over(session).records == 0
    changed = replace(session, reference={"union_rules": free_meals_from(date(2026, 3, 3))})
    assert payroll.hand_over(changed).records == 1


def test_timecards_are_records_of_their_own_kind(payroll):
    made = payroll.materialized(records_key(RecordKind.TIMECARD))[PULLED]
    assert made.metadata["dagster/partition_row_count"].value == 2


def test_payroll_on_an_unmapped_cost_code_turns_its_check_red(door, tmp_path, instance):
    house = door.House(tmp_path / "home", ())
    house.vendor_file("payday", PAYDAY.replace('"2500-01"', '"4600-01"'))
    house.drop("payday", PULLED, csv_of(card(1, 2)))
    works = Works(house, instance)
    works.pull(PULLED)
    key = records_key(RecordKind.TIMECARD)
    assert works.statuses(key, "union_categories") == {PULLED: "FAILED"}
    assert works.statuses(key, "schema") == {PULLED: "SUCCEEDED"}


def test_mapped_payroll_passes_it(payroll):
    key = records_key(RecordKind.TIMECARD)
    assert payroll.statuses(key, "union_categories") == {PULLED: "SUCCEEDED"}
