"""Kinds of records told by a column below a header: rows, those of another vendor, and the rest."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.contracts.record_kinds import RecordKinds
from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse import Limits
from cost_pipeline.parse.kind_column import KindColumn
from cost_pipeline_tests.parse.workbooks import book, inline, row, worksheet

KINDS = {"at": "Type", "uses": {"PI": "row", "PC": "row", "PP": "other", "SI": "other"}}
HEADER = ("No", "Type", "Net")
UNKNOWN = "'JD' is not a kind of record of this format (PI, PC, PP, SI)"
ROWS = [("1", "PI", "10"), ("2", "PP", "7"), ("3", "JD", "1"), ("4", "", "2"), ("5", " PC ", "3")]
BOTH_LANES = pytest.mark.parametrize("bulk", [True, False])
CSV, EXCEL = {"kind": "csv"}, {"kind": "excel"}
BOTH_FORMATS = pytest.mark.parametrize("form", [CSV, EXCEL])


def delivery(form, rows, header=HEADER, above=()):
    lines = [*above, header, *rows]
    if form["kind"] == "csv":
        return "".join(",".join(cells) + "\n" for cells in lines).encode()
    cells = ([inline(text) if text else "" for text in line] for line in lines)
    return book(worksheet(*(row(at, *line) for at, line in enumerate(cells, 1))))


@BOTH_LANES
@BOTH_FORMATS
def test_others_are_counted_and_unknown_kinds_are_malformed(door, form, bulk):
    read = door.read(delivery(form, ROWS), bulk=bulk, kinds=KINDS, **form)
    assert read.cells == [["1", "PI", "10"], None, ["4", "", "2"], ["5", " PC ", "3"]]
    assert read.problems == {2: UNKNOWN}
    assert [line for _, line, *_ in read.rows] == [2, 4, 5, 6]
    assert read.furniture_rows == 1
    account = read.account.sheets[0] if form == EXCEL else read.account
    assert (account.header, account.rows, account.furniture) == (1, 4, 1)


@BOTH_LANES
@BOTH_FORMATS
def test_a_total_and_sums_of_parts_are_read_as_without_kinds(door, form, bulk):
    rows = [*ROWS[:2], ("", "Part", "10"), *ROWS[3:], ("", "Total", "22"), ("8", "SI", "1")]
    total = ControlTotal(column="Net", subtotals=("Part",))
    read = door.read(delivery(form, rows), bulk=bulk, kinds=KINDS, control="Net", **form)
    assert (read.control, len(read.rows), read.furniture_rows) == ({"Net": "22"}, 4, 2)
    assert list(read.problems) == [2]  # nobody said that there are sums of parts
    form = form | {"control": total, "wanted": HEADER}
    read = door.read(delivery(form, rows), bulk=bulk, kinds=KINDS, **form)
    assert (read.problems, read.furniture_rows) == ({}, 3)


@BOTH_LANES
@BOTH_FORMATS
def test_headings_furniture_and_repeated_headers_are_known_first(door, form, bulk):
    rows = [("", "Bills", ""), ROWS[0], HEADER, ("x", "PI", "9"), ROWS[1], ROWS[2], ROWS[3]]
    listed = {"groups": [{"column": "Part", "from": "Type"}], "furniture": ["x *"]}
    read = door.read(delivery(form, rows), bulk=bulk, kinds=KINDS, **listed, **form)
    assert read.cells == [["1", "PI", "10", "Bills"], None, ["4", "", "2", "Bills"]]
    assert read.problems == {2: UNKNOWN}
    assert read.furniture_rows == 3


@BOTH_LANES
@BOTH_FORMATS
def test_what_may_be_a_lost_heading_costs_rows_and_not_the_others(door, form, bulk):
    rows = [("Bills", "", "", "odd"), ROWS[0], ROWS[1], ROWS[2]]
    groups = [{"column": "Part", "from": "No", "pattern": "B*"}]
    read = door.read(delivery(form, rows), bulk=bulk, kinds=KINDS, groups=groups, **form)
    assert read.furniture_rows == 1
    assert [*read.problems] == [1, 2, 3]
    assert read.problems[3] == UNKNOWN


@BOTH_LANES
@pytest.mark.parametrize("at", ["Type", "  type", "TYPE"])
def test_the_header_may_stand_below_titles(door, bulk, at):
    for form in (CSV | {"header_within": 5, "wanted": HEADER}, EXCEL | {"header": HEADER}):
        data = delivery(form, ROWS, above=[("Audit trail", "PP")])
        read = door.read(data, bulk=bulk, kinds=KINDS | {"at": at}, **form)
        assert [*read.problems] == [2]
        assert len(read.rows) == 4


@BOTH_FORMATS
@pytest.mark.parametrize(
    ("header", "words"),
    [
        (("No", "Typ", "Net"), "the header has no column 'Type', by which `format.kinds` tells"),
        (("No", "Type", "type"), "the header has 2 columns 'Type'"),
    ],
)
def test_a_header_must_have_the_column_once(door, form, header, words):
    refused = door.refusal(delivery(form, ROWS, header), kinds=KINDS, **form)
    assert refused.reason is Reason.SCHEMA_DRIFT
    assert refused.message.startswith(words)


@BOTH_LANES
def test_a_row_that_cannot_be_read_stays_what_it_is(door, bulk):
    read = door.read(b"No,Type,Net\n1,PP\n2,PP,3,4\n3,PP,5\n", bulk=bulk, kinds=KINDS)
    assert read.problems == {
        1: "2 cells where the header has 3",
        2: "4 cells where the header has 3",
    }
    assert read.furniture_rows == 1


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"header": "first", "kinds": {"at": "2", "uses": {"PI": "row"}}}, "write the header name"),
        ({"header_within": 9, "kinds": {"PI": "row"}}, "`kinds.at: 1` is a number; where a file"),
        ({"kinds": {"PI": "row"}}, "needs `width`, or `names` as a list; where a file has a head"),
        ({"kind": "excel", "kinds": {"at": 2, "uses": {"PI": "row"}}}, "write the header name"),
        ({"header": "none", "width": 3, "kinds": KINDS}, "the cell that says the kind has a numb"),
        ({"kinds": KINDS, "names": ["No"]}, "`width` and `names` are for `header: none`"),
        ({"kinds": KINDS, "fill_down": ["No"]}, "`fill_down` takes over what the row above says"),
        ({"kinds": KINDS | {"count": 2}}, "cells of a `trailer`, and no kind is one"),
        ({"kinds": KINDS | {"total": 3}}, "cells of a `trailer`, and no kind is one"),
        ({"kinds": {"at": "Type", "uses": {"PI": "row", "T": "trailer"}}}, "by `control_total`"),
        ({"kinds": {"at": "Type", "uses": {"PI": "row", "H": "header"}}}, "is `row` or `other`"),
        ({"kinds": {"at": "Type", "uses": {"PI": "row", " ": "other"}}}, "is a row in any case"),
        ({"kinds": {"at": "Type", "uses": {"PI": "other"}}}, "no kind of record is a `row`"),
        ({"kinds": {"at": "", "uses": {"PI": "row"}}}, "no cell from 1 to 2000, and no name"),
        ({"kinds": {"at": "0", "uses": {"PI": "row"}}}, "no cell from 1 to 2000, and no name"),
    ],
)
def test_kinds_that_cannot_be_are_refused(door, form, words):
    with pytest.raises(ValidationError, match=words):
        door.open(b"No,Type,Net\n", **form)


def test_a_column_may_be_called_like_a_cell_of_a_header(door):
    assert RecordKinds.model_validate(KINDS).refused_name("PI.2") is None
    read = door.read(b"PI.2,Type\nx,PI\n", kinds=KINDS, wanted=("PI.2",))
    assert read.cells == [["x", "PI"]]


CELL = st.sampled_from(["PI", " PI", "PP", "PP\xa0", "\u2003", "", "pi", "JD", "é", "PIPP"])


@given(st.lists(CELL))
def test_a_whole_column_is_judged_as_its_cells_are(cells):
    kinds = KindColumn(RecordKinds.model_validate(KINDS), 1)
    others, unknown = kinds.told(pa.array(cells, pa.string()))
    assert others.tolist() == [kinds.is_others(cell) for cell in cells]
    found = {at: kinds.problem(cell) for at, cell in enumerate(cells)}
    assert unknown == {at: why for at, why in found.items() if why is not None}


LINES = st.lists(
    st.sampled_from(
        ["1,PI,1", "2,PP,2", "3,JD,3", "4,,4", "5,PP", '"6\n",SI,6', '"7\n",PC,7', "", ",,8"]
    ),
    max_size=60,
)


@given(LINES, st.integers(1, 5), st.integers(1, 60), st.booleans(), st.booleans())
def test_chunks_and_blocks_change_nothing(door, lines, chunk_rows, block, bulk, total):
    data = "\n".join(["No,Type,Net", *lines, ""]).encode()
    form = {"kinds": KINDS, "control": "Net" if total else ""}
    whole = door.read(data, **form)
    limits = Limits(block_bytes=block)
    read = door.read(data, chunk_rows=chunk_rows, limits=limits, bulk=bulk, **form)
    assert (read.rows, read.account, read.controls) == (whole.rows, whole.account, whole.controls)
    assert read.furniture_rows == lines.count("2,PP,2") + lines.count('"6\n",SI,6')
    assert all(size == chunk_rows for size in read.sizes[:-1])
    unknown = [why for why in read.problems.values() if "is not a kind" in why]
    assert len(unknown) == lines.count("3,JD,3")
