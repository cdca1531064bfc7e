"""Where the header is, what stands above it, and what columns are called that have no name."""

import io

import openpyxl
import pytest

from cost_pipeline.contracts.formats import CsvFormat
from cost_pipeline.core.reasons import Reason

NAMES = ("Id", "Date", "Amount")
ROWS = "Id,Date,Amount\n1,2026-03-30,5.00\n"


def workbook(text):
    book = openpyxl.Workbook()
    for line in text.splitlines():
        book.active.append([cell or None for cell in line.split(",")])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


IN_BOTH = pytest.mark.parametrize(
    ("write", "form"),
    [
        pytest.param(str.encode, {}, id="csv"),
        pytest.param(str.encode, {"bulk": False}, id="csv, careful"),
        pytest.param(workbook, {"kind": "excel", "header": NAMES}, id="excel"),
    ],
)


@IN_BOTH
@pytest.mark.parametrize(
    ("above", "furniture"),
    [
        ("", 0),
        ("Bills of March\n", 1),
        ("Company\nBills of March\n,,\n\n", 2),
        ("Amount\n", 1),  # one name may be a value
        ("a,b,c,d,e,f,g\n", 1),
        ("Date,2026-03-30\nId,17\n", 2),
        ("id,date,text\n", 1),  # a header, but another holds more
    ],
)
def test_the_header_is_the_row_that_holds_the_most_names(door, write, form, above, furniture):
    read = door.read(write(above + ROWS), header_within=6, wanted=NAMES, **form)
    assert read.cells == [["1", "2026-03-30", "5.00"]]
    account = read.account
    told = account.furniture
    if account.sheets:  # a header of its own begins another table there
        told = account.sheets[0].above + account.sheets[0].other
    assert (told, account.header) == (furniture, 1)


@IN_BOTH
def test_what_stands_above_the_header_goes_with_each_chunk(door, write, form):
    above = "Ashby,,\nPeriod ending, 31/03/2026 ,\n,,\n"
    reader = door.open(write(above + ROWS), header_within=6, wanted=NAMES, **form)
    assert [chunk.above for chunk in reader] == [("Ashby", "Period ending 31/03/2026")]


@pytest.mark.parametrize("bulk", [True, False])
@pytest.mark.parametrize(
    ("above", "counted"),
    [
        ('"a note\nover two lines"\n', (1, 0, 1)),
        ('a "stray quote\n', (1, 0, 0)),
        ('"a quote that never closes\n\n', (1, 1, 0)),
        ("x\r\ny\r", (2, 0, 0)),
    ],
)
def test_what_stands_above_need_not_be_csv(door, bulk, above, counted):
    read = door.read((above + ROWS).encode(), header_within=9, wanted=NAMES, bulk=bulk)
    assert len(read.rows) == 1
    account = read.account
    assert (account.furniture, account.blank, account.continued) == counted


def test_a_header_below_what_was_declared_is_not_found(door):
    data = b"one\ntwo\nthree\n" + ROWS.encode()
    assert len(door.read(data, header_within=4, wanted=NAMES).rows) == 1
    refused = door.refusal(data, header_within=3, wanted=NAMES)
    assert refused.reason is Reason.NOT_THE_FORMAT
    assert "in the first 3 lines: none holds 2 or more of Id, Date, Amount" in refused.message


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("sep=;\n", ";"),
        ("SEP=,\r\n", ","),
        ('"sep=;"\n', ";"),
        ("sep=\t\n", "\t"),
        ("sep=;;;\n", ";"),
        ("\n\nsep=|\n", "|"),
    ],
)
@pytest.mark.parametrize("bulk", [True, False])
@pytest.mark.parametrize("declared", [",", ";"])
def test_a_line_that_names_the_delimiter_is_furniture(door, line, delimiter, declared, bulk):
    data = (line + ROWS.replace(",", delimiter)).encode()
    read = door.read(data, delimiter=declared, bulk=bulk)
    assert (read.columns, read.cells) == (NAMES, [["1", "2026-03-30", "5.00"]])
    assert (read.account.furniture, read.account.header) == (1, 1)


@pytest.mark.parametrize("line", ["sep=ab", "separator=;", "sep=", "sep=é", 'sep="'])
def test_a_header_that_is_nearly_such_a_line_is_a_header(door, line):
    assert door.read(f"{line}\n1\n".encode()).header == (line,)


def test_the_delimiter_is_named_above_a_preamble_and_without_a_header_too(door):
    data = b"sep=;\nBills\n" + ROWS.replace(",", ";").encode()
    read = door.read(data, header_within=5, wanted=NAMES)
    assert (read.columns, read.account.furniture) == (NAMES, 2)
    read = door.read(b"sep=;\n1;2\n", header="none", width=2)
    assert (read.cells, read.account.furniture, read.account.header) == ([["1", "2"]], 1, 0)


@IN_BOTH
@pytest.mark.parametrize(
    ("line", "header"),
    [
        ("Id,Date,Amount", True),
        ("Id,DATE,Amount", True),
        ("Id,Date", False),
        ("Id,Date,5.00", False),
        ("ID,Date,Amount", False),  # the first name is looked for as it stands
    ],
)
def test_a_header_that_comes_again_is_a_header(door, write, form, line, header):
    data = write(ROWS + line + "\n" + "2,2026-03-31,6.00\n")
    read = door.read(data, wanted=NAMES, **form)
    assert len(read.rows) == (2 if header else 3)
    assert read.account.header == (2 if header else 1)
    assert [row[0] for row in read.rows] == [1, 2, 3][: len(read.rows)]


@IN_BOTH
@pytest.mark.parametrize(
    ("header", "places", "passed", "columns"),
    [
        ("Id,,Amount", {2}, (), ("Id", "#2", "Amount")),
        ("Id,x,Amount", {2}, (), ("Id", "x", "Amount")),
        ("Id,Amount,AMOUNT", {2}, (), ("Id", "#2", "#3")),
        ("Id,Amount,Amount", (), {3}, ("Id", "Amount", "#3")),
        ("Id,Amount,Amount", (), (), ("Id", "Amount", "Amount")),
        ("Id,Date,Amount", {2, 9}, (), ("Id", "Date", "Amount")),
    ],
)
def test_a_column_without_a_name_of_its_own_is_read_by_its_place(
    door, write, form, header, places, passed, columns
):
    form = {**form, "header": ["Id"]} if "header" in form else form
    data = write(f"{header}\n1,2,3\n")
    read = door.read(data, places=places, passed=passed, **form)
    assert read.columns[:3] == columns
    assert read.cells[0][:3] == ["1", "2", "3"]


def test_a_format_without_the_new_keys_says_what_it_said():
    """What a format is read as is known by the digest of this."""
    assert set(CsvFormat().model_dump()) == {
        *("kind", "control_total", "encodings", "compression", "delimiter", "header", "width"),
        "names",
    }
