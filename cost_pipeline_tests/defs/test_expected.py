"""The sensor that pulls vendors whose delivery is due: in Dagster, on a home that was never run."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from cost_pipeline.defs.build import build_definitions
from cost_pipeline.defs.resources import resource_of
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.home.layout import init_home
from cost_pipeline.home.templates import EXAMPLE_VENDOR
from cost_pipeline_tests.defs.production_keys import PULL_JOB

EXPECTS = {"daily_one": "daily", "other_one": "daily", "silent_one": None}


@pytest.fixture(scope="module")
def expecting(tmp_path_factory):
    """A home of which two vendors say that they send daily, and its code location."""
    home = init_home(tmp_path_factory.mktemp("expecting") / "home")
    (home / "vendors" / "example_rentals.yaml").unlink()
    sent = (home / "inbox" / "example" / "2026-04-01.csv").read_text(encoding="utf-8")
    for vendor, expect in EXPECTS.items():
        text = EXAMPLE_VENDOR.replace("example_rentals", vendor)
        text = text.replace("inbox/example", f"inbox/{vendor}")
        text = text.replace('"{pull_date:%Y-%m-%d}.csv"', '"*.csv"')
        text += f"expect: {expect}\n" if expect else ""
        (home / "vendors" / f"{vendor}.yaml").write_text(text, encoding="utf-8")
        (home / "inbox" / vendor).mkdir()
        (home / "inbox" / vendor / "sent.csv").write_text(sent, encoding="utf-8")
    return home, build_definitions(home, FEEDS)


def tick(expecting, instance, cursor=None):
    home, definitions = expecting
    context = dg.build_sensor_context(
        instance=instance, cursor=cursor, resources={"home": resource_of(home, FEEDS)}
    )
    return definitions.resolve_sensor_def("pull_expected")(context)


def test_what_is_due_is_pulled_once_and_what_came_is_not_asked_for(expecting, instance):
    yesterday = datetime.now(UTC).astimezone(ZoneInfo("America/Los_Angeles")).date() - timedelta(1)
    first = tick(expecting, instance)
    (request,) = first.run_requests
    assert request.partition_key == yesterday.isoformat()
    asked = {key.to_user_string() for key in request.asset_selection}
    assert {f"raw/production/{name}" for name in EXPECTS if EXPECTS[name]} <= asked
    assert "raw/production/silent_one" not in asked
    assert "dead_letters/production/dead_letters" in asked
    assert request.tags["cost_pipeline/vendors"] == "daily_one, other_one"
    assert sorted(json.loads(first.cursor)) == ["daily_one", "other_one"]
    again = tick(expecting, instance, first.cursor)
    assert isinstance(again, dg.SkipReason)
    assert "nothing is due" in again.skip_message

    job = expecting[1].resolve_job_def(PULL_JOB)
    done = job.execute_in_process(
        instance=instance,
        partition_key=request.partition_key,
        asset_selection=request.asset_selection,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    assert done.success
    # A cursor that was lost asks for nothing that came.
    lost = tick(expecting, instance)
    assert (lost.run_requests, lost.cursor) == ([], first.cursor)
    assert lost.skip_reason.skip_message == "all of it came: daily_one, other_one"


def test_a_home_that_cannot_be_read_decides_nothing(expecting, instance):
    settings = expecting[0] / "productions.yaml"
    good = settings.read_text(encoding="utf-8")
    settings.write_text("productions: [", encoding="utf-8")
    try:
        found = tick(expecting, instance)
    finally:
        settings.write_text(good, encoding="utf-8")
    assert isinstance(found, dg.SkipReason)
    assert "could not be compared" in found.skip_message


def test_only_a_home_that_expects_something_has_the_sensor(expecting, tmp_path):
    definitions = expecting[1]
    sensor = definitions.resolve_sensor_def("pull_expected")
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED  # it contacts vendors
    other = build_definitions(init_home(tmp_path / "home"), FEEDS)
    assert "pull_expected" not in {one.name for one in other.sensors}
    assert "pull_expected" in {one.name for one in definitions.sensors}
