"""Corrections in Dagster: the sensor sees a file come, and only what it touches runs."""

from __future__ import annotations

import os

import dagster as dg
import openpyxl
import pytest

from cost_pipeline.defs.corrections import reason_to_wait
from cost_pipeline.defs.resources import resource_of
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.pipeline.dead_letters.export import export_letters
from cost_pipeline_tests.defs.production_keys import (
    CORRECTIONS,
    CORRECTIONS_JOB,
    DEAD_LETTERS,
    STANDING_JOB,
)

FIRST = "2026-04-01"


def _tick(works, name="take_in_corrections"):
    context = dg.build_sensor_context(
        instance=works.instance, resources={"home": resource_of(works.house.root, FEEDS)}
    )
    return works.definitions.resolve_sensor_def(name)(context)


def _mend(works):
    """Export, make the refused credit a cost, and drop the workbook back, long settled."""
    file = works.house.root / "out.xlsx"
    export_letters(works.house.session(), "true", file)
    book = openpyxl.load_workbook(file)
    sheet = book["Vendor invoices"]
    head = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(row=2, column=head["Amount"]).value = "1.00"
    folder = works.house.root / "inbox" / "corrections"
    folder.mkdir(parents=True, exist_ok=True)
    book.save(folder / "mended.xlsx")
    os.utime(folder / "mended.xlsx", (0, 0))


def test_a_correction_is_seen_taken_in_and_posts_only_its_dates(works):
    works.pull(FIRST)
    works.post_what_is_asked()
    assert isinstance(_tick(works), dg.SkipReason)
    _mend(works)
    result = _tick(works)
    (request,) = result.run_requests
    run = works.run(CORRECTIONS_JOB, request.partition_key)
    assert run.success
    assert works.statuses(CORRECTIONS, "conservation") == {request.partition_key: "SUCCEEDED"}
    assert works.asked() == [(FIRST, FIRST)]
    works.post_what_is_asked()
    assert isinstance(_tick(works), dg.SkipReason)
    assert isinstance(works.tick(), dg.SkipReason)


def test_a_file_that_is_still_being_copied_waits(works):
    works.pull(FIRST)
    _mend(works)
    os.utime(works.house.root / "inbox" / "corrections" / "mended.xlsx")
    assert isinstance(_tick(works), dg.SkipReason)


@pytest.mark.parametrize(
    ("files", "busy", "failed", "waits"),
    [
        ([], False, [], True),
        (["a.xlsx"], False, [], False),
        (["a.xlsx"], True, [], True),
        (["a.xlsx"], False, [["a.xlsx"]], True),
        (["a.xlsx", "b.xlsx"], False, [["a.xlsx"]], False),
    ],
)
def test_a_run_is_asked_for_when_files_wait_and_none_is_under_way(files, busy, failed, waits):
    assert (reason_to_wait(files, busy=busy, failed=failed) is not None) is waits


def test_the_age_check_runs_by_itself_and_shows_the_trend(works):
    works.pull(FIRST)
    result = works.run(STANDING_JOB)
    found = {one.check_name: one for one in result.get_asset_check_evaluations()}
    assert found.keys() == {"age", "ingests"}
    evaluation = found["age"]
    assert evaluation.asset_key == DEAD_LETTERS
    assert set(evaluation.metadata) >= {"at_risk", "oldest", "open_per_day", "too_old"}
    assert "data:image/svg+xml" in evaluation.metadata["open_per_day"].value
