"""Statements of a session, asked again and again over tables that change."""

from __future__ import annotations

import duckdb
import pyarrow as pa


class Statements:
    """A session whose statements are read and checked once: after that a chunk only runs them.

    Reading and checking a rule's statement takes as long as some thousand cards.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._known: dict[str, duckdb.DuckDBPyRelation] = {}

    def register(self, name: str, table: pa.Table) -> None:
        """Give statements a table by a name, in the place of the one that had it."""
        self._connection.register(name, table)

    def forget(self, name: str) -> None:
        """Let go of a table."""
        self._connection.unregister(name)

    def table(self, sql: str) -> pa.Table:
        """What a statement gives over the tables as they are now."""
        if sql not in self._known:
            self._known[sql] = self._connection.sql(sql)
        return self._known[sql].to_arrow_table()
