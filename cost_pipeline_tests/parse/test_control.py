"""Control rows: one rule for all formats, and no cut of a file makes one of a row."""

import io
import json

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.parse.control import TAIL_ROWS

NAMES = ("id", "day", "supplier", "amount")
WIDTHS = (12, 10, 24, 10)
ROWS = [
    {"id": "A1", "day": "2026-03-02", "supplier": "Alpha", "amount": "100.00"},
    {"id": "A2", "day": "2026-03-03", "supplier": "Beta", "amount": "50.00"},
]


def as_csv(rows, names=NAMES):
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "".join(",".join(line) + "\n" for line in lines).encode()


def as_jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_json(rows):
    return json.dumps(rows).encode()


def as_fixed(rows):
    padded = ("".join(row.get(n, "").ljust(w) for n, w in zip(NAMES, WIDTHS, strict=True)) + "\n"
              for row in rows)  # fmt: skip
    return "".join(padded).encode()


def as_excel(rows):
    book = openpyxl.Workbook()
    for row in [dict(zip(NAMES, NAMES, strict=True)), *rows]:
        book.active.append([row.get(name) for name in NAMES])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_parquet(rows):
    file = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist(rows, schema=pa.schema([(n, pa.string()) for n in NAMES])), file
    )
    return file.getvalue()


STARTS = [1 + sum(WIDTHS[:place]) for place in range(len(WIDTHS))]
LAYOUT = {
    "columns": [
        {"name": n, "start": s, "width": w}
        for n, s, w in zip(NAMES, STARTS, WIDTHS, strict=True)
    ]
}  # fmt: skip
FORMATS = pytest.mark.parametrize(
    ("write", "form"),
    [
        pytest.param(as_csv, {}, id="csv"),
        pytest.param(as_csv, {"bulk": False}, id="csv, careful"),
        pytest.param(as_jsonl, {"kind": "jsonl"}, id="jsonl"),
        pytest.param(as_json, {"kind": "json"}, id="json"),
        pytest.param(as_fixed, {"kind": "fixed_width", "layout": LAYOUT}, id="fixed width"),
        pytest.param(as_excel, {"kind": "excel"}, id="excel"),
        pytest.param(as_parquet, {"kind": "parquet"}, id="parquet"),
    ],
)


@FORMATS
@pytest.mark.parametrize(
    ("tail", "control", "rows"),
    [
        ([{"amount": "150.00"}], "150.00", 2),
        ([{"id": "A3"}], None, 3),
        ([{"day": "2026-03-04"}], None, 3),
        ([{"supplier": "Total"}], None, 3),
        ([{"supplier": "Sum:", "amount": "151.00"}], "151.00", 2),
        ([{"id": "TOTAAL", "amount": "150.00"}], "150.00", 2),
        ([{"id": "Summe", "amount": "150.00"}], "150.00", 2),
        ([{"id": "Total März", "amount": "150.00"}], "150.00", 2),
        ([{"supplier": "Beta", "amount": "150.00"}], None, 3),
        ([{"supplier": "Totalizer", "amount": "150.00"}], None, 3),
        ([{"id": "Total", "supplier": "Beta", "amount": "150.00"}], None, 3),
        ([{"amount": "£151.00"}], "£151.00", 2),
        ([{"amount": "151.00"}, {"id": "Printed"}], "151.00", 3),
        ([{"amount": "1.00"}, {"id": "A3"}, {"amount": "151.00"}], "151.00", 4),
    ],
)
def test_only_the_declared_column_makes_a_control_row(door, write, form, tail, control, rows):
    read = door.read(write([*ROWS, *tail]), control="amount", **form)
    found = read.control and {name: text.strip() for name, text in read.control.items()}
    assert found == (control and {"amount": control})
    assert len(read.rows) == rows
    assert read.account.control == (control is not None)
    assert len(door.read(write([*ROWS, *tail]), **form).rows) == 2 + len(tail)


@FORMATS
def test_labels_and_subtotals_are_declared(door, write, form):
    total = ControlTotal(
        label=("Invoice value",),
        subtotals=("Dept *",),
    )
    rows = [
        ROWS[0],
        {"supplier": "Dept 3300:", "amount": "100.00"},
        ROWS[1],
        {"supplier": "Dept 3400", "amount": "50.00"},
        {"supplier": "invoice VALUE:", "amount": "150.00"},
        {"id": "A9"},
    ]
    read = door.read(write(rows), control=total, **form)
    assert [text.strip() for text in read.control.values()] == ["150.00"]
    assert (len(read.rows), read.furniture_rows) == (3, 2)
    assert "A9" in read.texts[2]
    assert [row[0] for row in read.rows] == [1, 2, 3]


@FORMATS
@pytest.mark.parametrize("behind", [0, 1, TAIL_ROWS - 2, TAIL_ROWS, 3 * TAIL_ROWS])
def test_sums_of_two_columns_are_sums_wherever_they_stand(door, write, form, behind):
    """Debits and credits have a column each, so a sum has two numbers and a label."""
    row = {"id": "A1", "day": "2026-03-02", "supplier": "9.00"}
    rows = [
        row,
        {"id": "Part", "supplier": "9.00", "amount": "0.00"},
        *[row] * behind,
        {"id": "Total", "supplier": "18.00", "amount": "0.00"},
    ]
    total, summed = ControlTotal(subtotals=("Part",)), ("supplier", "amount")
    for chunk_rows in (1, 7, 1000):
        read = door.read(write(rows), control=total, summed=summed, chunk_rows=chunk_rows, **form)
        assert (read.account.rows, read.furniture_rows) == (1 + behind, 1)
        found = {name: text.strip() for name, text in read.control.items()}
        assert found == {"supplier": "18.00", "amount": "0.00"}


@FORMATS
def test_an_empty_subtotal_stands_for_no_label_and_the_total_must_have_one(door, write, form):
    rows = [ROWS[0], {"amount": "100.00"}, ROWS[1], {"amount": "50.00"}]
    total = ControlTotal(subtotals=("",))
    read = door.read(write(rows), control=total, **form)
    assert (len(read.rows), read.furniture_rows, read.control) == (2, 2, None)
    rows.append({"id": "Total", "amount": "150.00"})
    assert door.read(write(rows), control=total, **form).control is not None


@pytest.mark.parametrize("bulk", [True, False])
def test_a_total_is_looked_for_among_the_last_rows_only(door, bulk):
    rows = [*ROWS, {"amount": "1.00"}, *[{"id": "x"}] * TAIL_ROWS]
    for chunk_rows in (1, 2, 100):
        read = door.read(as_csv(rows), control="amount", bulk=bulk, chunk_rows=chunk_rows)
        assert (read.control, len(read.rows)) == (None, len(rows))
        read = door.read(as_csv(rows[:-1]), control="amount", bulk=bulk, chunk_rows=chunk_rows)
        assert (read.control, len(read.rows)) == ({"amount": "1.00"}, len(rows) - 2)


@pytest.mark.parametrize("bulk", [True, False])
@pytest.mark.parametrize(
    ("last", "control"),
    [
        (",,12.50", "12.50"),
        (",,12.50\n,,\n\n", "12.50"),
        (',,"1,2"\n', "1,2"),
        (",, 7 ,,", " 7 "),
        ('"Total\nof all",,7\n', "7"),
        (",,12.50,Total\n", "12.50"),  # a label behind the last column
        ("Total,,12.50", "12.50"),
        (',,"12.50\n', None),  # cannot be read
    ],
)
def test_a_control_row_of_a_csv_may_be_quoted_blank_or_wide(door, bulk, last, control):
    data = f"a,b,c\n1,2,3\n4,5,6\n{last}".encode()
    for chunk_rows in (1, 2, 3, 100):
        read = door.read(data, control="c", chunk_rows=chunk_rows, bulk=bulk)
        assert read.control == (control and {"c": control})
        assert read.cells[:2] == [["1", "2", "3"], ["4", "5", "6"]]


@pytest.mark.parametrize(
    ("data", "control"),
    [
        (b"a,b,c\n1,2,3\n,7\n", {"b": "7"}),
        (b"a,b,c\n1,2,3\nTotal,7\n", {"b": "7"}),
        (b"a,b,c\n1,2,3\n,7", None),  # perhaps it went on
        (b"a,b,c\n1,2,3\nTotal,7", None),
        (b"a,b,c\n1,2,3\n,7,", {"b": "7"}),
        (b"a,b,c\n1,2,3\n,7\n\n", {"b": "7"}),
    ],
)
def test_a_short_line_is_a_control_row_only_if_it_has_an_end(door, data, control):
    for bulk in (True, False):
        read = door.read(data, control="b", bulk=bulk)
        assert read.control == control
        assert len(read.rows) == (1 if control else 2)


@given(
    st.permutations(NAMES),
    st.sampled_from([None, {"amount": "150.00"}, {"supplier": "Total", "amount": "150.00"}]),
    st.sampled_from(["Total Energies", "Beta", "Sum"]),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
)
def test_no_cut_of_a_file_makes_a_control_row_of_a_row(door, names, total, supplier, end, bulk):
    """Cut at every byte of the last two lines: each line that is left is a row or the total."""
    rows = [ROWS[0], ROWS[1] | {"supplier": supplier}, *([total] if total else [])]
    whole = as_csv(rows, names).replace(b"\n", end)
    lines = whole.decode().split(end.decode())
    for size in range(len(whole) - len(lines[-2] + lines[-3]) - 2 * len(end), len(whole)):
        read = door.read(whole[:size], control="amount", bulk=bulk)
        left = whole[:size].decode().split(end.decode())[1:]
        own = [line.rstrip("\r") for line in left if line.strip(",\r")]
        assert len(read.rows) + (read.control is not None) == len(own)
        if read.control is not None:
            assert total
            assert lines[len(rows)].startswith(own[-1])
            assert len(own) == len(rows)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"kind": "ep_ledger", "control_total": {"label": ["x"]}}, "label"),
        ({"kind": "showbiz_ubx", "control_total": {}}, "not read of showbiz_ubx"),
        ({"control_total": {"label": ["*"]}}, "fits any row"),
    ],
)
def test_what_no_reader_would_read_is_refused_in_a_vendor_file(door, form, words):
    with pytest.raises(ValueError, match=words):
        door.open(b"", **form)
