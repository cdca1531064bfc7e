"""Several sheets, several tables: what is read, and what is told of the rest."""

import io

import openpyxl
import pytest
import xlwt

from cost_pipeline.core.reasons import Reason

HEADER = ["id", "amount", "text"]
NAMES = {"header": HEADER, "kind": "excel"}


def xlsx(**sheets) -> bytes:
    """A workbook; `hidden_` before a name hides its sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.removeprefix("hidden_"))
        if name.startswith("hidden_"):
            sheet.sheet_state = "hidden"
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xls(**sheets) -> bytes:
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name.removeprefix("hidden_"))
        sheet.visibility = int(name.startswith("hidden_"))
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if value is not None:
                    sheet.write(y, x, value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


WRITERS = pytest.mark.parametrize("write", [xlsx, xls])
MONTHS = {
    "Cover": [["Costs of X"]],
    "March": [HEADER, ["A1", 1, "x"], ["A2", 2, "y"]],
    "hidden_Old": [HEADER, ["O1", 9, "x"]],
    "April": [[], ["amount", "id", "extra"], [3, "A3", "z"]],
    "Pivot": [["sum", 6], ["count", 3]],
}


def told(read):
    return {s.name: (s.read, s.visible, s.ignored, s.filled) for s in read.account.sheets}


@WRITERS
def test_one_sheet_is_read_and_the_rows_of_the_others_are_counted(door, write):
    read = door.read(write(**MONTHS), sheet="march", **NAMES)
    assert read.cells == [["A1", "1", "x"], ["A2", "2", "y"]]
    assert told(read) == {
        "Cover": (False, True, False, 1),
        "March": (True, True, False, 3),
        "Old": (False, False, False, 2),
        "April": (False, True, False, 2),
        "Pivot": (False, True, False, 2),
    }


@WRITERS
@pytest.mark.parametrize("sheets", ["all", ["March", "April"], "[MA]*", ["March", "Ap*"]])
def test_several_sheets_are_read_one_behind_the_other(door, write, sheets):
    for chunk_rows in (1, 100):
        read = door.read(write(**MONTHS), sheets=sheets, chunk_rows=chunk_rows, **NAMES)
        assert [row[:3] for row in read.rows] == [
            (1, 2, "A1,1,x"), (2, 3, "A2,2,y"), (3, 3, "3,A3,z"),
        ]  # fmt: skip
        assert read.header == ("id", "amount", "text", "extra")
        assert read.columns == ("amount", "id", "extra")
        assert read.account.header == 2
        assert [s.first_row for s in read.account.sheets] == [None, 1, None, 3, None]


@WRITERS
def test_sheets_that_are_not_wanted_are_named(door, write):
    read = door.read(write(**MONTHS), sheets="all", ignore_sheets=["cover", "Piv*"], **NAMES)
    assert told(read)["Cover"] == (False, True, True, 1)
    assert told(read)["Pivot"] == (False, True, True, 2)
    assert not read.account.sheets[3].ignored


@WRITERS
@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"sheets": ["March", "May"]}, "no sheet 'May'; it has 'Cover', 'March'"),
        ({"sheets": ["Cover"]}, "none holds id"),
        ({"sheets": "20*"}, "no sheet is called so"),
        ({"sheets": "Pivot*"}, "none holds id"),
        ({}, "none holds id"),  # the first visible one
    ],
)
def test_a_sheet_that_must_be_there_and_is_not_refuses_the_workbook(door, write, form, words):
    refusal = door.refusal(write(**MONTHS), **form, **NAMES)
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert words in refusal.message


def test_a_control_row_of_each_sheet_is_one(door):
    months = {
        "March": [HEADER, ["A1", 1, "x"], ["Total", 1]],
        "April": [HEADER, ["A2", 2, "y"], [None, 2], ["Printed"]],
    }
    read = door.read(xlsx(**months), sheets="all", control="amount", **NAMES)
    assert [row[2] for row in read.rows] == ["A1,1,x", "A2,2,y", "Printed,,"]
    assert read.controls == [{"amount": "1"}, {"amount": "2"}]
    assert [s.control for s in read.account.sheets] == [1, 1]


@WRITERS
def test_another_table_below_is_told_and_not_read_askew(door, write):
    rows = [HEADER, ["A1", 1, "x"], [], ["amount", "id", "text"], [2, "A2", "y"], [3, "A3", "z"]]
    read = door.read(write(S=rows), **NAMES)
    assert read.cells == [["A1", "1", "x"]]
    (sheet,) = read.account.sheets
    assert (sheet.other, sheet.other_line, sheet.rows) == (3, 4, 1)


@WRITERS
def test_a_table_above_the_header_is_told_and_a_title_is_not(door, write):
    title = [["Costs", "of March"], ["made by", "Ann"]]
    read = door.read(write(S=[*title, HEADER, ["A1", 1, "x"]]), **NAMES)
    assert (read.account.sheets[0].above, read.account.sheets[0].other) == (2, 0)
    above = [*title, ["id", "amount"], ["Z1", 5], HEADER, ["A1", 1, "x"]]
    read = door.read(write(S=above), **NAMES)
    assert read.cells == [["A1", "1", "x"]]
    (sheet,) = read.account.sheets
    assert (sheet.above, sheet.other, sheet.other_line) == (2, 2, 3)
    below = [["amount", "id", "text"], [2, "A2", "y"]]
    read = door.read(write(S=[*above, *below]), **NAMES)
    assert read.cells == [["A1", "1", "x"]]
    assert read.account.sheets[0].other == 4


@WRITERS
def test_a_header_that_is_repeated_is_a_header_and_what_is_below_it_are_rows(door, write):
    read = door.read(write(S=[HEADER, ["A1", 1, "x"], HEADER, ["A2", 2, "y"]]), **NAMES)
    assert read.cells == [["A1", "1", "x"], ["A2", "2", "y"]]
    assert (read.account.sheets[0].other, read.account.sheets[0].header) == (0, 2)


def test_a_column_without_a_name_may_be_passed_over_by_its_place(door):
    data = b"a,,c\n1,x,3\n4,y,6\n"
    assert set(door.read(data).problems) == {1, 2}
    for bulk in (True, False):
        read = door.read(data, passed=[2], bulk=bulk)
        assert read.cells == [["1", "3"], ["4", "6"]]
        assert read.texts == ["1,x,3", "4,y,6"]
    book = xlsx(S=[["id", None, "amount"], ["A1", "x", 1]])
    assert set(door.read(book, **NAMES).problems) == {1}
    assert door.read(book, passed=[2], **NAMES).cells == [["A1", "1"]]


def test_one_sheet_and_several_are_not_declared_together(door):
    with pytest.raises(ValueError, match="keep one of them"):
        door.open(b"", kind="excel", sheet="a", sheets="all")
