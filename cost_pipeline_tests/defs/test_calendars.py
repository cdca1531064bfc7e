"""From when to when the calendars of a home go, and what becomes of dates beyond them."""

import json
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from cost_pipeline.core.errors import UsageError
from cost_pipeline.defs.build import build_definitions
from cost_pipeline.defs.confirm import CONFIRM, YES, refuse_unconfirmed
from cost_pipeline.defs.run import Runner
from cost_pipeline.defs.tags import DATES
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.home.layout import init_home
from cost_pipeline_tests.defs.production_keys import LEDGER, POST_JOB, PULL_JOB, raw_key

FIRST, MARCH = "2026-04-01", "2026-03-31"
START = "    start: 2026-01-01\n"
BEYOND = "post_ledger_beyond"


def calendars(root):
    """The first and the last partition of pulls and of the ledger."""
    definitions = build_definitions(root, FEEDS)
    found = {}
    for job in (PULL_JOB, POST_JOB):
        keys = definitions.resolve_job_def(job).partitions_def.get_partition_keys()
        found[job] = (keys[0], keys[-1])
    return found[PULL_JOB], found[POST_JOB]


def present_day(zone=UTC):
    return datetime.now(zone).date()


def without_start(house):
    place = house.root / "productions.yaml"
    text = place.read_text(encoding="utf-8")
    assert START in text
    place.write_text(text.replace(START, ""), encoding="utf-8")


def test_calendars_go_from_the_declared_start_to_today(house):
    ends = ("2026-01-01", present_day().isoformat())
    assert calendars(house.root) == (ends, ends)


def test_a_home_that_has_nothing_and_declares_nothing_has_today(door, tmp_path):
    house = door.House(tmp_path / "home", ("rentals",))
    without_start(house)
    day = present_day().isoformat()
    assert calendars(house.root) == ((day, day), (day, day))


def test_a_start_that_lies_ahead_leaves_today(house):
    place = house.root / "productions.yaml"
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace("start: 2026-01-01", "start: 2099-01-01"), encoding="utf-8")
    day = present_day().isoformat()
    assert calendars(house.root) == ((day, day), (day, day))


def test_what_a_home_has_from_before_its_start_is_in_its_calendars(works):
    works.pull(FIRST)
    place = works.house.root / "productions.yaml"
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace("start: 2026-01-01", "start: 2026-06-01"), encoding="utf-8")
    today = present_day().isoformat()
    assert calendars(works.house.root) == ((FIRST, today), (MARCH, today))


def test_a_day_begins_where_the_production_is(door, tmp_path):
    house = door.House(tmp_path / "home", ("rentals",))
    place = house.root / "productions.yaml"
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace(START, f"{START}    time_zone: Asia/Tokyo\n"), encoding="utf-8")
    definitions = build_definitions(house.root, FEEDS)
    for job in (PULL_JOB, POST_JOB):
        assert definitions.resolve_job_def(job).partitions_def.timezone == "Asia/Tokyo"


def test_a_new_home_offers_the_day_of_its_example(tmp_path):
    pulls, _ = calendars(init_home(tmp_path / "home"))
    assert pulls[0] == "2026-03-01"


@pytest.mark.parametrize(("at", "asked"), [("2026-04-02", FIRST), ("2026-01-01", None)])
def test_the_daily_schedule_pulls_the_day_before(works, at, asked):
    schedule = works.definitions.get_repository_def().get_schedule_def("pull_daily")
    tick = schedule.evaluate_tick(
        dg.build_schedule_context(
            instance=works.instance,
            scheduled_execution_time=datetime.fromisoformat(f"{at}T06:00:00+00:00"),
            repository_def=works.definitions.get_repository_def(),
        )
    )
    assert [one.partition_key for one in tick.run_requests or ()] == ([asked] if asked else [])
    if asked is None:
        assert "begins with 2026-01-01" in tick.skip_message


def test_a_lake_that_cannot_be_read_takes_no_code_location_down(works):
    works.pull(FIRST)
    marker = works.house.session().lake.root / "lake.json"
    marker.write_text("damaged", encoding="utf-8")
    assert calendars(works.house.root)[0][0] == "2026-01-01"


def test_what_was_materialised_under_the_long_calendars_goes_on(works):
    long = dg.DailyPartitionsDefinition("1999-01-01", end_offset=1, timezone="UTC")
    raw = raw_key("rentals")
    works.instance.report_runless_asset_event(dg.AssetMaterialization(raw, partition=FIRST))
    before = works.instance.get_status_by_partition(raw, [FIRST], long)
    now = works.definitions.resolve_job_def(PULL_JOB).partitions_def
    assert works.instance.get_status_by_partition(raw, [FIRST], now) == before
    works.pull(FIRST)
    works.post(MARCH, FIRST)
    assert works.instance.get_status_by_partition(raw, [FIRST], now)[FIRST].name == "MATERIALIZED"


def run_beyond(works, request):
    return works.definitions.resolve_job_def(BEYOND).execute_in_process(
        instance=works.instance,
        tags=dict(request.tags),
        run_config=request.run_config,
        raise_on_error=False,
    )


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_record_beyond_the_calendar_is_posted_and_makes_it_longer(works, where):
    tomorrow = present_day() + timedelta(days=1)
    day = "2025-11-30" if where == "before" else tomorrow.isoformat()
    pulled = FIRST if where == "before" else present_day().isoformat()
    works.house.drop("rentals", pulled, [("B1", day, "70.00", "USD", "far")], name="far")
    works.pull(FIRST)
    works.pull(pulled)
    asked = works.tick().run_requests
    (request,) = [one for one in asked if one.job_name == BEYOND]
    assert request.tags[DATES] == day
    assert [one for one in asked if one.job_name == POST_JOB]
    assert run_beyond(works, request).success
    again = works.tick()
    assert BEYOND not in {one.job_name for one in again.run_requests}
    assert works.materialized(LEDGER)[day].metadata["posts_appended"].value == 1
    # The next load of the code location shows it among the others.
    assert day in calendars(works.house.root)[1]
    loaded = type(works)(works.house, works.instance)
    calendar = loaded.definitions.resolve_job_def(POST_JOB).partitions_def
    (state,) = works.instance.get_status_by_partition(LEDGER, [day], calendar).values()
    assert state.name == "MATERIALIZED"
    for _ in range(2):
        assert loaded.statuses(LEDGER, "conservation") == {day: "SUCCEEDED"}
        assert loaded.post(day).success


def test_dates_beyond_that_are_being_posted_or_failed_lately_are_not_asked_for_again(works):
    works.house.drop("rentals", FIRST, [("B1", "2025-11-30", "7.00", "USD", "far")], name="far")
    works.pull(FIRST)
    (request,) = [one for one in works.tick().run_requests if one.job_name == BEYOND]
    job = works.definitions.resolve_job_def(BEYOND)
    run = works.instance.create_run_for_job(
        job, run_config=request.run_config, status=dg.DagsterRunStatus.STARTED
    )
    assert BEYOND not in {one.job_name for one in works.tick().run_requests}
    works.instance.report_run_failed(run)
    assert BEYOND not in {one.job_name for one in works.tick().run_requests}


def test_the_command_line_pulls_and_posts_whatever_date_is_named(house, instance):
    house.drop("rentals", "2025-12-24", [("B1", "2025-11-30", "70.00", "GBP", "early")])
    runner = Runner(house.session(), FEEDS, instance, lambda *_: None)
    runner.pull([date(2025, 12, 24)])
    assert runner.post() == [date(2025, 11, 30)]
    assert [check.name for check in runner.checked.errors] == []


def test_a_pull_before_the_start_or_of_many_dates_has_to_be_meant():
    start = date(2026, 1, 1)
    refuse_unconfirmed(start, start=start, at_once=31, tags={})
    refuse_unconfirmed(date(2020, 1, 1), start=None, at_once=1, tags={})
    refuse_unconfirmed(date(2020, 1, 1), start=start, at_once=900, tags={CONFIRM: YES})
    for day, at_once, why in (
        (date(2025, 12, 31), 1, "before the start of this home, 2026-01-01"),
        (start, 32, "32 pull dates at once are more than 31"),
    ):
        with pytest.raises(UsageError, match=why) as refused:
            refuse_unconfirmed(day, start=start, at_once=at_once, tags={CONFIRM: "no"})
        assert "cost_pipeline/confirm: yes" in refused.value.remedy


def test_an_unconfirmed_run_asks_nobody_and_says_how_to_confirm_it(works):
    works.pull(FIRST)
    place = works.house.root / "productions.yaml"
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace("start: 2026-01-01", "start: 2026-06-01"), encoding="utf-8")
    loaded = type(works)(works.house, works.instance)
    result = loaded.run(PULL_JOB, FIRST)
    assert not result.success
    logs = works.instance.all_logs(result.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    said = json.dumps([str(entry.dagster_event.step_failure_data.error) for entry in logs])
    assert "nothing was pulled: 2026-04-01 is before the start of this home" in said
    job = loaded.definitions.resolve_job_def(PULL_JOB)
    confirmed = job.execute_in_process(
        instance=works.instance, partition_key=FIRST, tags={CONFIRM: YES}, raise_on_error=False
    )
    assert confirmed.success
