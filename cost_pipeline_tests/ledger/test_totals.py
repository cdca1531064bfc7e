"""Active postings, totals, and the digest of a ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from cost_pipeline.core.canonical import digest_of_set
from cost_pipeline.ledger.schema import POSTING_SCHEMA
from cost_pipeline.ledger.totals import DateTotals, active, totals

APRIL_1, MARCH_31 = date(2026, 4, 1), date(2026, 3, 31)


def _book(kit, rates, *states):
    book = kit.book()
    for rows in states:
        book.post(kit.desired(kit.candidates(rows), rates), [APRIL_1, MARCH_31])
    return book


def _row(number, **given):
    return {"row": number, "transaction_id": f"T{number}"} | given


def test_totals_are_of_active_postings_by_currency_and_date(kit, some_rates):
    rows = [
        _row(1),
        _row(2, currency="USD", amount=Decimal("5.2500")),
        _row(3, transaction_date=MARCH_31, currency="USD"),
    ]
    book = _book(kit, some_rates, [*rows, _row(4)], rows)
    found = totals(book.postings)
    assert (found.postings, found.active_postings) == (5, 3)
    assert found.original == {"GBP": Decimal(10), "USD": Decimal("15.25")}
    assert found.base == {"USD": Decimal("28.66")}
    assert found.by_transaction_date == {
        MARCH_31: DateTotals(1, {"USD": Decimal(10)}),
        APRIL_1: DateTotals(2, {"USD": Decimal("18.66")}),
    }


def test_totals_keep_base_currencies_apart(kit, some_rates):
    book = kit.book()
    for base, row in (("USD", _row(1)), ("EUR", _row(2))):
        book.post(kit.desired(kit.candidates([row]), some_rates, base_currency=base), [])
    found = totals(book.postings)
    assert found.base == {"USD": Decimal("13.41"), "EUR": Decimal("12.20")}
    assert found.by_transaction_date[APRIL_1] == DateTotals(2, found.base)


def test_an_empty_ledger_has_totals_too():
    found = totals(POSTING_SCHEMA.empty_table())
    assert (found.postings, found.original, found.by_transaction_date) == (0, {}, {})
    assert found.digest == digest_of_set("ledger", [])


def test_ledgers_that_came_to_the_same_state_by_different_ways_have_one_digest(kit, some_rates):
    straight = _book(kit, some_rates, [_row(1), _row(2)])
    roundabout = _book(kit, some_rates, [_row(2, gl_code="9")], [], [_row(2)], [_row(1), _row(2)])
    assert totals(straight.postings).digest == totals(roundabout.postings).digest
    other = _book(kit, some_rates, [_row(1)])
    assert totals(straight.postings).digest != totals(other.postings).digest


def test_active_keeps_the_order_and_leaves_out_both_sides_of_a_reversal(kit, some_rates):
    book = _book(kit, some_rates, [_row(1), _row(2), _row(3)], [_row(1), _row(3)])
    kept = active(book.postings)
    posted = [row for row in book.postings.to_pylist() if row["kind"] == "post"]
    expected = [row["posting_id"] for row in posted if row["transaction_id"] != "T2"]
    assert kept["posting_id"].to_pylist() == expected
