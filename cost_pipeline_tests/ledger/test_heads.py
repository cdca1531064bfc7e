"""Heads: linked entries over all partitions and all files, and that none can be changed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from cost_pipeline.core import merkle
from cost_pipeline.ledger.heads import (
    HEAD_SCHEMA,
    Gathered,
    HeadBreak,
    PartitionHead,
    Replayed,
    gathered,
    next_entry,
    replay,
)
from cost_pipeline.ledger.seal import Stamp

STAMP = Stamp(datetime(2026, 4, 7, 23, 0, tzinfo=UTC), "1", "run-1")
APRIL_1, APRIL_2, MARCH_31 = date(2026, 4, 1), date(2026, 4, 2), date(2026, 3, 31)


def _root(letter):
    return letter * 64


def _entries(*steps):
    """Entries from (hours later, changed partitions, files)."""
    state, tables = Gathered(), []
    for number, (hours, changed, files) in enumerate(steps):
        stamp = replace(STAMP, recorded_at=STAMP.recorded_at + timedelta(hours=hours))
        rows = next_entry(state, changed, files, ledger_version=number, stamp=stamp)
        tables.append(rows)
        newest = [t for t in tables if t["day"][0] == rows["day"][0]]
        state = gathered(pa.concat_tables(newest))
    return tables


@pytest.fixture
def three():
    """Two entries of one day and the first of the next."""
    return _entries(
        (0, {APRIL_1: PartitionHead(1, _root("a"), 3)}, {"a.parquet": _root("1")}),
        (0.5, {APRIL_2: PartitionHead(1, _root("b"), 2)}, {"b.parquet": _root("2")}),
        (2, {APRIL_1: PartitionHead(2, _root("c"), 4)}, {"c.parquet": _root("3")}),
    )


def test_entries_are_linked_and_replay_to_where_the_ledger_stands(three):
    found = replay(pa.concat_tables(reversed(three)))
    assert isinstance(found, Replayed)
    assert found.last.sequence == 3
    assert found.last.ledger_version == 2
    assert found.last.partitions == {
        APRIL_1: PartitionHead(2, _root("c"), 4),
        APRIL_2: PartitionHead(1, _root("b"), 2),
    }
    assert found.heads == {table["head"][0].as_py() for table in three}
    assert found.files == {f"{n}.parquet": _root(str(i)) for i, n in enumerate("abc", 1)}
    assert found.last == gathered(three[2])


def test_the_first_entry_of_a_day_names_every_partition_and_the_others_what_changed(three):
    named = [
        [row["transaction_date"] for row in table.to_pylist() if row["subject"] == "partition"]
        for table in three
    ]
    assert named == [[APRIL_1], [APRIL_2], [APRIL_1, APRIL_2]]


def test_an_entry_is_never_older_than_the_one_before():
    first, second = _entries(
        (0, {APRIL_1: PartitionHead(1, _root("a"), 3)}, {"a": _root("1")}),
        (-48, {APRIL_2: PartitionHead(1, _root("b"), 3)}, {"b": _root("2")}),
    )
    assert second["recorded_at"][0] == first["recorded_at"][0]
    assert second["day"][0] == first["day"][0]


def _wrong(tables):
    found = replay(pa.concat_tables(tables))
    assert isinstance(found, HeadBreak), found
    return found


def test_a_missing_entry_is_found(three):
    assert _wrong([three[0], three[2]]).message == "an entry is missing"
    assert _wrong(three[1:]).sequence == 1


def test_an_entry_written_anew_does_not_fit_the_next_one(three):
    (forged,) = _entries((0, {MARCH_31: PartitionHead(1, _root("d"), 3)}, {"a": _root("1")}))
    assert "does not follow" in _wrong([forged, *three[1:]]).message


@pytest.mark.parametrize("column", HEAD_SCHEMA.names)
@pytest.mark.parametrize("position", [0, 1])
def test_any_value_of_any_row_that_changes_is_found(three, column, position):
    rows = three[1].to_pylist()
    assert [row["subject"] for row in rows] == ["partition", "file"]
    row = rows[position]
    value = row[column]
    if column in ("public_key", "signature"):
        row[column] = "x"
    elif value is None:
        pytest.skip("a column of the other kind of row")
    elif isinstance(value, (datetime, date)):
        row[column] = value + timedelta(days=1)
    else:
        row[column] = value + 1 if isinstance(value, int) else value[:-1] + "x"
    changed = pa.Table.from_pylist(rows, schema=HEAD_SCHEMA)
    assert _wrong([three[0], changed, three[2]]).sequence == 2


@pytest.mark.parametrize("position", [0, 1])
def test_a_dropped_or_doubled_row_is_found(three, position):
    rows = three[1].to_pylist()
    for changed in ([row for i, row in enumerate(rows) if i != position], [*rows, rows[position]]):
        table = pa.Table.from_pylist(changed, schema=HEAD_SCHEMA)
        assert _wrong([three[0], table, three[2]]).sequence == 2


def test_no_entries_are_whole():
    found = replay(HEAD_SCHEMA.empty_table())
    assert isinstance(found, Replayed)
    assert found.last == Gathered()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 13])
def test_the_path_of_every_leaf_leads_to_the_root(count):
    leaves = [f"{number:064x}" for number in range(count)]
    for index in range(count):
        node = merkle.root([leaves[index]])
        for side, other in merkle.path(leaves, index):
            pair = (other, node) if side == "left" else (node, other)
            node = hashlib.sha256(
                b"\x01" + bytes.fromhex(pair[0]) + bytes.fromhex(pair[1])
            ).hexdigest()
        assert node == merkle.root(leaves)
    with pytest.raises(IndexError):
        merkle.path(leaves, count)
