"""`union`: what a payroll accountant reads of cards, and which cost codes are covered."""

import json
from datetime import date

import pytest

from cost_pipeline.commands.common import open_session
from cost_pipeline.feeds.production.inputs import present_inputs
from cost_pipeline.feeds.production.post import post
from cost_pipeline.home.layout import init_home
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.validation.deliveries import pending, validate_deliveries
from cost_pipeline_tests.feeds.payday import HUNGRY, PAYDAY, card, csv_of

PULLED = date(2026, 3, 8)
HOSTILE = {"worker": "<b>W-2</b>", "call": "8.0", "wrap": "18.5"}


@pytest.fixture(scope="module")
def payroll(tmp_path_factory):
    """A home with three cards posted: fair, hungry, and one whose person has a rude id."""
    home = init_home(tmp_path_factory.mktemp("payroll") / "home")
    (home / "vendors" / "example_rentals.yaml").unlink()
    (home / "vendors" / "payday.yaml").write_text(PAYDAY, encoding="utf-8")
    (home / "inbox" / "payday").mkdir(parents=True)
    cards = csv_of(card(1, 2), card(2, 3, **HUNGRY), card(3, 3, **HOSTILE))
    (home / "inbox" / "payday" / f"{PULLED}.csv").write_bytes(cards)
    session = open_session(home)
    pull(session, session.home.vendors, PULLED)
    validate_deliveries(session, pending(session, session.home.vendors, PULLED))
    post(session, present_inputs(session))
    return home


def test_a_card_is_explained_with_what_was_due_paid_and_why(call, payroll):
    answer = call("union", "explain", "--home", payroll, "--card", "C-2")
    assert answer.code == 0
    head, *_ = answer.out.splitlines()
    assert head == "Tue 2026-03-03  W-1  card C-2  602.58 USD, dead letter"
    assert "54.78 by the hour, work day 2 of the week" in answer.told
    assert "call 7:00, meal1 out 14:30, meal1 in 15:00, wrap 17:30 block iatse.meal" in answer.told
    assert "Due $30.00, paid $0.00: $30.00 too little" in answer.told


def test_json_has_the_public_shape(call, payroll):
    answer = call("union", "explain", "--home", payroll, "--date", "2026-03-03", "--json")
    document = json.loads(answer.out)
    blocked = [f for f in document["findings"] if f["severity"] == "block"]
    assert [(f["card"], f["rule"], f["difference"]) for f in blocked] == [
        ("C-2", "iatse.meal.penalty.general", "30.00")
    ]
    assert {"rule", "due", "paid", "difference", "severity", "explanation"} <= blocked[0].keys()
    assert [c["card"] for c in document["cards"]] == ["C-3", "C-2"]
    assert [c["state"] for c in document["cards"]] == ["posted", "dead letter"]


def test_a_persons_week_holds_that_persons_cards(call, payroll):
    words = ("--person", "W-1", "--week-ending", "2026-03-07", "--json")
    document = json.loads(call("union", "explain", "--home", payroll, *words).out)
    assert [c["card"] for c in document["cards"]] == ["C-1", "C-2"]


def test_a_page_escapes_what_a_vendor_wrote(call, payroll, tmp_path):
    file = tmp_path / "day.html"
    answer = call("union", "explain", "--home", payroll, "--date", "2026-03-03", "--html", file)
    assert answer.out.endswith("day.html: 2 cards\n")
    page = file.read_text(encoding="utf-8")
    assert "<b>W-2</b>" not in page
    assert "&lt;b&gt;W-2&lt;/b&gt;" in page
    assert page.count('<tr class="block">') == 1


@pytest.mark.parametrize("words", [("--card", "C-9"), ("--person", "'; drop table records; --")])
def test_what_is_not_there_is_said(call, payroll, words):
    answer = call("union", "explain", "--home", payroll, *words, "--json")
    assert answer.code == 2
    assert json.loads(answer.err)["error"]["code"] == "NO_SUCH_CARD"


def test_asking_for_nothing_is_wrong_use(call, payroll):
    answer = call("union", "explain", "--home", payroll)
    assert answer.code == 2
    assert "--card ID" in answer.err


def test_codes_in_use_are_listed_with_their_cover(call, payroll):
    answer = call("union", "categories", "check", "--home", payroll)
    assert answer.code == 0
    assert answer.out.splitlines()[1].split() == ["2500-01", "IATSE", "3", "0"]
    assert answer.out.endswith("every code is mapped\n")


def test_a_code_that_payroll_was_refused_for_makes_the_check_red(call, tmp_path):
    home = init_home(tmp_path / "home")
    (home / "vendors" / "example_rentals.yaml").unlink()
    text = PAYDAY.replace('gl_code: "2500-01"', 'gl_code: "4600-01"')
    (home / "vendors" / "payday.yaml").write_text(text, encoding="utf-8")
    (home / "inbox" / "payday").mkdir(parents=True)
    (home / "inbox" / "payday" / f"{PULLED}.csv").write_bytes(csv_of(card(1, 2)))
    session = open_session(home)
    pull(session, session.home.vendors, PULLED)
    validate_deliveries(session, pending(session, session.home.vendors, PULLED))
    answer = call("union", "categories", "check", "--home", home, "--json")
    assert answer.code == 1
    assert json.loads(answer.out) == {
        "codes": [{"gl_code": "4600-01", "agreement": None, "records": 0, "refused": 1}],
        "unmapped": ["4600-01"],
    }
