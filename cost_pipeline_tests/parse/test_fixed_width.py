"""Columns at fixed positions: what is a row, and that both lanes cut it alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.parse import Limits

BOTH_LANES = pytest.mark.parametrize("bulk", [True, False])
COLUMNS = [
    {"name": "id", "start": 1, "width": 5},
    {"name": "amount", "start": 7, "width": 6},
]


def layout(**more) -> dict:
    return {"kind": "fixed_width", "layout": {"columns": COLUMNS, **more}}


@BOTH_LANES
def test_cells_are_verbatim_padding_included(door, bulk):
    read = door.read(b"00001   9.50\nab  c|(1.00)\r\n\n   \n", bulk=bulk, **layout())
    assert read.columns == read.header == ("id", "amount")
    assert read.cells == [["00001", "  9.50"], ["ab  c", "(1.00)"]]
    assert read.texts == ["00001   9.50", "ab  c|(1.00)"]
    assert read.blank_rows == 2


@BOTH_LANES
@pytest.mark.parametrize("line", ["00001 9.5", "00001   9.501", "x"])
def test_a_line_of_another_length_is_malformed(door, bulk, line):
    read = door.read(f"00002   1.00\n{line}\n".encode(), bulk=bulk, **layout())
    assert read.problems == {2: f"{len(line)} characters where the layout has 12"}
    assert read.texts[1] == line


@BOTH_LANES
def test_trailing_blanks_may_be_more_and_if_declared_fewer(door, bulk):
    assert door.read(b"00001   9.50   \n", bulk=bulk, **layout()).cells == [["00001", "  9.50"]]
    read = door.read(b"00001 9.5\n00002\n", bulk=bulk, **layout(ragged_right=True))
    assert read.cells == [["00001", "9.5"], ["00002", ""]]


@BOTH_LANES
def test_positions_count_characters_not_bytes(door, bulk):
    read = door.read("ééééé   9.50\n".encode(), bulk=bulk, **layout())
    assert read.cells == [["ééééé", "  9.50"]]


TYPES = {"start": 1, "width": 1, "rows": ["D"], "furniture": ["H"], "total": "T"}
TYPED = {
    "columns": [{"name": "id", "start": 2, "width": 3}, {"name": "amount", "start": 5, "width": 4}],
    "record_type": TYPES | {"total_columns": [{"name": "amount", "start": 2, "width": 4}]},
}
LISTING = b"Hhead   \nD001 1.5\nXwhat?  \nD002   2\nT 3.5   \n"


@BOTH_LANES
def test_record_types_part_rows_furniture_and_the_total(door, bulk):
    form = {"kind": "fixed_width", "layout": TYPED, "bulk": bulk}
    read = door.read(LISTING, control=True, **form)
    assert read.cells == [["001", " 1.5"], None, ["002", "   2"]]
    assert read.problems == {2: "'X' is not a record type of this layout (D, H)"}
    assert read.control == {"amount": " 3.5"}
    assert read.furniture_rows == 1
    read = door.read(LISTING, **form)
    assert (read.control, read.furniture_rows) == (None, 2)


PIECES = st.sampled_from(
    ["D", "H", "T", "X", " ", "0", "12", "é", "\n", "\r\n", "\t", "D001 1.5\n"]
)


@given(
    st.lists(PIECES, max_size=40).map("".join),
    st.integers(1, 30),
    st.booleans(),
    st.booleans(),
    st.integers(1, 4),
)
def test_both_lanes_give_the_same_rows(door, body, block, typed, ragged, chunk_rows):
    data = ("D000   0\n" + body).encode()
    form = TYPED if typed else {"columns": TYPED["columns"]}
    outcomes = [
        door.read(
            data,
            kind="fixed_width",
            layout=form | {"ragged_right": ragged},
            limits=Limits(block_bytes=size, line_bytes=24, record_bytes=24, cut_bytes=6),
            bulk=bulk,
            chunk_rows=chunk_rows,
            control=True,
        )
        for size, bulk in ((block, True), (block, False), (10_000, True))
    ]
    assert outcomes[0] == outcomes[1] == outcomes[2]


CELL = st.text(st.sampled_from([*"ab 0é€.-", '"', ","]), max_size=6)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8), st.integers(0, 3), st.booleans())
def test_what_was_written_padded_reads_back(door, rows, gap, bulk):
    columns = [{"name": f"c{i}", "start": 1 + i * (6 + gap), "width": 6} for i in range(3)]
    lines = ["|".ljust(gap, "|")[:gap].join(cell.ljust(6) for cell in row) for row in rows]
    text = "".join(line + "\n" for line in ["x" * (18 + 2 * gap), *lines])
    read = door.read(text.encode(), kind="fixed_width", layout={"columns": columns}, bulk=bulk)
    kept = [row for row, line in zip(rows, lines, strict=True) if line.strip()]
    assert [[cell.rstrip() for cell in cells] for cells in read.cells[1:]] == [
        [cell.rstrip() for cell in row] for row in kept
    ]
    assert not read.problems
