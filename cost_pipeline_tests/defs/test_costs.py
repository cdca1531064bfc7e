"""The cost summary in Dagster: made for a report date, kept, held to the ledger by its check."""

import base64
import re
from datetime import date, timedelta

import dagster as dg
import pytest

from cost_pipeline.contracts.columns import query
from cost_pipeline.defs.gate import pulls_not_cleared
from cost_pipeline.feeds.production.cost_rows import COST_REPORT_SCHEMA, CostReport
from cost_pipeline.feeds.production.costs_kept import keep, kept
from cost_pipeline.feeds.production.names import COSTS_JOB
from cost_pipeline_tests.defs.conftest import (
    FIRST,
    FIRST_ROWS,
    SECOND,
    SECOND_ROWS,
    VENDORS,
    Works,
)
from cost_pipeline_tests.defs.production_keys import COSTS


@pytest.fixture(scope="module")
def posted(door, tmp_path_factory):
    """Two pull dates posted; what tests make of them are reports, of which any may be the last."""
    house = door.House(tmp_path_factory.mktemp("costs") / "home", VENDORS)
    for day, rows in ((FIRST, FIRST_ROWS), (SECOND, SECOND_ROWS)):
        house.drop("rentals", day, rows)
    house.work(FIRST, SECOND)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Works(house, instance)


def test_a_report_shows_its_headline_with_a_picture_and_the_next_says_what_moved(posted):
    result = posted.run(COSTS_JOB, first=FIRST, last=SECOND)
    assert result.success
    assert posted.statuses(COSTS, "tied_to_ledger") == {FIRST: "SUCCEEDED", SECOND: "SUCCEEDED"}
    shown = {day: made.metadata for day, made in posted.materialized(COSTS).items()}
    (row,) = [record.data for record in shown[SECOND]["headline"].records]
    assert (row["production"], row["currency"], row["movement"]) == ("P100", "USD", "10.30")
    (row,) = [record.data for record in shown[FIRST]["headline"].records]
    assert row["movement"] == "", "unknown, not zero"
    image = re.search(r"base64,([A-Za-z0-9+/=]+)", shown[FIRST]["by_account"].value)
    assert image is not None
    assert base64.b64decode(image[1]).startswith(b"<svg")
    assert shown[FIRST]["files"].value.startswith(f"cost-pipeline report costs --date {FIRST}")


def test_a_kept_report_that_is_not_the_ledger_turns_the_blocking_check_red(posted):
    assert posted.run(COSTS_JOB, FIRST).success
    session = posted.house.session()
    report = kept(session, date(2026, 4, 1))
    assert report is not None
    wrong = query(
        "select * replace ((posted_to_date - 0.01)::decimal(38, 4) as posted_to_date) from rows",
        rows=report.rows,
    )
    after = posted.house.session(clock=lambda: report.as_of + timedelta(hours=1))
    keep(after, CostReport(wrong.cast(COST_REPORT_SCHEMA), report.report_date, report.as_of))
    result = posted.run(COSTS_JOB, FIRST, op_selection=["check_costs"])
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.blocking) == (False, True)
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR
    assert not result.success
    assert "not what the ledger says" in str(evaluation.description)
    assert posted.statuses(COSTS, "tied_to_ledger")[FIRST] == "FAILED"
    assert not pulls_not_cleared(posted.instance, session.feed, session.home), "no posting waits"


def test_a_date_before_any_posting_says_so_and_one_without_its_report_is_red(posted):
    early, never = "2026-02-01", "2026-04-03"
    assert posted.run(COSTS_JOB, early).success
    made = posted.materialized(COSTS)[early].metadata
    assert made["headline"].value == f"nothing was posted up to {early}"
    assert posted.statuses(COSTS, "tied_to_ledger")[early] == "SUCCEEDED"
    result = posted.run(COSTS_JOB, never, op_selection=["check_costs"])
    (evaluation,) = result.get_asset_check_evaluations()
    assert not evaluation.passed
    assert "no report of 2026-04-03 was kept" in str(evaluation.description)
