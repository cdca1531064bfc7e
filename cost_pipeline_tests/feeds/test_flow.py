"""Pull, validate and post through a lake on disk: what the steps promise each other."""

from __future__ import annotations

import json
from datetime import date

import pytest

GOOD = ("T1", "2026-04-01", "10.00", "GBP")
OTHER = ("T2", "2026-04-02", "20.00", "USD")
BAD_DAY = ("T3", "31/03/2026", "5.00", "GBP")


class Killed(BaseException):
    """The process ends here."""


def _dies_at(table, step):
    def between(*place):
        if place == (table, step):
            raise Killed

    return between


def test_the_same_bytes_under_another_name_or_date_are_a_duplicate_delivery(door, house):
    sha = house.drop("rentals", "2026-04-01", [GOOD, OTHER])
    house.drop("rentals", "2026-04-01", [GOOD, OTHER], name="_again")
    house.drop("rentals", "2026-04-02", [GOOD, OTHER])
    house.work("2026-04-02", "2026-04-01")
    reports = door.reports(house.session())
    assert [(r.state, r.duplicate_of) for r in reports] == [
        ("posted", None),
        ("duplicate", sha),
        ("duplicate", sha),
    ]
    assert [r.duplicates for r in reports] == [0, 2, 2]
    assert len(door.active_lines(house.session())) == 2
    assert door.unlawful(house.session()) == []


def test_the_first_pull_date_decides_who_stands_whatever_came_first(door, house):
    house.drop("rentals", "2026-04-02", [("T1", "2026-04-01", "99.00", "GBP")])
    house.work("2026-04-02")
    house.drop("rentals", "2026-04-01", [GOOD])
    worked = house.work("2026-04-01")
    assert worked.posted[date(2026, 4, 1)].causes == {"superseded": 1, "delivery": 1}
    (line,) = door.active_lines(house.session())
    assert str(line["original_amount"]) == "10.0000"
    assert door.open_reasons(house.session()) == {"KEY_CONFLICT": 1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"id,date,amount,currency,text\n\xff\xfe\xfa,2026-04-01,1,GBP,\n", "ENCODING"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "NOT_THE_FORMAT"),
    ],
    ids=["no encoding fits", "HTML"],
)
def test_a_refused_delivery_is_one_row_and_one_dead_letter(door, house, content, reason):
    sha = house.drop("rentals", "2026-04-01", content)
    house.drop("petty", "2026-04-01", [GOOD])
    house.work("2026-04-01")
    session = house.session()
    (letter,) = door.open_letters(session)
    assert (letter["reasons"], letter["stage"], letter["row"]) == ([reason], "parse", None)
    report = door.report_of(session, sha)
    assert (report.state, report.rows, report.records, report.dead_letters) == ("failed", 1, 0, 1)
    assert len(door.active_lines(session)) == 1, "the other vendor goes on"
    assert door.unlawful(session) == []


def test_a_wider_list_of_encodings_answers_a_refused_delivery(door, house):
    house.drop(
        "rentals",
        "2026-04-01",
        "id,date,amount,currency,text\nT1,2026-04-01,1,GBP,£\n".encode("cp1252"),
    )
    house.work("2026-04-01")
    assert door.open_reasons(house.session()) == {"ENCODING": 1}
    house.edit_vendor("rentals", "{kind: csv}", "{kind: csv, encodings: [utf-8-sig, cp1252]}")
    house.work("2026-04-01")
    assert door.open_reasons(house.session()) == {}
    (line,) = door.active_lines(house.session())
    assert line["description"] == "£"
    assert door.unlawful(house.session()) == []


def test_a_mended_vendor_file_resolves_what_passes_now_and_keeps_the_rest(door, house):
    house.drop("rentals", "2026-04-01", [GOOD, BAD_DAY, ("T4", "2026-04-01", "-1.00", "GBP")])
    house.work("2026-04-01")
    assert door.open_reasons(house.session()) == {"BAD_DATE": 1, "NEGATIVE_AMOUNT": 1}
    before = {letter["id"] for letter in door.open_letters(house.session())}
    house.edit_vendor("rentals", "key: ", 'dates: ["%Y-%m-%d", "%d/%m/%Y"]\nkey: ')
    house.work("2026-04-01")
    session = house.session()
    assert door.open_reasons(session) == {"NEGATIVE_AMOUNT": 1}
    assert {letter["id"] for letter in door.open_letters(session)} < before
    events = [row["event"] for row in door.rows_of(session, door.DEAD_LETTERS)]
    assert sorted(events) == ["opened", "opened", "resolved"]
    assert len(door.active_lines(session)) == 2
    assert door.unlawful(session) == []


def test_a_vendor_file_changed_and_changed_back_ends_where_it_began(door, house):
    house.drop("rentals", "2026-04-01", [GOOD, BAD_DAY])
    house.work("2026-04-01")
    digest, records = door.digest(house.session()), len(door.rows_of(house.session(), door.RECORDS))
    house.edit_vendor("rentals", '"2000-01"', '"2000-02"')
    worked = house.work("2026-04-01")
    assert worked.posted[date(2026, 4, 1)].causes == {"restated": 2}
    house.edit_vendor("rentals", '"2000-02"', '"2000-01"')
    house.work("2026-04-01")
    assert door.digest(house.session()) == digest
    assert len(door.rows_of(house.session(), door.RECORDS)) == 2 * records
    assert door.unlawful(house.session()) == []


@pytest.mark.parametrize(
    "table", ["records", pytest.param("dead_letters", marks=pytest.mark.proof)]
)
def test_a_vendor_file_changed_after_a_kill_loses_and_doubles_nothing(door, house, table):
    sha = house.drop("rentals", "2026-04-01", [GOOD, BAD_DAY, ("T4", "2026-04-01", "-1", "GBP")])
    with pytest.raises(Killed):
        house.work("2026-04-01", session=house.session(between=_dies_at(table, "synced")))
    house.edit_vendor("rentals", "key: ", 'dates: ["%Y-%m-%d", "%d/%m/%Y"]\nkey: ')
    house.work("2026-04-01")
    report = door.report_of(house.session(), sha)
    assert (report.rows, report.records, report.refused, report.posted) == (3, 2, 1, 2)
    assert door.open_reasons(house.session()) == {"NEGATIVE_AMOUNT": 1}
    assert door.unlawful(house.session()) == []


def test_two_vendors_may_send_the_same_bytes(door, house):
    rows = [GOOD, BAD_DAY, ("T4", "2026-04-09", "4.00", "GBP")]
    for vendor in ("rentals", "petty"):
        house.drop(vendor, "2026-04-01", rows)
    house.work("2026-04-01")
    session = house.session()
    assert door.open_reasons(session) == {"BAD_DATE": 2, "FX_RATE_MISSING": 2}
    assert door.unlawful(session) == []
    house.edit_vendor("petty", "key: ", 'dates: ["%Y-%m-%d", "%d/%m/%Y"]\nkey: ')
    house.work("2026-04-01")
    assert door.open_reasons(house.session()) == {"BAD_DATE": 1, "FX_RATE_MISSING": 2}
    assert door.unlawful(house.session()) == []


def test_a_missing_folder_opens_a_dead_letter_that_the_next_good_pull_resolves(door, house):
    inbox = house.root / "inbox" / "rentals"
    house.drop("rentals", "2026-04-01", [GOOD])
    inbox.rename(house.root / "away")
    worked = house.work("2026-04-01")
    (failed,) = [o for o in worked.pulled[date(2026, 4, 1)] if o.failures]
    assert failed.vendor == "rentals"
    (letter,) = door.open_letters(house.session())
    assert (letter["reasons"], letter["stage"], letter["row"]) == (
        ["FETCH_FAILED"],
        "acquire",
        None,
    )
    assert "there is no such folder" in json.loads(letter["errors"])[0]["message"]
    house.work("2026-04-01")
    assert len(door.open_letters(house.session())) == 1, "found again, it is the same dead letter"
    house.work("2026-04-02")
    assert len(door.open_letters(house.session())) == 2, "each date has its own"
    (house.root / "away").rename(inbox)
    house.work("2026-04-01")
    (left,) = door.open_letters(house.session())
    assert left["pull_date"] == date(2026, 4, 2)
    assert len(door.active_lines(house.session())) == 1


def test_a_rate_that_comes_later_posts_what_waited_for_it(door, house):
    house.drop("rentals", "2026-04-02", [("T1", "2026-04-07", "10.00", "GBP")])
    house.work("2026-04-02")
    (letter,) = door.open_letters(house.session())
    assert (letter["reasons"], letter["stage"]) == (["FX_RATE_MISSING"], "post")
    assert "GBP" in letter["errors"]
    assert "2026-04-07" in letter["errors"]
    house.load_rates({"2026-04-07": {"USD": "1.2", "GBP": "0.8"}})
    house.work()
    assert door.open_reasons(house.session()) == {}
    (line,) = door.active_lines(house.session())
    assert str(line["base_amount"]) == "15.0000"
    assert door.unlawful(house.session()) == []


def test_a_delivery_withdrawn_by_its_vendor_file_is_reversed(door, house):
    house.drop("rentals", "2026-04-01", [GOOD])
    house.work("2026-04-01")
    house.edit_vendor("rentals", "date: [date]", "date: [day]")
    worked = house.work("2026-04-01")
    assert worked.posted[date(2026, 4, 1)].reversals == 1
    assert door.active_lines(house.session()) == []
    assert door.unlawful(house.session()) == []
    assert house.work("2026-04-01").posted == {}


def test_runs_that_settle_overlapping_dates_open_a_dead_letter_once(door, house):
    house.drop(
        "petty", "2026-04-01", [("A", "2026-04-08", "1", "GBP"), ("B", "2026-04-09", "2", "GBP")]
    )
    house.pull("2026-04-01")
    raced = []

    def between(table, step):
        if (table, step) == ("dead_letters", "before") and not raced:
            raced.append(door.post(house.session(), [date(2026, 4, 8)]))

    door.bring_up_to_date(house.session(between=between))
    assert raced
    assert door.open_reasons(house.session()) == {"FX_RATE_MISSING": 2}
    assert door.unlawful(house.session()) == []


@pytest.mark.parametrize("step", ["before", "committed"])
@pytest.mark.parametrize("table", ["ledger", pytest.param("dispositions", marks=pytest.mark.proof)])
def test_two_runs_that_post_the_same_dates_post_once(door, house, table, step):
    house.drop("rentals", "2026-04-01", [GOOD, OTHER, GOOD])
    house.pull("2026-04-01")
    raced = []

    def between(*place):
        if place == (table, step) and not raced:
            raced.append(True)
            door.bring_up_to_date(house.session())

    door.bring_up_to_date(house.session(between=between))
    assert raced
    assert len(door.lines(house.session())) == 2
    assert door.unlawful(house.session()) == []
