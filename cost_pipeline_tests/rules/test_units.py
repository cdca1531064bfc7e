"""Numbers of rules are computed in whole units, and one that would lose digits is refused."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from cost_pipeline.rules import flatten, units


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        (units.minutes, "1.5", 90),
        (units.tenths, "8.6", 86),
        (units.cents, "12.34", 1234),
        (units.hundredths, "1.25", 125),
        (units.rate_units, "54.7812", 547812),
        (units.whole, "10", 10),
    ],
)
def test_a_number_becomes_whole_units(unit, value, expected):
    assert unit(Decimal(value)) == expected


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        (units.minutes, "0.01"),
        (units.tenths, "8.65"),
        (units.cents, "12.345"),
        (units.hundredths, "1.125"),
        (units.rate_units, "54.78125"),
        (units.whole, "12.5"),
    ],
)
def test_a_number_that_would_lose_digits_is_refused(unit, value):
    with pytest.raises(ValueError, match="not a whole number"):
        unit(Decimal(value))


def test_premiums_of_nights_and_shares_of_scale_are_not_cut():
    night = SimpleNamespace(evening_percent=Decimal("12.5"), night_percent=Decimal(20))
    with pytest.raises(ValueError, match=r"12\.5"):
        flatten.night_premium(night, None, Decimal(1))
    hourly = SimpleNamespace(
        per_hour=Decimal(1), premium_per_hour=None, percent_of_scale=Decimal("10.5")
    )
    with pytest.raises(ValueError, match=r"10\.5"):
        flatten.hourly_contribution(hourly, None, Decimal(1))
