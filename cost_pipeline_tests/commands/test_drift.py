"""`drift` shows what differs, suggests what to do, and records who accepted it."""

import json
from datetime import date

import pytest

from cost_pipeline.commands.common import open_session
from cost_pipeline.home.templates import EXAMPLE_PULL_DATE
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.validation.deliveries import pending, validate_deliveries

VENDOR = "example_rentals"
BY = ("--by", "A. Person", "--reason", "agreed by mail")


@pytest.fixture
def drifted(home):
    """The example's file once more, with a column nobody knows."""
    (file,) = (home / "inbox").rglob(f"{EXAMPLE_PULL_DATE}.csv")
    head, *rows = file.read_text(encoding="utf-8-sig").splitlines()
    text = "\n".join([f"{head},Surplus", *(f"{row},7" for row in rows if row.strip())])
    file.with_name("2026-04-02.csv").write_text(text + "\n", encoding="utf-8")
    session = open_session(home)
    day = date(2026, 4, 2)
    pull(session, session.home.vendors, day)
    validate_deliveries(session, pending(session, session.home.vendors, day))
    return home


def test_a_home_as_accepted_says_so_and_ends_with_0(call, worked):
    found = call("drift", "--home", worked)
    assert found.code == 0
    assert found.told == (
        f"{VENDOR} 1 delivery agrees, pulled 2026-04-01, with the schema of its first delivery "
        "(2026-04-01)"
    )
    assert call("drift", VENDOR, "--home", worked).out == found.out
    assert call("drift", "accept", VENDOR, *BY, "--home", worked).out.startswith(
        "nothing to accept"
    )


def test_a_new_column_is_shown_red_and_can_be_accepted(call, drifted):
    found = call("drift", "show", VENDOR, "--home", drifted)
    assert found.code == 1
    assert "1 delivery differs, pulled 2026-04-02" in found.out
    assert "    'Surplus' is new: digits 100%" in found.out
    assert f"drift accept {VENDOR} --by WHO --reason WORDS" in found.out
    accepted = call("drift", "accept", VENDOR, *BY, "--home", drifted)
    assert "is accepted for what was pulled on 2026-04-02 and later" in accepted.told
    again = call("drift", "--home", drifted)
    assert again.code == 0
    assert "that A. Person accepted from 2026-04-02 on (agreed by mail)" in again.told


def test_in_json_it_has_the_shape_that_is_documented(call, drifted):
    found = call("drift", "--home", drifted, "--json")
    assert found.code == 1
    first, second = json.loads(found.out)
    assert first["agrees"]
    assert first["accepted"]["by"] is None
    assert second["differences"] == [
        {"change": "new", "column": "Surplus", "field": None, "was": None, "before": None,
         "now": "digits 100%", "red": True, "stops_posting": False},
    ]  # fmt: skip
    named = ("--delivery", second["delivery"][:8])
    accepted = json.loads(
        call("drift", "accept", VENDOR, *BY, *named, "--home", drifted, "--json").out
    )
    assert accepted["accepted"]["schema"] == second["schema"]
    again = json.loads(
        call("drift", "accept", VENDOR, *BY, *named, "--home", drifted, "--json").out
    )
    assert again == {"accepted": None}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nobody",), "there is no vendor 'nobody'"),
        (("accept", "nobody", *BY), "there is no vendor 'nobody'"),
        (("accept", VENDOR, "--by", " ", "--reason", "x"), "could not be answered for"),
        (("accept", VENDOR, "--by", "x", "--reason", ""), "could not be answered for"),
    ],
)
def test_a_slip_is_said_in_plain_words(call, worked, words, message):
    found = call("drift", *words, "--home", worked)
    assert found.code == 2
    assert message in found.err


def test_a_home_without_deliveries_says_what_to_do(call, tmp_path):
    home = tmp_path / "new"
    call("init", home)
    found = call("drift", "--home", home)
    assert (found.code, "nothing was read yet" in found.out) == (0, True)
