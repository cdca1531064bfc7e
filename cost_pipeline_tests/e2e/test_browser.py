"""What a person sees in Dagster's web UI, in a real browser: a day is pulled, a total that does not
come holds its date back, the vendor mends it, a corrected rate is repaired, and a figure is
followed to the vendor's file."""

import os
import urllib.parse
from pathlib import Path

import pytest

from cost_pipeline.feeds.production.names import LEDGER, NAMES, POST_JOB
from cost_pipeline_tests.command_line import called
from cost_pipeline_tests.e2e.chromium import PROGRAM, Chromium
from cost_pipeline_tests.e2e.web_ui import WebUi, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.proof,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (Debian: chromium)"),
]

DAY = "2026-04-01"
PULL_JOB, LETTERS = "pull_and_validate", NAMES.dead_letters
HEADER = "id,date,amount,currency"
ROWS = ("R1,2026-04-01,10.00,GBP", "R2,2026-04-01,20.00,CAD")
TOTAL = ",,30.00,"


@pytest.fixture(scope="module")
def home(make_home, invoices, tmp_path_factory):
    required = "{kind: csv, control_total: {column: amount, required: true}, encodings"
    text = invoices("rentals").replace("{kind: csv, encodings", required)
    home = make_home(tmp_path_factory.mktemp("browser") / "home", {"rentals": text})
    deliver(home, "2026-03-31", "R0,2026-03-31,5.00,GBP", ",,5.00,")
    begun = called("run", "--pull-dates", "2026-03-31", "--home", home)
    assert begun.code == 0, begun.err
    return home


@pytest.fixture(scope="module")
def ui(home, tmp_path_factory):
    with (tmp_path_factory.mktemp("log") / "log.txt").open("wb") as out:
        running = WebUi(home, out)
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp("profile"))
    try:
        yield browser
    finally:
        browser.close()


def deliver(home, day, *lines):
    file = home / "inbox" / "rentals" / f"{day}.csv"
    file.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Where pictures go: the folder that COST_PIPELINE_PICTURES names, or one of the test."""
    named = os.environ.get("COST_PIPELINE_PICTURES")
    return Path(named) if named else tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def place(ui):
    return ui.located()


def address(ui, asset, **query):
    return f"{ui.address}/assets/{'/'.join(asset)}?{urllib.parse.urlencode(query)}"


def test_the_graph_goes_from_what_was_received_to_the_ledger(ui, place, page, pictures):
    del place  # the server answers
    page.go(f"{ui.address}/asset-groups")
    page.see("1_raw", "2_records", "3_dead_letters", "4_fx", "5_ledger", "8_audit")
    page.picture(pictures / "graph.png")


def test_a_total_that_does_not_come_holds_its_date_back_until_it_comes(
    ui, place, page, home, pictures
):
    deliver(home, DAY, *ROWS)
    assert ui.launch(place, PULL_JOB, DAY) == "SUCCESS"
    page.go(address(ui, LETTERS, view="checks", checkDetail="control_totals"))
    page.see("control_totals", "Failed", "lacks a total that must be there")
    page.picture(pictures / "held.png")
    assert not ui.materialized(LEDGER, DAY)  # the page's word for it stands there for any date

    deliver(home, DAY, *ROWS, TOTAL)
    assert ui.launch(place, PULL_JOB, DAY) == "SUCCESS"
    wait_until(lambda: ui.materialized(LEDGER, DAY), lambda: "the sensor does not post")
    page.go(address(ui, LEDGER, view="partitions", partition=DAY))
    page.see(DAY, POST_JOB, "batch")
    page.picture(pictures / "posted.png")


def test_a_corrected_rate_is_repaired_and_its_date_says_so(ui, page, home, pictures, tmp_path):
    rates = tmp_path / "rates.csv"
    rates.write_text("currency,rate\nGBP,0.8000\n", encoding="utf-8")
    reason = ("--reason", "mistyped", "--home", home)
    made = called("fx", "correct", "--date", DAY, "--file", rates, *reason)
    assert made.code == 0, made.err
    shown = set()

    def repaired():
        now = ui.unsynced([DAY])
        shown.update(now)
        return shown and not now

    wait_until(repaired, lambda: shown)
    page.go(address(ui, LEDGER, view="partitions", partition=DAY))
    page.see(DAY, POST_JOB, "/ 0.8 =")
    page.picture(pictures / "repaired.png")
