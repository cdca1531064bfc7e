"""A feed gets assets, checks, jobs and commands by its declaration, alone and beside another."""

import json

import click
import dagster as dg
import pytest
from click.testing import CliRunner

from cost_pipeline.cli import main
from cost_pipeline.defs.build import build_definitions
from cost_pipeline.feeds.all import FEEDS, load_home
from cost_pipeline.feeds.listed import LISTED, Feeds
from cost_pipeline_tests.defs.conftest import FIRST, FIRST_ROWS, TODAY
from cost_pipeline_tests.defs.toy import BAD, GOOD, TOY, VENDOR
from cost_pipeline_tests.defs.toy import LISTED as TOY_LISTED

BOTH, TOYS = Feeds((*LISTED, TOY_LISTED)), Feeds((TOY_LISTED,))


@click.command()
def toys():
    """What only toys have."""


def _lay(root, text=GOOD):
    for folder in ("vendors", "inbox/shelf"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "vendors" / "shelf.yaml").write_text(VENDOR, encoding="utf-8")
    (root / "inbox" / "shelf" / f"{FIRST}.csv").write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def home(tmp_path):
    """A home of toys alone."""
    root = _lay(tmp_path / "toys", GOOD + BAD.partition("\n")[2])
    (root / "home.yaml").write_text("lake: ./lake\n", encoding="utf-8")
    return root


@pytest.fixture
def mixed(house):
    """A home of toys and of costs."""
    return _lay(house.root)


def said(feeds, *words):
    done = CliRunner().invoke(main, [*map(str, words)], obj=feeds, catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def test_a_home_of_toys_has_their_assets_and_jobs_and_no_others(home):
    found = build_definitions(home, [*FEEDS, TOY], today=TODAY)
    dg.Definitions.validate_loadable(found)
    keys = {spec.key.to_user_string() for spec in found.resolve_all_asset_specs()}
    assert keys == {
        "raw/toy/shelf", "raw/toy/corrections", "records/toy/item", "dead_letters/toy",
        "audit/toy", "report/toy/census",
    }  # fmt: skip
    jobs = {job.name for job in found.resolve_all_job_defs() if not job.name.startswith("__")}
    assert jobs == {
        "toy_pull_and_validate", "toy_replay", "toy_corrections", "toy_standing_checks",
        "toy_verify_audit_log", "toy_census",
    }  # fmt: skip
    checks = {key.name for key in found.resolve_asset_graph().asset_check_keys}
    assert checks == {check.name for check in TOY.checks}


def test_a_home_of_two_feeds_has_both_apart(mixed):
    found = build_definitions(mixed, [*FEEDS, TOY], today=TODAY)
    dg.Definitions.validate_loadable(found)
    keys = {spec.key.to_user_string() for spec in found.resolve_all_asset_specs()}
    assert {"ledger/production", "records/toy/item"} <= keys
    deps = {
        spec.key.to_user_string(): {dep.asset_key.to_user_string() for dep in spec.deps}
        for spec in found.resolve_all_asset_specs()
    }
    assert deps["records/toy/item"] == {"raw/toy/shelf"}
    assert "raw/toy/shelf" not in deps["dead_letters/production"]


def test_the_command_line_works_a_feed_that_it_is_given(home):
    code, out, err = said(TOYS, "run", "--home", home, "--pull-dates", FIRST, "--json")
    assert code == 0, out + err
    told = json.loads(out)
    assert (told["rows"], told["records"], told["dead_letters"]) == (3, 2, 1)
    assert told["checks"]["failed"] == []
    for words in (["deliveries"], ["drift"], ["audit", "verify"], ["vendors", "list"]):
        code, out, err = said(TOYS, *words, "--home", home, "--json")
        assert code == 0, out + err
        json.loads(out)
    code, out, err = said(TOYS, "dead-letters", "list", "--home", home, "--json")
    assert json.loads(out)["by_reason"] == {"BAD_DATE": 1}


def test_two_feeds_of_a_home_are_told_apart(mixed):
    code, _, err = said(BOTH, "deliveries", "--home", mixed)
    assert (code, "this home has several feeds: production, toy" in err) == (2, True)
    assert "--feed production" in err
    for feed, rows in (("toy", 2), ("production", len(FIRST_ROWS))):
        code, out, err = said(
            BOTH, "run", "--home", mixed, "--feed", feed, "--pull-dates", FIRST, "--json"
        )
        assert out, err
        assert json.loads(out)["rows"] >= rows
        code, out, _ = said(BOTH, "deliveries", "--home", mixed, "--feed", feed, "--json")
        vendors = {one["vendor"] for one in json.loads(out)}
        assert ("shelf" in vendors) == (feed == "toy")
        assert len(vendors) == (1 if feed == "toy" else 2)


def test_a_feed_that_is_not_there_is_said(mixed, home):
    code, _, err = said(BOTH, "deliveries", "--home", mixed, "--feed", "toi")
    assert (code, "no feed 'toi'" in err, "did you mean" in err.lower()) == (2, True, True), err
    code, _, err = said(BOTH, "ledger", "as-of", "2026-04-07", "--home", home)
    assert code == 2
    assert "this home has no vendor of the feed production" in err


def test_a_feed_lists_its_own_commands(home):
    code, out, _ = said(TOYS, "--help")
    assert code == 0
    assert "toys" in out
    assert "  ledger" not in out
    assert load_home(home, [TOY]).of_feed("toy").vendors[0].vendor == "shelf"
