"""A column that changes is told from one that varies, and which change it was."""

import csv
import io
import random
from dataclasses import replace
from itertools import combinations, pairwise, permutations

import pyarrow as pa
import pytest

from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.validate.drift import Change, differences, retyped
from cost_pipeline.validate.shapes import ColumnShape, Describer, Kind, Schema, schema_from_text

COLUMNS = {
    "transaction_id": ["Transaction number", "TransactionNumber"],
    "transaction_date": ["Date paid", "DatePaid"],
    "amount": ["Net amount", "NetAmount"],
    "vendor_name": ["Supplier name", "SupplierName"],
    "description": ["Detailed expenditure type", "DetailedExpenditureType"],
}
MONTHS = ("2010-12", "2011-01", "2011-09", "2011-11", "2011-12", "2013-09", "2013-12")


def described(header, rows):
    """The schema of rows of text; None is a cell that is not there."""
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    arrays = {"malformed": pa.nulls(len(rows), pa.string())}
    arrays |= {f"c{i}": pa.array(list(column), pa.string()) for i, column in enumerate(cells)}
    describer = Describer()
    describer.add(pa.table(arrays), header)
    return describer.schema(header)


def column(values, name="x"):
    (found,) = described([name], [(value,) for value in values]).columns
    return found


@pytest.fixture
def vendor(make_vendor):
    return make_vendor(columns={"transaction_id": ["id"], "transaction_date": ["date"],
                                "amount": ["amount"], "description": ["text"]},
                       ignore=["printed"])  # fmt: skip


def _rows(count, seed=1):
    draw = random.Random(seed)  # noqa: S311 - samples
    return [
        (f"INV-{draw.randrange(10**6):06}", f"2026-04-{draw.randrange(1, 29):02}",
         f"{draw.randrange(1, 10**5) / 100:.2f}", draw.choice(["Lens set", "Grip van", "Crane"]))
        for _ in range(count)
    ]  # fmt: skip


HEADER = ["id", "date", "amount", "text"]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("blank", ["", "  ", "\t", None]),
        ("date", ["2026-04-01", "01/04/2026", "4.4.26", "14-Jan-2011", "26-Sep-13", "Apr 1, 2026",
                  "2026-04-01T08:00:00Z", "2026-04-01 08:00"]),
        ("digits", ["0", "00123", "20260401"]),
        ("amount", ["1.50", "-3", "(20.00)", "£1,234.50", "1.234,50", "1'000", "12 EUR", "20-",
                    "$ 5"]),
        ("word", ["GBP", "R", "Café"]),
        ("code", ["1012-00001", "A1", "CA-BN:123", "x@y.z2"]),
        ("text", ["Lens set, week", "12 Angry"]),
    ],
)  # fmt: skip
def test_a_cell_is_told_by_what_it_looks_like(kind, texts):
    for text in texts:
        assert column([text]).kinds == {kind: 1}, text


def test_a_schema_is_stored_and_read_back_whole_and_its_name_says_names_and_types():
    schema = described([*HEADER, "", "date"], [(*row, "", "") for row in _rows(50)])
    assert schema_from_text(schema.as_text()) == schema
    assert [c.name for c in schema.columns] == HEADER, "unnamed and repeated columns are left out"
    assert schema.fingerprint == described(HEADER, _rows(300, seed=2)).fingerprint
    assert schema.fingerprint != described(["id", "day", *HEADER[2:]], _rows(50)).fingerprint
    swapped = [(row[0], row[2], row[1], row[3]) for row in _rows(50)]
    assert schema.fingerprint != described(HEADER, swapped).fingerprint


def test_a_key_that_appears_in_a_later_chunk_was_blank_before_and_malformed_rows_are_left_out():
    describer = Describer()
    ok, bad = pa.nulls(2, pa.string()), pa.array(["cut short", None])
    describer.add(pa.table({"malformed": ok, "c0": pa.array(["1", "2"])}), ["a"])
    describer.add(pa.table({"malformed": bad, "c0": pa.array([None, "x"])}), ["b"])
    one, other = describer.schema(["a", "b"]).columns
    assert one.kinds == {"blank": 1, "digits": 2}
    assert other.kinds == {"blank": 2, "word": 1}


def test_of_many_rows_a_few_thousand_are_looked_at_from_beginning_to_end():
    texts = ["1.5"] * 50_000 + ["word"] * 50_000
    seen = column(texts)
    assert seen.cells == 2048
    assert seen.kinds["amount"] == pytest.approx(1024, abs=1)


def test_rows_that_vary_as_rows_do_are_no_difference(vendor):
    accepted = described(HEADER, _rows(500))
    for count in (0, 1, 5, 50, 5000):
        for seed in range(5):
            now = described(HEADER, _rows(count, seed=seed))
            assert differences(accepted, now, vendor, strangers=False) == []


@pytest.mark.parametrize("count", [5, 20, 500])
def test_a_column_of_another_kind_is_retyped_and_stops_posting_where_money_is_read(vendor, count):
    accepted = described(HEADER, _rows(200))
    words = [(a, b, "n/a", d) for a, b, _, d in _rows(count)]
    (found,) = differences(
        accepted, described(HEADER, words), vendor, strangers=False, deciding=COSTS.deciding
    )
    assert (found.change, found.field, found.red, found.grave) == ("retyped", "amount", True, True)
    texts = [(a, b, c, "17.50") for a, b, c, _ in _rows(count)]
    (found,) = differences(accepted, described(HEADER, texts), vendor, strangers=False)
    assert (found.field, found.red, found.grave) == ("description", True, False)


def test_a_column_that_is_suddenly_empty_is_retyped(vendor):
    empty = [(*row[:3], "") for row in _rows(50)]
    (found,) = differences(
        described(HEADER, _rows(50)), described(HEADER, empty), vendor, strangers=False
    )
    assert (found.change, found.column, found.now) == ("retyped", "text", "blank 100%")


def test_four_rows_prove_nothing():
    assert not retyped(column(["1.50"] * 1000), column(["GBP"] * 4))
    assert retyped(column(["1.50"] * 1000), column(["GBP"] * 5))


def test_codes_of_twice_the_length_are_another_kind_of_code():
    gl, grown = column(["6305", "2000"] * 50), column(["63050000", "20000000"] * 50)
    assert gl.type == grown.type == "digits"
    assert retyped(gl, grown)
    assert not retyped(gl, column(["63050", "20000"] * 50)), "a number that grew by a digit"


def test_two_columns_that_change_places_are_swapped_whatever_they_hold(vendor):
    accepted = described(HEADER, _rows(200))
    for one, other in combinations(range(len(HEADER)), 2):
        rows = [list(row) for row in _rows(200, seed=9)]
        for row in rows:
            row[one], row[other] = row[other], row[one]
        found = differences(accepted, described(HEADER, rows), vendor, strangers=False)
        assert {(d.change, d.column, d.was) for d in found} == {
            ("swapped", HEADER[one], HEADER[other]), ("swapped", HEADER[other], HEADER[one]),
        }  # fmt: skip


def test_a_column_under_a_new_name_is_suggested_as_renamed(vendor):
    accepted = described([*HEADER, "printed"], [(*row, "x") for row in _rows(200)])
    now = described(["id", "date", "net amount", "text", "printed"],
                    [(*row, "x") for row in _rows(90, seed=3)])  # fmt: skip
    (found,) = differences(accepted, now, vendor, strangers=False)
    assert (found.change, found.column, found.was, found.field, found.red) == (
        "renamed", "net amount", "amount", "amount", True,
    )  # fmt: skip
    assert "looks like 'amount'" in found.words()


def test_new_and_missing_columns_are_red_where_somebody_must_decide(vendor):
    accepted = described([*HEADER, "printed"], [(*row, "x") for row in _rows(50)])
    now = described([*HEADER[:3], "surprise"], [(*row[:3], "7") for row in _rows(50)])
    found = differences(accepted, now, vendor, strangers=False)
    assert [(d.change, d.column, d.red) for d in found] == [
        (Change.MISSING, "text", True),
        (Change.NEW, "surprise", True),
        (Change.MISSING, "printed", False),
    ]
    assert differences(now, now, vendor, strangers=True) == [], "accepted with its stranger"
    assert [d.column for d in differences(now, now, vendor, strangers=False)] == ["surprise"]


def test_another_known_name_of_a_field_is_no_difference(make_vendor):
    vendor = make_vendor(columns={**COLUMNS, "amount": ["Net amount", "net"]})
    names = ["Transaction number", "Date paid", "Net amount", "Supplier name"]
    accepted = described(names, _rows(50))
    now = described(["TransactionNumber", "DatePaid", "Net", "SupplierName"], _rows(60, seed=4))
    assert differences(accepted, now, vendor, strangers=False) == []


# -- published months --------------------------------------------------------------------------


def _month(path):
    text = path.read_bytes()
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        decoded = text.decode("cp1252")
    header, *rows = csv.reader(io.StringIO(decoded, newline=""))
    width = len(header)
    return described(header, [(*row, *[""] * width)[:width] for row in rows if any(row)])


@pytest.fixture(scope="module")
def months(shared_data):
    return {name: _month(shared_data / "leeds-council-spend" / f"{name}.csv") for name in MONTHS}


def _swapped(schema, one, other):
    columns = list(schema.columns)
    columns[one], columns[other] = (
        replace(columns[other], name=columns[one].name),
        replace(columns[one], name=columns[other].name),
    )
    return Schema(tuple(columns))


@pytest.mark.real_data
def test_no_published_month_differs_from_any_other_in_a_column_that_is_read(months, make_vendor):
    ignored = [c.name for schema in months.values() for c in schema.columns]
    known = {name for names in COLUMNS.values() for name in names} | {"Detailed expenses type"}
    ignore = sorted({name for name in ignored if name.casefold() not in map(str.casefold, known)})
    description = [*COLUMNS["description"], "Detailed expenses type"]
    vendor = make_vendor(columns={**COLUMNS, "description": description}, ignore=ignore)
    red = [
        (one, other, d.words())
        for one, other in permutations(MONTHS, 2)
        for d in differences(months[one], months[other], vendor, strangers=False)
        if d.red
    ]
    assert red == []


@pytest.mark.real_data
def test_in_published_months_every_swap_with_an_id_a_date_or_an_amount_is_found(
    months, make_vendor
):
    # The other columns are free text and constants, of which most swaps are found, not all.
    telling = ("transaction", "date", "amount")
    vendor = make_vendor(columns=COLUMNS)
    missed = []
    for one, other in (*pairwise(MONTHS), *pairwise(reversed(MONTHS))):
        columns = months[other].columns
        named = [c.name.casefold() for c in columns]
        places = [p for p, name in enumerate(named) if any(word in name for word in telling)]
        for place in places:
            for partner in range(len(columns)):
                now = _swapped(months[other], place, partner)
                found = differences(months[one], now, vendor, strangers=False)
                grave = any(d.change in {Change.SWAPPED, Change.RETYPED} and d.red for d in found)
                if place != partner and columns[partner].name and not grave:
                    missed.append((one, other, named[place], named[partner]))
    assert missed == []


def test_the_words_of_a_column_name_its_commonest_kinds():
    shape = ColumnShape("x", {Kind.AMOUNT: 97, Kind.DIGITS: 3}, 300, ())
    assert shape.words() == "amount 97%, digits 3%"
    assert shape.type == "number"
    assert column([]).words() == "no rows"
    assert column([]).type == "blank"
    assert column(["a b", "1", "2026-01-01"]).type == "mixed"
