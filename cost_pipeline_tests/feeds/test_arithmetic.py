"""The arithmetic that is shown of a posting can be done again, and gives the posting."""

from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.cost_tables import MONEY, RATE
from cost_pipeline.contracts.production import Rounding
from cost_pipeline.contracts.rate_sources import Quote
from cost_pipeline.feeds.production.arithmetic import arithmetic, quoted
from cost_pipeline.fx.convert import rounded_quotient, value_in_pivot
from cost_pipeline_tests.feeds.recomputed import recomputed

PER_PIVOT, PER_UNIT = str(Quote.PER_PIVOT), str(Quote.PER_UNIT)


def line(amount, base, original=("GBP", "0.85", PER_PIVOT), into=("USD", "1.1", PER_PIVOT)):
    return {
        "original_amount": Decimal(amount),
        "base_amount": Decimal(base),
        **{f"{name}_currency": side[0] for name, side in (("original", original), ("base", into))},
        **{
            f"rate_{name}": Decimal(side[1])
            for name, side in (("original", original), ("base", into))
        },
        **{f"quote_{name}": side[2] for name, side in (("original", original), ("base", into))},
    }


@pytest.mark.parametrize(
    ("posting", "text"),
    [
        (line("12.50", "16.18"), "12.50 GBP x 1.1 / 0.85 = 16.18 USD"),
        (line("-1234.5", "-1597.59"), "-1,234.50 GBP x 1.1 / 0.85 = -1,597.59 USD"),
        (
            line("100.0000", "110", ("EUR", "1.00", PER_PIVOT), ("USD", "1.1000", PER_PIVOT)),
            "100.00 EUR x 1.1 = 110.00 USD",
        ),
        (
            line("100", "75", ("USD", "1.5", PER_UNIT), ("GBP", "2", PER_UNIT)),
            "100.00 USD x 1.5 / 2 = 75.00 GBP",
        ),
        (
            line("100", "37.50", ("USD", "0.75", PER_UNIT), ("GBP", "0.5", PER_PIVOT)),
            "100.00 USD x 0.5 x 0.75 = 37.50 GBP",
        ),
        (
            line("100", "25", ("USD", "2", PER_PIVOT), ("GBP", "2", PER_UNIT)),
            "100.00 USD / 2 / 2 = 25.00 GBP",
        ),
        (line("7.1234", "7.1234", ("USD", "1", PER_PIVOT), ("USD", "1", PER_PIVOT)), "7.1234 USD"),
    ],
)  # fmt: skip
def test_a_rate_multiplies_or_divides_as_its_source_quotes_it(posting, text):
    assert arithmetic(posting) == text


def test_a_rate_is_said_as_it_is_quoted():
    assert quoted(Decimal("0.8500000000"), PER_PIVOT, "GBP", "EUR") == "0.85 GBP for 1 EUR"
    assert quoted(Decimal("1.3"), PER_UNIT, "GBP", "USD") == "1.3 USD for 1 GBP"
    assert quoted(Decimal(1), PER_PIVOT, "EUR", "EUR") == ""


_AMOUNTS = st.decimals("-99999999.9999", "99999999.9999", places=4, allow_nan=False)
_RATES = st.decimals("0.0000000001", "99999.9999999999", places=10, allow_nan=False)
_QUOTES = st.sampled_from([PER_PIVOT, PER_UNIT])


@given(_AMOUNTS, _RATES, _QUOTES, _RATES, _QUOTES, st.sampled_from(list(Rounding)))
def test_the_shown_numbers_alone_give_the_posting(amount, original, one, base, other, rounding):
    """The reader needs nothing but the text and the rounding that stands beside it."""
    exact = Fraction(amount) * value_in_pivot(original, one) / value_in_pivot(base, other)
    minor = exact * 100
    cents = rounded_quotient(minor.numerator, minor.denominator, rounding)
    posted = Decimal(cents).scaleb(-2)
    for value, kind in ((amount, MONEY), (original, RATE), (base, RATE)):
        assert pa.scalar(value, kind).as_py() == value, "as the ledger holds it"
    text = arithmetic(line(amount, posted, ("GBP", original, one), ("USD", base, other)))
    found, currency, result, into = recomputed(text)
    assert (found, currency, result, into) == (exact, "GBP", posted, "USD")
