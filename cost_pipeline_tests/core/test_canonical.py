from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core import canonical

VALUES = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8")),
    st.integers(),
    st.dates(),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
    st.binary(max_size=20),
)


def test_fields_do_not_run_into_each_other():
    assert canonical.digest("t", "ab", "c") != canonical.digest("t", "a", "bc")


def test_a_tag_sets_equal_fields_apart():
    assert canonical.digest("row", "a") != canonical.digest("key", "a")


def test_types_do_not_run_into_each_other():
    forms = ["1", 1, Decimal(1), None, "", b"1", date(2026, 1, 1), "2026-01-01"]
    assert len({canonical.digest("t", form) for form in forms}) == len(forms)


def test_a_float_has_no_canonical_form():
    with pytest.raises(TypeError, match="float"):
        canonical.digest("t", 1.5)


@given(st.lists(VALUES, max_size=4), st.lists(VALUES, max_size=4))
def test_different_tuples_have_different_bytes(left, right):
    same = [(type(v), str(v)) for v in left] == [(type(v), str(v)) for v in right]
    assert (canonical.canonical("t", *left) == canonical.canonical("t", *right)) == same


@given(
    st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"))),
    st.decimals(min_value=0, max_value=10**12, places=4),
)
def test_sql_makes_the_same_digest(text, amount):
    sql = canonical.sql_digest(
        "t", [canonical.sql_field("$text::varchar"), canonical.sql_field("$amount::varchar", "d")]
    )
    values = {"text": text, "amount": format(amount, "f")}
    (found,) = duckdb.execute(f"select {sql}", values).fetchone()
    assert found == canonical.digest("t", text, amount)


def test_a_set_has_one_digest_in_any_order():
    assert canonical.digest_of_set("s", ["b", "a"]) == canonical.digest_of_set("s", ["a", "b"])
    assert canonical.digest_of_set("s", ["a"]) != canonical.digest_of_set("s", ["a", "a"])


def test_the_encoding_is_pinned():
    """A change here breaks every stored hash: it needs a new VERSION and an ADR."""
    assert canonical.canonical("row", "ab", 7, None) == b"cp1:row|s2:ab,i1:7,n,"
    assert canonical.canonical("t", "é", Decimal("1.50"), date(2026, 4, 3)) == (
        b"cp1:t|s2:\xc3\xa9,d4:1.50,t10:2026-04-03,"
    )
