"""What the lake borrows from deltalake and its documentation does not promise."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, TableNotFoundError

SCHEMA = pa.schema([pa.field("day", pa.date32()), pa.field("n", pa.int64())])
DAYS = (date(2026, 4, 1), date(2026, 4, 2))


def _rows(day, n):
    return pa.table({"day": [day], "n": [n]}, schema=SCHEMA)


def _token(writer, sequence):
    return CommitProperties(app_transactions=[Transaction(writer, sequence)])


def _append(table, day, n, *token):
    write_deltalake(table, _rows(day, n), mode="append", commit_properties=_token(*token))


@pytest.fixture
def make(tmp_path):
    def create(**configuration):
        return DeltaTable.create(
            str(tmp_path), schema=SCHEMA, partition_by=["day"], configuration=configuration
        )

    return create


@pytest.fixture
def again(tmp_path):
    return lambda: DeltaTable(str(tmp_path))


def test_a_stale_writer_with_the_same_token_fails(make, again):
    make()
    first, stale = again(), again()
    _append(first, DAYS[0], 1, "w", 1)
    with pytest.raises(CommitFailedError, match=r"(?i)transaction"):
        _append(stale, DAYS[0], 2, "w", 1)
    assert len(again().file_uris()) == 1


def test_a_second_append_with_the_same_token_is_accepted_when_not_stale(make, again):
    # Hence the lake's own look at the snapshot before it writes.
    make()
    _append(again(), DAYS[0], 1, "w", 1)
    _append(again(), DAYS[0], 2, "w", 1)
    assert len(again().file_uris()) == 2
    assert again().transaction_version("w") == 1


def test_a_stale_writer_with_another_token_commits(make, again):
    make()
    first, stale = again(), again()
    _append(first, DAYS[0], 1, "w", 1)
    _append(stale, DAYS[1], 2, "v", 7)
    table = again()
    assert len(table.file_uris()) == 2
    assert (table.transaction_version("w"), table.transaction_version("v")) == (1, 7)
    assert table.transaction_version("nobody") is None


def test_a_commit_updates_the_table_object_it_was_given(make, again):
    # The lake syncs the log entry of `snapshot.table.version()`.
    make()
    mine, other = again(), again()
    _append(other, DAYS[0], 1, "other", 1)
    _append(mine, DAYS[1], 2, "mine", 1)
    assert (other.version(), mine.version()) == (1, 2)


def test_an_append_only_table_cannot_be_deleted_from_or_overwritten(make, again):
    make(**{"delta.appendOnly": "true"})
    _append(again(), DAYS[0], 1, "w", 1)
    with pytest.raises(Exception, match="append-only"):
        again().delete()
    with pytest.raises(Exception, match="append-only"):
        write_deltalake(again(), _rows(DAYS[0], 2), mode="overwrite")


def test_overwriting_by_a_list_of_partitions_leaves_the_others(make, again):
    make()
    for number, day in enumerate((*DAYS, date(2026, 4, 3))):
        _append(again(), day, number, "w", number + 1)
    kept = [uri for uri in again().file_uris() if "2026-04-03" in uri]
    write_deltalake(
        again(),
        _rows(DAYS[0], 9),
        mode="overwrite",
        predicate="day in ('2026-04-01', '2026-04-02')",
    )
    left = again().file_uris()
    assert kept[0] in left
    assert len(left) == 2
    assert not [uri for uri in left if "2026-04-02" in uri]


def test_an_overwrite_with_rows_outside_its_predicate_is_refused(make, again):
    make()
    with pytest.raises(Exception, match=r"(?i)predicate|check|constraint|invariant"):
        write_deltalake(
            again(), _rows(DAYS[1], 9), mode="overwrite", predicate="day in ('2026-04-01')"
        )


def test_a_stale_overwrite_of_the_same_partition_fails(make, again):
    make()
    _append(again(), DAYS[0], 1, "w", 1)
    stale = again()
    where = {"mode": "overwrite", "predicate": "day in ('2026-04-01')"}
    write_deltalake(again(), _rows(DAYS[0], 2), **where)
    with pytest.raises(CommitFailedError):
        write_deltalake(stale, _rows(DAYS[0], 3), **where)


def test_files_are_pruned_by_partition_and_by_statistics(make, again):
    make()
    _append(again(), DAYS[0], 1, "w", 1)
    _append(again(), DAYS[1], 2, "w", 2)
    table = again()
    assert len(table.file_uris(file_pruning_predicate=None)) == 2
    for predicate in ("day in ('2026-04-01')", "day = '2026-04-01'", "n < 2"):
        (file,) = table.file_uris(file_pruning_predicate=predicate)
        assert "2026-04-01" in file
    assert table.file_uris(file_pruning_predicate="day = '2020-01-01'") == []


def test_no_log_or_an_empty_log_is_no_table(tmp_path):
    for folder in (tmp_path, tmp_path / "_delta_log"):
        folder.mkdir(exist_ok=True)
        with pytest.raises(TableNotFoundError):
            DeltaTable(str(tmp_path))


def test_creating_a_table_that_is_there_is_ignored_on_demand(make, again, tmp_path):
    make()
    _append(again(), DAYS[0], 1, "w", 1)
    table = DeltaTable.create(str(tmp_path), schema=SCHEMA, partition_by=["day"], mode="ignore")
    assert len(table.file_uris()) == 1


def test_an_empty_append_with_a_token_is_a_commit_and_stops_a_stale_one_with_it(make, again):
    # The fence of `lake.delta`: it decides about a commit that was announced and never made.
    make(**{"delta.appendOnly": "true"})
    stale = again()
    assert stale.transaction_version("audit/x") is None
    empty = pa.schema(stale.schema().to_arrow()).empty_table()
    write_deltalake(again(), empty, mode="append", commit_properties=_token("audit/x", 2))
    assert again().transaction_version("audit/x") == 2
    assert again().file_uris() == []
    with pytest.raises(CommitFailedError, match=r"(?i)transaction"):
        _append(stale, DAYS[0], 1, "audit/x", 1)
