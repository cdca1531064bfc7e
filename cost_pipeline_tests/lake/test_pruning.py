"""Conditions of `core.sql` choose the same files as the SQL that was written by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from cost_pipeline.core.sql import EVERYTHING, NOTHING, begins, equals, one_of, within
from cost_pipeline.lake.delta import Part, Table
from cost_pipeline.lake.tables import TableSpec

SPEC = TableSpec(
    "chosen",
    pa.schema(
        [
            ("day", pa.date32()),
            ("who", pa.string()),
            ("row", pa.int64()),
            ("amount", pa.decimal128(28, 4)),
            ("seen", pa.timestamp("us", "UTC")),
        ]
    ),
    "day",
)
ONE, TWO, THREE = date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 3)
NAMES = ("aa1", "o'neil", "a{table}%\n", "aé")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    table = Table(SPEC, tmp_path_factory.mktemp("lake") / "tables" / "chosen")
    for number, (day, who) in enumerate(zip((ONE, TWO, THREE, THREE), NAMES, strict=True)):
        row = {"day": day, "who": who, "row": number, "amount": Decimal(number)}
        row["seen"] = datetime(2026, 4, number + 1, tzinfo=UTC)
        rows = pa.Table.from_pylist([row], schema=SPEC.schema)
        table.append_once([Part("w", number + 1, rows)], run_id="r")
    return table.snapshot()


@pytest.mark.parametrize(
    ("condition", "by_hand", "files"),
    [
        (EVERYTHING, None, 4),
        (NOTHING, "day in (null)", 0),
        (equals("day", TWO), "day = '2026-04-02'", 1),
        (~equals("day", THREE), "day <> '2026-04-03'", 2),
        (one_of("day", [ONE, TWO]), "day in ('2026-04-01', '2026-04-02')", 2),
        (one_of("day", []), "day in (null)", 0),
        (within("day", None, TWO), "day <= '2026-04-02'", 2),
        (within("day", TWO, THREE), "day >= '2026-04-02' and day <= '2026-04-03'", 3),
        (equals("who", "aa1"), "who = 'aa1'", 1),
        (begins("who", "a{"), "who >= 'a{' and who < 'a|'", 1),
        (equals("who", "o'neil") & equals("day", TWO), "who = 'o''neil' and day = '2026-04-02'", 1),
        (equals("who", "o'neil") | equals("day", ONE), "who = 'o''neil' or day = '2026-04-01'", 2),
        (equals('"row"', 3), '"row" = 3', 1),
        (within("amount", None, Decimal(1)), "amount <= 1", 2),
        (
            within("seen", datetime(2026, 4, 4, tzinfo=UTC), None),
            "seen >= '2026-04-04T00:00:00Z'",
            1,
        ),
    ],
    ids=str,
)
def test_the_same_files_are_chosen(snapshot, condition, by_hand, files):
    assert snapshot.files(condition) == snapshot.files(by_hand)
    assert len(snapshot.files(condition)) == files
    assert snapshot.read(where=condition).num_rows == files


@pytest.mark.parametrize("name", NAMES)
def test_a_value_is_never_taken_for_the_statement(snapshot, name):
    found = snapshot.read(where=equals("who", name))
    assert found["who"].to_pylist() == [name]
    told = snapshot.query(f"select who from {{table}} where {equals('who', name)}")
    assert told["who"].to_pylist() == [name]
