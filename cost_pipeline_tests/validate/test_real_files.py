"""Published council payments, as `make test` finds them beside the checkout.

Parsing is not this room's, so its rows are taken from `csv` here: only well-formed files are used.
"""

import csv
import io
from decimal import Decimal

import pytest

from cost_pipeline.core.money import AMOUNT

COLUMNS = {
    "transaction_id": ["Transaction number", "TransactionNumber"],
    "transaction_date": ["Date paid", "DatePaid"],
    "amount": ["Net amount", "NetAmount"],
    "vendor_name": ["Supplier name", "SupplierName"],
    "description": [
        "Detailed expenditure type",
        "DetailedExpenditureType",
        "Detailed expenses type",
    ],
}


def read(path, encoding="utf-8-sig"):
    cells = list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))
    header, rows = cells[0], [row for row in cells[1:] if any(c.strip() for c in row)]
    width = len(header)
    return tuple(header), [tuple((row + [""] * width)[:width]) for row in rows]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("month", "encoding", "rows"),
    [("2011-09", "utf-8-sig", 9569), ("2011-11", "cp1252", None), ("2011-01", "cp1252", None)],
)
def test_a_real_month_is_the_same_in_both_lanes(
    make_chunk, make_vendor, validate, shared_data, month, encoding, rows
):
    header, cells = read(shared_data / "leeds-council-spend" / f"{month}.csv", encoding)
    assert rows in {None, len(cells)}
    vendor = make_vendor(columns=COLUMNS, dates=["%d/%m/%Y", "%d-%b-%Y"])
    chunks = [make_chunk(cells, header)]
    model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
    assert both.records.equals(model.records)
    assert both.dead_letters.equals(model.dead_letters)
    assert both.state == model.state
    assert both.reasons == {}
    negative = sum(amount < 0 for amount in both.records["amount"].to_pylist())
    assert negative > 0
    assert both.in_columns == both.records.num_rows


@pytest.mark.real_data
def test_the_total_of_2013_12_is_off_by_a_penny(make_chunk, make_vendor, validate, shared_data):
    header, cells = read(shared_data / "leeds-council-spend" / "2013-12.csv", "cp1252")
    *rows, trailer = cells
    vendor = make_vendor(columns=COLUMNS, dates=["%d-%b-%y"])
    outcome = validate([make_chunk(rows, header)], vendor)
    assert outcome.state.unreadable == 0
    (declared,) = (Decimal(cell) for cell in trailer if cell.strip())
    assert declared - AMOUNT.of_quanta(outcome.state.quanta) == Decimal("0.01")
