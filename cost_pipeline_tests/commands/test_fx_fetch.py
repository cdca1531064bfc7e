"""`fx fetch`: what it says, what it ends with, and what it leaves as it was."""

from datetime import UTC, datetime

import pytest

from cost_pipeline.contracts.rate_sources import ecb
from cost_pipeline.feeds.all import load_home
from cost_pipeline.fx.publication import newest_due
from cost_pipeline_tests.feeds.publisher import HISTORY, WEB_PAGE, Publisher, history

RATES = {"USD": "1.13", "GBP": "0.88"}
DUE = str(newest_due(ecb(), datetime.now(UTC)))


@pytest.fixture
def publisher():
    with Publisher() as opened:
        yield opened


@pytest.fixture
def fetching(home, publisher):
    settings = home / "productions.yaml"
    settings.write_text(publisher.declared() + settings.read_text(encoding="utf-8"))
    return home


def test_new_days_are_loaded_and_told(call, fetching, publisher):
    publisher.gives(HISTORY, history({DUE: RATES}), "application/zip")
    found = call("fx", "fetch", "--home", fetching)
    assert found.code == 0, found.err
    assert f"ecb: loaded until {DUE}" in found.out
    told = call("fx", "fetch", "--home", fetching, "--source", "ecb", "--json")
    (one,) = told.json()["tried"]
    assert one["source"] == "ecb"
    newest = call("fx", "list", "--home", fetching, "--limit", "1", "--json").json()
    assert newest[0]["reference_date"] == DUE


def test_a_source_that_does_not_answer_ends_with_3_and_says_what_to_do(call, fetching, publisher):
    publisher.gives(HISTORY, WEB_PAGE, "text/html")
    before = call("fx", "list", "--home", fetching, "--json").json()
    found = call("fx", "fetch", "--home", fetching, "--json")
    assert found.code == 3
    error = found.error()
    assert error["code"] == "FETCH_FAILED"
    assert "a web page instead of data" in error["message"]
    assert error["where"] == publisher.url + HISTORY
    assert "`cost-pipeline fx fetch --source ecb`" in error["remedy"]
    assert ecb().address in error["remedy"]
    assert call("fx", "list", "--home", fetching, "--json").json() == before


def test_a_restated_day_is_told_and_waits(call, fetching, publisher):
    publisher.gives(HISTORY, history({"2026-04-02": RATES}), "application/zip")
    found = call("fx", "fetch", "--home", fetching)
    assert found.code == 0, found.err
    assert "waits for your reason in inbox/fx: ecb-2026-04-02" in found.out
    (file,) = (fetching / "inbox" / "fx").iterdir()
    listed = call("fx", "list", "--home", fetching, "--limit", "200", "--json").json()
    assert {row["vintage"] for row in listed} == {1}
    shown = call("fx", "impact", "--date", "2026-04-02", "--file", file, "--home", fetching)
    assert shown.code == 0, shown.err


def test_a_home_that_declares_no_source_is_told_how(call, home):
    found = call("fx", "fetch", "--home", home, "--json")
    assert found.code == 2
    assert found.error()["code"] == "FX_SOURCE"
    assert "fx_fetch" in found.error()["remedy"]
    assert ecb().address in found.error()["remedy"]


def test_the_template_of_a_new_home_becomes_a_declaration_by_taking_out_the_marks(home):
    settings = home / "productions.yaml"
    lines = settings.read_text(encoding="utf-8").splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("# fx_fetch"))
    bare = [line.removeprefix("# ") for line in lines[first:]]
    settings.write_text("\n".join([*lines[:first], *bare, ""]), encoding="utf-8")
    declared = load_home(home).settings["production"].fx_fetch["ecb"]
    assert declared.source.url.endswith("/stats/eurofxref/eurofxref-daily.xml")
    assert declared.history.url == ecb().address
