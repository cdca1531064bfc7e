"""Plain rows of a workbook scanned in columns, against reading them cell by cell."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.parse import Limits
from cost_pipeline.parse.rows import Refused
from cost_pipeline.parse.xlsx_texts import plain_texts
from cost_pipeline_tests.parse.workbooks import (
    SHARED,
    book,
    inline,
    number,
    row,
    scanned,
    scanner,
    worksheet,
)

NUMBERS = ["1", "0", "12.5", "-3", "0.1", "1E3", "007", "-0", "1.50", "12345.678900000001", " 4 "]
PLAIN = [
    *map(number, NUMBERS),
    *(number(value, ' s="1"') for value in ("46082", "46082.5", "1", "46083")),
    *(number("0.25", f' s="{style}" t="n"') for style in (0, 1, 2, 3)),
    *(f'<c r="@" t="s"><v>{place}</v></c>' for place in range(len(SHARED))),
    *map(inline, ["x", "a,b", '"', " blanks ", "é", "&<>", "_x000D_", "2000", "line\nbreak"]),
    *("", '<c r="@"/>', '<c r="@" s="1"/>', '<c r="@"></c>', '<c r="@"><v></v></c>'),
    *('<c r="@" t="b"><v>1</v></c>', '<c r="@" t="d"><v>2026-03-01</v></c>'),
    *('<c r="@" t="str"><v>x</v></c>', '<c r="@"><f>A1+1</f><v>7</v></c>'),
    '<c r="@" t="str"><f>IF(A1&lt;2,"")</f><v></v></c>',
]
TRAPS = [
    '<c r="@" t="e"><v>#N/A</v></c>',
    number("1234567890123456"),
    number("1e400"),
    number("none"),
    number("60", ' s="1"'),
    number("-1", ' s="1"'),
    '<c r="@"><f>A1+1</f></c>',
    '<c r="@"><f>A1+1</f><v></v></c>',
    '<c r="@" t="inlineStr"><f>A1</f><is><t></t></is></c>',
    '<c r="@" t="s"><v>99</v></c>',
    '<c r="@" t="s"><v>x</v></c>',
    '<c r="@" t="zz"><v>1</v></c>',
    '<c r="XFD5"><v>1</v></c>',
    '<c r="AAAA5"><v>1</v></c>',
    '<c r="A5"><v>1</v></c><c r="A5"><v>2</v></c>',
    '<c r="B6"><v>1</v></c>',
    '<c r="a5"><v>1</v></c>',
    "<c><v>1</v></c>",
    '<c t="n" r="@"><v>1</v></c>',
    '<c r="@" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>',
    '<c r="@"><f t="shared" si="0"/><v>7</v></c>',
    '<c r="@" t="str"><v>a_x0000_b</v></c>',
    '<c r="@" t="str"><v>a&#10;b</v></c>',
    '<c r="@" t="str"><v>a\rb</v></c>',
    '<c r="@" t="str"><v>a\x01b</v></c>',
    '<c r="@" t="str"><v>a>b</v></c>',
    '<c r="@" t="str"><v>a\ufffeb</v></c>',
    '<c r="@" t="str"><v>&who;</v></c>',
    '<c r="@" t="str"><v><![CDATA[x]]></v></c>',
    '<c r="@"><v>1</v></c><!-- </row> -->',
    '<c r="@"><v>1</v></c> ',
    '<c r="@"><v>1</v>',
    '<c r="@" s="1" s="1"><v>1</v></c>',
    '<c r="@"><v/></c>',
    '<x:c r="@"><x:v>1</x:v></x:c>',
]
CELLS = st.sampled_from([*PLAIN, *PLAIN, *PLAIN, *TRAPS])
SOME = st.sampled_from(
    ["", inline("x"), inline("id"), number("46082", ' s="1"'), number("1.5"), *PLAIN]
)
ROWS = st.lists(
    st.tuples(st.sampled_from([1, 1, 1, 2]), st.lists(SOME, min_size=2, max_size=3)), max_size=20
) | st.lists(
    st.tuples(st.sampled_from([1, 1, 1, 1, 2, 5]), st.lists(st.sampled_from(PLAIN), max_size=4))
    | st.tuples(st.sampled_from([1, 1, 0]), st.lists(CELLS, max_size=5)),
    max_size=12,
)
TOTALS = [[], [inline("Total"), "", number("99")], ["", "", number("99")]]
HEAD = [inline("id"), '<c r="@" t="s"><v>1</v></c>', inline("Amount")]
FORMS = st.fixed_dictionaries(
    {
        "limits": st.builds(
            Limits,
            block_bytes=st.sampled_from([90, 200, 600, 1 << 20]),
            chunk_bytes=st.sampled_from([10, 1000, 1 << 20]),
            line_bytes=st.sampled_from([1000, 16 << 20]),
            keys=st.sampled_from([3, 2000]),
        ),
        "chunk_rows": st.integers(1, 5),
        "header": st.sampled_from([[], ["id", "Amount"]]),
        "control": st.sampled_from(
            ["", "Amount", ControlTotal(column="Amount", subtotals=("a*", ""), label=("x",))]
        ),
    },
    optional={
        "furniture": st.just(["x*"]),
        "fill_down": st.just(["id"]),
        "kinds": st.just({"at": "id", "uses": {"id": "row", "x": "other"}}),
        "groups": st.just([{"column": "G", "from": "id"}]),
        "digits": st.just(17),
    },
)


def lawful(form: dict) -> dict:
    """The form without what does not go with kinds of records."""
    return form | {"fill_down": []} if "kinds" in form else form


def lined(rows) -> list[str]:
    """The rows below a header in line 2."""
    line, found = 2, []
    for step, cells in rows:
        line += step
        found.append(row(line, *cells))
    return found


@given(ROWS, st.sampled_from(TOTALS), st.integers(0, 40), FORMS)
def test_a_sheet_reads_the_same_in_columns(door, rows, total, more, form):
    filling = [(1, [inline("x"), number("46082", ' s="1"'), number("1.5")])] * more
    body = lined([*rows, *filling, (1, total)])
    data = book(worksheet(row(1, inline("A title")), row(2, *HEAD), *body))
    form = lawful(form) | {"kind": "excel"}
    assert door.outcome(data, bulk=True, **form) == door.outcome(data, bulk=False, **form)


BREAKS = st.sampled_from(
    [
        *("<", ">", "&", "</row>", "<row>", "<row", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "?>"),
        *("</sheetData>", "<v>", "</v>", "\x00", '"', "<rPh>", "<!DOCTYPE x>", "</c>", "<c/>", " "),
        *('<row r="4"/>', '<row r="9" r="9">', '<row r="8" ht="1" ht="2"/>', "\n", "é", "/", "="),
    ]
)


@given(ROWS, st.floats(0, 1), BREAKS, st.integers(0, 9), FORMS)
@example([(1, [PLAIN[0]])] * 9, 0.6, "<!--", 0, {"limits": Limits(block_bytes=90)})
@example([(1, [PLAIN[0]])] * 9, 0.6, "<![CDATA[", 0, {"limits": Limits(block_bytes=90)})
def test_a_broken_sheet_reads_the_same_in_columns(door, rows, where, broken, cut, form):
    sheet = worksheet(row(1, *HEAD), *lined(rows))
    at = int(len(sheet) * where)
    data = book(sheet[:at] + broken + sheet[at + cut :])
    form = lawful(form) | {"kind": "excel"}
    assert door.outcome(data, bulk=True, **form) == door.outcome(data, bulk=False, **form)


HEADS = [
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n',
    '<?xml version="1.0" encoding="iso-8859-1"?>',
    '<?xml version="1.0" encoding="windows-1252"?>',
    "<!-- <row> -->",
    "<!-- ",
    "<?php <row?>",
]


@pytest.mark.parametrize("head", HEADS)
def test_what_comes_before_the_rows_says_what_they_are(door, head):
    sheet = worksheet(row(1, *HEAD), row(2, inline("é"), "", number("1")), head=head)
    data = book(sheet.encode())
    outcome = door.outcome(data, kind="excel", bulk=True)
    assert outcome == door.outcome(data, kind="excel", bulk=False)
    if "8859" in head:
        assert outcome.cells == [["Ã©", "", "1"]]


def test_utf_16_is_parsed(door):
    data = book(worksheet(row(1, *HEAD), row(2, inline("é"))).encode("utf-16"))
    assert door.read(data, kind="excel").cells == [["é", "", ""]]


ITEMS = st.lists(
    st.sampled_from(
        [
            *(f"<si><t>{text}</t></si>" for text in ("a", "", " b", "&amp;lt;", "_x0000_", "é")),
            '<si><t xml:space="preserve"> c </t></si>',
            "<si><r><t>d</t></r><r><t>e</t></r></si>",
            "<si><t>f</t><rPh><t>aid</t></rPh></si>",
            *("<si><t>&who;</t></si>", "<si></si>", "<si/>", "<!-- </si> -->", "<si><t>g</t>"),
            "<si><t>_xD83D__xDE00__xD83D_</t></si>",
        ]
    ),
    max_size=8,
)


@example(["<si><t>a</t></si>"] * 2 + ["<si><t>_xD83D__xDE00__xD83D_</t></si>"] * 2, 20, 300)
@given(ITEMS, st.sampled_from([20, 60, 1 << 20]), st.sampled_from([300, 1 << 20]))
def test_shared_texts_read_the_same_in_columns(door, items, block, most):
    body = [row(at + 2, f'<c r="@" t="s"><v>{at}</v></c>') for at in range(8)]
    data = book(worksheet(row(1, *HEAD), *body), "".join(items))
    limits = Limits(block_bytes=block, shared_bytes=most)
    read = door.outcome(data, kind="excel", limits=limits, bulk=True)
    assert read == door.outcome(data, kind="excel", limits=limits, bulk=False)


@pytest.mark.parametrize("cell", TRAPS)
def test_each_trap_is_read_cell_by_cell(cell):
    sound = row(4, *HEAD)
    assert scanned(sound, row(6, *HEAD)) is not None
    assert scanned(sound, row(5, "", cell), row(6, *HEAD)) is None


@pytest.mark.parametrize(
    "rows",
    [
        [row(1, *HEAD)],
        [row(3, *HEAD), row(3, *HEAD)],
        [row(3, *HEAD), row(2, *HEAD)],
        [row(1_048_577, *HEAD)],
        [row(12345678, *HEAD)],
        [f"<row>{inline('x').replace('@', 'A2')}</row>"],
        [row(3, *HEAD, more=' ht="1" ht="2"')],
        [row(3, *HEAD, more=' 1x="1"')],
        [row(3, *HEAD), "\n", row(4, *HEAD)],
        [row(3, *HEAD), "<row r='4'/>"],
        [row(3, row(4))],
        [*HEAD],
    ],
)
def test_rows_out_of_order_and_odd_tags_are_read_cell_by_cell(rows):
    assert scanned(*rows) is None


def test_a_row_that_may_be_too_long_or_hold_a_nul_is_read_cell_by_cell():
    data = row(2, *['<c r="@" t="s"><v>0</v></c>'] * 4)
    assert scanner("x" * 100).columns(data.encode(), 1) is not None
    assert scanner("x" * 100, longest=len(data) + 399).columns(data.encode(), 1) is None
    assert scanner("x", "\0").columns(data.encode(), 1) is None


@pytest.mark.parametrize("cell", PLAIN)
def test_what_has_no_trap_is_scanned(cell):
    found = scanned(row(2, *HEAD, more=' spans="1:3" x14ac:dyDescent="0.25"'), row(3, "", cell))
    assert found is not None
    assert found.lines.tolist() == [2, 3]
    assert [next(found.rows()).cells[at] for at in range(3)] == ["id", "Date", "Amount"]


def test_whole_tables_of_plain_texts_are_scanned():
    assert plain_texts(b"<si><t>a</t></si><si><t>&lt;</t></si>") == ["a", "<"]
    assert plain_texts(b"<si><t>a</t></si><si><r><t>b</t></r></si>") is None
    assert plain_texts(b"<t>a</t></si><si><t>b</t></si>") is None


def test_half_a_character_stays_as_it_is_written(door):
    data = book(worksheet(row(1, *HEAD), row(2, inline("_xD83D__xDE00_ _xDE00_"))))
    for bulk in (True, False):
        read = door.read(data, kind="excel", bulk=bulk)
        assert not isinstance(read, Refused)
        assert read.cells == [["\U0001f600 _xDE00_", "", ""]]
