"""Corrections that meet: of one row, of each other, and of a contract that changes after them."""

from __future__ import annotations

from cost_pipeline.pipeline.dead_letters.letters import letters_now
from cost_pipeline_tests.feeds.desk import DAY, MARCH, bad_date, line_of, row_of, rows_of


def test_of_two_corrections_of_a_row_the_first_has_its_place_whatever_the_order_of_work(desk):
    bad_date(desk)
    for name, text in (("a.xlsx", "first"), ("b.xlsx", "second")):
        book = desk.export()
        row_of(book, "R2")["Transaction date"].value = MARCH
        row_of(book, "R2")["Description"].value = text
        desk.drop(book, name)
    taken = desk.work()
    line = next(
        r for r in desk.door.active_lines(desk.house.session()) if r["transaction_id"] == "R2"
    )
    assert line["delivery"] == min(one.delivery for one in taken)
    assert desk.states()["rentals", 1, "CORRECTION_ANSWERED"] == "open"


def test_a_workbook_from_last_month_does_not_overrule_a_row_that_passes_by_now(desk, house):
    house.drop("rentals", DAY, [("R1", "31.03.2026", "5.00", "GBP", "x")])
    house.work(DAY)
    book = desk.export()
    house.edit_vendor("rentals", "columns:", 'dates: ["%Y-%m-%d", "%d.%m.%Y"]\ncolumns:')
    house.work(DAY)
    assert desk.ledger() == [("R1", "5.0000")]
    row_of(book, "R1")["Amount"].value = "6.00"
    desk.drop(book)
    desk.work()
    assert desk.ledger() == [("R1", "5.0000")]
    assert desk.states() == {
        ("rentals", 1, "BAD_DATE"): "passed",
        ("rentals", 1, "CORRECTION_ANSWERED"): "open",
    }


def test_a_contract_that_refuses_the_correction_opens_the_dead_letter_again(desk, house):
    bad_date(desk)
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    house.edit_vendor("rentals", "columns:", 'dates: ["%d.%m.%Y"]\ncolumns:')
    house.work(DAY)
    desk.work()
    assert desk.states()["rentals", 2, "BAD_DATE"] == "open"
    assert desk.ledger() == []
    house.edit_vendor("rentals", 'dates: ["%d.%m.%Y"]\n', "")
    house.work(DAY)
    desk.work()
    assert desk.states()["rentals", 2, "BAD_DATE"] == "corrected"
    assert desk.ledger() == [("R1", "100.0000"), ("R2", "50.0000")]


def test_a_correction_that_is_refused_when_posting_is_corrected_again(desk, house, door):
    bad_date(desk)
    book = desk.export()
    row = row_of(book, "R2")
    row["Transaction date"].value, row["Transaction id"].value = MARCH, "R1"
    desk.drop(book)
    desk.work()
    assert desk.states() == {
        ("rentals", 2, "BAD_DATE"): "corrected",
        ("rentals", 1, "KEY_CONFLICT"): "open",
    }
    for name, text in (("b.xlsx", "second"), ("c.xlsx", "third")):
        again = desk.export()
        assert len(rows_of(again)) == 1
        row = row_of(again, "R1")
        assert (row["Transaction date"].value, row["Amount"].value) == (MARCH, "50.00")
        row["Transaction id"].value, row["Description"].value = "R2", text
        desk.drop(again, name)
    one, other = desk.work()
    line = line_of(desk, "R2")
    assert line["delivery"] == min(one.delivery, other.delivery), "as among corrections of a row"
    assert desk.states() == {
        ("rentals", 2, "BAD_DATE"): "corrected",
        ("rentals", 1, "KEY_CONFLICT"): "corrected",
        ("rentals", 1, "CORRECTION_ANSWERED"): "open",
    }
    before = door.versions(house.session())
    desk.work()
    house.work(DAY)
    assert door.versions(house.session()) == before


def test_a_correction_without_a_rate_waits_for_it_or_is_corrected_again(desk, house):
    house.load_rates({"2026-03-20": {"USD": "1.1", "JPY": "160"}})
    bad_date(desk, ("R3", "soon", "5", "JPY", "tripod"))
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = "2026-04-07"
    row_of(book, "R3")["Transaction date"].value = DAY
    desk.drop(book)
    desk.work()
    waiting = {("rentals", 1, "FX_RATE_MISSING"): "open", ("rentals", 2, "FX_RATE_TOO_OLD"): "open"}
    corrected = {("rentals", n, "BAD_DATE"): "corrected" for n in (2, 3)}
    assert desk.states() == corrected | waiting
    again = desk.export()
    (row,) = rows_of(again)
    assert row["Transaction id"].value == "R3", "a rate is nothing that a workbook could mend"
    row["Currency"].value = "USD"
    desk.drop(again, "again.xlsx")
    house.load_rates({"2026-04-07": {"USD": "1.10", "GBP": "0.85"}})
    desk.work()
    assert line_of(desk, "R3")["original_currency"] == "USD"
    assert line_of(desk, "R2")["original_amount"] == 50
    assert "open" not in desk.states().values()


def test_a_correction_that_is_withdrawn_leaves_its_row_to_the_one_that_came_later(desk, house):
    bad_date(desk)
    for name, text in (("a.xlsx", "31.03.2026"), ("b.xlsx", MARCH)):
        book = desk.export()
        row_of(book, "R2")["Transaction date"].value = text
        row_of(book, "R2")["Description"].value = name
        desk.drop(book, name)
    house.edit_vendor("rentals", "columns:", 'dates: ["%Y-%m-%d", "%d.%m.%Y"]\ncolumns:')
    taken = {one.uri.rpartition("/")[2]: one.delivery for one in desk.work()}
    first = line_of(desk, "R2")["description"]
    assert taken[first] == min(taken.values())
    other = "%d.%m.%Y" if first == "b.xlsx" else "%Y-%m-%d"
    kept = "a.xlsx" if first == "b.xlsx" else "b.xlsx"
    house.edit_vendor("rentals", '["%Y-%m-%d", "%d.%m.%Y"]', f'["{other}"]')
    house.work(DAY)
    desk.work()
    assert line_of(desk, "R2")["description"] == kept
    (letter,) = [
        r
        for r in letters_now(house.session()).to_pylist()
        if r["row"] == 2 and r["delivery"] not in taken.values()
    ]
    assert (letter["state"], letter["resolved_by"]) == ("corrected", taken[kept])


def test_what_was_corrected_stays_corrected_when_its_delivery_is_judged_again(desk, house):
    bad_date(desk)
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    house.edit_vendor("rentals", "constants:", "ignore: [nothing]\nconstants:")
    house.work(DAY)
    assert desk.states()["rentals", 2, "BAD_DATE"] == "corrected"
    assert desk.ledger() == [("R1", "100.0000"), ("R2", "50.0000")]
