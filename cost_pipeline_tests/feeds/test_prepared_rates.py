"""The bundled history as it was prepared is what its CSV says, or it is not used."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime

import pytest

from cost_pipeline.contracts.cost_tables import RATE_SCHEMA
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.reference import reference_path
from cost_pipeline.feeds.production.prepared_rates import (
    PREPARED_SCHEMA,
    made_rows,
    prepare,
    prepared_rows,
)
from cost_pipeline.feeds.production.rates import (
    BUNDLED,
    correct_rates,
    count_in_force,
    load_bundled_history,
    rates_between,
    rates_in_force,
    stored_rates,
)
from cost_pipeline.lake.content import hash_file

EASTER = date(2026, 4, 2)
NOW = datetime(2026, 11, 2, 3, 4, 5, 678, tzinfo=UTC)


@pytest.fixture
def copied(tmp_path):
    """A copy of the history and of what was prepared of it."""
    history = reference_path(BUNDLED)
    for file in history.parent.glob(f"{history.stem}.*"):
        shutil.copy(file, tmp_path)
    return tmp_path / history.name


def test_what_was_prepared_is_what_the_csv_gives_made_anew():
    history = reference_path(BUNDLED)
    found = prepared_rows(history, hash_file(history), NOW)
    assert found.schema == RATE_SCHEMA
    assert found.select(PREPARED_SCHEMA.names).equals(made_rows(history))
    assert found["recorded_at"].unique().to_pylist() == [NOW]


def test_what_was_prepared_of_another_file_is_not_used(copied):
    lines = copied.read_text(encoding="utf-8").splitlines(keepends=True)
    copied.write_text("".join(lines[:20]), encoding="utf-8")
    assert prepared_rows(copied, hash_file(copied), NOW) is None
    prepare(copied)
    assert len(prepared_rows(copied, hash_file(copied), NOW)["reference_date"].unique()) == 19


def test_a_changed_byte_of_what_was_prepared_is_damage_of_the_installation(copied):
    file = copied.with_suffix(".parquet")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(EnvironmentFailedError) as refused:
        prepared_rows(copied, hash_file(copied), NOW)
    assert (refused.value.code, refused.value.where) == ("INSTALLATION", str(file))


@pytest.mark.parametrize("lost", [".parquet", ".parquet.sha256"])
def test_a_missing_file_is_damage_of_the_installation(copied, lost):
    copied.with_name(copied.stem + lost).unlink()
    with pytest.raises(EnvironmentFailedError, match="cannot be read") as refused:
        prepared_rows(copied, hash_file(copied), NOW)
    assert refused.value.code == "INSTALLATION"


def test_a_home_that_has_rates_is_loaded_from_the_csv_day_by_day(door, tmp_path):
    fresh = door.House(tmp_path / "fresh", ["rentals"], rates=None).session()
    assert load_bundled_history(fresh).days == 7126
    other = door.House(tmp_path / "other", ["rentals"]).session()
    before = {row["reference_date"] for row in stored_rates(other).to_pylist()}
    loaded = load_bundled_history(other)
    assert loaded.days == 7126 - len(before)
    assert loaded.contradictions, "the door's rates are round ones"
    order = [("reference_date", "ascending"), ("currency", "ascending")]
    names = [name for name in PREPARED_SCHEMA.names if name != "reason"]

    def added(session):
        rates = stored_rates(session).select(names).sort_by(order).to_pylist()
        return [row for row in rates if row["reference_date"] not in before]

    assert added(other) == added(fresh)


def test_rates_are_read_by_the_year_and_counted_without_being_read(door, tmp_path):
    house = door.House(tmp_path / "home", ["rentals"], rates=None)
    load_bundled_history(house.session())
    file = tmp_path / "correction.csv"
    file.write_text("currency,rate\nCAD,1.6\n", encoding="utf-8")
    assert correct_rates(house.session(), EASTER, file, "the bank said so").vintage == 2
    session = house.session()
    every = rates_in_force(session)
    assert count_in_force(session) == every.num_rows == 221_702
    year = rates_between(session, EASTER.replace(day=1), EASTER)
    assert {day.year for day in year["reference_date"].to_pylist()} == {2026}
    assert year.to_pylist() == [
        row for row in every.to_pylist() if row["reference_date"].year == 2026
    ]
    assert max(year["vintage"].to_pylist()) == 2
