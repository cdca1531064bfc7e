"""The invariants, over generated deliveries: permuted, repeated, split into runs, corrected."""

from __future__ import annotations

import decimal
from datetime import date
from decimal import Decimal

import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_pipeline.ledger.breaks import Verified
from cost_pipeline.ledger.totals import active, totals
from cost_pipeline.ledger.verify import verify_partition

# An example posts a whole book several times.
FEW = max(5, settings().max_examples // 4)

DAYS = (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 8))
PULLS = (date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 4))

_ROW = st.fixed_dictionaries(
    {
        "transaction_id": st.sampled_from(["T1", "T2", "T3"]),
        "transaction_date": st.sampled_from(DAYS),  # the last one has no snapshot
        "amount": st.sampled_from([Decimal("10.0000"), Decimal("0.0100"), Decimal("99.9900")]),
        "currency": st.sampled_from(["GBP", "USD", "CAD", "KRW"]),
        "kind": st.sampled_from(["vendor_invoice", "purchase_order"]),
        "description": st.sampled_from([None, "", "n,", "s0:,"]),
        "keyed": st.booleans(),
    }
)
_DELIVERIES = st.dictionaries(
    st.sampled_from(["a" * 64, "b" * 64, "c" * 64]), st.lists(_ROW, max_size=4), min_size=1
)


def _rows(deliveries, pulls):
    """The records of deliveries; `pulls` holds each pull (delivery, date), repeats included."""
    first = {}
    for delivery, pulled in pulls:
        first[delivery] = min(pulled, first.get(delivery, pulled))
    return [
        row | {"delivery": delivery, "row": number, "first_pulled": first[delivery]}
        for delivery in first
        for number, row in enumerate(deliveries[delivery], start=1)
    ]


def _post(kit, book, rates, rows, days=DAYS):
    return book.post(kit.desired(kit.candidates(rows), rates, days), days)


@pytest.fixture(scope="module")
def other_rates(kit):
    """One day corrected."""
    return kit.rates({DAYS[1]: {"USD": "1.3", "GBP": "0.9", "CAD": "1.5"}})


@given(
    deliveries=_DELIVERIES,
    pull_dates=st.lists(st.sampled_from(PULLS), min_size=3, max_size=3),
    random=st.randoms(use_true_random=False),
    cuts=st.lists(st.integers(1, 6), max_size=3),
)
@settings(max_examples=FEW)
def test_the_ledger_is_a_function_of_the_set_of_deliveries(
    kit, some_rates, *, deliveries, pull_dates, random, cuts
):
    pulls = list(zip(deliveries, pull_dates, strict=False))
    straight = kit.book()
    _post(kit, straight, some_rates, _rows(deliveries, pulls))

    repeated = [(name, max(PULLS)) for name, _ in pulls] + pulls
    random.shuffle(repeated)
    roundabout = kit.book()
    for cut in [*cuts, len(repeated)]:
        rows = _rows(deliveries, repeated[:cut])
        random.shuffle(rows)
        for day in random.sample(DAYS, len(DAYS)):
            _post(kit, roundabout, some_rates, rows, [day])

    assert totals(roundabout.postings).digest == totals(straight.postings).digest
    for day in DAYS:
        outcome = verify_partition(day, [roundabout.of([day])], head=roundabout.heads.get(day))
        assert isinstance(outcome, Verified), outcome


@given(deliveries=_DELIVERIES)
@settings(max_examples=FEW)
def test_every_record_is_exactly_one_of_posted_committed_duplicate_or_dead(
    kit, some_rates, deliveries
):
    rows = _rows(deliveries, [(name, PULLS[0]) for name in deliveries])
    records = kit.candidates(rows)
    state = kit.desired(records, some_rates)
    posted = state.postings["record_fingerprint"].to_pylist()
    held = state.dispositions["fingerprint"].to_pylist()
    assert sorted(posted + held) == sorted(records["fingerprint"].to_pylist())
    dead = state.dispositions.filter(pc.equal(state.dispositions["disposition"], "dead_letter"))
    assert sorted(dead["fingerprint"].to_pylist()) == sorted(
        state.dead_letters["fingerprint"].to_pylist()
    )
    amounts = state.postings["original_amount"].to_pylist()
    assert sum(amounts + state.dispositions["amount"].to_pylist()) == sum(
        records["amount"].to_pylist()
    )


@given(deliveries=_DELIVERIES)
@settings(max_examples=FEW)
def test_after_posting_the_difference_is_empty_and_every_amount_exact(
    kit, some_rates, other_rates, deliveries
):
    rows = _rows(deliveries, [(name, PULLS[0]) for name in deliveries])
    book = kit.book()
    for rates in (some_rates, other_rates, some_rates):
        _post(kit, book, rates, rows)
        assert _post(kit, book, rates, rows).num_rows == 0
    for posting in active(book.postings).to_pylist():
        with decimal.localcontext() as context:
            context.prec = 60
            exact = (
                posting["original_amount"] * posting["rate_base"] / posting["rate_original"]
            ).quantize(Decimal("0.01"), rounding=decimal.ROUND_HALF_EVEN)
        assert posting["base_amount"] == exact
    fresh = kit.book()
    _post(kit, fresh, some_rates, rows)
    assert totals(fresh.postings).digest == totals(book.postings).digest
