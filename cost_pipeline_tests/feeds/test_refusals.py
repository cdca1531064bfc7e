"""What posting refused, and the dead letters that tell of it: two tables that must say the same."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from cost_pipeline.feeds.production.ledger_checks import look_at_ledger
from cost_pipeline.feeds.production.refusals import refusals
from cost_pipeline.pipeline.dead_letters.decisions import decide
from cost_pipeline_tests.feeds import door as doors

FIRST, SECOND = date(2026, 4, 1), date(2026, 4, 2)
ROWS = [
    ("A", "2026-04-01", "10.00", "USD"),
    ("A", "2026-04-01", "11.00", "USD"),  # the same key with other content
    ("B", "2026-04-02", "-3.00", "USD"),  # a credit without leave
    ("C", "2026-04-02", "12.00", "USD"),
    ("D", "never", "13.00", "USD"),  # refused when reading: no matter of posting
]


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    house = doors.House(tmp_path_factory.mktemp("refusals") / "home", ["rentals"])
    house.drop("rentals", "2026-04-01", ROWS)
    house.work("2026-04-01")
    assert doors.unlawful(house.session()) == []
    return house


@pytest.fixture
def copied(worked, tmp_path):
    return worked.copy(tmp_path / "home")


def _cut_back(house, table, entries=1):
    """Take the last entries of a table's log away, as a backup of an hour ago would."""
    log = house.root / "lake" / "tables" / table / "_delta_log"
    for last in sorted(log.glob("*.json"))[-entries:]:
        last.unlink()


def test_each_refused_record_has_its_dead_letter(worked):
    assert refusals(worked.session()) == {FIRST: (1, 1, True), SECOND: (1, 1, True)}


def test_lost_dead_letters_make_their_dates_red_and_are_opened_again(copied):
    before = doors.open_reasons(copied.session())
    assert before == {"BAD_DATE": 1, "KEY_CONFLICT": 1, "NEGATIVE_AMOUNT": 1}
    _cut_back(copied, "dead_letters")

    session = copied.session()
    assert doors.open_reasons(session) == {"BAD_DATE": 1}
    assert doors.stale(session) == [FIRST, SECOND]
    found = look_at_ledger(session, [FIRST])[FIRST].conserved
    assert not found.passed
    assert found.numbers == {"refused": 1, "dead_letters": 0}
    assert "posting the date again mends it" in found.message

    again = doors.bring_up_to_date(copied.session())
    assert [posted.posts for posted in again.values()] == [0, 0]
    assert doors.open_reasons(copied.session()) == before
    assert doors.unlawful(copied.session()) == []


def test_a_resolution_that_was_lost_is_made_again(copied):
    copied.edit_vendor("rentals", "key: [transaction_id]", "key: none")
    copied.work("2026-04-01")
    resolved = doors.open_reasons(copied.session())
    assert resolved == {"BAD_DATE": 1, "NEGATIVE_AMOUNT": 1}

    _cut_back(copied, "dead_letters")
    assert refusals(copied.session())[FIRST] == (0, 1, False)
    doors.bring_up_to_date(copied.session())
    assert doors.open_reasons(copied.session()) == resolved
    assert doors.unlawful(copied.session()) == []


def test_a_waived_dead_letter_still_tells_of_its_record(copied):
    session = copied.session()
    (letter,) = [one for one in doors.open_letters(session) if one["reasons"] == ["KEY_CONFLICT"]]
    decide(session, letter["id"], waive=True, by="accounts", why="sent twice")
    assert refusals(copied.session())[FIRST].same
    assert doors.stale(copied.session()) == []


def test_what_is_derived_may_be_deleted(copied):
    before = refusals(copied.session())
    shutil.rmtree(copied.root / "lake" / "derived")
    assert refusals(copied.copy(copied.root.with_name("other")).session()) == before
