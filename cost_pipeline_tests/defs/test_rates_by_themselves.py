"""Rates that come by themselves, in Dagster: the asset, the job, the schedule and the checks."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from cost_pipeline.contracts.rate_sources import ecb
from cost_pipeline.core.reference import reference_path
from cost_pipeline.defs.build import build_definitions
from cost_pipeline.defs.resources import resource_of
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.feeds.production.rates import snapshots_listed
from cost_pipeline.feeds.production.tables import FX_SNAPSHOTS
from cost_pipeline.fx.publication import newest_due
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.delta import Part
from cost_pipeline_tests.defs.conftest import TODAY, Works
from cost_pipeline_tests.defs.production_keys import FETCHED_RATES, FX_JOB, SNAPSHOTS
from cost_pipeline_tests.feeds.publisher import DAILY, HISTORY, WEB_PAGE, Publisher, history, xml

RATES = {"USD": "1.13", "GBP": "0.88", "CAD": "1.53"}
SCHEDULE = "fetch_rates_ecb"


@pytest.fixture
def publisher():
    with Publisher() as opened:
        yield opened


@pytest.fixture
def fetching(house, publisher, instance):
    """A home that says where its rates come from; the bundled history counts as loaded."""
    bundled = hash_file(reference_path("ecb/eurofxref-hist.csv"))
    mark = Part(f"fx/history/{bundled}", 1, FX_SNAPSHOTS.schema.empty_table())
    table = house.session().lake.table(FX_SNAPSHOTS)
    table.append(table.snapshot(), [mark], run_id="test")
    settings = house.root / "productions.yaml"
    settings.write_text(publisher.declared() + settings.read_text(encoding="utf-8"))
    return Works(house, instance)


def _due():
    """The newest day that the real clock says should be out."""
    day = newest_due(ecb(), datetime.now(UTC))
    assert day is not None
    return str(day)


def _checks(result):
    return {e.check_name: e for e in result.get_asset_check_evaluations()}


def _tick(works):
    definitions = works.definitions
    find = getattr(definitions, "resolve_schedule_def", None) or definitions.get_schedule_def
    context = dg.build_schedule_context(
        instance=works.instance,
        scheduled_execution_time=datetime.now(UTC),
        resources={"home": resource_of(works.house.root, FEEDS)},
    )
    return find(SCHEDULE)(context)


def test_what_the_schedule_asks_for_becomes_snapshots_and_then_nothing_is_asked(
    fetching, publisher
):
    publisher.gives(HISTORY, history({_due(): RATES}), "application/zip")
    assert isinstance(_tick(fetching), dg.RunRequest)
    result = fetching.run(FX_JOB)
    assert result.success
    (newest,) = snapshots_listed(fetching.house.session(), 1, "ecb")
    assert (newest["reference_date"], newest["vintage"]) == (_due(), 1)
    shown = fetching.materialized(SNAPSHOTS)[None].metadata
    assert shown["fetched_until"].value == [f"ecb: {_due()}"]
    (row,) = fetching.materialized(FETCHED_RATES)[None].metadata["last_tries"].records
    assert (row.data["outcome"], row.data["newest"]) == ("delivered", _due())
    checks = _checks(result)
    assert checks["rates_came"].passed
    assert checks["rates_fresh"].passed
    assert f"up to date with {_due()}" in _tick(fetching).skip_message
    asked = list(publisher.asked)
    assert fetching.run(FX_JOB).success
    assert publisher.asked == asked, "what is there is not asked for again"


def test_an_answer_without_rates_is_red_and_what_is_loaded_stays(fetching, publisher):
    publisher.gives(HISTORY, WEB_PAGE, "text/html")
    result = fetching.run(FX_JOB)
    assert result.success, "the bundled history goes on serving"
    checks = _checks(result)
    assert not checks["rates_came"].passed
    assert checks["rates_came"].severity is dg.AssetCheckSeverity.WARN
    assert "`cost-pipeline fx fetch --source ecb`" in checks["rates_came"].description
    # The house's rates end in April 2026, which is older than any limit.
    assert not checks["rates_fresh"].passed
    assert checks["rates_fresh"].severity is dg.AssetCheckSeverity.ERROR
    assert "asked less than 15 minutes ago" in _tick(fetching).skip_message
    assert "fetched_until" not in fetching.materialized(SNAPSHOTS)[None].metadata


def test_a_restated_day_is_offered_and_named_by_the_check_of_corrections(fetching, publisher):
    publisher.gives(HISTORY, history({"2026-04-02": RATES}), "application/zip")
    result = fetching.run(FX_JOB)
    (name,) = fetching.materialized(SNAPSHOTS)[None].metadata["corrections_offered"].value
    assert name.startswith("ecb-2026-04-02-published-")
    assert not _checks(result)["corrections"].passed
    assert name in _checks(result)["corrections"].description
    assert [r["vintage"] for r in snapshots_listed(fetching.house.session(), 9, "ecb")] == [1] * 3


def test_the_schedule_runs_on_working_days_after_the_publication_in_the_sources_zone(fetching):
    (found,) = [s for s in fetching.definitions.schedules if s.name == SCHEDULE]
    assert (found.cron_schedule, found.execution_timezone) == (
        "30 16,17,18 * * 1-5",
        "Europe/Berlin",
    )
    assert found.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_newest_file_is_not_asked_where_a_history_is_needed(fetching, publisher):
    publisher.gives(DAILY, xml({_due(): RATES}))
    fetching.run(FX_JOB)
    assert set(publisher.asked) == {HISTORY}


def test_a_home_that_declares_none_has_none_of_it(house):
    definitions = build_definitions(house.root, FEEDS, today=TODAY)
    graph = definitions.resolve_asset_graph()
    assert FETCHED_RATES not in graph.get_all_asset_keys()
    names = {key.name for key in graph.asset_check_keys}
    assert not names & {"rates_came", "rates_fresh"}
    assert SCHEDULE not in {one.name for one in definitions.schedules}
