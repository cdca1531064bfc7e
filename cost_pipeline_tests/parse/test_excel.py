"""Excel: what the cells of a sheet say, to the digit; where its header is; what is a row."""

import datetime as dt
import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.parse import Limits
from cost_pipeline.parse.sheet import (
    BadValueError,
    ValueKind,
    format_kind,
    moment_text,
    number_text,
)

DAY = dt.date(2026, 3, 1)


def xlsx(*rows, title: str = "Sheet", prepare=None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if prepare is not None:
        prepare(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xls(*rows, sheet: str = "Sheet") -> bytes:
    book = xlwt.Workbook()
    written = book.add_sheet(sheet)
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    elapsed = xlwt.easyxf(num_format_str="[h]:mm")
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if value == "#N/A":
                written.row(y).set_cell_error(x, 0x2A)
            elif isinstance(value, dt.timedelta):
                written.write(y, x, value / dt.timedelta(days=1), elapsed)
            elif isinstance(value, dt.date):
                written.write(y, x, value, day)
            elif value is not None:
                written.write(y, x, value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


WRITERS = pytest.mark.parametrize("write", [xlsx, xls])


@WRITERS
def test_ids_amounts_and_dates_keep_every_character(door, write):
    moment = dt.datetime.combine(DAY, dt.time(13, 30))
    row = ["000123", 1238.4, 12, 123456789012345, DAY, moment, True]
    read = door.read(write(list("abcdefg"), row), kind="excel")
    assert read.cells == [
        ["000123", "1238.4", "12", "123456789012345", "2026-03-01", "2026-03-01T13:30:00", "true"]
    ]
    assert read.texts == ["000123,1238.4,12,123456789012345,2026-03-01,2026-03-01T13:30:00,true"]
    assert read.columns == read.header == tuple("abcdefg")
    assert read.encoding == write.__name__


@WRITERS
def test_an_error_or_a_number_whose_digits_are_lost_costs_its_row(door, write):
    rows = [["1", "#N/A"], ["2", 1234567890123456], ["3", "fine"]]
    read = door.read(write(["id", "amount"], *rows), kind="excel")
    assert read.cells == [None, None, ["3", "fine"]]
    assert read.problems[1] == "cell B2: it holds the error #N/A"
    assert read.problems[2].startswith("cell B3: a number of more than 15 digits")
    assert read.texts[0].startswith("1,")


@WRITERS
def test_hours_are_told_as_they_have_elapsed(door, write):
    assert door.read(write(["t"], [dt.timedelta(hours=30.25)]), kind="excel").cells == [
        ["30:15:00"]
    ]


@WRITERS
def test_the_header_is_found_below_titles_by_the_names_it_holds(door, write):
    rows = [
        ["Amount report"],
        [],
        ["Printed", DAY],
        ["Ref", " Amount ", "Note"],
        ["A1", 5, None],
        [],
        ["A2", 7.25, "x,y"],
    ]
    read = door.read(write(*rows), kind="excel", header=["ref", "amount"])
    assert read.columns == ("Ref", " Amount ", "Note")
    assert read.cells == [["A1", "5", ""], ["A2", "7.25", "x,y"]]
    assert [row[1] for row in read.rows] == [5, 7]
    assert read.texts == ["A1,5,", 'A2,7.25,"x,y"']
    assert read.blank_rows == 1


@WRITERS
def test_a_sheet_is_chosen_by_its_name_and_without_one_the_refusal_names_those_there_are(
    door, write
):
    data = write(["a"], ["1"])
    assert door.read(data, kind="excel", sheet="SHEET").cells == [["1"]]
    assert (
        "no sheet 'Costs'; it has 'Sheet'"
        in door.refusal(data, kind="excel", sheet="Costs").message
    )


def test_hidden_rows_are_rows_and_hidden_sheets_are_not_the_first(door):
    def hide(book):
        book.active.row_dimensions[2].hidden = True
        book.active.merge_cells("A3:B3")
        book.create_sheet("Notes", 0).sheet_state = "hidden"

    read = door.read(xlsx(["a", "b"], ["1", "2"], ["m", None], prepare=hide), kind="excel")
    assert read.cells == [["1", "2"], ["m", ""]]


@pytest.mark.parametrize(
    ("last", "control"),
    [
        ([None, 12.5], {"amount": "12.5"}),
        (["Grand Total", 12.5], {"amount": "12.5"}),
        (["A3", 12.5], None),
        (["Total", None], None),
    ],
)
def test_a_total_row_is_the_control_row_if_one_is_declared(door, last, control):
    data = xlsx(["id", "amount"], ["A1", 5], ["A2", 7.5], last)
    read = door.read(data, kind="excel", control=True)
    assert read.control == control
    assert len(read.rows) == (2 if control else 3)
    assert len(door.read(data, kind="excel").rows) == 3


def test_a_value_under_no_header_is_malformed(door):
    read = door.read(xlsx(["a", None, "b"], [1, None, 2], [1, "x", 2], [1, 2, 3, 4]), kind="excel")
    assert read.cells == [["1", "2"], None, None]
    assert "column 2" in read.problems[2]


@pytest.mark.parametrize(
    ("rows", "settings", "words"),
    [
        ([], {}, "no header: nothing"),
        ([["x"]], {"header": ["Amount"]}, "none holds Amount"),
        ([["x"]] * 3 + [["Amount"]], {"header": ["Amount"], "header_within": 3}, "first 3 rows"),
        ([["a", "=1/0"], ["1"]], {}, None),
        ([["#N/A", "b"]], {}, "the header in row 1 cannot be read: cell A1"),
    ],
)
def test_a_sheet_without_a_usable_header_is_refused(door, rows, settings, words):
    got = door.outcome(xlsx(*rows), kind="excel", **settings)
    assert (words or "") in getattr(got, "message", "")


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def by_hand(sheet: str, texts: str, *, workbook: str = "") -> bytes:
    """A workbook as no library here writes it: prefixes, shared texts, absolute targets."""
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    link = '<Relationship Id="{}" Type="' + LINKS + '/{}" Target="{}"/>'

    def links(*items: tuple[str, str, str]) -> str:
        body = "".join(link.format(*item) for item in items)
        return f'<Relationships xmlns="{package}">{body}</Relationships>'

    parts = {
        "_rels/.rels": links(("r1", "officeDocument", "/xl/book.xml")),
        "xl/book.xml": f'<x:workbook xmlns:x="{MAIN}" xmlns:r="{LINKS}">{workbook}<x:sheets>'
        '<x:sheet name="A" sheetId="1" r:id="s1"/></x:sheets></x:workbook>',
        "xl/_rels/book.xml.rels": links(
            ("s1", "worksheet", "/xl/one.xml"),
            ("s2", "sharedStrings", "texts.xml"),
            ("s3", "styles", "../xl/styles.xml"),
        ),
        "xl/one.xml": f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{sheet}</x:sheetData>'
        "</x:worksheet>",
        "xl/texts.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" '
        'formatCode="yyyy"/></numFmts><cellStyleXfs><xf numFmtId="0"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_shared_texts_prefixes_and_the_calendar_of_1904_are_understood(door):
    texts = (
        "<si><t>id</t></si><si><r><t>da</t></r><r><t>y</t></r></si>"
        "<si><t>a_x000D_&amp;</t><rPh><t>aid</t></rPh></si>"
    )
    sheet = (
        '<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>1</x:v></x:c></x:row>'
        '<x:row r="4"><x:c r="A4" t="s"><x:v>2</x:v></x:c>'
        '<x:c r="B4" s="1"><x:f>A1</x:f><x:v>0</x:v></x:c></x:row>'
    )
    data = by_hand(sheet, texts, workbook='<x:workbookPr date1904="1"/>')
    read = door.read(data, kind="excel")
    assert read.columns == ("id", "day")
    assert read.cells == [["a\r&", "1904-01-01"]]
    assert read.rows[0][1:3] == (4, '"a\r&",1904-01-01')
    assert read.blank_rows == 2


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n\t,"'), max_size=8
).filter(lambda text: "_x" not in text and not text.startswith(("=", "#")))
CELLS = st.one_of(
    st.none(),
    TEXTS,
    st.integers(-(10**14), 10**14),
    # Excel keeps 15 digits of a number and openpyxl writes 16, so others never arrive whole.
    st.floats(-1e14, 1e14).map(lambda x: float(f"{x:.15g}")),
    st.decimals(-(10**7), 10**7, places=2),
    st.dates(dt.date(1900, 3, 1), dt.date(9999, 12, 30)),
    st.booleans(),
)


def text_of(value) -> str:
    """What a cell must say, by other means than the reader's."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    plain = format(Decimal(repr(float(value) or 0.0)), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6))
def test_what_openpyxl_wrote_reads_back_as_its_text(door, rows):
    read = door.read(xlsx(["a", "b", "c"], *rows), kind="excel")
    expected = [[text_of(value) for value in row] for row in rows]
    assert read.cells == [row for row in expected if any(cell.strip() for cell in row)]


@pytest.mark.parametrize(
    ("stored", "digits", "text"),
    [
        ("1238.4000000000001", 17, "1238.4"),
        ("0.30000000000000004", 17, "0.30000000000000004"),
        ("0.30000000000000004", 15, "0.3"),
        ("1238.3999999999999", 15, "1238.4"),
        ("1E-3", 17, "0.001"),
        ("-0", 17, "0"),
        ("5.0", 17, "5"),
        ("1e14", 17, "100000000000000"),
        ("999999999999999", 17, "999999999999999"),
        ("1e-320", 17, "0." + "0" * 319 + "1"),
    ],
)
def test_a_stored_number_has_one_plain_text(stored, digits, text):
    assert number_text(stored, digits) == text


@pytest.mark.parametrize("stored", ["1e15", "1e999", "nan", "x", "12345678901234567", "-1e300"])
def test_a_number_without_a_text_is_told(stored):
    with pytest.raises(BadValueError):
        number_text(stored, 17)


@pytest.mark.parametrize(
    ("stored", "kind", "since_1904", "text"),
    [
        ("1", ValueKind.DAY, False, "1900-01-01"),
        ("59", ValueKind.DAY, False, "1900-02-28"),
        ("61", ValueKind.DAY, False, "1900-03-01"),
        ("0", ValueKind.DAY, True, "1904-01-01"),
        ("46082.999999999", ValueKind.DAY, False, "2026-03-01T23:59:59.999"),
        ("0.5", ValueKind.TIME, False, "12:00:00"),
        ("1.25", ValueKind.ELAPSED, False, "30:00:00"),
        ("46082.0000115741", ValueKind.DAY, False, "2026-03-01T00:00:01"),
    ],
)
def test_a_stored_day_has_one_text(stored, kind, since_1904, text):
    assert moment_text(stored, kind, since_1904=since_1904) == text


@pytest.mark.parametrize("stored", ["60", "0", "-1", "2958466", "1e300", "x", "nan"])
def test_a_day_that_never_was_is_told(stored):
    with pytest.raises(BadValueError):
        moment_text(stored, ValueKind.DAY, since_1904=False)


@pytest.mark.parametrize(
    ("number", "code", "kind"),
    [
        (0, None, ValueKind.NUMBER),
        (14, None, ValueKind.DAY),
        (20, None, ValueKind.TIME),
        (46, None, ValueKind.ELAPSED),
        (164, "dd/mm/yyyy", ValueKind.DAY),
        (164, "mmm", ValueKind.DAY),
        (164, "hh:mm", ValueKind.TIME),
        (164, "[hh]:mm", ValueKind.ELAPSED),
        (164, '[Red]0.00 "days"', ValueKind.NUMBER),
        (164, r"0.00\d", ValueKind.NUMBER),
        (164, "General", ValueKind.NUMBER),
        (164, '0.00;"d"', ValueKind.NUMBER),
        (164, "[$-409]d-mmm", ValueKind.DAY),
    ],
)
def test_a_number_format_says_whether_a_number_is_a_day(number, code, kind):
    assert format_kind(number, code) is kind


def test_rows_come_in_chunks(door):
    data = xlsx(["a"], *[[i] for i in range(25)])
    read = door.read(data, kind="excel", chunk_rows=10, limits=Limits())
    assert read.sizes == [10, 10, 5]
