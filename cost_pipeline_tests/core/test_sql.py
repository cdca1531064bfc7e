"""Values come back from SQL as they went in, and conditions are what Python says they are."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.sql import (
    EVERYTHING,
    NOTHING,
    Predicate,
    begins,
    equals,
    literal,
    one_of,
    within,
)

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
HOSTILE = (
    "'", "''", "\\'", "a'; drop table x; --", "%", "_%", "\n\r\t", "{table}", "$1", "?", "é\u0301",
    "\ud7ff", "\U0010ffff", "null", "'' or true", "--", "/*", "",
)  # fmt: skip
DATES = st.dates(date(1, 1, 1), date(9999, 12, 31))


def _back(value, kind="varchar"):
    return query(f"select {literal(value)}::{kind} as value")["value"][0].as_py()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_equal(text):
    assert _back(text) == text


@given(TEXTS)
def test_any_text_comes_back_equal(text):
    assert _back(text) == text


@given(DATES, st.integers(-(2**62), 2**62), st.booleans())
def test_dates_numbers_and_truths_come_back_equal(day, number, true):
    assert _back(day, "date") == day
    assert _back(number, "bigint") == number
    assert _back(true, "boolean") is true


@given(st.decimals(-(10**20), 10**20, places=10))
def test_exact_decimals_come_back_equal(number):
    assert _back(number, "decimal(38, 10)") == number


def test_a_time_is_told_in_utc():
    here = datetime(2026, 4, 1, 1, 30, 0, 5, timezone(timedelta(hours=2)))
    assert literal(here) == "'2026-03-31 23:30:00.000005+00'"
    assert _back(here, "timestamptz").astimezone(UTC) == here


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("a\0b", ValueError),
        (datetime(2026, 4, 1), ValueError),  # noqa: DTZ001 - that is what is refused
        (Decimal("NaN"), ValueError),
        (Decimal("Infinity"), ValueError),
        (1.5, TypeError),
        (None, TypeError),
        (b"a", TypeError),
        (["a"], TypeError),
    ],
)
def test_what_is_no_value_is_refused(value, error):
    with pytest.raises(error):
        equals("x", value)


def test_a_range_has_an_end():
    with pytest.raises(ValueError, match="both sides"):
        within("x", None, None)


def test_the_text_of_conditions():
    day, vendor = equals("day", date(2026, 4, 1)), equals("vendor", "o'neil")
    assert str(day & vendor) == "day = '2026-04-01' and vendor = 'o''neil'"
    assert str(one_of("day", [date(2026, 4, 1)])) == "day in ('2026-04-01')"
    assert str(within("day", date(2026, 4, 1), date(2026, 4, 2))) == (
        "day >= '2026-04-01' and day <= '2026-04-02'"
    )
    assert str(within("n", None, 3)) == "n <= 3"
    assert f"{day | vendor}" == "(day = '2026-04-01' or vendor = 'o''neil')"
    assert str(Predicate("a is null or b") & ~day) == (
        "(a is null or b) and not (day = '2026-04-01')"
    )
    assert one_of("day", []) == NOTHING


def _rows_that(condition, values):
    table = pa.table({"n": range(len(values)), "x": pa.array(values, pa.string())})
    return query(f"select n from rows where {condition} order by n", rows=table)["n"].to_pylist()


@given(st.lists(TEXTS, max_size=8), TEXTS, TEXTS)
@example(["a%b", "a%", "ab", "a"], "a%", "z")
@example(["a\ud7ffb", "a\ue000", "a\U0010ffff\U0010ffff", "b"], "a\ud7ff", "")
@example(["\U0010ffff", "\U0010ffffa", "z"], "\U0010ffff", "a\U0010ffff")
def test_conditions_choose_what_python_chooses(values, one, other):
    values = [*values, one, one + other, other]
    first, last = sorted([one, other])
    for condition, chosen in (
        (EVERYTHING, lambda _: True),
        (NOTHING, lambda _: False),
        (equals("x", one), lambda x: x == one),
        (one_of("x", [one, other]), lambda x: x in (one, other)),
        (begins("x", one), lambda x: x.startswith(one)),
        (within("x", first, last), lambda x: first <= x <= last),
        (~equals("x", one) & begins("x", other), lambda x: x != one and x.startswith(other)),
        (
            (equals("x", one) | begins("x", other)) & ~one_of("x", [other]),
            lambda x: (x == one or x.startswith(other)) and x != other,
        ),
        (~(equals("x", one) & begins("x", other)), lambda x: x != one or not x.startswith(other)),
    ):
        expected = [n for n, value in enumerate(values) if chosen(value)]
        assert _rows_that(condition, values) == expected, str(condition)


def test_what_is_not_there_is_neither():
    assert _rows_that(equals("x", "a"), [None, "a"]) == [1]
    assert _rows_that(~equals("x", "a"), [None, "a"]) == []
    assert _rows_that(begins("x", ""), [None, "a"]) == [1]
