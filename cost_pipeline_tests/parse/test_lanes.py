"""The bulk lane against the careful lane, and both against Python's csv module."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.parse import Limits

PIECES = st.sampled_from(
    [
        *(
            '"',
            '""',
            ",",
            ";",
            "\n",
            "\r",
            "\r\n",
            "a",
            "b c",
            " ",
            "\xa0",
            "\t",
            "0",
            "é",
            "\ufeff",
        ),
        *('"a"', '"a,b"', '"a\nb"', '"a""b"', 'a"b', ',"', '",', '"\n', "\n\n", ",,,", "\x1c"),
        *("1,2,3\n", '"1","2","3"\r\n', ",,\n", "€", "\u2003", "1,2\n", "NA", "null", "#", "\x0b"),
    ]
)
BODIES = st.lists(PIECES, max_size=40).map("".join)
HEADERS = st.sampled_from(
    ["h\n", "a,b,c\n", 'a,"b,\nx",c\r\n', "a,,c\r", "\n , \n a,b,c\n", "x;y\n"]
)
LIMITS = st.builds(
    Limits,
    block_bytes=st.integers(1, 40),
    line_bytes=st.sampled_from([24, 1000]),
    record_bytes=st.sampled_from([12, 24]),
    record_lines=st.integers(1, 5),
    cut_bytes=st.sampled_from([4, 16]),
    chunk_bytes=st.sampled_from([10, 1000]),
)
CONTROL = st.sampled_from(["", "c", ControlTotal(column="c", subtotals=("a*", ""), label=("é",))])
LISTED = st.sampled_from(
    [
        {},
        {"furniture": ["a*", "(* rows)", "é"]},
        {"groups": [{"column": "G", "from": "#1", "ends": ["a*"]}], "furniture": ["0*"]},
        {"groups": [{"column": "G", "from": "#2", "pattern": "*"}], "fill_down": ["b", "c"]},
        {"groups": [{"column": "G", "from": "#1", "pattern": "a"}, {"column": "H", "from": "#1"}]},
        {"fill_down": ["a"], "header_within": 3},
        {"kinds": {"at": "b", "uses": {"2": "row", "a": "other"}}},
        {"kinds": {"at": "c", "uses": {"a": "row", "3": "other"}}, "header_within": 3},
        {
            "kinds": {"at": "a", "uses": {"0": "row", "1": "other", "é": "other"}},
            "groups": [{"column": "G", "from": "#2", "ends": ["2"]}],
            "furniture": ["a*"],
        },
    ]
)
ROUGH = Limits(line_bytes=24, record_bytes=24, record_lines=3)


@given(HEADERS, BODIES, LIMITS, st.integers(1, 5), CONTROL, LISTED)
@example("a,b,c\n", '1,"2\n3",4\n5,"6\n7,8,9\n', ROUGH, 2, "c", {})
@example("a,b,c\n", "\ufeff,2,3\n,,\n,,7\n", ROUGH, 1, "c", {})
@example("h\n", '""\n\n \n"\n', ROUGH, 1, "c", {})
def test_both_lanes_give_the_same_rows(door, header, body, limits, chunk_rows, control, listed):
    data = (header + body).encode()
    form = {"limits": limits, "chunk_rows": chunk_rows, "control": control, **listed}
    assert door.outcome(data, bulk=True, **form) == door.outcome(data, bulk=False, **form)


@given(HEADERS, BODIES, LIMITS, LISTED)
def test_what_is_a_row_does_not_depend_on_blocks(door, header, body, limits, listed):
    data = (header + body).encode()
    bounds = {name: getattr(limits, name) for name in Limits.__slots__ if name != "block_bytes"}
    whole = door.outcome(data, limits=Limits(block_bytes=10_000, **bounds), control="c", **listed)
    assert door.outcome(data, limits=limits, control="c", **listed) == whole


@given(HEADERS, BODIES, st.integers(1, 30))
def test_chunks_are_full_but_the_last(door, header, body, chunk_rows):
    read = door.read((header + body).encode(), chunk_rows=chunk_rows)
    assert all(size == chunk_rows for size in read.sizes[:-1])
    assert all(0 < size <= chunk_rows for size in read.sizes)


@given(BODIES, LIMITS)
def test_nothing_of_a_file_is_lost(door, body, limits):
    """Every character but blanks and delimiters' worth of them is in the text of some row."""
    limits = Limits(block_bytes=limits.block_bytes, record_lines=limits.record_lines)
    read = door.read(b"a,b,c\n" + body.encode(), limits=limits)
    kept = "".join(read.texts)
    for mark in "ab0€é123":
        assert kept.count(mark) == body.count(mark)


CELLS = st.text(st.sampled_from(list('ab,";\n\r é€\t0')), max_size=6)
GRIDS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12)
)


def written(grid, end: str, delimiter: str, *, always: bool) -> str:
    """The grid as RFC 4180 has it; csv.writer leaves a lone CR unquoted before an LF."""

    def cell(text: str) -> str:
        special = any(mark in text for mark in ('"', "\r", "\n", delimiter))
        return '"' + text.replace('"', '""') + '"' if special or always else text

    return "".join(delimiter.join(map(cell, row)) + end for row in grid)


@given(
    GRIDS,
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.sampled_from([",", ";", "\t"]),
    st.integers(1, 50),
    st.booleans(),
)
def test_a_well_formed_file_reads_as_python_reads_it(
    door, grid, end, always, delimiter, block, bulk
):
    header = [[f"h{i}" for i in range(len(grid[0]) if grid else 1)]]
    text = written(header + grid, end, delimiter, always=always)
    form = {"limits": Limits(block_bytes=block), "delimiter": delimiter, "bulk": bulk}
    read = door.read(text.encode(), **form)
    python = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))[1:]
    filled = [row for row in python if any(cell.strip() for cell in row)]
    assert read.cells == filled
    assert read.blank_rows == len(grid) - len(filled)
    assert not read.problems


@pytest.mark.parametrize("bulk", [True, False])
def test_a_planted_difference_between_the_lanes_would_be_seen(door, bulk):
    """Literal quotes, the marks of missing values and leading zeros are where splitters differ."""
    data = b'a,b,c\nNA,null,007\nx "y",5" pipe,\n"",#N/A,1e5\n'
    assert door.read(data, bulk=bulk).cells == [
        ["NA", "null", "007"],
        ['x "y"', '5" pipe', ""],
        ["", "#N/A", "1e5"],
    ]
