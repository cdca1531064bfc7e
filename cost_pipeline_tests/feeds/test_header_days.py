"""The day of rows that have none stands above the header: from the file to the ledger."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from cost_pipeline.core.errors import UsageError
from cost_pipeline.pipeline.validation.deliveries import Portions, pending, validate_deliveries
from cost_pipeline_tests.feeds.desk import DAY, Desk, row_of

_VENDOR = """vendor: hire
feed: production
production: P100
record: vendor_invoice
source: {{kind: folder, path: inbox/hire, files: "{{pull_date:%Y-%m-%d}}.*"}}
format: {format}
dates: {{forms: ["%d/%m/%Y"], header: "Period ending %d/%m/%Y"}}
key: [transaction_id]
columns:
  transaction_id: [Id]
  transaction_date: [Date]
  amount: [Amount]
constants: {{currency: GBP, department_code: "2000", gl_code: "2000-01"}}
"""
_CSV = "{kind: csv, header_within: 9}"
_ABOVE = "Hire of Ashby\nPeriod ending,31/03/2026\n"
_ROWS = "Id,Date,Amount\nA,,1.00\nB,01/04/2026,2.00\nC,,4.00\n"


@pytest.fixture
def hire(door, tmp_path):
    """Makes a home with one vendor and a file of the day."""

    def make(data, form=_CSV, suffix="csv"):
        house = door.House(tmp_path / "home", ())
        house.vendor_file("hire", _VENDOR.format(format=form))
        (house.root / "inbox" / "hire" / f"{DAY}.{suffix}").write_bytes(data)
        return house

    return make


def days(door, house):
    lines = door.active_lines(house.session())
    return sorted((line["transaction_id"], str(line["transaction_date"])) for line in lines)


def sheet(book, title, day, *rows):
    page = book.create_sheet(title)
    for cells in (["Hire"], ["Period ending", day], ["Id", "Date", "Amount"], *rows):
        page.append(cells)


def test_rows_without_a_day_have_that_of_the_line_above_the_header(door, hire):
    house = hire((_ABOVE + _ROWS).encode())
    house.work(DAY)
    assert days(door, house) == [("A", "2026-03-31"), ("B", "2026-04-01"), ("C", "2026-03-31")]


def test_the_day_in_the_name_of_the_file_is_needed_in_no_form_of_the_rows(door, hire):
    house = hire(_ROWS.encode())
    house.edit_vendor("hire", 'header: "Period ending %d/%m/%Y"', 'file_name: "%Y-%m-%d.csv"')
    house.work(DAY)
    assert days(door, house) == [(name, DAY) for name in "ABC"]


def test_each_sheet_has_the_day_above_its_own_header(door, hire):
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheet(book, "One", "01/04/2026", ["A", None, 1])
    sheet(book, "Two", "31/03/2026", ["B", None, 2])
    file = io.BytesIO()
    book.save(file)
    house = hire(file.getvalue(), "{kind: excel, sheets: all}", "xlsx")
    house.work(DAY)
    assert days(door, house) == [("A", "2026-04-01"), ("B", "2026-03-31")]


def test_a_file_whose_lines_contradict_each_other_is_refused_row_by_row(door, hire):
    house = hire((_ABOVE + "Period ending,30/04/2026\n" + _ROWS).encode())
    house.work(DAY)
    assert door.open_reasons(house.session()) == {"BAD_DATE": 3}
    (first, *_) = door.open_letters(house.session())
    assert "contradict each other" in first["errors"]


def test_a_refused_row_goes_out_with_its_day_and_comes_back(door, hire):
    house = hire((_ABOVE + "Id,Amount\nA,1.00\nB,2.00\nC,four\n").encode())
    house.edit_vendor("hire", "  transaction_date: [Date]\n", "")
    house.work(DAY)
    assert door.open_reasons(house.session()) == {"BAD_AMOUNT": 1}
    desk = Desk(house, door)
    book = desk.export()
    row_of(book, "C")["Amount"].value = "4.00"
    desk.drop(book)
    desk.work()
    assert days(door, house) == [(name, "2026-03-31") for name in "ABC"]


def test_reading_goes_on_behind_a_checkpoint_with_the_same_day(door, hire):
    many = "".join(f"N{n},,1.00\n" for n in range(40))
    house = hire((_ABOVE + "Id,Date,Amount\n" + many).encode())
    house.edit_vendor("hire", "key: [transaction_id]", "key: [transaction_id, transaction_date]")
    session, day = house.session(), date.fromisoformat(DAY)
    door.pull(session, session.home.vendors, day)
    (one,) = pending(session, session.home.vendors, day)
    with pytest.raises(InterruptedError):
        validate_deliveries(house.session(between=_dies_at(3)), [one], Portions(8, 8))
    house.work(DAY)
    assert {day for _, day in days(door, house)} == {"2026-03-31"}
    assert len(days(door, house)) == 40


def _dies_at(commit):
    seen = []

    def between(table, _step):
        seen.append(table)
        if seen.count("checkpoints") == commit:
            raise InterruptedError

    return between


def test_a_format_without_lines_above_its_header_says_so(hire):
    with pytest.raises(UsageError, match="header_within"):
        hire(b"", "{kind: csv}").session()
