"""Parquet: the text of each type, and when a float is not good enough."""

import datetime as dt
import io
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse import Limits


def parquet(table: pa.Table, **options) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def column(values, kind=None) -> bytes:
    return parquet(pa.table({"a": pa.array(values, kind)}))


MOMENT = dt.datetime(2026, 3, 1, 13, 30, 0, 250000)  # noqa: DTZ001 - without a zone on purpose


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [
        ([1, -(2**63), None], pa.int64(), ["1", str(-(2**63)), None]),
        ([Decimal("1238.40"), Decimal("-0.05")], None, ["1238.40", "-0.05"]),
        ([Decimal("1E-10"), Decimal(0)], pa.decimal128(38, 10), ["0.0000000001", "0.0000000000"]),
        ([1238.4, 0.1, 1e20, 1e-7, 5.0], None, ["1238.4", "0.1", "1" + "0" * 20, "0.0000001", "5"]),
        ([1238.4], pa.float32(), ["1238.4"]),
        ([dt.date(2026, 3, 1)], None, ["2026-03-01"]),
        ([MOMENT], pa.timestamp("us"), ["2026-03-01T13:30:00.25"]),
        ([MOMENT.replace(microsecond=0)], pa.timestamp("ns"), ["2026-03-01T13:30:00"]),
        ([MOMENT.replace(microsecond=0)], pa.timestamp("s"), ["2026-03-01T13:30:00"]),
        ([MOMENT], pa.timestamp("us", "America/Los_Angeles"), ["2026-03-01T13:30:00.25Z"]),
        ([dt.time(10, 0, 10)], None, ["10:00:10"]),
        ([True, False, None], None, ["true", "false", None]),
        (["00123", "", None, "é"], None, ["00123", "", None, "é"]),
        ([b"00123"], pa.binary(), ["00123"]),
        ([[1, 2], None], None, ["[1, 2]", None]),
        ([{"x": "é"}], None, ['{"x": "é"}']),
        ([None], pa.null(), [None]),
    ],
)
def test_every_type_has_one_exact_text(door, values, kind, texts):
    read = door.read(column(values, kind), kind="parquet")
    assert [cells[0] for cells in read.cells] == texts
    assert read.encoding == "parquet"


def test_rows_are_numbered_and_their_text_is_json_of_their_cells(door):
    table = pa.table({'n"': ['a"\\b', "line\nend", None], "amount": [Decimal("1.50")] * 3})
    read = door.read(parquet(table), kind="parquet", chunk_rows=2)
    assert [json.loads(text) for text in read.texts] == [
        {'n"': 'a"\\b', "amount": "1.50"},
        {'n"': "line\nend", "amount": "1.50"},
        {'n"': None, "amount": "1.50"},
    ]
    assert [row[1] for row in read.rows] == [1, 2, 3]
    assert read.sizes == [2, 1]


def test_a_float_is_refused_where_it_must_be_exact_unless_declared(door):
    data = parquet(pa.table({" Net ": [1.1], "lat": [0.5]}))
    refusal = door.refusal(data, kind="parquet", exact=["net"])
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert "' Net '" in refusal.message
    assert "floats: shortest" in refusal.message
    assert door.read(data, kind="parquet", exact=["net"], floats="shortest").cells == [
        ["1.1", "0.5"]
    ]
    assert door.read(data, kind="parquet", exact=["other"]).cells == [["1.1", "0.5"]]


def test_bytes_that_are_no_text_cost_their_row(door):
    read = door.read(column([b"fine", b"\xff", None], pa.binary()), kind="parquet")
    assert read.cells == [["fine"], None, [None]]
    assert read.problems == {2: "the bytes of 'a' are not text in UTF-8"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "not a Parquet file"),
        (b"PAR1" + b"\0" * 50, "damaged or cut off"),
        (column(["a"])[:-20], "damaged or cut off"),
        (b"PARE" + b"\0" * 50, "encrypted"),
        (parquet(pa.table({})), "no columns"),
        (parquet(pa.table([[1], [2]], ["a", "a"])), "two columns of one name"),
    ],
)
def test_what_cannot_be_read_is_refused(door, data, words):
    assert words in door.refusal(data, kind="parquet").message


def test_damage_half_way_is_one_malformed_row_and_what_came_before_stands(door):
    table = pa.table({"a": [f"{i:08d}" for i in range(20_000)]})
    options = {"use_dictionary": False, "compression": "none", "write_statistics": False}
    data = bytearray(parquet(table, row_group_size=10_000, **options))
    middle = data.index(b"00010000")
    data[middle - 30 : middle - 12] = b"\xff" * 18
    read = door.read(bytes(data), kind="parquet", chunk_rows=5000)
    assert len(read.rows) == 10_001
    assert "damaged from here on" in read.problems[10_001]


ROWS = st.lists(
    st.tuples(
        st.none() | st.text(max_size=6),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.decimals(-(10**9), 10**9, places=3),
        st.none() | st.dates(),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
    ),
    max_size=12,
)
KINDS = [pa.string(), pa.int64(), pa.decimal128(20, 3), pa.date32(), pa.float64()]


@given(ROWS, st.integers(1, 5), st.booleans())
def test_what_was_written_reads_back_as_its_text(door, rows, group, dictionary):
    arrays = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(KINDS)]
    data = parquet(
        pa.table(arrays, ["s", "i", "d", "t", "f"]), row_group_size=group, use_dictionary=dictionary
    )
    read = door.read(data, kind="parquet", limits=Limits(chunk_bytes=200))
    for (s, i, d, t, f), cells in zip(rows, read.cells, strict=True):
        assert cells[0] == s
        assert cells[1] == (None if i is None else str(i))
        assert cells[2] == (None if d is None else f"{d:.3f}")
        assert cells[3] == (None if t is None else t.isoformat())
        assert cells[4] is None if f is None else float(cells[4]) == f
        assert cells[4] is None or "e" not in cells[4]


def test_a_text_column_whose_bytes_are_not_utf_8_costs_its_rows(door):
    """Found by `make fuzz`: a file says that a column is text, and Arrow takes its word."""
    table = pa.table({"id": ["A1", "A2"], "text": ["good", "bad!"]})
    data = parquet(table, compression="none").replace(b"bad!", b"bad\xff")
    read = door.read(data, kind="parquet")
    assert read.problems == {2: "the bytes of 'text' are not text in UTF-8"}
    assert json.loads(read.texts[1]) == {"id": "A2", "text": "bad\\xff"}
