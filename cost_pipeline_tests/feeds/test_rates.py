"""Corrections of rates: which dates they touch, which lines they reverse and post."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.feeds.production.rates import (
    correct_rates,
    load_bundled_history,
    rates_in_force,
    snapshots_listed,
    stored_rates,
)

EASTER = [date(2026, 4, day) for day in range(2, 7)]
DAY = date(2026, 4, 2)


@pytest.fixture(scope="module")
def easter_once(door, tmp_path_factory):
    house = door.House(tmp_path_factory.mktemp("easter") / "home")
    days = [date(2026, 3, 31), date(2026, 4, 1), *EASTER]
    rows = [
        (f"{currency}{day}", str(day), "100.00", currency)
        for day in days
        for currency in ("GBP", "USD", "CAD")
    ]
    house.drop("rentals", "2026-04-06", rows)
    house.drop("lodging", "2026-04-06", [("X", "2026-04-02", "100.00", "EUR")])
    house.work("2026-04-06")
    assert len(door.active_lines(house.session())) == 22
    return house


@pytest.fixture
def easter(house, easter_once):
    """A posted line in each of three currencies on every day from 31 March to 6 April."""
    return house.take_over(easter_once)


@pytest.fixture
def correct(easter):
    def corrected(text, reason="the bank said so"):
        file = easter.root / "correction.csv"
        file.write_text(f"currency,rate\n{text}\n", encoding="utf-8")
        return correct_rates(easter.session(), DAY, file, reason)

    return corrected


def test_a_correction_before_easter_touches_the_days_until_the_next_publication(
    door, easter, correct
):
    before = door.lines(easter.session()).num_rows
    found = correct("CAD,1.6")
    assert list(found.affected) == EASTER
    assert door.stale(easter.session()) == EASTER
    posted = easter.work().posted
    assert sorted(posted) == EASTER
    for done in posted.values():
        assert (done.posts, done.reversals, done.causes) == (1, 1, {"fx_correction": 2})
    assert door.lines(easter.session()).num_rows == before + 2 * len(EASTER)
    changed = [
        row for row in door.active_lines(easter.session()) if row["cause"] == "fx_correction"
    ]
    assert {row["original_currency"] for row in changed} == {"CAD"}
    assert {str(row["base_amount"]) for row in changed} == {"70.0000"}, "100 / 1.6 * 1.12"
    assert {row["snapshot"] for row in changed} == {found.snapshot}
    assert door.unlawful(easter.session()) == []


def test_a_correction_of_the_base_currency_touches_every_converted_line(door, easter, correct):
    correct("USD,1.2")
    posted = easter.work().posted
    assert sorted(posted) == EASTER
    # Pounds and Canadian dollars; dollars and the euros of a euro production are not converted.
    assert {done.reversals for done in posted.values()} == {2}
    assert door.unlawful(easter.session()) == []


def test_the_same_correction_twice_is_one(door, easter, correct):
    correct("CAD,1.6")
    easter.work()
    before = door.versions(easter.session())
    again = correct("CAD,1.6")
    assert (again.vintage, again.affected) == (None, ())
    assert easter.work().posted == {}
    assert door.versions(easter.session()) == before


def test_correcting_and_correcting_back_is_two_vintages_and_the_old_amounts(door, easter, correct):
    economics = [row[:7] for row in door.economics(easter.session())]
    assert correct("CAD,1.6").vintage == 2
    easter.work()
    assert [row[:7] for row in door.economics(easter.session())] != economics
    assert correct("CAD,1.52", "the bank was wrong").vintage == 3
    easter.work()
    assert [row[:7] for row in door.economics(easter.session())] == economics
    assert door.unlawful(easter.session()) == []
    newest = snapshots_listed(easter.session(), 1)[0]
    assert (newest["vintage"], newest["reason"]) == (3, "the bank was wrong")


def test_two_corrections_at_once_both_count_one_on_top_of_the_other(easter):
    first, second = easter.root / "first.csv", easter.root / "second.csv"
    first.write_text("currency,rate\nCAD,1.6\n", encoding="utf-8")
    second.write_text("currency,rate\nGBP,0.9\n", encoding="utf-8")
    raced = []

    def between(table, step):
        if (table, step) == ("fx_snapshots", "before") and not raced:
            raced.append(True)
            raced.append(correct_rates(easter.session(), DAY, second, "second"))

    found = correct_rates(easter.session(between=between), DAY, first, "first")
    assert (raced[1].vintage, found.vintage) == (2, 3)
    rates = {
        row["currency"]: str(row["rate"])
        for row in rates_in_force(easter.session()).to_pylist()
        if row["reference_date"] == DAY
    }
    assert rates["CAD"].startswith("1.6")
    assert rates["GBP"].startswith("0.9")


def test_the_bundled_history_is_loaded_once(door, tmp_path):
    house = door.House(tmp_path / "home", ["rentals"], rates=None)
    session = house.session()
    assert load_bundled_history(session).days > 7000
    before = door.versions(session)
    assert load_bundled_history(house.session()).days == 0
    assert door.versions(session) == before
    assert stored_rates(session).num_rows > 200_000


def test_rates_that_lack_a_currency_are_damage_that_says_where(door, tmp_path, forged):
    house = door.House(tmp_path / "home", ["rentals"])
    tables = house.root / "lake" / "tables" / "fx_snapshots"
    file = min(tables.rglob("*.parquet"))
    rates = pq.read_table(file, partitioning=None)
    at = rates.schema.get_field_index("currency")
    forged(file, rates.set_column(at, "currency", pa.nulls(len(rates), pa.string())))
    with pytest.raises(EnvironmentFailedError) as refused:
        rates_in_force(house.session())
    assert (refused.value.code, Path(refused.value.where).name) == ("TABLE_DAMAGED", tables.name)
