"""What is open of orders: nothing is lost, nothing is taken twice, accounts come first."""

from decimal import Decimal

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.tables import TEXT
from cost_pipeline.feeds.production.commitments import open_commitments
from cost_pipeline.feeds.production.cost_rows import SUM

_TEXTS = ("production", "po_number", "currency", "gl_code", "department_code")
ORDERED = pa.schema(
    [(name, TEXT) for name in (*_TEXTS, "vendor", "base_currency")]
    + [("ordered", SUM), ("ordered_base", SUM)]
)
INVOICED = pa.schema([(name, TEXT) for name in _TEXTS] + [("invoiced", SUM)])


def line(gl, amount, *, vendor="V", po="PO-1", currency="GBP", base=None):
    return {
        "production": "P", "po_number": po, "currency": currency, "gl_code": gl,
        "department_code": "2000", "vendor": vendor, "base_currency": "USD",
        "ordered": Decimal(amount), "ordered_base": Decimal(base or amount),
    }  # fmt: skip


def bill(gl, amount, *, po="PO-1", currency="GBP"):
    return {
        "production": "P", "po_number": po, "currency": currency, "gl_code": gl,
        "department_code": "2000", "invoiced": Decimal(amount),
    }  # fmt: skip


def left(lines, bills):
    return open_commitments(
        pa.Table.from_pylist(lines, ORDERED), pa.Table.from_pylist(bills, INVOICED)
    ).to_pylist()


def opened(lines, bills):
    return [(row["gl_code"], str(row["open"].normalize())) for row in left(lines, bills)]


def test_an_invoice_is_taken_off_its_account_first_and_the_rest_off_the_others_in_order():
    lines = [line("1000", "1E+2"), line("2000", "50"), line("3000", "30")]
    assert opened(lines, [bill("2000", "20")]) == [
        ("1000", "1E+2"),
        ("2000", "3E+1"),
        ("3000", "3E+1"),
    ]
    assert opened(lines, [bill("2000", "60")]) == [
        ("1000", "9E+1"),
        ("2000", "0"),
        ("3000", "3E+1"),
    ]
    assert opened(lines, [bill("9000", "120")]) == [
        ("1000", "0"),
        ("2000", "3E+1"),
        ("3000", "3E+1"),
    ]


def test_another_order_or_another_currency_takes_nothing():
    lines = [line("1000", "100")]
    assert opened(lines, [bill("1000", "40", po="PO-2")]) == [("1000", "1E+2")]
    assert opened(lines, [bill("1000", "40", currency="EUR")]) == [("1000", "1E+2")]


def test_more_than_was_ordered_leaves_nothing_and_a_credit_opens_it_again():
    lines = [line("1000", "100")]
    assert opened(lines, [bill("1000", "130")]) == [("1000", "0")]
    assert opened(lines, [bill("1000", "100"), bill("2000", "-25")]) == [("1000", "25")]


def test_the_base_amount_is_the_share_of_the_orders_rounded_once_half_to_even():
    (row,) = left([line("1000", "3", base="100")], [bill("1000", "1")])
    assert row["open_base"] == Decimal("66.67")
    (row,) = left([line("1000", "2", base="0.05")], [bill("1000", "1")])
    assert row["open_base"] == Decimal("0.02")
    (row,) = left([line("1000", "3", base="100.1234")], [])
    assert row["open_base"] == Decimal("100.1234")


amounts = st.decimals("0.0001", "9999999999999999.9999", places=4)
accounts = st.sampled_from(["1000", "2000", "3000"])
orders = st.sampled_from(["PO-1", "PO-2"])
currency_codes = st.sampled_from(["GBP", "USD"])


@given(
    st.lists(
        st.tuples(accounts, st.sampled_from(["A", "B"]), orders, currency_codes, amounts),
        min_size=1, max_size=8, unique_by=lambda row: row[:4],
    ),
    st.lists(
        st.tuples(accounts, orders, currency_codes, amounts, st.booleans()),
        max_size=6, unique_by=lambda row: row[:3],
    ),
)  # fmt: skip
def test_of_an_order_what_is_open_is_what_was_ordered_less_what_was_invoiced(lines, bills):
    found = left(
        [line(gl, n, vendor=v, po=po, currency=c) for gl, v, po, c, n in lines],
        [bill(gl, -n if credit else n, po=po, currency=c) for gl, po, c, n, credit in bills],
    )
    assert len(found) == len(lines)
    for row in found:
        assert 0 <= row["open"] <= row["ordered"]
    for order in {(po, c) for _, _, po, c, _ in lines}:
        ordered = sum(n for _, _, po, c, n in lines if (po, c) == order)
        invoiced = sum(-n if cr else n for _, po, c, n, cr in bills if (po, c) == order)
        mine = [row for row in found if (row["po_number"], row["currency"]) == order]
        assert sum(row["open"] for row in mine) == min(max(ordered - invoiced, 0), ordered)
