"""`try_file`: the verdicts of a run, without a run."""

import json
import tracemalloc
from datetime import date
from decimal import Decimal

import pytest

from cost_pipeline.pipeline.trying.reading import try_file

DAY = date(2026, 4, 1)
VENDOR = """\
vendor: rentals
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/rentals, files: "*.csv"}
format: {kind: csv, control_total: {column: amount}}
dates: ["%d/%m/%Y"]
key: [transaction_id]
columns: {transaction_id: [Id], transaction_date: [Day], amount: [Net], vendor_name: [Supplier]}
constants: {currency: GBP, department_code: "3300", gl_code: "3301"}
"""
HEADER = "Id,Day,Net,Supplier\n"


@pytest.fixture
def tried(house, tmp_path):
    def one(content, *edits, **options):
        text = VENDOR
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / "one.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        vendor, reads = house.read(house.put(text))
        return try_file(reads, vendor, file, pull_date=DAY, **options)

    return one


def test_a_good_file_is_told_whole(tried):
    found = tried(f"{HEADER}A1,30/03/2026,1.50,Alpha\n\nA2,31/03/2026,2.00,Beta\n,,3.50,\n")
    assert found.good
    assert (found.encoding, found.header, found.header_line) == (
        "utf-8-sig", ("Id", "Day", "Net", "Supplier"), 1,
    )  # fmt: skip
    assert (found.accepted, found.refused, found.stopped_after) == (2, 0, None)
    assert found.sums == {"GBP": Decimal("3.50")}
    assert found.control is not None
    assert found.control.holds
    assert [(row.line, row.values["transaction_date"], row.values["amount"]) for row in found.first]
    assert found.first[0].values == {
        "transaction_id": "A1", "transaction_date": "2026-03-30", "amount": "1.50",
        "vendor_name": "Alpha", "currency": "GBP", "department_code": "3300", "gl_code": "3301",
    }  # fmt: skip
    assert found.account_words() == "5 lines: 1 header, 2 rows, 1 blank, 1 control"
    json.dumps(found.as_json())


def test_what_is_refused_is_counted_by_reason_with_its_first_cell(tried):
    rows = ["A1,30/03/2026,1.50,Alpha", "A2,31.03.2026,x,Beta", "A3,2026-03-31,2.00,Beta", "A4,1,2"]
    found = tried(HEADER + "\n".join(rows) + "\n")
    assert not found.good
    assert (found.accepted, found.refused) == (1, 3)
    told = {one.code: (one.rows, one.example.line, one.example.field, one.example.value)
            for one in found.refusals}  # fmt: skip
    assert told == {
        "BAD_DATE": (2, 3, "transaction_date", "31.03.2026"),
        "BAD_AMOUNT": (1, 3, "amount", "x"),
        "MALFORMED_ROW": (1, 5, "", None),
    }
    assert [row.reasons for row in found.first] == [(), ("BAD_AMOUNT", "BAD_DATE"), ("BAD_DATE",)]
    assert found.sums == {"GBP": Decimal("1.50")}
    assert found.sums_refused == {"GBP": Decimal("2.00")}


def test_columns_that_nothing_reads_and_columns_that_are_missing_are_told(tried):
    found = tried("Id,Day,Amount,Extra\nA1,30/03/2026,1.50,x\n")
    assert found.unread == ("Amount", "Extra")
    assert found.missing == {"amount": ("Net",), "vendor_name": ("Supplier",)}
    assert found.read == {"Id": ("transaction_id",), "Day": ("transaction_date",)}


def test_a_total_that_does_not_hold_is_not_good(tried):
    found = tried(f"{HEADER}A1,30/03/2026,1.50,Alpha\n,,9.00,\n")
    assert found.control is not None
    assert (found.control.declared, found.control.computed) == (Decimal("9.00"), Decimal("1.50"))
    assert not found.good


def test_a_negative_row_waits_and_is_no_refusal(tried):
    found = tried(f"{HEADER}A1,30/03/2026,-1.50,Alpha\n")
    assert (found.accepted, found.waiting) == (1, 1)


def test_a_file_that_is_not_of_the_format_is_refused_whole(tried):
    found = tried(b"PK\x03\x04\x00\x00")
    assert found.whole is not None
    assert "NUL" in found.whole.sentence
    assert [one.code for one in found.refusals] == ["NOT_THE_FORMAT"]
    assert not found.good


@pytest.mark.parametrize(("most", "stopped"), [(1, 1), (2, 2), (3, None), (9, None)])
def test_reading_that_stops_says_so_and_tells_no_account(tried, most, stopped):
    rows = "".join(f"A{n},30/03/2026,1.00,Alpha\n" for n in range(3))
    found = tried(HEADER + rows, most_rows=most)
    assert found.stopped_after == stopped
    assert found.accepted == min(most, 3)
    assert (found.account is None) == (stopped is not None)


def test_a_year_of_the_files_name_is_that_of_the_file_that_is_tried(tried):
    dates = 'dates: {forms: ["%d/%m"], year: past}'
    found = tried(f"{HEADER}A1,30/03,1.00,Alpha\n", ('dates: ["%d/%m/%Y"]', dates))
    assert found.first[0].values["transaction_date"] == "2026-03-30"


def test_nothing_is_written(tried, house):
    before = sorted(str(path) for path in house.root.rglob("*"))
    tried(f"{HEADER}A1,30/03/2026,1.50,Alpha\n")
    (house.root / "vendors" / "rentals.yaml").unlink()
    assert sorted(str(path) for path in house.root.rglob("*")) == before


def test_memory_does_not_grow_with_the_file(tried):
    """Ten times the rows take hardly more memory: refused ones are counted, and one is kept."""

    def peak(rows):
        content = (HEADER + "".join(f"A{n},30/13/2026,1.00,Alpha\n" for n in range(rows))).encode()
        tracemalloc.start()
        found = tried(content)
        held = tracemalloc.get_traced_memory()[1] - len(content)
        tracemalloc.stop()
        assert found.refused == rows
        return held

    small, large = peak(5_000), peak(50_000)
    assert large < 12 * small  # one chunk holds both
