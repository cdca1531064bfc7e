"""What a feed declares beside what every feed has: assets, a job, checks and commands of its own.

The sample feed of `feeds_sample/` has none; here it is given some.
"""

import json
from dataclasses import replace

import click
import dagster as dg
import pytest
from click.testing import CliRunner

from cost_pipeline.cli import main
from cost_pipeline.defs.build import build_definitions
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.feeds.listed import LISTED, Feeds, Listed
from cost_pipeline.pipeline.checks import DRIFT
from cost_pipeline.pipeline.declared.assets import Asset, Job, Made
from cost_pipeline.pipeline.declared.checks import Check, only
from cost_pipeline.pipeline.declared.commands import Command
from cost_pipeline.pipeline.reports.deliveries import deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline_tests.defs.conftest import FIRST, FIRST_ROWS, ORDERS, TODAY
from cost_pipeline_tests.feeds_sample.conftest import HEADER, ROWS, VENDOR
from cost_pipeline_tests.feeds_sample.meters import METERS

GOOD = "".join(ROWS.splitlines(keepends=True)[:2]) * 2
CENSUS = ("report", "meters", "census")


def _count(session, _asked):
    rows = sum(one.rows for one in deliveries(session))
    return Made({"rows": rows}, found=rows)


COUNTED = Check(
    name="counted",
    words="There is something to count.",
    assets=only(CENSUS),
    look=None,
    judge=lambda rows, _subject: Outcome(rows > 3, f"{rows} rows"),
    warns=True,
)
WITH_OWN = replace(
    METERS,
    checks=(*METERS.checks, COUNTED),
    assets=lambda _home: [
        Asset(key=CENSUS, words="How many rows there are.", group="report", make=_count)
    ],
    jobs=(Job(name="meters_census", words="Counts.", assets=[CENSUS], runs="last"),),
)
ALONE = Feeds(
    (
        Listed(
            "meters",
            lambda: WITH_OWN,
            (Command("readings", "What only meters have.", __name__, "readings"),),
        ),
    )
)
BOTH = Feeds((*LISTED, *ALONE.listed))


@click.command()
def readings():
    """What only meters have."""
    click.echo("12 kWh")


def _lay(root, rows=GOOD):
    for folder in ("vendors", "feeds", "inbox/lot7"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "feeds" / "meters.yaml").write_text("lots: [LOT-7]\n", encoding="utf-8")
    (root / "vendors" / "lot7.yaml").write_text(VENDOR, encoding="utf-8")
    (root / "inbox" / "lot7" / f"{FIRST}.csv").write_text(HEADER + rows, encoding="utf-8")
    return root


@pytest.fixture
def home(tmp_path):
    """A home of meters alone."""
    root = _lay(tmp_path / "meters")
    (root / "home.yaml").write_text("lake: ./lake\n", encoding="utf-8")
    return root


def said(feeds, *words):
    done = CliRunner().invoke(main, [*map(str, words)], obj=feeds, catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def test_assets_jobs_and_checks_of_its_own_stand_beside_those_of_every_feed(home):
    found = build_definitions(home, [*FEEDS, WITH_OWN], today=TODAY)
    dg.Definitions.validate_loadable(found)
    keys = {spec.key.to_user_string() for spec in found.resolve_all_asset_specs()}
    assert keys == {
        "raw/meters/lot7", "raw/meters/meters_corrections", "records/meters/reading",
        "dead_letters/meters/meters_dead_letters", "audit/meters/meters_audit_log",
        "report/meters/census",
    }  # fmt: skip
    jobs = {job.name for job in found.resolve_all_job_defs() if not job.name.startswith("__")}
    assert jobs == {
        "meters_pull_and_validate", "meters_replay", "meters_corrections",
        "meters_standing_checks", "meters_verify_audit_log", "meters_census",
    }  # fmt: skip
    checks = {key.name for key in found.resolve_asset_graph().asset_check_keys}
    assert checks <= {check.name for check in WITH_OWN.checks}
    assert {"counted", "conservation", "age", "log_agrees"} <= checks


def test_two_feeds_of_a_location_depend_on_nothing_of_each_other(house):
    found = build_definitions(_lay(house.root), [*FEEDS, WITH_OWN], today=TODAY)
    dg.Definitions.validate_loadable(found)
    for spec in found.resolve_all_asset_specs():
        others = {dep.asset_key.path[1] for dep in spec.deps}
        mine = "meters" in spec.key.path
        assert ("meters" in others) <= mine, spec.key
        assert not (mine and "production" in others), spec.key


def test_a_job_of_its_own_ends_a_run_and_its_check_is_counted(home):
    plain, passed = Feeds((Listed("meters", lambda: METERS),)), []
    for feeds in (plain, ALONE):
        code, out, err = said(feeds, "run", "--home", home, "--pull-dates", FIRST, "--json")
        assert (code, json.loads(out)["checks"]["failed"]) == (0, []), out + err
        passed.append(json.loads(out)["checks"]["passed"])
    assert passed[1] == passed[0] + 1


def test_each_feed_of_a_home_sees_its_own_deliveries(house):
    mixed = _lay(house.root)
    rows = {"meters": len(GOOD.splitlines()), "production": len(FIRST_ROWS) + len(ORDERS)}
    for feed, count in rows.items():
        words = ("--home", mixed, "--feed", feed)
        _, out, err = said(BOTH, "run", *words, "--pull-dates", FIRST, "--json")
        assert json.loads(out)["rows"] == count, err
        for more in ((), ("--telemetry",)):
            _, out, _ = said(BOTH, "deliveries", *words, *more, "--json")
            vendors = {one["vendor"] for one in json.loads(out)}
            assert vendors == ({"lot7"} if feed == "meters" else {"rentals", "orders"})


def test_a_feed_that_is_not_there_is_said(house, home):
    mixed = _lay(house.root)
    code, _, err = said(BOTH, "deliveries", "--home", mixed)
    assert (code, "this home has several feeds: production, meters" in err) == (2, True)
    code, _, err = said(BOTH, "deliveries", "--home", mixed, "--feed", "metres")
    assert (code, "no feed 'metres'" in err, "meters" in err) == (2, True, True), err
    code, _, err = said(BOTH, "ledger", "totals", "--home", home)
    assert (code, "this home has no vendor of the feed production" in err) == (2, True)


def test_a_feed_lists_its_own_commands():
    code, out, _ = said(ALONE, "--help")
    assert (code, "What only meters have." in out, "\n  ledger" in out) == (0, True, False)
    assert said(ALONE, "readings")[1] == "12 kWh\n"
    assert said(BOTH, "--help")[1].index("  ledger") < said(BOTH, "--help")[1].index("  readings")


WRONG = {
    "two checks of one name": (replace(COUNTED, assets=DRIFT.assets, look=DRIFT.look), DRIFT),
    "a check that nothing looks for": (replace(COUNTED, assets=only(("report", "meters", "x"))),),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_check_that_would_be_lost_is_refused(home, name):
    checks = tuple(replace(check, name="counted") for check in WRONG[name])
    feed = replace(WITH_OWN, checks=(*METERS.checks, *checks))
    with pytest.raises(ValueError, match="the check counted"):
        build_definitions(home, [feed], today=TODAY)
