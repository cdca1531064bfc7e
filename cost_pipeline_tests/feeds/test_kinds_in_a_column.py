"""Exports with a header that mix this vendor's rows with others', from bytes to the ledger."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.pipeline.reports.findings import control_totals_hold, rows_are_conserved
from cost_pipeline_tests.conftest import ROOT
from cost_pipeline_tests.docs.vendor_pages import pieces
from cost_pipeline_tests.feeds.desk import DAY

PAGES = ROOT / "docs" / "vendors"
SAMPLE = (PAGES / "samples" / "sage50.csv").read_text(encoding="utf-8")
JOURNAL = "1209,JD,,5001,0,Accrual,31/03/2026,J-1,,40.00,0.00,T9,N\n"
NO_KIND = "1210,,BEX001,5003,14,Dolly,31/03/2026,BX-223,,9.00,0.00,T1,N\n"
CUT = "1211,PP,ASH001,1200,0,Purchase payment\n"
AS_EXCEL = (("kind: csv\n", "kind: excel\n"), ("  encodings: [utf-8-sig, cp1252]\n", ""))
AS_EXCEL = (*AS_EXCEL, ('files: "*.csv"', 'files: "*.xlsx"'))
UNSIGNED = "amount:\n  sign: {column: [Type], debit: PI, credit: PC}\n"
READ = {
    "the sign column": (),
    "passed over": ((UNSIGNED, ""), ("ignore: [Dept", "ignore: [Type, Dept")),
    "mapped": ((UNSIGNED, ""), ("description: [Details]", "description: [Type]")),
    "read for nothing else": ((UNSIGNED, ""),),
    "below titles": (("kind: csv\n", "kind: csv\n  header_within: 5\n"),),
    "a workbook": AS_EXCEL,
}


def workbook(text: str) -> bytes:
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(text)):
        book.active.append([cell or None for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture
def sage(door, tmp_path):
    """Makes a home with the vendor file of the page, changed by pairs of texts."""

    def make(text=SAMPLE, changes=()):
        house = door.House(tmp_path / "home", ())
        settings = door.PRODUCTIONS.replace("base_currency: USD", "base_currency: GBP")
        (house.root / "productions.yaml").write_text(settings, encoding="utf-8")
        (piece,) = [one for one in pieces(PAGES) if one.vendor == "sage"]
        vendor = piece.yaml
        for old, new in changes:
            assert old in vendor
            vendor = vendor.replace(old, new)
        house.vendor_file("sage", vendor)
        excel = "kind: excel" in vendor
        name, data = ("a.xlsx", workbook(text)) if excel else ("a.csv", text.encode())
        (house.root / "inbox" / "sage" / name).write_bytes(data)
        return house

    return make


@pytest.mark.parametrize("way", READ)
def test_payments_and_sales_are_counted_and_no_dead_letters(door, sage, way):
    above = "Audit trail\n\n" if way == "below titles" else ""
    house = sage(above + SAMPLE, READ[way])
    house.work(DAY)
    session = house.session()
    lines = door.active_lines(session)
    signed = UNSIGNED not in dict(READ[way])
    posted = ["1204", "1205"] if signed else ["1204", "1205", "1206"]
    assert sorted(line["transaction_id"] for line in lines) == posted
    assert door.open_reasons(session) == ({"NEGATIVE_AMOUNT": 1} if signed else {})
    (report,) = door.reports(session)
    found = report.account.sheets[0] if report.account.sheets else report.account
    assert (found.rows, found.furniture) == (3, 3 if above else 2)  # a title is furniture, too
    assert rows_are_conserved([report]).passed
    assert door.unlawful(session) == []


@pytest.mark.parametrize("way", ["the sign column", "a workbook"])
def test_what_nobody_named_or_cannot_be_read_is_a_dead_letter(door, sage, way):
    house = sage(SAMPLE + JOURNAL + NO_KIND, READ[way])
    house.work(DAY)
    session = house.session()
    reasons = {"NEGATIVE_AMOUNT": 1, "MALFORMED_ROW": 1, "BAD_AMOUNT": 1}
    assert door.open_reasons(session) == reasons  # a row without a kind has no side either
    errors = [letter["errors"] for letter in door.open_letters(session)]
    assert sum("'JD' is not a kind of record of this format" in one for one in errors) == 1


def test_a_broken_row_is_a_dead_letter_whatever_its_kind(door, sage):
    house = sage(SAMPLE + CUT)
    house.work(DAY)
    assert door.open_reasons(house.session()) == {"NEGATIVE_AMOUNT": 1, "MALFORMED_ROW": 1}


@pytest.mark.parametrize(("total", "holds"), [("2015.17", True), ("3515.17", False)])
def test_a_total_is_compared_with_the_rows_of_this_vendor(door, sage, total, holds):
    change = ("  kinds: ", "  control_total: {column: amount, required: true}\n  kinds: ")
    house = sage(SAMPLE + f",Total,,,,,,,,{total},,,\n", (change,))
    house.work(DAY)
    (report,) = door.reports(house.session())
    assert report.account.control == 1
    assert control_totals_hold([report], COSTS.measure).passed is holds


@pytest.mark.parametrize("way", ["the sign column", "a workbook"])
def test_a_header_without_the_column_refuses_the_file(door, sage, way):
    house = sage(SAMPLE.replace("Type", "Kind"), READ[way])
    house.work(DAY)
    session = house.session()
    assert door.open_reasons(session) == {"SCHEMA_DRIFT": 1}
    assert door.active_lines(session) == []


def test_a_kind_that_is_named_later_takes_its_dead_letters_back(door, sage):
    house = sage(SAMPLE + JOURNAL)
    house.work(DAY)
    assert door.open_reasons(house.session())["MALFORMED_ROW"] == 1
    house.edit_vendor("sage", "PP: other", "PP: other, JD: other")
    house.work(DAY)
    session = house.session()
    assert door.open_reasons(session) == {"NEGATIVE_AMOUNT": 1}
    assert rows_are_conserved(door.reports(session)).passed
