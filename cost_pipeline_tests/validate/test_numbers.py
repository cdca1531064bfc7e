from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.constraints import NumberBounds
from cost_pipeline.contracts.cost_tables import MONEY
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.vendor import NumberStyle
from cost_pipeline.core.reasons import Reason
from cost_pipeline.validate.numbers import NumberReader

ALL_WAYS = ("leading", "trailing", "parentheses")
ENGLISH = {"thousands": ",", "symbols": ("£", "$"), "negatives": ALL_WAYS}
GERMAN = {"decimal": ",", "thousands": ".", "symbols": ("EUR", "€"), "negatives": ALL_WAYS}
SWISS = {"thousands": "'", "symbols": ("CHF",)}
FRENCH = {"decimal": ",", "thousands": " ", "symbols": ("€",)}

READ = [
    (ENGLISH, "1,234.50", "1234.50"),
    (ENGLISH, "1234.50", "1234.50"),
    (ENGLISH, "£1,234,567.8", "1234567.8"),
    (ENGLISH, "5 $", "5"),
    (ENGLISH, ".5", "0.5"),
    (ENGLISH, "007", "7"),
    (ENGLISH, "-£5", "-5"),
    (ENGLISH, "£-5", "-5"),
    (ENGLISH, "9.36-", "-9.36"),
    (ENGLISH, "(9.36)", "-9.36"),
    (ENGLISH, "(£1,000.00)", "-1000.00"),
    (ENGLISH, "-0.00", "0.00"),
    (ENGLISH, "9" * 40, "9" * 40),
    (ENGLISH, "-" + "9" * 40, "-" + "9" * 40),
    (GERMAN, "1.234,56", "1234.56"),
    (GERMAN, "1.234", "1234"),
    (GERMAN, "EUR 7,5", "7.5"),
    (SWISS, "1'234.50 CHF", "1234.50"),
    (FRENCH, "1 234,50 €", "1234.50"),
    ({}, "12.5", "12.5"),
    ({"symbols": ("R", "R$")}, "R$5", "5"),
]
NOT_READ = [
    *(
        (ENGLISH, text)
        for text in ("1,23.4", "12,34", ",123", "1,2345", "1,234,56", "5.", "£", "-")
    ),
    *(
        (ENGLISH, text)
        for text in ("1e5", "NaN", "Infinity", "1_000", "+5", "0x1F", "1 000", "1.2.3")
    ),
    *((ENGLISH, text) for text in ("\uff11\uff12", "\u0661\u0662", "\u00b2", "--5", "-5-", "(-5)")),
    *((ENGLISH, text) for text in ("£$5", "£5£", "€5", "5\n6", "(5", "1,234.56.", "1,000,.5")),
    (GERMAN, "1,234.56"),
    (GERMAN, "12.34"),
    (SWISS, "(5)"),
    (SWISS, "5-"),
    ({}, "1,234"),
]
BOUNDS = NumberBounds(whole_digits=16, decimals=4)


def reader(style):
    return NumberReader(NumberStyle.model_validate(style))


@pytest.mark.parametrize(("style", "text", "amount"), READ)
def test_an_amount_is_read_exactly_as_declared(style, text, amount):
    found = reader(style).read(text)
    assert isinstance(found, Decimal)
    assert str(found) == amount


@pytest.mark.parametrize(("style", "text"), NOT_READ)
def test_anything_else_is_refused_and_never_guessed(style, text):
    found = reader(style).read(text)
    assert isinstance(found, Problem)
    assert found.code is Reason.BAD_NUMBER


STYLES = st.sampled_from([ENGLISH, GERMAN, SWISS, FRENCH, {}, {"symbols": ("R", "R$")}])
TEXTS = st.one_of(
    st.text("0123456789.,' -()£$€RCHFEU", max_size=24),
    st.sampled_from([text for _, text, _ in READ] + [text for _, text in NOT_READ]),
    st.none(),
)


@given(STYLES, st.lists(TEXTS, min_size=1, max_size=20))
def test_what_a_column_proves_is_what_one_text_reads(style, texts):
    one = reader(style)
    stripped = [text.strip() or None if text is not None else None for text in texts]
    proven, amounts = one.prove(pa.array(stripped, pa.string()), BOUNDS, MONEY)
    rows = zip(stripped, proven.to_pylist(), amounts.to_pylist(), strict=True)
    assert [
        (text, amount, one.read(text))
        for text, ok, amount in rows
        if ok and one.read(text) != amount
    ] == []


@pytest.mark.parametrize(
    ("style", "text"),
    [(ENGLISH, "1,234.50"), (ENGLISH, "1234.5"), (ENGLISH, "£5"), (GERMAN, "1.234,56"), ({}, "7")],
)
def test_plain_amounts_are_proven_so_that_the_lane_is_fast(style, text):
    proven, amounts = reader(style).prove(pa.array([text]), BOUNDS, MONEY)
    assert proven.to_pylist() == [True]
    assert amounts[0].as_py() == reader(style).read(text)


@pytest.mark.parametrize(("style", "text"), NOT_READ)
def test_what_cannot_be_read_is_not_proven(style, text):
    proven, _ = reader(style).prove(pa.array([text]), BOUNDS, MONEY)
    assert proven.to_pylist() == [False]


@pytest.mark.parametrize("text", ["0.00001", "1.00000", "9" * 15, "1,000,000,000,000,000"])
def test_what_is_near_a_bound_is_left_to_the_model(text):
    proven, _ = reader(ENGLISH).prove(pa.array([text]), BOUNDS, MONEY)
    assert proven.to_pylist() == [False]


SPACED = {
    "decimal": ",",
    "thousands": "space",
    "symbols": ["€"],
    "negatives": ["leading", "trailing"],
}
CURLY = {"thousands": "apostrophe"}
INDIAN = {"thousands": ",", "grouping": "indian"}
WRITTEN = [
    *((SPACED, f"1{space}234{space}567,89", "1234567.89") for space in " \u00a0\u2009\u202f"),
    (SPACED, "\u22121\u00a0234,50 €", "-1234.50"),
    (SPACED, "5,00\u2212", "-5.00"),
    (SPACED, "12 34,00", None),
    (SPACED, "1  234,00", None),
    (CURLY, "1'234'567.89", "1234567.89"),
    (CURLY, "1\u2019234.50", "1234.50"),
    (INDIAN, "12,34,567.89", "1234567.89"),
    (INDIAN, "1,00,00,000", "10000000"),
    (INDIAN, "1,234.50", "1234.50"),
    (INDIAN, "1,234,567", None),
    (INDIAN, "123,456", None),
]


@pytest.mark.parametrize(("style", "text", "expected"), WRITTEN)
def test_what_is_written_for_a_space_an_apostrophe_or_a_minus_is_read(style, text, expected):
    one = reader(style)
    found = one.read(text)
    assert found == Decimal(expected) if expected else isinstance(found, Problem)
    proven, amounts = one.prove(pa.array([text]), BOUNDS, MONEY)
    if proven.to_pylist() == [True]:
        assert amounts.to_pylist() == [found]


def test_a_separator_that_nobody_sees_is_named_by_its_code():
    with pytest.raises(ValueError, match=r"'\\u2003' is no thousands separator: .*space"):
        NumberStyle.model_validate({"thousands": "\u2003"})
