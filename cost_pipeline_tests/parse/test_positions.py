"""Files without a header: columns by position, packed cells, and records of several kinds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core.reasons import Reason

BOTH_LANES = pytest.mark.parametrize("bulk", [True, False])
NO_HEADER = {"header": "none"}


@BOTH_LANES
def test_columns_without_names_are_called_by_their_position(door, bulk):
    read = door.read(b"1,2,3\n4,,6\n", bulk=bulk, width=3, **NO_HEADER)
    assert read.columns == read.header == ("#1", "#2", "#3")
    assert read.cells == [["1", "2", "3"], ["4", "", "6"]]
    assert [row[1] for row in read.rows] == [1, 2]


@BOTH_LANES
def test_where_some_positions_have_names_only_those_are_columns(door, bulk):
    names = {"1": "id", "3": "amount"}
    read = door.read(b"a,x,1\nb,,2\n", bulk=bulk, width=3, names=names, **NO_HEADER)
    assert read.columns == ("id", "amount")
    assert read.header == ("id", "", "amount")
    assert read.cells == [["a", "1"], ["b", "2"]]
    assert read.texts == ["a,x,1", "b,,2"]


@BOTH_LANES
def test_a_row_of_another_width_is_malformed_and_a_control_row_is_told(door, bulk):
    read = door.read(b"1,2\n3,4\n1\n,9\n", bulk=bulk, names=["a", "b"], control="b", **NO_HEADER)
    assert read.cells == [["1", "2"], ["3", "4"], None]
    assert read.problems == {3: "1 cells where the header has 2"}
    assert read.control == {"b": "9"}


GRIDS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(
            st.text(st.sampled_from([*'ab,"\n é€\x1d0', "\U0001f3ac"]), max_size=5),
            min_size=width,
            max_size=width,
        ),
        min_size=1,
        max_size=8,
    )
)


@given(GRIDS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_utf_16_reads_as_the_same_text_in_utf_8(door, grid, end, mark, bulk):
    text = "".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + end for row in grid
    )
    form = {"width": len(grid[0]), "bulk": bulk, **NO_HEADER}
    wide = door.read(
        (("\ufeff" if mark else "") + text).encode("utf-16-le"), encodings=["utf-16-le"], **form
    )
    narrow = door.read(text.encode(), **form)
    assert (wide.rows, wide.blank_rows) == (narrow.rows, narrow.blank_rows)


def cards(*rows: dict[int, str]) -> bytes:
    lines = [",".join(row.get(i, "") for i in range(280)) for row in rows]
    return ("\ufeff" + "\n".join(lines) + "\n").encode("utf-16-le")


@BOTH_LANES
def test_a_sag_card_has_its_columns_by_name_and_its_days_packed(door, bulk):
    card = {9: "1", 12: "S770", 182: "Weekly Player", 209: '"$1,912.00"'}
    days = {157: '"February 26, 2021"', 252: "\x1d2/23\x1d2/24\x1d", 257: "\x1d9.5\x1d10.0\x1d"}
    read = door.read(cards(card | days), kind="showbiz_sag_cards", names={"257": "Call"}, bulk=bulk)
    row = dict(zip(read.columns, read.cells[0], strict=True))
    assert read.encoding == "utf-16-le"
    assert (row["Sequence"], row["Card Id"], row["Gross"]) == ("1", "S770", "$1,912.00")
    assert (row["Week Ending"], row["Dates"]) == ("February 26, 2021", "\x1d2/23\x1d2/24\x1d")
    assert row["Call"] == "\x1d9.5\x1d10.0\x1d"
    assert len(read.header) == 280


def test_a_stray_line_among_sag_cards_is_malformed_not_skipped(door):
    data = cards({9: "1"}) + "stray,line\n".encode("utf-16-le") + cards({9: "2"})[2:]
    read = door.read(data, kind="showbiz_sag_cards")
    assert read.problems == {2: "2 cells where the header has 280"}
    assert len(read.rows) == 3


def expense(**cells: str) -> str:
    names = ["record", "account", "date", "po", "vendor", "description"]
    given = ["EXPNS", *(cells.get(name, "") for name in names[1:])]
    return "\t".join([*given, *[""] * (30 - len(given) - 15), "912.5000", *[""] * 14]) + "\n"


def ubx(*lines: str) -> bytes:
    return ("IMEX\t4\n" + "".join(lines)).encode()


def test_the_two_kinds_of_records_of_a_ubx_are_told_apart(door):
    first = expense(account="2000", vendor='"Sample, Sam"')
    data = ubx(first, "SUBGRP\tNIGHT\n", "\n", expense(account="2001"))
    read = door.read(data, kind="showbiz_ubx")
    rows = [dict(zip(read.columns, cells, strict=True)) for cells in read.cells]
    assert [row["Account"] for row in rows] == ["2000", "2001"]
    assert rows[0]["Vendor"] == "Sample, Sam"
    assert [row[1] for row in read.rows] == [2, 5]
    assert (read.furniture_rows, read.blank_rows) == (2, 1)
    assert "#10" not in read.columns


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("EXPNZ\t1\n", "'EXPNZ' is not a kind of record of this format (EXPNS, SUBGRP)"),
        ("EXPNS\t1\n", "2 cells where the layout has 30"),
        ('EXPNS\t"1\n', "the quote around cell 2 has no closing quote"),
    ],
)
def test_a_record_that_is_neither_is_malformed(door, line, problem):
    read = door.read(ubx(expense(), line, expense()), kind="showbiz_ubx")
    assert list(read.problems) == [2]
    assert read.problems[2].startswith(problem)


@pytest.mark.parametrize("data", [b"", b"EXPNS\t1\n", b"IMEX\t5\nEXPNS\n", b"\n\n"])
def test_a_file_that_does_not_begin_as_a_ubx_does_is_refused(door, data):
    assert door.refusal(data, kind="showbiz_ubx").reason is Reason.NOT_THE_FORMAT


@pytest.mark.parametrize("kind", ["showbiz_sag_cards", "fixed_width", "csv"])
def test_an_empty_file_is_not_a_delivery_without_rows(door, kind):
    form = {"layout": {"columns": [{"name": "a", "start": 1, "width": 1}]}}
    form = {"fixed_width": form, "csv": {"width": 2, **NO_HEADER}}.get(kind, {})
    assert "empty" in door.refusal(b"", kind=kind, **form).message
