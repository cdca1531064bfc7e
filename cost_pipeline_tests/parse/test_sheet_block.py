"""Rows of a workbook in columns: which stay so, and that what is told of them is the same."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.parse import Limits
from cost_pipeline.parse.sheet import csv_line
from cost_pipeline.parse.sheet_block import PlainRows, SheetColumns, csv_lines
from cost_pipeline_tests.parse.workbooks import book, inline, number, row, scanned, worksheet

HEADER = ("id", "Paid by", "Amount")
PLAIN = PlainRows(
    4,
    {0, 1, 2},
    [0, 1, 2],
    wanted={"id", "paid by", "amount", "é"},
    most=2,
    repeated=(0, "id"),
)


def cell(text: str) -> str:
    """A number where the text is one."""
    if not text:
        return ""
    return number(text) if text.replace(".", "", 1).isdecimal() else inline(text)


def columns(*rows: tuple[str, ...]) -> SheetColumns:
    found = scanned(*(row(at + 2, *map(cell, cells)) for at, cells in enumerate(rows)))
    assert found is not None
    return found


SOUND = ("T1", "paid by", "12.5")


def test_rows_of_the_table_stay_in_columns():
    assert PLAIN.holds(columns(SOUND, ("id2", "x", ""), ("", "é", "7"), ("Amount", "1", "2")))


@pytest.mark.parametrize(
    "cells",
    [
        ("T1", "x", "1", "under no name"),
        ("T1", "x", "1", "", "beyond the header"),
        ("T1", "x", "1", "", " "),
        ("id", "x", "1"),
        ("Paid by", "ID", ""),
        ("Paid  by", "x", "AMOUNT"),
        (" paid\nby", "amount ", ""),
        ("paid\xa0by", "e\u0301", ""),
        ("E\u0301", "Id", "x"),
    ],
)
def test_a_row_that_may_be_something_else_is_judged_by_itself(cells):
    assert not PLAIN.holds(columns(SOUND, cells, SOUND))


CELLS = st.text(st.sampled_from(list('ab,"\n\r é')), max_size=4)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8))
def test_lines_of_csv_are_those_of_single_rows(rows):
    arrays = [[cells[at] for cells in rows] for at in range(3)]
    made = csv_lines([pa.array(cells, pa.string()) for cells in arrays])
    assert made.to_pylist() == [csv_line(cells) for cells in rows]


ANOTHER = [("Amount", "", "id"), *[("7", "", "T9")] * 6]
TOTAL = ("Total", "", "99")
SHEETS = {
    "quotes": [("a,b", 'say "x"', "1"), ("line\nbreak", "", "2"), SOUND],
    "blank": [SOUND, (" ",), (), SOUND, ("", "", ""), (), SOUND, (" ", " ", " ")],
    "unnamed": [SOUND, ("T1", "x", "1", "", "odd"), SOUND],
    "repeated": [SOUND, HEADER, SOUND, HEADER],
    "another": [SOUND, *ANOTHER, SOUND],
    "another and back": [SOUND, *ANOTHER, HEADER, SOUND],
    "total": [*[SOUND] * 40, TOTAL],
    "total and more": [*[SOUND] * 40, TOTAL, SOUND],
    "total far from the end": [*[SOUND] * 5, TOTAL, *[SOUND] * 40, TOTAL],
    "two totals": [*[SOUND] * 40, TOTAL, TOTAL],
    "sums of parts": [SOUND, ("Sum a", "", "1"), *[SOUND] * 40, ("Sum b", "", "2"), TOTAL],
}
FORMS = {
    "plain": {},
    "total": {"control": "Amount"},
    "sums": {"control": ControlTotal(column="Amount", subtotals=("Sum*",))},
    "filled down": {"fill_down": ["Paid by"]},
    "furniture": {"furniture": ["Total*"]},
    "kinds": {"kinds": {"at": HEADER[0], "uses": {SOUND[0]: "row", "Sum a": "other"}}},
    "kinds and total": {
        "kinds": {"at": HEADER[0], "uses": {"a,b": "row", SOUND[0]: "other"}},
        "control": "Amount",
    },
}


def sizes(texts: list[str], most_rows: int, most_bytes: int) -> list[int]:
    """How many rows each chunk has: it ends with the row that reaches either bound."""
    found, count, held = [], 0, 0
    for text in texts:
        count, held = count + 1, held + len(text.encode())
        if count == most_rows or held >= most_bytes:
            found.append(count)
            count = held = 0
    return [*found, count] if count else found


@pytest.mark.parametrize("block", [300, 1 << 20])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sheet", SHEETS)
def test_all_that_is_told_of_a_sheet_is_the_same(door, sheet, form, block):
    lines = [("A title",), HEADER, *SHEETS[sheet]]
    rows = [row(at + 1, *map(cell, cells)) for at, cells in enumerate(lines)]
    data = book(worksheet(*rows))
    for chunk_rows, chunk_bytes in ((7, 1 << 20), (1000, 60)):
        settings = {"kind": "excel", "header": HEADER, "chunk_rows": chunk_rows, **FORMS[form]}
        settings["limits"] = Limits(block_bytes=block, chunk_bytes=chunk_bytes)
        read = door.read(data, bulk=True, **settings)
        assert read.header == HEADER
        assert read.sizes == sizes(read.texts, chunk_rows, chunk_bytes)
        assert read == door.read(data, bulk=False, **settings)


@pytest.mark.parametrize("opening", ["<!-- ", "<![CDATA["])
def test_rows_inside_a_comment_are_none(door, opening):
    closing = " -->" if opening.startswith("<!--") else "]]>"
    hidden = [row(at, inline("hidden"), "", number("1")) for at in range(40, 80)]
    rows = [row(1, *map(cell, HEADER)), row(2, *map(cell, SOUND))]
    data = book(worksheet(*rows, opening, *hidden, closing, row(90, *map(cell, SOUND))))
    read = door.read(data, kind="excel", limits=Limits(block_bytes=300))
    assert read.cells == [[*SOUND], [*SOUND]]
