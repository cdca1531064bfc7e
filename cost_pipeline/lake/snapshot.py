"""A Delta table as it was when opened: what can be read of it, through DuckDB or file by file.

Belongs here: reading. Writing to it is `lake.delta`'s matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from cost_pipeline.contracts.columns import session
from cost_pipeline.core.sql import Predicate, literal
from cost_pipeline.lake.checksums import Checksums, state_of
from cost_pipeline.lake.durable import clear_read_errors
from cost_pipeline.lake.log import plain_paths
from cost_pipeline.lake.tables import TableSpec

# So many files are read by Arrow itself, in one to two milliseconds each; a statement that names
# files is planned anew each time and takes four.
_FEW: Final = 2

# What stands between quotes is a value, which may say `{table}` too.
_TABLE: Final = re.compile(r"('(?:[^']|'')*')|\{table\}")


class Snapshot:
    """A table as it was when opened: reads and the write that follows see the same state.

    Args:
        spec: The table's name, schema and partition.
        table: Opened at the newest version.
        folder: Where it lies.
    """

    def __init__(self, spec: TableSpec, table: DeltaTable, folder: Path) -> None:
        self.spec = spec
        self.folder = folder
        self.version = table.version()
        self._open: DeltaTable | None = table
        self._uri = table.table_uri
        self._entry = _state_of(entry_of(folder, self.version))
        self._checksums = Checksums(folder)

    @property
    def table(self) -> DeltaTable:
        """The Delta table at this version, opened again if a write took it."""
        if self._open is None:
            self._open = DeltaTable(str(self.folder), version=self.version)
        return self._open

    def take(self) -> DeltaTable:
        """Returns the Delta table for a write, which moves it on; later reads open their own.

        Opening a table takes milliseconds, and most snapshots are not read after a write.
        """
        table, self._open = self.table, None
        return table

    @property
    def identity(self) -> tuple[str, int, tuple[int, int, int] | None]:
        """Which table at which version: what is derived from it may be kept under this.

        A copy that was restored may count the same versions again; its log is another file.
        """
        return self._uri, self.version, self._entry

    def touched(self, where: Predicate | None = None) -> tuple[object, ...]:
        """Returns the identity with size and time of every data file: it changes if one is touched.

        Args:
            where: Only of these files (see `files`).

        Raises:
            EnvironmentFailedError: If a file is missing.
        """
        states = []
        for file in self.files(where):
            with clear_read_errors(file):
                states.append(state_of(file))
        return (*self.identity, *states)

    def is_newest(self) -> bool:
        """Whether its log entry is unchanged and no other follows.

        Reading a log takes milliseconds and a step of the flow asks hundreds of times.
        """
        return (
            self._entry is not None
            and _state_of(entry_of(self.folder, self.version)) == self._entry
            and not entry_of(self.folder, self.version + 1).exists()
        )

    def sequence(self, writer: str) -> int:
        """Returns the last committed sequence of a writer; 0 if none."""
        return self.table.transaction_version(writer) or 0

    def files(self, where: Predicate | None = None) -> list[str]:
        """Returns the data files without those that the predicate rules out."""
        with clear_read_errors(self._uri):
            predicate = None if where is None else str(where)
            addresses = self.table.file_uris(file_pruning_predicate=predicate)
        return plain_paths(self.folder, self._uri, addresses)

    def partitions(self) -> list[str]:
        """Returns the texts of the partitions that have files, in order."""
        with clear_read_errors(self._uri):
            return sorted(one[self.spec.partition] for one in self.table.partitions())

    def query(
        self,
        sql: str,
        *,
        where: Predicate | None = None,
        files: Sequence[str] | None = None,
        **tables: pa.Table,
    ) -> pa.Table:
        """Runs DuckDB SQL in which `{table}` stands for this table; `where` only leaves out files.

        Args:
            sql: The statement; it repeats `where` itself if rows must be filtered exactly.
            where: A condition by which files are left out; it filters no rows.
            files: The data files to read instead; their names are in the column `filename`.
            tables: Arrow tables that the statement may name.
        """
        with session() as connection:
            for name, table in tables.items():
                connection.register(name, table)
            if files is None:
                source = self._source(connection, self.files(where))
            else:
                source = self._source(connection, files, "filename=true, ")
            with clear_read_errors(self._uri):
                try:
                    found = connection.sql(of_table(sql, source))
                except duckdb.BinderException:
                    # No file of these has a column that tables have by now; it is null in all.
                    connection.register("_grown", self._empty())
                    whole = f"(from {source} union all by name from _grown)"
                    found = connection.sql(of_table(sql, whole))
                return found.to_arrow_table()

    def results(
        self, sql: str, *, where: Predicate | None = None, rows: int = 131_072
    ) -> Iterator[pa.Table]:
        """Yields the result of `query` piece by piece, for results as long as the table."""
        with session() as connection, clear_read_errors(self._uri):
            source = self._source(connection, self.files(where))
            reader = connection.sql(of_table(sql, source)).to_arrow_reader(rows)
            for batch in reader:
                yield pa.table(batch)

    def source_in(self, connection: duckdb.DuckDBPyConnection, name: str) -> str:
        """Returns SQL of this table's rows for a connection that somebody else keeps.

        Args:
            connection: Where the statement will run.
            name: A name that is free there; what files lack of the columns is registered by it.
        """
        connection.register(name, self._empty())
        files = self.files()
        if not files:
            return f'"{name}"'
        return f'(from {self._source(connection, files)} union all by name from "{name}")'

    def read(
        self, *, where: Predicate | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Returns the rows that satisfy `where`, in the table's own schema and in any order."""
        names = list(columns or self.spec.schema.names)
        files = self.files(where)
        if where is None and 0 < len(files) <= _FEW:
            self._checksums.compare(files)
            return pa.concat_tables([self._columns(file, names) for file in files])
        listed = ", ".join(f'"{name}"' for name in names)
        condition = f" where {where}" if where else ""
        found = self.query(f"select {listed} from {{table}}{condition}", where=where)
        return found.cast(self._schema_of(names))

    def _columns(self, file: str, names: Sequence[str]) -> pa.Table:
        with clear_read_errors(file), pq.ParquetFile(file) as parquet:
            there = set(parquet.schema_arrow.names)
            table = parquet.read([name for name in names if name in there], use_threads=False)
            return self._in_schema(table, self._place_of(file), names, parquet.metadata.num_rows)

    def files_by_partition(self) -> dict[str, list[str]]:
        """Returns the data files of each partition that has some, by the partition's text.

        `files` looks at all of them for each partition that it is asked for.
        """
        found: dict[str, list[str]] = {}
        with clear_read_errors(self._uri):
            actions = pa.table(self.table.get_add_actions(flatten=True))
            values = actions[f"partition.{self.spec.partition}"].cast(pa.string())
            for value, path in zip(values.to_pylist(), actions["path"].to_pylist(), strict=True):
                found.setdefault(value, []).append(str(self.folder / path))
        return found

    def stream(self, files: Sequence[str], *, rows: int = 32_768) -> Iterator[pa.Table]:
        """Yields all rows of these data files, piece by piece, in the table's own schema.

        Read file by file and not through DuckDB, which may answer from the statistics of a file:
        what is verified has to be what the pages hold.

        Raises:
            EnvironmentFailedError: If a file is missing or damaged.
        """
        names = self.spec.schema.names
        for file in files:
            with (
                clear_read_errors(file),
                pq.ParquetFile(file, buffer_size=1 << 18) as parquet,
            ):
                place = self._place_of(file)
                for batch in parquet.iter_batches(rows):
                    yield self._in_schema(pa.table(batch), place, names, batch.num_rows)

    def _place_of(self, file: str) -> pa.Scalar:
        """Returns the partition of a data file, which its folder names."""
        partition = self.spec.schema.field(self.spec.partition)
        _, _, value = file.rpartition(f"{partition.name}=")
        return pa.array([unquote(value.partition("/")[0])]).cast(partition.type)[0]

    def _in_schema(
        self, table: pa.Table, place: pa.Scalar, names: Sequence[str], rows: int
    ) -> pa.Table:
        columns = []
        for field in self._schema_of(names):
            if field.name == self.spec.partition:
                columns.append(pa.repeat(place, rows))
            elif field.name in table.schema.names:
                columns.append(table[field.name])
            else:
                columns.append(pa.nulls(rows, field.type))
        return pa.table(columns, list(names)).cast(self._schema_of(names))

    def _schema_of(self, names: Sequence[str]) -> pa.Schema:
        return pa.schema([_nullable(self.spec.schema.field(name)) for name in names])

    def _empty(self) -> pa.Table:
        return self.spec.schema.append(pa.field("filename", pa.string())).empty_table()

    def _source(
        self, connection: duckdb.DuckDBPyConnection, files: Sequence[str], options: str = ""
    ) -> str:
        if not files:  # read_parquet refuses an empty list
            connection.register("_empty", self._empty())
            return "_empty"
        self._checksums.compare(files)
        listed = ", ".join(map(literal, files))
        partition = self.spec.schema.field(self.spec.partition)
        kind = "DATE" if pa.types.is_date(partition.type) else "INTEGER"
        return (
            f"read_parquet([{listed}], hive_partitioning=true, union_by_name=true, {options}"
            f"hive_types={{{literal(partition.name)}: {kind}}})"
        )


class NoTable(Snapshot):
    """A table that nobody has written to yet, for who only reads: it has no rows.

    Args:
        spec: The table's name, schema and partition.
        folder: Where it will lie.
    """

    def __init__(self, spec: TableSpec, folder: Path) -> None:
        self.spec = spec
        self.folder = folder
        self.version = -1
        self._open = None
        self._uri = str(folder)
        self._entry = None
        self._checksums = Checksums(folder)

    def sequence(self, writer: str) -> int:  # noqa: ARG002 - nobody has written
        """Returns 0: nothing was committed."""
        return 0

    def files(self, where: Predicate | None = None) -> list[str]:  # noqa: ARG002 - of none
        """Returns no data file."""
        return []

    def partitions(self) -> list[str]:
        """Returns no partition."""
        return []

    def files_by_partition(self) -> dict[str, list[str]]:
        """Returns no partition and no file."""
        return {}


def entry_of(folder: Path, version: int) -> Path:
    """Returns the file of one commit in the log of the table in that folder."""
    return folder / "_delta_log" / f"{version:020d}.json"


def of_table(sql: str, source: str) -> str:
    """Returns the statement with the source of its rows in the place of `{table}`."""
    return _TABLE.sub(lambda found: found[1] or source, sql)


def _state_of(entry: Path) -> tuple[int, int, int] | None:
    """Returns what tells a file from another under its name; None if there is none."""
    try:
        found = entry.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _nullable(field: pa.Field) -> pa.Field:
    return field.with_nullable(True)  # noqa: FBT003 - pyarrow's own signature
