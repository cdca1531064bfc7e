"""Neighbours of the files that people met, through the whole flow."""

import io
from datetime import date

import openpyxl
import pytest

from cost_pipeline.pipeline.reports.findings import rows_are_conserved
from cost_pipeline.pipeline.validation.look_alikes import nothing_looks_alike

HEADER = ("id", "date", "amount", "currency", "text")
PULLED = date(2026, 4, 1)
DAY = date(2026, 3, 31)


@pytest.fixture
def make(door, tmp_path):
    """Makes a house with the vendor of rentals, after edits of its file."""

    def house(*edits):
        made = door.House(tmp_path / "home", ["rentals"])
        for old, new in edits:
            made.edit_vendor("rentals", old, new)
        return made

    return house


def posted(door, house):
    rows = door.active_lines(house.session())
    return sorted((row["transaction_id"], row["description"] or "") for row in rows)


def test_a_file_cut_inside_a_letter_is_half_of_the_whole_whatever_encoding_fits_it(door, make):
    house = make(
        ('files: "{pull_date:%Y-%m-%d}*.csv"', 'files: "*"'),
        ("kind: csv", "kind: csv, encodings: [utf-8-sig, cp1252]"),
    )
    lines = ",".join(HEADER) + f"\nA1,{DAY},1,USD,a\nA2,{DAY},2,USD,caf\u00e9"
    file = house.root / "inbox" / "rentals" / "costs.csv"
    file.write_bytes(lines.encode()[:-1])
    house.work(PULLED)
    file.write_bytes(lines.encode() + b"\n")
    house.work("2026-04-02")
    assert posted(door, house) == [("A1", "a"), ("A2", "caf\u00e9")]
    assert door.open_reasons(house.session()) == {}
    assert door.unlawful(house.session()) == []


def test_a_formula_that_was_never_computed_is_not_taken_for_nothing(door, make):
    house = make(
        ("kind: csv", "kind: excel, control_total: {column: amount}"),
        ("*.csv", "*.xlsx"),
    )
    book = openpyxl.Workbook()
    for row in (
        HEADER,
        ("A1", DAY, 1, "USD", "a"),
        ("A2", DAY, 2, "USD", '="b"'),
        ('="A3"', "=DATE(2026,3,31)", "=1+1", '="USD"', '="c"'),
        (None, None, "=SUM(C2:C4)"),
    ):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    (house.root / "inbox" / "rentals" / f"{PULLED}.xlsx").write_bytes(content.getvalue())
    house.work(PULLED)
    assert posted(door, house) == [("A1", "a")]
    assert door.open_reasons(house.session()) == {"MALFORMED_ROW": 3}
    (report,) = door.reports(house.session())
    assert (report.rows, report.blank_rows) == (4, 0)
    assert rows_are_conserved([report]).passed


@pytest.mark.parametrize(
    "ids",
    [
        ("INV 1", "INV\u00a01"),
        ("INV 1", "INV  1"),
        ("12", "'12"),
        ("12", '"=""12"""'),
        ("A\u202f7", "A 7", "a 7"),
    ],
)
def test_ids_that_differ_in_blanks_or_in_what_a_spreadsheet_adds_are_told(make, ids):
    house = make()
    rows = "".join(f"{one},{DAY},1,USD,x\n" for one in ids)
    house.drop("rentals", PULLED, (",".join(HEADER) + "\n" + rows).encode())
    house.work(PULLED)
    outcome = nothing_looks_alike(house.session(), "rentals", PULLED)
    assert (outcome.passed, outcome.warning) == (False, True)
    assert outcome.numbers == {"alike": 1}
