"""Dates that are looked at or worked on together come to what each of them comes to alone."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cost_pipeline.contracts.columns import query
from cost_pipeline.feeds.production.inputs import (
    groups_by_size,
    live_amounts,
    live_records,
    record_counts,
)
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline_tests.feeds.outcomes import ledger_outcomes

PULLED = date(2026, 4, 1)
QUIET = date(2026, 3, 2)


@pytest.fixture(scope="module")
def crowded(door, tmp_path_factory):
    """Duplicates, conflicts, credits and two deliveries, on three dates."""
    house = door.House(tmp_path_factory.mktemp("crowded") / "home", ["rentals", "orders"])
    days = ["2026-03-30", "2026-03-31", "2026-04-01"]
    house.drop(
        "rentals",
        PULLED,
        [(f"T{n}", days[n % 3], f"{10 + n}.00", ("GBP", "USD")[n % 2]) for n in range(9)]
        + [("T1", days[1], "11.00", "USD"), ("T2", days[0], "99.00", "GBP")]
        + [("C1", days[2], "-5.00", "GBP")],
    )
    house.drop("orders", PULLED, [("O1", days[0], "10.00", "GBP")])
    house.work(PULLED)
    house.drop(
        "rentals", date(2026, 4, 2), [("T9", days[0], "7.00", "EUR"), ("T3", days[0], "1", "GBP")]
    )
    house.work(date(2026, 4, 2))
    return house


@pytest.mark.parametrize("dates", [["2026-03-30"], ["2026-03-31", "2026-04-01"], [str(QUIET)]])
def test_sums_where_records_are_stored_are_the_sums_of_the_records(crowded, dates):
    days = [date.fromisoformat(day) for day in dates]
    session = crowded.session()
    summed = live_amounts(session, days)
    read = query(
        "select transaction_date, currency, count(*) as n, sum(amount) as total from records "
        "where transaction_date in (select * from days) group by all",
        records=live_records(session, days),
        days=pa.table({"day": days}),
    )
    key = [("transaction_date", "ascending"), ("currency", "ascending")]
    assert summed.sort_by(key).to_pylist() == read.sort_by(key).to_pylist()
    assert bool(summed.num_rows) == (QUIET not in days)


def test_dates_checked_together_are_found_as_each_of_them_alone(crowded):
    session = crowded.session()
    days = [date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1), QUIET]
    together = ledger_outcomes(session, days)
    assert list(together) == sorted(days)
    assert together == {day: ledger_outcomes(session, [day])[day] for day in sorted(days)}


def test_dates_are_worked_on_in_groups_of_about_so_many_records(crowded):
    session = crowded.session()
    days = [date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1), QUIET]
    sizes = record_counts(session)
    for most in (1, 6, 8, 1000):
        groups = list(groups_by_size(session, days, most))
        assert [day for group in groups for day in group] == sorted(days)
        assert all(
            len(group) == 1 or sum(sizes.get(day, 0) for day in group) <= most for group in groups
        )
    assert list(groups_by_size(session, days, 1000)) == [sorted(days)]


def test_leaves_come_in_the_order_of_vendor_delivery_and_row(crowded):
    """So that a batch does not depend on which file of the lake holds which record."""
    lines = crowded.session().lake.table(LEDGER).snapshot().read()
    rows = lines.filter(pc.equal(lines["kind"], "post")).to_pylist()
    for key in {(row["transaction_date"], row["batch"]) for row in rows}:
        mine = [row for row in rows if (row["transaction_date"], row["batch"]) == key]
        order = [(r["vendor"], r["delivery"], r["row"]) for r in sorted(mine, key=_leaf)]
        assert order == sorted(order)


def _leaf(row):
    return row["leaf"]
