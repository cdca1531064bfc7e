"""SQL over Arrow tables, in memory: how kernels compute a million rows without a Python loop.

Only pure computation: no file, no extension, no setting of a lake. Reading tables from storage is
`cost_pipeline.lake`'s work. Vendor text enters as columns, never as SQL.
"""

from __future__ import annotations

import atexit
import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb
import pyarrow as pa


@contextmanager
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    """Opens an empty session in memory, in UTC, so that a query means the same on any machine.

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
    """Returns the database of this process: a forked child must not use its parent's."""
    database = duckdb.connect(":memory:")
    # GLOBAL reaches the cursors; in `config` it would need an extension that is not loaded yet.
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    # What did not fit into memory lies in a folder beside, which only closing takes away; the
    # program ends without taking its objects apart.
    atexit.register(database.close)
    return database


class Statements:
    """A session whose statements are read and checked once, whatever the tables are by then.

    That takes a third of the time of a statement over few rows.

    Args:
        connection: The session.
        most: How many statements are kept; beyond that, the least recently used ones go.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, most: int = 500) -> None:
        self._connection = connection
        self._most = most
        self._known: dict[str, duckdb.DuckDBPyRelation] = {}

    def register(self, name: str, table: pa.Table) -> None:
        """Gives statements a table by a name, in the place of the one that had it."""
        self._connection.register(name, table)

    def forget(self, name: str) -> None:
        """Lets go of a table."""
        self._connection.unregister(name)

    def table(self, sql: str) -> pa.Table:
        """Returns what a statement gives over the tables as they are now."""
        known = self._known.pop(sql, None)
        if known is None:
            known = self._connection.sql(sql)
            if known.sql_query().strip() != sql.strip().rstrip(";"):
                return known.to_arrow_table()  # its result was made at once, and is no statement
        self._known[sql] = known  # the one that was used last comes last
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]
        return known.to_arrow_table()


class _Threads(threading.local):
    """The statements of each thread, and of each process: a fork must not touch its parent's."""

    def __init__(self) -> None:
        self.of: dict[int, Statements] = {}


_THREADS: Final = _Threads()


def _statements() -> Statements:
    process = os.getpid()
    if process not in _THREADS.of:
        _THREADS.of[process] = Statements(_database(process).cursor())
    return _THREADS.of[process]


def query(sql: str, **tables: pa.Table) -> pa.Table:
    """Returns the rows of one DuckDB statement over the named Arrow tables, in its order.

    Threads are DuckDB's default (the cores); insertion order is kept.
    """
    statements = _statements()
    try:
        for name, table in tables.items():
            statements.register(name, table)
        return statements.table(sql)
    finally:
        for name in tables:
            statements.forget(name)
