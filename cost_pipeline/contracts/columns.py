"""SQL over Arrow tables, in memory: how kernels compute a million rows without a Python loop.

Only pure computation: no file, no extension, no setting of a lake. Reading tables from storage is
`cost_pipeline.lake`'s work. Vendor text enters as columns, never as SQL.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa


@contextmanager
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty in-memory session in UTC: what a query means must not depend on the machine's zone.

    Sessions are cursors of one database per process: a database of its own costs 6 ms each time,
    most of it for time zones. What is registered in one is not seen by another.
    """
    cursor = _database(os.getpid()).cursor()
    try:
        yield cursor
    finally:
        cursor.close()


@functools.cache
def _database(_process: int) -> duckdb.DuckDBPyConnection:
    """One per process: a forked child must not use its parent's."""
    database = duckdb.connect(":memory:")
    # GLOBAL reaches the cursors; in `config` it would need an extension that is not loaded yet.
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    return database


def query(sql: str, **tables: pa.Table) -> pa.Table:
    """The result of one DuckDB statement over the named Arrow tables, in the order of its rows.

    Threads are DuckDB's default (the cores); insertion order is kept.
    """
    with session() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.sql(sql).to_arrow_table()
