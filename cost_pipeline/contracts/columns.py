"""SQL over Arrow tables, in memory: how kernels compute a million rows without a Python loop.

Only pure computation: no file, no extension, no setting of a lake. Reading tables from storage is
`cost_pipeline.lake`'s work. Vendor text enters as columns, never as SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa


@contextmanager
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty in-memory DuckDB in UTC: what a query means must not depend on the machine's zone."""
    with duckdb.connect(":memory:") as connection:
        # As a setting and not in `config`: there it needs an extension that is not loaded yet.
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def query(sql: str, **tables: pa.Table) -> pa.Table:
    """The result of one DuckDB statement over the named Arrow tables, in the order of its rows.

    A connection of its own costs under a millisecond and keeps callers apart. Threads are DuckDB's
    default (the cores); insertion order is kept.
    """
    with session() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.sql(sql).to_arrow_table()
