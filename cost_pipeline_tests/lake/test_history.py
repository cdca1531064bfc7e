"""A table that is replaced can be read as it was at any instant."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from cost_pipeline.contracts.tables import DAY, INSTANT, required
from cost_pipeline.lake.delta import Table
from cost_pipeline.lake.history import known_at
from cost_pipeline.lake.tables import TableSpec, Writing

SPEC = TableSpec(
    "held",
    pa.schema([required("day", DAY), required("n", pa.int64()), required("recorded_at", INSTANT)]),
    "day",
    Writing.REPLACE,
)
START = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def replaced(tmp_path_factory):
    """Three days, replaced in turns at one instant after the other, and what each held then."""
    table = Table(SPEC, tmp_path_factory.mktemp("history") / "held")
    held, then = {}, []
    for number in range(7):
        day, at = date(2026, 4, 1 + number % 3), START + timedelta(hours=number)
        rows = {"day": [day], "n": [number], "recorded_at": [at]}
        table.replace(table.snapshot(), pa.table(rows, SPEC.schema), [str(day)], "test")
        held[day] = number
        then.append((at, sorted(held.values())))
    return table, then


def test_each_instant_has_the_rows_that_were_recorded_last_by_then(replaced):
    table, then = replaced
    for at, numbers in then:
        for instant in (at, at + timedelta(minutes=59)):
            found = known_at(table, instant).read(columns=["n"])["n"].to_pylist()
            assert sorted(found) == numbers, instant


def test_before_the_first_rows_there_are_none(replaced):
    table, _ = replaced
    assert known_at(table, START - timedelta(seconds=1)).read().num_rows == 0


def test_the_present_is_the_newest_state(replaced):
    table, _ = replaced
    assert known_at(table, datetime.max.replace(tzinfo=UTC)) is table.snapshot()
