"""Conversion is exact: equal to decimal arithmetic with sixty digits, one rounding at the end."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.cost_tables import MONEY
from cost_pipeline.core.errors import UsageError
from cost_pipeline.fx.convert import CONVERSION_SCHEMA, convert, rounded_quotient
from cost_pipeline.fx.rates import in_force, pin

MINOR = {"USD": 2, "GBP": 2, "EUR": 2, "JPY": 0, "BHD": 3, "CLF": 4, "IDR": 2}
DAY = "2026-04-01"


def _lines(kit, *lines):
    """Lines of (amount, currency, base currency) on one day."""
    requests = kit.requests(*((DAY, original, base) for _, original, base in lines))
    amounts = pa.array([Decimal(amount) for amount, _, _ in lines], MONEY)
    return requests.append_column(pa.field("amount", MONEY), amounts)


def _converted(kit, rates, *lines):
    asked = _lines(kit, *lines)
    return convert(asked, pin(in_force(kit.stored(kit.day(DAY, **rates))), asked), MINOR)


def _amounts(kit, rates, *lines):
    return [str(amount) for amount in _converted(kit, rates, *lines)["base_amount"].to_pylist()]


def _reference(amount, original, base, places):
    """An independent computation with sixty significant digits."""
    with decimal.localcontext() as context:
        context.prec = 60
        exact = Decimal(amount) * Decimal(base) / Decimal(original)
        return exact.quantize(Decimal(1).scaleb(-places), rounding=decimal.ROUND_HALF_EVEN)


def test_a_thousand_dollars_were_790_95_pounds_on_28_march_2024(kit, ecb):
    lines = kit.requests(("2024-03-28", "USD", "GBP")).append_column(
        pa.field("amount", MONEY), pa.array([Decimal(1000)], MONEY)
    )
    (row,) = convert(lines, pin(ecb, lines), MINOR).to_pylist()
    assert str(row["base_amount"]) == "790.9500"


def test_yen_are_rounded_to_whole_and_dinars_to_thousandths(kit):
    rates = {"USD": "1.1", "JPY": "163.45", "BHD": "0.4147"}
    assert _amounts(kit, rates, ("10", "USD", "JPY"), ("10", "USD", "BHD")) == [
        "1486.0000",
        "3.7700",
    ]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0.0100", "0.0000"),
        ("0.0300", "0.0200"),
        ("0.0500", "0.0200"),
        ("0.0700", "0.0400"),
        ("-0.0100", "0.0000"),
        ("-0.0300", "-0.0200"),
        ("-0.0500", "-0.0200"),
        ("0.0000", "0.0000"),
    ],
)
def test_ties_go_to_the_even_cent_on_both_sides_of_zero(kit, amount, expected):
    rates = {"USD": "1", "GBP": "2"}
    assert _amounts(kit, rates, (amount, "GBP", "USD")) == [expected]


def test_a_currency_into_itself_is_rounded_to_its_minor_units_only(kit):
    assert _amounts(kit, {"USD": "1"}, ("1.2345", "USD", "USD"), ("7", "JPY", "JPY")) == [
        "1.2300",
        "7.0000",
    ]


def test_a_refused_line_keeps_its_place_and_has_no_amount(kit):
    converted = _converted(
        kit, {"USD": "1.1"}, ("1", "EUR", "USD"), ("2", "GBP", "USD"), ("3", "EUR", "USD")
    )
    assert [row["amount"] for row in converted.to_pylist()] == [1, 2, 3]
    refused = converted.to_pylist()[1]
    assert (refused["refusal"], refused["base_amount"]) == ("FX_RATE_MISSING", None)
    assert converted.schema.names[-len(CONVERSION_SCHEMA) :] == CONVERSION_SCHEMA.names


def test_a_result_that_does_not_fit_is_refused_and_not_cut(kit):
    largest = "9999999999999999.9999"
    converted = _converted(kit, {"USD": "1", "IDR": "20000"}, (largest, "USD", "IDR"))
    (row,) = converted.to_pylist()
    assert (row["refusal"], row["base_amount"], row["rate_base"]) == ("BAD_AMOUNT", None, None)
    assert "sixteen digits" in row["refusal_message"]


def test_ratios_beyond_128_bits_are_settled_in_python_integers(kit):
    wide = {"USD": "123456789012345678.1234567891", "GBP": "123456789012345679.9876543211"}
    lines = [("9999999999999.9999", "GBP", "USD"), ("1", "EUR", "EUR"), ("2", "USD", "GBP")]
    found = _amounts(kit, wide, *lines)
    assert found == [
        str(_reference(lines[0][0], wide["GBP"], wide["USD"], 2).quantize(Decimal("0.0001"))),
        "1.0000",
        "2.0000",
    ]
    converted = _converted(kit, wide, ("9999999999999999.9999", "EUR", "GBP"))
    assert converted["refusal"].to_pylist() == ["BAD_AMOUNT"]


def test_a_base_currency_without_minor_units_is_refused(kit):
    with pytest.raises(UsageError) as caught:
        _converted(kit, {"XAU": "1"}, ("1", "EUR", "XAU"))
    assert caught.value.code == "NO_MINOR_UNITS"


def test_lines_that_were_not_pinned_are_a_defect_and_not_dropped(kit):
    asked = _lines(kit, ("1", "EUR", "USD"), ("1", "EUR", "GBP"))
    pinned = pin(in_force(kit.stored(kit.day(DAY, USD="1"))), asked.slice(0, 1))
    with pytest.raises(ValueError, match="pinned"):
        convert(asked, pinned, MINOR)


_AMOUNT = st.decimals(
    min_value=Decimal("-9999999999999999.9999"),
    max_value=Decimal("9999999999999999.9999"),
    places=4,
)
_RATE = st.one_of(
    st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(30000), places=4),
    st.decimals(min_value=Decimal("0.0000000001"), max_value=Decimal(10**6), places=10),
    st.sampled_from([Decimal(1), Decimal(2), Decimal(8), Decimal("0.5"), Decimal("1.1172")]),
)


@given(
    lines=st.lists(
        st.tuples(_AMOUNT | st.decimals(-1000, 1000, places=2), st.sampled_from(sorted(MINOR))),
        min_size=1,
        max_size=20,
    ),
    rates=st.fixed_dictionaries({name: _RATE for name in MINOR if name != "EUR"}),
)
def test_conversion_equals_decimal_arithmetic_with_sixty_digits(kit, lines, rates):
    text = {name: format(rate, "f") for name, rate in rates.items()}
    asked = [(amount, "GBP", base) for amount, base in lines]
    for row in _converted(kit, text, *asked).to_pylist():
        base = row["base_currency"]
        same = base == "GBP"
        known = text | {"EUR": "1"}
        original_rate, base_rate = ("1", "1") if same else (known["GBP"], known[base])
        expected = _reference(row["amount"], original_rate, base_rate, MINOR[base])
        if abs(expected) >= Decimal(10) ** 16:
            assert row["refusal"] == "BAD_AMOUNT"
        else:
            assert row["base_amount"] == expected


@given(st.integers(-(10**60), 10**60), st.integers(1, 10**40))
def test_integer_division_rounds_half_to_even(numerator, denominator):
    with decimal.localcontext() as context:
        context.prec = 200
        exact = Decimal(numerator) / Decimal(denominator)
        assert rounded_quotient(numerator, denominator) == exact.to_integral_value(
            decimal.ROUND_HALF_EVEN
        )


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (-1, 2, 0), (-3, 2, -2), (-5, 2, -2), (2, 3, 1), (1, 3, 0)],
)
def test_exact_halves_go_to_the_even_integer(numerator, denominator, expected):
    assert rounded_quotient(numerator, denominator) == expected
