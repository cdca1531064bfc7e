"""The watched folder of FX corrections: what the sensor asks for, says, and leaves alone."""

import json

import dagster as dg
import pytest

from cost_pipeline.core.reference import reference_path
from cost_pipeline.defs.resources import resource_of
from cost_pipeline.defs.tags import REASON
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.feeds.production.rates import snapshots_listed
from cost_pipeline.feeds.production.tables import FX_SNAPSHOTS
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.delta import Part
from cost_pipeline_tests.defs.production_keys import FX_JOB, LEDGER, SNAPSHOTS

GOOD = "# reason: typing error\ncurrency,rate\nCAD,1.6\n"
NAME = "2026-03-31.csv"


class Watch:
    """The sensor, tick by tick, with the cursor that the daemon would keep."""

    def __init__(self, works):
        self.works, self.cursor = works, None

    def drop(self, name, text):
        folder = self.works.house.root / "inbox" / "fx"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")

    def tick(self):
        definitions = self.works.definitions
        find = getattr(definitions, "resolve_sensor_def", None) or definitions.get_sensor_def
        context = dg.build_sensor_context(
            instance=self.works.instance,
            cursor=self.cursor,
            resources={"home": resource_of(self.works.house.root, FEEDS)},
        )
        found = find("fx_corrections")(context)
        self.cursor = context.cursor
        return found

    def run(self, found):
        (request,) = found.run_requests
        job = self.works.definitions.resolve_job_def(FX_JOB)
        return job.execute_in_process(
            instance=self.works.instance,
            tags=dict(request.tags),
            run_config=request.run_config,
            raise_on_error=False,
        )


@pytest.fixture
def watch(works):
    """A posted ledger; the bundled history, which takes seconds to load, counts as loaded."""
    bundled = hash_file(reference_path("ecb/eurofxref-hist.csv"))
    mark = Part(f"fx/history/{bundled}", 1, FX_SNAPSHOTS.schema.empty_table())
    table = works.house.session().lake.table(FX_SNAPSHOTS)
    table.append(table.snapshot(), [mark], run_id="test")
    works.pull("2026-04-01")
    works.post_what_is_asked()
    return Watch(works)


def test_a_dropped_file_becomes_a_vintage_once_and_its_dates_are_asked_for(watch):
    assert "no correction waits" in watch.tick().skip_message
    watch.drop(NAME, GOOD)
    assert "the next look decides" in watch.tick().skip_message, "it may still be on its way"
    asked = watch.tick()
    assert watch.run(asked).success
    house = watch.works.house
    newest = [r for r in snapshots_listed(house.session(), 9, "ecb") if r["vintage"] == 2]
    assert [(r["reference_date"], r["reason"]) for r in newest] == [("2026-03-31", "typing error")]
    assert "no correction waits" in watch.tick().skip_message
    shown = watch.works.instance.get_latest_materialization_event(SNAPSHOTS)
    metadata = shown.asset_materialization.metadata
    assert metadata["corrections_applied"].value == [NAME]
    (row,) = metadata["impact"].records
    assert (row.data["currency"], row.data["postings"]) == ("CAD", 1)
    assert json.loads(json.dumps(metadata["impact_partitions"].value)) == ["2026-03-31"]
    assert watch.works.asked() == [("2026-03-31", "2026-03-31")]
    watch.works.post_what_is_asked()
    newest = watch.works.materialized(LEDGER)["2026-03-31"]
    assert newest.metadata["reversals_appended"].value == 1


def test_a_bad_file_gets_one_run_that_turns_the_check_red_and_every_tick_names_it(watch):
    watch.drop(NAME, "currency,rate\nCAD,1.6\n")
    watch.tick()
    result = watch.run(watch.tick())
    (red,) = [e for e in result.get_asset_check_evaluations() if e.check_name == "corrections"]
    assert not red.passed
    assert "gives no reason" in red.description
    for _ in range(2):
        message = watch.tick().skip_message
        assert NAME in message
        assert "gives no reason" in message
    watch.drop(NAME, GOOD)
    assert "the next look decides" in watch.tick().skip_message
    assert watch.run(watch.tick()).success
    assert "no correction waits" in watch.tick().skip_message


def test_files_of_a_run_under_way_are_not_asked_for_again(watch):
    watch.drop(NAME, GOOD)
    watch.tick()
    (request,) = watch.tick().run_requests
    assert request.tags == {REASON: f"files: {NAME}"}
    job = watch.works.definitions.resolve_job_def(FX_JOB)
    for status, words in (
        (dg.DagsterRunStatus.STARTED, "runs under way"),
        (dg.DagsterRunStatus.FAILURE, "failed lately"),
    ):
        run = watch.works.instance.create_run_for_job(
            job, run_config=request.run_config, tags=dict(request.tags), status=status
        )
        assert words in watch.tick().skip_message
        watch.works.instance.delete_run(run.run_id)
    assert watch.tick().run_requests
