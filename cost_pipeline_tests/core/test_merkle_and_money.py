import hashlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core import merkle
from cost_pipeline.core.money import AMOUNT, shown

LEAVES = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=9)


def test_one_leaf_is_not_its_own_root():
    leaf = "00" * 32
    assert merkle.root([leaf]) == hashlib.sha256(b"\0" + bytes.fromhex(leaf)).hexdigest()


def test_a_repeated_last_leaf_changes_the_root():
    leaf = hashlib.sha256(b"x").hexdigest()
    assert len({merkle.root([leaf] * n) for n in range(1, 9)}) == 8


@given(LEAVES, LEAVES)
def test_roots_are_equal_only_for_equal_leaves(left, right):
    assert (merkle.root(left) == merkle.root(right)) == (left == right)


@given(LEAVES)
def test_a_root_that_is_known_is_the_one_that_the_paths_lead_to(leaves):
    found = [merkle.root(leaves), merkle.root(leaves)]
    at = hashlib.sha256(b"\0" + bytes.fromhex(leaves[0])).digest()
    for side, other in merkle.path(leaves, 0):
        pair = bytes.fromhex(other) + at if side == "left" else at + bytes.fromhex(other)
        at = hashlib.sha256(b"\1" + pair).digest()
    assert found == [at.hex()] * 2


def test_no_more_roots_are_known_than_a_run_asks_about_twice(monkeypatch):
    monkeypatch.setattr(merkle, "_MOST", 3)
    merkle._KNOWN.clear()
    leaves = [f"{number:064x}" for number in range(9)]
    roots = [merkle.root([leaf]) for leaf in leaves]
    assert len(merkle._KNOWN) <= 3
    assert [merkle.root([leaf]) for leaf in leaves] == roots


def test_an_empty_batch_has_no_root():
    with pytest.raises(ValueError, match="empty"):
        merkle.root([])


@given(st.decimals(min_value=0, max_value=10**15, places=4))
def test_an_amount_keeps_its_value_at_scale(amount):
    assert AMOUNT.at_scale(amount) == amount
    assert AMOUNT.at_scale(amount).as_tuple().exponent == -4


@pytest.mark.parametrize("text", ["1.00001", "1e16", "NaN", "Infinity", "1" * 40])
def test_what_does_not_fit_is_refused(text):
    with pytest.raises(ValueError, match=r"does not fit|more than 4 decimals"):
        AMOUNT.at_scale(Decimal(text))


def test_negative_zero_becomes_zero():
    assert str(AMOUNT.at_scale(Decimal("-0.00"))) == "0.0000"


@pytest.mark.parametrize(
    ("amount", "units", "text"),
    [
        ("1234.5000", 2, "1234.50"),
        ("7.0000", 0, "7"),
        ("1.2345", 2, "1.2345"),
        ("0.0000", 2, "0.00"),
    ],
)
def test_amounts_are_shown_with_the_currencys_decimals(amount, units, text):
    assert shown(Decimal(amount), units) == text
