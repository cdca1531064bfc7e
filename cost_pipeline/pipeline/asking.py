"""Asks the views of a feed in SQL: one select, over nothing but these views.

What is asked may be anybody's text, so the engine itself refuses all else: it reads the data files
of the views that are named and no other file, and its settings cannot be changed any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import pyarrow as pa

from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import literal
from cost_pipeline.lake.durable import clear_read_errors
from cost_pipeline.lake.only_reading import only_reading
from cost_pipeline.lake.snapshot import of_table
from cost_pipeline.pipeline.declared.views import Rows
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.views import views_of

_ROWS: Final = 16_384
_CANDIDATES: Final = ("Did you mean", "Candidate bindings")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gives.

    Attributes:
        schema: Its columns; two of them may have one name.
        batches: Its rows, piece by piece.
    """

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    @property
    def names(self) -> list[str]:
        """The names of the columns; one that was there before has a number behind it."""
        found: list[str] = []
        for name in self.schema.names:
            others = (f"{name}_{number}" for number in count(1))
            found.append(next(one for one in chain([name], others) if one not in found))
        return found


def place(connection: duckdb.DuckDBPyConnection, name: str, rows: Rows) -> None:
    """Makes rows a temporary view of a connection.

    Args:
        connection: An open connection.
        name: The name of the view; what it needs gets names that begin with `_` and it.
        rows: What it shows.
    """
    with only_reading():
        source = "" if rows.stored is None else rows.stored.source_in(connection, f"_{name}")
    given = []
    for table, held in rows.tables.items():
        connection.register(f"_{name}_{table}", held)
        given.append(f'{table} as (from "_{name}_{table}")')
    named = f"with {', '.join(given)} " if given else ""
    listed = ", ".join(f'"{column}"' for column in rows.schema.names)
    connection.execute(
        f'create or replace temp view "{name}" as {named}'
        f"select {listed} from ({of_table(rows.sql, source)})"
    )


def connected() -> duckdb.DuckDBPyConnection:
    """Returns a database in memory, in UTC; its statements see no variables of Python."""
    connection = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
    connection.execute("set TimeZone = 'UTC'")
    return connection


@contextmanager
def answered(session: Session, statement: str) -> Iterator[Answer]:
    """Answers one select over the views of the session's feed; yields its columns and rows.

    Raises:
        UsageError: BAD_SQL, if it is no select, names what is not there, or reads a file.
        EnvironmentFailedError: If stored data is damaged.
    """
    views = views_of(session)
    clear = _clear(views, str(session.home.lake_uri))
    with TemporaryDirectory() as folder, connected() as connection, clear, only_reading():
        _refuse_others(connection, statement)
        files: list[str] = []
        for name in views.keys() & _named_in(connection, statement) or views:
            rows = views[name].rows(session, None)
            place(connection, name, rows)
            files += [] if rows.stored is None else rows.stored.files()
        connection.execute(f"set temp_directory = {literal(folder)}")
        connection.execute(f"set allowed_paths = [{', '.join(map(literal, files))}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        reader = connection.sql(statement).to_arrow_reader(_ROWS)
        yield Answer(reader.schema, iter(reader))


def _named_in(connection: duckdb.DuckDBPyConnection, statement: str) -> set[str]:
    """Returns the tables that a statement names; none if that cannot be told before they exist.

    SQL knows no capitals, so the names of views are in small letters.
    """
    try:
        return {name.strip('"').lower() for name in connection.get_table_names(statement)}
    except duckdb.Error:
        return set()


def _refuse_others(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    found = connection.extract_statements(statement)
    kinds = [one.type.name for one in found]
    if kinds != [duckdb.StatementType.SELECT.name]:
        this = f"this is {kinds[0]}" if len(kinds) == 1 else f"there are {len(kinds)} statements"
        raise UsageError(
            f"only one select is answered, and {this}",
            where=statement,
            remedy="write one statement that begins with `select`, `with` or `from`; a pivot needs "
            "`in (...)`",
            code="BAD_SQL",
        )


@contextmanager
def _clear(views: Mapping[str, object], lake: str) -> Iterator[None]:
    """Turns what the engine says of a statement into one sentence and what to do."""
    try:
        yield
    except duckdb.InterruptException:
        raise
    except duckdb.IOException as error:
        with clear_read_errors(lake):
            raise error from None
    except duckdb.PermissionException as error:
        raise UsageError(
            f"a select reads the views of the home and no file: {_sentence(error)}",
            where="select",
            remedy=f"the views are {', '.join(views)}",
            code="BAD_SQL",
        ) from error
    except duckdb.Error as error:
        raise UsageError(
            f"the statement cannot be answered: {_sentence(error)}",
            where="select",
            remedy=_near(error)
            or f"the views are {', '.join(views)}; `describe VIEW` names the columns of one",
            code="BAD_SQL",
        ) from error


def _sentence(error: duckdb.Error) -> str:
    """Returns the first line of what the engine says, without the name of its part."""
    first = str(error).strip().splitlines()[0]
    kind, colon, rest = first.partition(": ")
    return (rest if colon and kind.endswith("Error") else first).rstrip("!. ")


def _near(error: duckdb.Error) -> str:
    """Returns what the engine thinks was meant; of tables it thinks of its own."""
    if isinstance(error, duckdb.CatalogException):
        return ""
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line.startswith(_CANDIDATES)), "")
