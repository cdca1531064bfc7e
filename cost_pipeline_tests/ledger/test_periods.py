"""Periods as pure functions of their acts."""

from datetime import UTC, date, datetime

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.ledger.periods import (
    Act,
    Closing,
    Recorded,
    closed_at,
    closed_now,
    closings,
    next_period,
    open_period,
    posting_periods,
    previous_period,
)


def at(hour):
    return datetime(2026, 4, 7, hour, tzinfo=UTC)


def acts(*given, period="2026-03"):
    return [Recorded(period, n, act, at(n)) for n, act in enumerate(given, start=1)]


def test_a_closing_counts_from_its_announcement_until_it_is_reopened():
    done = acts(Act.CLOSING, Act.CLOSED, Act.REOPENED, Act.CLOSING)
    spans = closings(reversed(done))
    assert spans == (
        Closing("2026-03", at(1), at(2), at(3)),
        Closing("2026-03", at(4), None, None),
    )
    assert closed_now(spans) == {"2026-03"}
    assert [closed_at(spans, "2026-03", at(hour)) for hour in range(5)] == [
        False, True, True, False, True,
    ]  # fmt: skip
    assert not closed_at(spans, "2026-04", at(1))


def test_periods_do_not_mix():
    both = [*acts(Act.CLOSING, Act.CLOSED), *acts(Act.CLOSING, Act.REOPENED, period="2026-04")]
    assert closed_now(closings(both)) == {"2026-03"}
    assert closings(acts(Act.REOPENED)) == ()


@given(st.integers(1999, 2035), st.integers(1, 12))
def test_months_follow_each_other_over_years(year, month):
    period = f"{year}-{month:02d}"
    assert previous_period(next_period(period)) == next_period(previous_period(period)) == period
    assert next_period(period) > period


def test_the_first_open_month_takes_what_a_closed_one_may_not():
    assert open_period("2025-11", {"2025-11", "2025-12", "2026-02"}) == "2026-01"
    days = pa.chunked_array([pa.array([date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 1)])])
    found = posting_periods(days, {"2025-12", "2026-02"})
    assert found.to_pylist() == ["2026-01", "2026-01", "2026-03"]
    assert posting_periods(days, ()).to_pylist() == ["2025-12", "2026-01", "2026-02"]
