"""What a vendor file declares about values, from the bytes to the ledger and back from people."""

import datetime as dt

import pytest

from cost_pipeline.pipeline.validation.look_alikes import nothing_looks_alike
from cost_pipeline_tests.feeds.desk import DAY, MARCH, row_of

PULL = dt.date.fromisoformat(DAY)
FAR = [
    ("R1", "2026-03-31", "1.00", "USD", "plausible"),
    ("R2", "2026-02-14", "2.00", "USD", "46 days before"),
    ("R3", "2026-04-03", "3.00", "USD", "two days after"),
    ("R4", "1999-05-01", "4.00", "USD", "another century"),
    ("R5", "2035-12-31", "5.00", "USD", "a decade after"),
]


@pytest.fixture(autouse=True)
def _by_default(house):
    """The door's vendors may send costs of next week; here it is what a vendor file says."""
    house.edit_vendor("rentals", "plausible: {after: any}\n", "")


def window(house, days=45):
    place = house.root / "productions.yaml"
    text = place.read_text(encoding="utf-8")
    line = f"base_currency: USD\n    late_window_days: {days}"
    place.write_text(text.replace("base_currency: USD", line), encoding="utf-8")


def implausible(door, session):
    return {r["row"] for r in door.open_letters(session) if r["reasons"] == ["IMPLAUSIBLE_DATE"]}


def test_costs_outside_the_window_wait_for_a_person(house, desk, door):
    window(house)
    house.drop("rentals", DAY, FAR)
    house.work(DAY)
    session = house.session()
    assert desk.ledger() == [("R1", "1.0000")]
    assert implausible(door, session) == {2, 3, 4, 5}
    assert door.unlawful(session) == []
    letter = next(r for r in door.open_letters(session) if r["row"] == 2)
    assert "46 days before the day on which the row came, 2026-04-01, and 45" in letter["errors"]


@pytest.mark.proof
def test_without_a_window_only_the_future_and_another_century_wait(house, desk, door):
    house.drop("rentals", DAY, FAR)
    house.work(DAY)
    assert implausible(door, house.session()) == {3, 4, 5}
    assert [name for name, _ in desk.ledger()] == ["R1", "R2"]


def test_who_widens_the_window_lets_go_and_who_narrows_it_takes_back(house, desk, door):
    house.drop("rentals", DAY, FAR)
    house.work(DAY)
    house.edit_vendor("rentals", "columns:", "plausible: {before: any, after: 2}\ncolumns:")
    house.work(DAY)
    # There is no rate of 1999, nor of 2035; what is in dollars needs none.
    assert [name for name, _ in desk.ledger()] == ["R1", "R2", "R3", "R4"]
    assert implausible(door, house.session()) == {5}
    house.edit_vendor("rentals", "{before: any, after: 2}", "{before: 10}")
    house.work(DAY)
    session = house.session()
    assert desk.ledger() == [("R1", "1.0000")]
    assert implausible(door, session) == {2, 3, 4, 5}
    assert door.unlawful(session) == []
    assert door.stale(session) == []


def test_a_correction_releases_a_row_mended_or_confirmed(house, desk, door):
    window(house)
    house.drop("rentals", DAY, FAR)
    house.work(DAY)
    book = desk.export()
    row_of(book, "R3")["Transaction date"].value = MARCH
    row_of(book, "R4")["As exported"].value = None  # it is right as it is
    desk.drop(book)
    desk.work()
    assert [name for name, _ in desk.ledger()] == ["R1", "R3", "R4"]
    assert implausible(door, house.session()) == {2, 5}


def test_the_first_pull_of_the_bytes_decides_in_whatever_order_pulls_were_run(house, desk, door):
    window(house, 0)
    house.edit_vendor("rentals", "columns:", "plausible: {after: 0}\ncolumns:")
    rows = [("R1", "2026-04-01", "1.00", "USD", "x")]
    house.drop("rentals", "2026-04-02", rows, name="2026-04-02.csv")
    house.work("2026-04-02")
    assert implausible(door, house.session()) == {1}
    house.drop("rentals", "2026-04-01", rows, name="2026-04-01.csv")
    house.work("2026-04-01")
    assert desk.ledger() == [("R1", "1.0000")]
    assert implausible(door, house.session()) == set()


def test_a_day_from_the_name_of_a_file_is_that_of_its_first_landing(house, desk, door):
    house.edit_vendor("rentals", "  transaction_date: [date]\n", "")
    house.edit_vendor(
        "rentals", "columns:", 'dates: {file_name: "%Y-%m-%d*.csv"}\nignore: [date]\ncolumns:'
    )
    rows = [("R1", "x", "1.00", "USD", "x"), ("R2", "x", "bad", "USD", "x")]
    house.drop("rentals", "2026-04-02", rows, name="2026-04-02.csv")
    house.work("2026-04-02")
    days = {line["transaction_date"] for line in door.active_lines(house.session())}
    assert days == {dt.date(2026, 4, 2)}
    house.drop("rentals", "2026-04-01", rows, name="2026-04-01.csv")
    house.work("2026-04-01")
    session = house.session()
    days = {line["transaction_date"] for line in door.active_lines(session)}
    assert days == {dt.date(2026, 4, 1)}
    assert door.unlawful(session) == []
    book = desk.export()
    row_of(book, "R2")["Amount"].value = "2.00"
    desk.drop(book)
    desk.work()
    assert [name for name, _ in desk.ledger()] == ["R1", "R2"]


def test_days_and_amounts_go_out_whole_and_come_back(house, desk, door):
    house.edit_vendor("rentals", "  amount: [amount]\n", "")
    house.edit_vendor(
        "rentals",
        "columns:",
        'dates: {forms: ["%d%m"], year: past}\n'
        "amount: {debit: amount, credit: back}\nnegatives: credit_note\n"
        "columns:\n  credit_of: [of]",
    )
    house.edit_vendor("rentals", "negatives: dead_letter\n", "")
    header = ("id", "date", "amount", "back", "currency", "text", "of")
    rows = [
        ("R1", "3103", "9.00", "", "USD", "x", ""),
        ("R2", "3103", "0.00", "4.00", "usd", "x", "R1"),
        ("R3", "0204", "1.00", "2.00", "USD", "x", ""),
    ]
    house.drop("rentals", DAY, door.csv_bytes(rows, header))
    house.work(DAY)
    book = desk.export()
    credit, both = row_of(book, "R2"), row_of(book, "R3")
    assert (credit["Amount"].value, credit["Transaction date"].value) == ("-4.00", MARCH)
    assert (both["Amount"].value, both["Transaction date"].value) == ("1.00 | 2.00", "2025-04-02")
    credit["Currency"].value = "USD"
    both["Amount"].value = "1.00"
    desk.drop(book)
    desk.work()
    assert desk.ledger() == [("R1", "9.0000"), ("R2", "-4.0000"), ("R3", "1.0000")]


@pytest.mark.parametrize(
    ("ids", "red"),
    [
        (["1000012345", "1000012345.0", "id:1000012345"], True),
        pytest.param(["00123", "123"], True, marks=pytest.mark.proof),
        pytest.param(["A-1", "a-1"], True, marks=pytest.mark.proof),
        (["00123", "0124", "125", "A1", "B.0"], False),
    ],
)
def test_ids_that_differ_only_in_how_they_are_written_are_told(house, ids, red):
    house.drop("rentals", DAY, [(one, MARCH, "1.00", "USD", "x") for one in ids])
    house.pull(DAY)
    found = nothing_looks_alike(house.session(), "rentals", PULL)
    assert (found.passed, found.warning) == (not red, red)
    assert all(repr(one) in found.message for one in ids if red)
    house.edit_vendor("rentals", "columns:", "ids: {point_zero: drop}\ncolumns:")
    assert nothing_looks_alike(house.session(), "rentals", PULL).passed


def test_rows_without_a_key_that_come_again_in_another_file_are_told(house):
    rows = [("", MARCH, "10.00", "USD", "a")] * 2
    house.drop("petty", DAY, rows, name=f"{DAY}-a.csv")
    house.pull(DAY)
    assert nothing_looks_alike(house.session(), "petty", PULL).passed
    house.drop("petty", DAY, [*rows, ("", MARCH, "11.00", "USD", "a")], name=f"{DAY}-b.csv")
    house.pull(DAY)
    found = nothing_looks_alike(house.session(), "petty", PULL)
    assert not found.passed
    assert found.warning
    assert found.numbers == {"repeated": 2, "deliveries": 1}


def test_rows_without_an_id_have_another_key_and_are_one_in_two_files(house, desk, door):
    house.edit_vendor(
        "rentals",
        "key: [transaction_id]",
        "key: {columns: transaction_id, else: [description, amount]}",
    )
    house.drop(
        "rentals", DAY, [("", MARCH, "10.50", "USD", "a"), ("R1", MARCH, "1.00", "USD", "a")]
    )
    house.drop("rentals", DAY, [("", MARCH, "10.5", "USD", "a")], name=f"{DAY}-b.csv")
    house.drop("rentals", DAY, [("", MARCH, "10.5", "USD", "")], name=f"{DAY}-c.csv")
    house.work(DAY)
    assert desk.ledger() == [("R1", "1.0000"), ("a/10.5", "10.5000")]
    assert door.open_reasons(house.session()) == {"MISSING_FIELD": 1}


def test_a_day_after_the_pull_may_be_today_where_the_vendor_is(house, desk, door):
    house.drop("rentals", DAY, [("R1", "2026-04-02", "1.00", "USD", "x")])
    house.work(DAY)
    assert desk.ledger() == [("R1", "1.0000")]
    house.edit_vendor("rentals", "columns:", "plausible: {after: 0}\ncolumns:")
    house.work(DAY)
    assert desk.ledger() == []
    assert implausible(door, house.session()) == {1}
