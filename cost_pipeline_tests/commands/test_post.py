"""`post` brings the book up to date without a vendor; a run that finds nothing says so."""

import shutil
from pathlib import Path

import pytest

from cost_pipeline.home.templates import EXAMPLE_PULL_DATE

DATES = ["2026-03-30", "2026-03-31"]


@pytest.fixture
def corrected(call, home) -> Path:
    """The home with both days' rates corrected, and its vendor's folder gone."""
    for number, day in enumerate(DATES):
        file = home / f"{day}.csv"
        file.write_text(f"currency,rate\nGBP,0.87{number}1\n", encoding="utf-8")
        options = ("--date", day, "--file", file, "--reason", "a test")
        assert call("fx", "correct", "--home", home, *options).code == 0
    shutil.rmtree(home / "inbox")
    return home


def test_stale_dates_are_repaired_without_contacting_a_vendor(call, corrected):
    before = call("deliveries", "--home", corrected, "--telemetry", "--json").json()
    first = call("post", "--home", corrected, "--dates", f"{DATES[0]}..{DATES[0]}", "--json")
    assert (first.code, first.json()) == (
        0,
        {
            "nothing_new": False,
            "transaction_dates": DATES[:1],
            "out_of_date": 1,
            "checks": {"passed": first.json()["checks"]["passed"], "failed": []},
        },
    )
    lines = call("post", "--home", corrected).out.splitlines()
    assert lines == ["transaction dates posted: 1", f"  {DATES[1]}"]
    assert call("deliveries", "--home", corrected, "--telemetry", "--json").json() == before
    totals = call("sql", "select sum(base_amount) as n from costs", "--home", corrected, "--json")
    assert totals.json() != [{"n": "2128.4200"}]


def test_where_nothing_is_out_of_date_nothing_new_is_posted(call, home):
    ledger = call("ledger", "totals", "--home", home, "--json").json()
    done = call("post", "--home", home)
    assert (done.code, done.out) == (0, "nothing new: the ledger is as its inputs say\n")
    again = call("post", "--home", home, "--dates", "2020-01-01..2020-01-31", "--json").json()
    assert (again["nothing_new"], again["transaction_dates"]) == (True, [])
    assert call("ledger", "totals", "--home", home, "--json").json() == ledger


def test_dates_outside_of_those_asked_for_are_left_and_said(call, corrected):
    lines = call("post", "--home", corrected, "--dates", "2026-04-01").out.splitlines()
    assert lines == [
        "nothing new among the transaction dates that may be posted",
        "transaction dates that are out of date still: 2",
    ]


@pytest.mark.parametrize("wrong", ["April", "2026-04-02..2026-04-01", "1999-01-01..2035-12-31"])
def test_dates_that_are_none_are_refused(call, worked, wrong):
    done = call("post", "--home", worked, "--dates", wrong, "--json")
    assert (done.code, done.error()["where"]) == (2, "--dates")


def test_a_run_again_says_that_nothing_is_new(call, home):
    run = ("run", "--home", home, "--pull-dates", EXAMPLE_PULL_DATE)
    (inbox,) = [place for place in (home / "inbox").iterdir() if place.name != "corrections"]
    text = (inbox / f"{EXAMPLE_PULL_DATE}.csv").read_text(encoding="utf-8")
    (inbox / f"{EXAMPLE_PULL_DATE}.csv").write_text(text.replace("EX-1001", "EX-2001"), "utf-8")
    assert call(*run, "--json").json()["nothing_new"] is False
    again = call(*run)
    assert again.code == 0
    assert again.out.startswith("nothing new: nothing came that was not here, and nothing was ")
    assert call(*run, "--json").json()["nothing_new"] is True
