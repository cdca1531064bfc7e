"""Several kinds of records in one file: headers, rows, trailers, and those of another vendor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

KINDS = {"HDR": "header", "DTL": "row", "PAY": "other", "TRL": "trailer"}
FORM = {"width": 4, "control": "#4"}
FILE = b"HDR,7,2026-04-01\nDTL,A1,lamps,10.00\nPAY,x\n\nDTL,A2,stands,2.50\nTRL,2,12.50\n"


def read(door, data, *, kinds=None, wanted=("HDR.3",), **more):
    declared = {"uses": KINDS, "count": 2, "total": 3} if kinds is None else kinds
    return door.open(data, kinds=declared, wanted=wanted, **(FORM | more))


def test_headers_give_cells_and_trailers_are_totals(door, drained):
    reader = read(door, FILE)
    got = drained(reader)
    assert got.columns == got.header == ("#1", "#2", "#3", "#4", "HDR.3")
    assert got.cells == [
        ["DTL", "A1", "lamps", "10.00", "2026-04-01"],
        ["DTL", "A2", "stands", "2.50", "2026-04-01"],
    ]
    assert got.controls == [{"#4": "12.50"}]
    assert (reader.counts, reader.unclosed, reader.control_line) == ([("2", 2)], False, 6)
    account = got.account
    assert (account.rows, account.furniture, account.blank, account.control) == (2, 2, 1, 1)


def test_an_unknown_kind_and_a_row_of_another_width_are_malformed(door, drained):
    got = drained(read(door, b"DTL,A1,x,1\nABC,1\nDTL,A2\n ,\nTRL,2,1\n"))
    assert got.problems == {
        2: "'ABC' is not a kind of record of this format (HDR, DTL, PAY, TRL)",
        3: "2 cells where the layout has 4",
    }
    assert got.cells[0] == ["DTL", "A1", "x", "1", None]  # no header came before


def test_each_batch_has_its_header_and_its_trailer(door, drained):
    data = b"HDR,1,a\nDTL,1,x,1\nTRL,1,1\nHDR,2,b\nDTL,2,x,2\nDTL,3,x,3\nTRL,2,5\n"
    reader = read(door, data)
    got = drained(reader)
    assert [cells[4] for cells in got.cells] == ["a", "b", "b"]
    assert got.controls == [{"#4": "1"}, {"#4": "5"}]
    assert reader.counts == [("1", 1), ("2", 2)]


@pytest.mark.parametrize(("counts", "number"), [("rows", 2), ("records", 3), ("lines", 5)])
def test_what_is_counted_is_declared(door, drained, counts, number):
    reader = read(door, FILE, kinds={"uses": KINDS, "count": 2, "counts": counts}, control=False)
    drained(reader)
    assert reader.counts == [("2", number)]


@pytest.mark.parametrize("end", range(1, FILE.index(b"TRL") + 1))
def test_a_file_that_is_cut_lacks_its_trailer(door, drained, end):
    reader = read(door, FILE[:end])
    drained(reader)
    assert reader.unclosed


def test_the_kind_may_be_any_cell(door, drained):
    data = b"1;HDR;2026\n2;DTL;x\n3;TRL;1\n"
    kinds = {"at": 2, "uses": KINDS, "count": 3}
    reader = read(
        door, data, kinds=kinds, wanted=("HDR.3", "#3"), delimiter=";", width=3, control=False
    )
    assert drained(reader).cells == [["2", "DTL", "x", "2026"]]
    assert reader.counts == [("1", 1)]


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({"HDR": "header"}, "no kind of record is a `row`"),
        ({"DTL": "rows"}, "Input should be"),
        ({"uses": {"DTL": "row"}, "count": 2}, "no kind is one"),
        ({"uses": {"DTL": "row"}, "where": 2}, "where"),
    ],
)
def test_kinds_that_cannot_be_are_refused(door, kinds, words):
    with pytest.raises(ValidationError, match=words):
        door.open(b"DTL", kinds=kinds, width=1)


KNOWN = ["HDR,1,2", "DTL,1,2,3", "DTL,1", "PAY", "TRL,1,1", "", "XX,1", 'DTL,"a\nb",2,3', " "]
LINES = st.lists(
    st.sampled_from(
        ["HDR,1,2", "DTL,1,2,3", "DTL,1", "PAY", "TRL,1,1", "", "XX,1", 'DTL,"a\nb",2,3', " "]
    )
)


@given(LINES, st.integers(1, 3))
def test_every_line_is_told_of_and_rows_know_their_header(door, drained, lines, chunk_rows):
    data = "\n".join(lines).encode()
    if not data.strip():
        return
    reader = read(door, data, wanted=("HDR.2",), chunk_rows=chunk_rows)
    got = drained(reader)  # which balances the account
    seen, expected = None, []
    for line in lines:
        seen = "1" if line.startswith("HDR") else seen
        if line in {"DTL,1,2,3", 'DTL,"a\nb",2,3'}:
            expected.append(seen)
    assert [cells[4] for cells in got.cells if cells is not None] == expected
    assert len(reader.counts) == len(got.controls) == lines.count("TRL,1,1")
