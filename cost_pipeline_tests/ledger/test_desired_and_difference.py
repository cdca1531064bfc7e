"""What the ledger should hold, and what is appended to get there."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from cost_pipeline.contracts.cost_tables import DEAD_LETTER_SCHEMA
from cost_pipeline.core.canonical import digest
from cost_pipeline.ledger.schema import CONTENT_COLUMNS, DESIRED_SCHEMA, DISPOSITION_SCHEMA

APRIL_1 = date(2026, 4, 1)


def _causes(changes):
    return sorted((row["kind"], row["cause"]) for row in changes.to_pylist())


def test_a_record_becomes_a_posting_in_both_currencies(kit, some_rates):
    state = kit.desired(kit.candidates([{}]), some_rates)
    (posting,) = state.postings.to_pylist()
    assert posting["original_amount"] == Decimal(10)
    assert posting["base_amount"] == Decimal("13.4100")  # 10 * 1.1 / 0.82 = 13.41463
    assert posting["rate_date"] == APRIL_1
    assert posting["snapshot"] in some_rates["snapshot"].to_pylist()
    assert state.postings.schema == DESIRED_SCHEMA
    assert state.dispositions.num_rows == state.dead_letters.num_rows == 0


def test_the_content_hash_equals_the_digest_that_python_gives(kit, some_rates):
    rows = [{}, {"row": 2, "transaction_id": "T2", "currency": "USD", "description": "Grüße, 雨"}]
    for posting in kit.desired(kit.candidates(rows), some_rates).postings.to_pylist():
        expected = digest("posting", *(posting[name] for name in CONTENT_COLUMNS))
        assert posting["content_hash"] == expected


def test_purchase_orders_are_converted_and_held_as_commitments(kit, some_rates):
    state = kit.desired(kit.candidates([{"kind": "purchase_order"}]), some_rates)
    assert state.postings.num_rows == 0
    (held,) = state.dispositions.to_pylist()
    assert (held["disposition"], held["base_amount"]) == ("commitment", Decimal("13.4100"))
    assert state.dispositions.schema == DISPOSITION_SCHEMA


def test_a_purchase_order_without_a_rate_is_a_dead_letter(kit, some_rates):
    rows = [{"kind": "purchase_order", "currency": "KRW", "transaction_date": date(2026, 4, 6)}]
    state = kit.desired(kit.candidates(rows), some_rates)
    assert state.dispositions["disposition"].to_pylist() == ["dead_letter"]
    assert state.dead_letters["reasons"].to_pylist() == [["FX_RATE_TOO_OLD"]]


def test_a_missing_rate_is_a_dead_letter_that_says_which_snapshot_to_load(kit, some_rates):
    rows = [{"transaction_date": date(2026, 4, 8)}]
    (letter,) = kit.desired(kit.candidates(rows), some_rates).dead_letters.to_pylist()
    assert letter["reasons"] == ["FX_RATE_MISSING"]
    assert letter["id"] == digest(
        "dead_letter", letter["vendor"], letter["fingerprint"], "post", "FX_RATE_MISSING"
    )
    (error,) = json.loads(letter["errors"])
    assert error["field"] == "currency"
    assert "GBP to USD for 2026-04-08" in error["message"]
    assert "publishes on 2026-04-08" in error["message"]
    assert (letter["stage"], letter["payload"], letter["amount"]) == ("post", None, Decimal(10))
    assert letter["failure_class"] in {"permanent", "transient"}


def test_a_key_conflict_is_a_dead_letter_that_names_the_row_that_stands(kit, some_rates):
    rows = [{"row": 7}, {"row": 8, "description": "other"}]
    state = kit.desired(kit.candidates(rows), some_rates)
    (letter,) = state.dead_letters.to_pylist()
    (held,) = state.dispositions.to_pylist()
    assert letter["reasons"] == ["KEY_CONFLICT"]
    assert f"row 7 of delivery {'d' * 64}" in json.loads(letter["errors"])[0]["message"]
    assert held["of"] == state.postings["record_fingerprint"][0].as_py()
    assert state.dead_letters.schema == DEAD_LETTER_SCHEMA


def test_a_duplicate_names_the_record_that_stands_for_it(kit, some_rates):
    state = kit.desired(kit.candidates([{"row": 7}, {"row": 8}]), some_rates)
    (held,) = state.dispositions.to_pylist()
    assert (held["disposition"], held["row"], held["base_amount"]) == ("duplicate", 8, None)
    assert held["of"] == state.postings["record_fingerprint"][0].as_py()
    assert state.dead_letters.num_rows == 0


def test_a_record_that_is_given_twice_is_a_defect_and_not_two_postings(kit, some_rates):
    rows = [{"keyed": False}, {"keyed": False}]
    with pytest.raises(ValueError, match="given twice"):
        kit.desired(kit.candidates(rows), some_rates)


def test_what_is_posted_is_not_posted_again(kit, some_rates):
    book = kit.book()
    state = kit.desired(kit.candidates([{}]), some_rates)
    assert _causes(book.post(state, [APRIL_1])) == [("post", "delivery")]
    assert book.post(state, [APRIL_1]).num_rows == 0


def test_a_corrected_rate_reverses_and_posts_with_both_snapshots(kit, some_rates):
    book = kit.book()
    book.post(kit.desired(kit.candidates([{}]), some_rates), [APRIL_1])
    other = kit.rates({APRIL_1: {"USD": "1.2", "GBP": "0.82"}})
    changes = book.post(kit.desired(kit.candidates([{}]), other), [APRIL_1])
    assert _causes(changes) == [("post", "fx_correction"), ("reverse", "fx_correction")]
    assert len(set(changes["snapshot"].to_pylist())) == 2
    assert {row["reverses"] for row in changes.to_pylist()} == {
        None,
        book.batches[0].postings["posting_id"][0].as_py(),
    }


def test_other_content_of_the_same_row_is_restated(kit, some_rates):
    book = kit.book()
    book.post(kit.desired(kit.candidates([{"gl_code": "1"}]), some_rates), [APRIL_1])
    changes = book.post(kit.desired(kit.candidates([{"gl_code": "2"}]), some_rates), [APRIL_1])
    assert _causes(changes) == [("post", "restated"), ("reverse", "restated")]


def test_another_base_currency_is_restated_and_no_correction_of_rates(kit, some_rates):
    book = kit.book()
    book.post(kit.desired(kit.candidates([{}]), some_rates), [APRIL_1])
    state = kit.desired(kit.candidates([{}]), some_rates, base_currency="EUR")
    assert _causes(book.post(state, [APRIL_1])) == [("post", "restated"), ("reverse", "restated")]


def test_an_earlier_delivery_that_comes_late_supersedes_what_was_posted(kit, some_rates):
    book = kit.book()
    posted = {"row": 5, "first_pulled": date(2026, 4, 3)}
    book.post(kit.desired(kit.candidates([posted]), some_rates), [APRIL_1])
    late = {"row": 4, "first_pulled": date(2026, 4, 2), "description": "earlier"}
    changes = book.post(kit.desired(kit.candidates([posted, late]), some_rates), [APRIL_1])
    assert _causes(changes) == [("post", "delivery"), ("reverse", "superseded")]


def test_a_posting_whose_rival_belongs_to_another_date_is_superseded_too(kit, some_rates):
    book = kit.book()
    posted = {"row": 5, "first_pulled": date(2026, 4, 3)}
    book.post(kit.desired(kit.candidates([posted]), some_rates), [APRIL_1])
    late = {"row": 4, "transaction_date": date(2026, 3, 31), "first_pulled": date(2026, 4, 2)}
    state = kit.desired(kit.candidates([posted, late]), some_rates, [APRIL_1])
    assert _causes(book.post(state, [APRIL_1])) == [("reverse", "superseded")]


def test_a_record_in_whose_place_another_of_the_same_transaction_came_is_superseded(
    kit, some_rates
):
    book = kit.book()
    book.post(kit.desired(kit.candidates([{"row": 1}]), some_rates), [APRIL_1])
    changes = book.post(kit.desired(kit.candidates([{"row": 2}]), some_rates), [APRIL_1])
    assert _causes(changes) == [("post", "delivery"), ("reverse", "superseded")]


def test_a_delivery_that_is_taken_back_is_withdrawn(kit, some_rates):
    book = kit.book()
    book.post(kit.desired(kit.candidates([{}]), some_rates), [APRIL_1])
    changes = book.post(kit.desired(kit.candidates([]), some_rates), [APRIL_1])
    assert _causes(changes) == [("reverse", "withdrawn")]
    assert book.post(kit.desired(kit.candidates([]), some_rates), [APRIL_1]).num_rows == 0


def test_what_was_withdrawn_can_come_back(kit, some_rates):
    book = kit.book()
    full, empty = (kit.desired(kit.candidates(rows), some_rates) for rows in ([{}], []))
    for state in (full, empty, full, empty, full):
        assert book.post(state, [APRIL_1]).num_rows == 1
    assert len({*book.postings["posting_id"].to_pylist()}) == 5
