"""Rates quoted either way round, rounding as chosen, and two sources against each other."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.cost_tables import MONEY
from cost_pipeline.contracts.rate_sources import published_sources
from cost_pipeline.fx.compare import compare
from cost_pipeline.fx.convert import convert
from cost_pipeline.fx.rates import in_force, pin

S = published_sources()
MINOR = {"USD": 2, "GBP": 2, "EUR": 2, "CAD": 2, "AUD": 2, "JPY": 0}
DAY = "2026-04-01"


def _rates(kit, **by_source):
    return in_force(
        pa.concat_tables(
            [
                kit.stored(kit.day(day, **rates), source=S[name])
                for name, days in by_source.items()
                for day, rates in days.items()
            ]
        )
    )


def _converted(kit, rates, amount, pair, source, rounding="half_even", day=DAY):
    asked = kit.requests((day, *pair, S[source].max_age_days), source=source, rounding=rounding)
    lines = asked.append_column(pa.field("amount", MONEY), pa.array([Decimal(amount)], MONEY))
    return convert(lines, pin(rates, lines), MINOR).to_pylist()[0]


def test_each_source_converts_by_its_own_quotes_and_names_itself(kit):
    rates = _rates(
        kit,
        ecb={DAY: {"USD": "1.25", "GBP": "0.8"}},
        fed_h10={DAY: {"GBP": "1.5", "CAD": "1.4", "AUD": "0.6"}},
        boc={DAY: {"USD": "1.4", "GBP": "1.9"}},
    )
    asked = {
        ("ecb", "GBP", "USD"): "156.2500",  # 100 / 0.8 * 1.25
        ("fed_h10", "GBP", "USD"): "150.0000",  # dollars for a pound
        ("fed_h10", "USD", "CAD"): "140.0000",  # Canadian dollars for a dollar
        ("fed_h10", "GBP", "CAD"): "210.0000",
        ("fed_h10", "GBP", "AUD"): "250.0000",  # 1.5 / 0.6
        ("boc", "USD", "CAD"): "140.0000",
        ("boc", "CAD", "USD"): "71.4300",  # 100 / 1.4, exact and rounded once
        ("boc", "GBP", "USD"): "135.7100",
    }
    for (source, *pair), expected in asked.items():
        row = _converted(kit, rates, "100", pair, source)
        assert str(row["base_amount"]) == expected, (source, pair)
        assert row["rate_source"] == source
    row = _converted(kit, rates, "100", ("GBP", "CAD"), "fed_h10")
    assert (str(row["rate_original"])[:3], row["quote_original"]) == ("1.5", "per_unit")
    assert (str(row["rate_base"])[:3], row["quote_base"]) == ("1.4", "per_pivot")


def test_a_rate_of_one_source_is_never_used_for_another(kit):
    rates = _rates(kit, ecb={DAY: {"USD": "1.25", "GBP": "0.8"}})
    row = _converted(kit, rates, "100", ("GBP", "USD"), "fed_h10")
    assert row["refusal"] == "FX_RATE_MISSING"
    assert "the Federal Reserve publishes on 2026-04-01" in row["refusal_message"]


def test_an_amended_quarterly_rate_counts_from_its_day_on(kit):
    days = {
        "2026-03-31": {"CAD": "1.39", "GBP": "0.75"},
        "2026-05-15": {"CAD": "1.55", "GBP": "0.75"},
    }
    rates = _rates(kit, us_treasury=days)
    for day, expected in (
        ("2026-05-14", "139.00"),
        ("2026-05-15", "155.00"),
        ("2026-06-29", "155.00"),
    ):
        row = _converted(kit, rates, "100", ("USD", "CAD"), "us_treasury", day=day)
        assert str(row["base_amount"]) == f"{expected}00", day
    row = _converted(kit, rates, "100", ("USD", "CAD"), "us_treasury", day="2026-06-30")
    assert row["refusal"] == "FX_RATE_MISSING", "the next quarter is not loaded"


@pytest.mark.parametrize(
    ("amount", "even", "up"),
    [("0.0100", "0.0000", "0.0100"), ("0.0300", "0.0200", "0.0200"),
     ("-0.0100", "0.0000", "-0.0100"), ("0.0500", "0.0200", "0.0300"),
     ("-0.0500", "-0.0200", "-0.0300")],
)  # fmt: skip
def test_halves_go_to_the_even_cent_or_away_from_zero_as_the_production_says(kit, amount, even, up):
    rates = _rates(kit, ecb={DAY: {"USD": "1", "GBP": "2"}})
    for rounding, expected in (("half_even", even), ("half_up", up)):
        row = _converted(kit, rates, amount, ("GBP", "USD"), "ecb", rounding)
        assert str(row["base_amount"]) == expected


_RATE = st.decimals(min_value=Decimal("0.0000000001"), max_value=Decimal(10**6), places=10)


@given(
    amount=st.decimals(-(10**9), 10**9, places=4),
    gbp=_RATE,
    cad=_RATE,
    pair=st.permutations(["GBP", "CAD", "USD"]),
)
def test_mixed_quotes_equal_exact_fractions(kit, amount, gbp, cad, pair):
    rates = _rates(kit, fed_h10={DAY: {"GBP": format(gbp, "f"), "CAD": format(cad, "f")}})
    value = {"GBP": Fraction(gbp), "CAD": 1 / Fraction(cad), "USD": Fraction(1)}
    original, base = pair[:2]
    row = _converted(kit, rates, amount, (original, base), "fed_h10", "half_up")
    exact = Fraction(amount) * value[original] / value[base] * 100
    whole = int(abs(exact) + Fraction(1, 2)) * (-1 if exact < 0 else 1)
    if abs(whole) >= 10**18:
        assert row["refusal"] == "BAD_AMOUNT"
    else:
        assert row["base_amount"] == (Decimal(whole) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("dollar", "state"),
    [("1.25", (False, False)), ("1.268", (False, False)), ("1.27", (True, False)),
     ("1.299", (True, False)), ("1.301", (True, True)), ("0.0125", (True, True))],
)  # fmt: skip
def test_sources_that_differ_are_warned_of_over_150_and_fail_over_400_basis_points(
    kit, dollar, state
):
    rates = _rates(
        kit,
        ecb={DAY: {"USD": "1.25", "GBP": "0.8"}, "2026-04-02": {"USD": "9"}},
        fed_h10={DAY: {"EUR": dollar, "GBP": str(Decimal(dollar) / Decimal("0.8"))}},
    )
    found = compare(rates, S["ecb"], S["fed_h10"])
    assert (found.warned, found.failed) == state
    assert (found.days, found.compared) == (1, 2), "a day that one source lacks is not evaluated"
    lacking = _rates(kit, ecb={DAY: {"USD": "1.25", "GBP": "0.8"}}, boc={DAY: {"GBP": "1.9"}})
    assert compare(lacking, S["ecb"], S["boc"]).compared == 0, "neither pivot is known to both"
    back = compare(rates, S["fed_h10"], S["ecb"])
    assert back.compared == 2


def test_sources_without_a_common_day_are_not_evaluated(kit):
    rates = _rates(kit, ecb={DAY: {"USD": "1.25"}}, boc={"2026-04-02": {"USD": "1.4"}})
    found = compare(rates, S["ecb"], S["boc"])
    assert (found.compared, found.largest, found.warned) == (0, None, False)
    assert compare(rates, S["ecb"], S["boc"], since=date(2027, 1, 1)).days == 0
