"""SQL over Arrow tables: statements are kept, and nothing of the tables they were asked of."""

import gc
import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pytest

from cost_pipeline.contracts.columns import Statements, query, session

MORE = "SELECT n || '' AS word, n FROM numbers"
MINE = "SELECT n FROM mine"


def numbers(*values, kind=None):
    return pa.table({"n": pa.array(values, kind)})


def test_a_statement_is_asked_again_of_other_tables_and_types():
    assert query(MORE, numbers=numbers(1)).to_pylist() == [{"word": "1", "n": 1}]
    assert query(MORE, numbers=numbers(2, 3)).num_rows == 2
    assert query(MORE, numbers=numbers("a")).to_pylist() == [{"word": "a", "n": "a"}]
    wide = numbers(4).append_column("m", numbers(5)["n"])
    assert query("SELECT * FROM numbers", numbers=numbers(1)).column_names == ["n"]
    assert query("SELECT * FROM numbers", numbers=wide).column_names == ["n", "m"]


def test_a_table_is_not_there_any_more_and_its_memory_is_free():
    before = pa.total_allocated_bytes()
    query("SELECT sum(n) AS n FROM big", big=numbers(*range(200_000)))
    gc.collect()
    assert pa.total_allocated_bytes() - before < 100_000
    with pytest.raises(duckdb.Error):
        query("SELECT sum(n) AS n FROM big")


def test_after_a_statement_that_fails_the_next_one_works():
    with pytest.raises(duckdb.Error):
        query("SELECT nothing FROM numbers", numbers=numbers(1))
    with pytest.raises(duckdb.Error):
        query("SELECT CAST('x' AS INTEGER) FROM numbers", numbers=numbers(1))
    assert query("SELECT n FROM numbers", numbers=numbers(7))["n"].to_pylist() == [7]


def test_what_duckdb_runs_at_once_is_not_kept():
    """It reads the values of a pivot first, so what it makes is a result and no statement."""
    pivot = "PIVOT words ON word USING count(*)"
    assert query(pivot, words=pa.table({"word": ["a", "b"]})).column_names == ["a", "b"]
    assert query(pivot, words=pa.table({"word": ["c"]})).column_names == ["c"]


def test_only_so_many_statements_are_kept():
    with session() as connection:
        statements = Statements(connection, most=2)
        for number in (1, 2, 1, 3, 1, 2):
            assert statements.table(f"SELECT {number} AS n")["n"].to_pylist() == [number]
            assert len(statements._known) <= 2
        assert list(statements._known) == ["SELECT 1 AS n", "SELECT 2 AS n"]


def test_threads_do_not_see_each_others_tables():
    def ask(number):
        found = [
            query("SELECT n FROM mine", mine=numbers(number))["n"][0].as_py() for _ in range(20)
        ]
        return set(found) == {number}

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(64)))


def _in_child(answer):
    answer.put(query("SELECT n FROM numbers", numbers=numbers(9))["n"].to_pylist())


def test_a_fork_has_statements_of_its_own():
    query("SELECT n FROM numbers", numbers=numbers(1))
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    child = context.Process(target=_in_child, args=(answer,))
    child.start()
    assert answer.get(timeout=60) == [9]
    child.join(60)
    assert child.exitcode == 0
