"""One Delta table: read through DuckDB, written exactly once, synced after every commit.

Rules that come from failures seen: every append carries an application transaction and is checked
against the snapshot before the write (a second append with the same token is otherwise accepted);
a commit that lost a race is recomputed by its caller, never blindly repeated; history is kept by
properties set at creation, so that maintenance cannot destroy it.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, TableNotFoundError

from cost_pipeline.contracts.columns import session
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.lake.durable import clear_storage_errors, sync_all, sync_folder
from cost_pipeline.lake.tables import TableSpec, Writing

_KEEP_FOR_EVER: Final = "interval 36500 days"
_WRITER = WriterProperties(compression="ZSTD", compression_level=3)
_TRIES = 40


class StaleSnapshotError(Exception):
    """Another run committed to the same partition first; recompute from a fresh snapshot."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an append with the token that makes it happen once.

    Attributes:
        writer: What is being written, such as `records/<delivery>/<interpretation>`.
        sequence: Its place in that writer's order, from 1.
        data: The rows, in the table's schema.
    """

    writer: str
    sequence: int
    data: pa.Table


class Snapshot:
    """A table as it was when opened: reads and the write that follows see the same state."""

    def __init__(self, spec: TableSpec, table: DeltaTable, folder: Path) -> None:
        self.spec = spec
        self.table = table
        self.folder = folder

    @property
    def identity(self) -> tuple[str, int]:
        """Which table at which version: what is derived from it may be kept under this."""
        return self.table.table_uri, self.table.version()

    def sequence(self, writer: str) -> int:
        """The last committed sequence of a writer; 0 if none."""
        return self.table.transaction_version(writer) or 0

    def files(self, where: str | None = None) -> list[str]:
        """The data files, pruned by a predicate over partition columns and file statistics."""
        return self.table.file_uris(file_pruning_predicate=where)

    def query(
        self,
        sql: str,
        *,
        where: str | None = None,
        files: Sequence[str] | None = None,
        **tables: pa.Table,
    ) -> pa.Table:
        """DuckDB SQL in which `{table}` is this table, pruned by `where` and filtered by nothing.

        Args:
            sql: The statement; it repeats `where` itself if rows must be filtered exactly.
            where: A predicate for pruning files.
            files: Instead: the data files to read. Their names are in the column `filename`.
            tables: Arrow tables that the statement may name.
        """
        with session() as connection:
            for name, table in tables.items():
                connection.register(name, table)
            if files is None:
                source = self._source(connection, self.files(where))
            else:
                source = self._source(connection, files, "filename=true, ")
            return connection.sql(sql.replace("{table}", source)).to_arrow_table()

    def read(self, *, where: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows that satisfy `where`, in the table's own schema and in no particular order."""
        names = list(columns or self.spec.schema.names)
        listed = ", ".join(f'"{name}"' for name in names)
        condition = f" where {where}" if where else ""
        found = self.query(f"select {listed} from {{table}}{condition}", where=where)
        return found.cast(pa.schema([_nullable(self.spec.schema.field(name)) for name in names]))

    def _source(
        self, connection: duckdb.DuckDBPyConnection, files: Sequence[str], options: str = ""
    ) -> str:
        if not files:  # read_parquet refuses an empty list
            empty = self.spec.schema.append(pa.field("filename", pa.string())).empty_table()
            connection.register("_empty", empty)
            return "_empty"
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        partition = self.spec.schema.field(self.spec.partition)
        kind = "DATE" if pa.types.is_date(partition.type) else "INTEGER"
        return (
            f"read_parquet([{listed}], hive_partitioning=true, union_by_name=true, {options}"
            f"hive_types={{'{partition.name}': {kind}}})"
        )


class Table:
    """One Delta table in a folder.

    Args:
        spec: Its name, schema, partition and way of writing.
        folder: Where it lies; made at the first write.
        between: Called between the steps of a commit with the step's name, for tests that kill the
            process there. Steps: `before`, `committed`, `synced`.
    """

    def __init__(
        self, spec: TableSpec, folder: Path, *, between: Callable[[str], None] | None = None
    ) -> None:
        self.spec = spec
        self.folder = folder
        self._between = between or (lambda _step: None)

    def snapshot(self) -> Snapshot:
        """The table as it is now; created empty if it does not exist.

        Raises:
            EnvironmentFailedError: If the folder exists but is not a readable Delta table.
        """
        with clear_storage_errors(str(self.folder)):
            try:
                return Snapshot(self.spec, DeltaTable(str(self.folder)), self.folder)
            except TableNotFoundError:
                return Snapshot(self.spec, self._create(), self.folder)

    def _create(self) -> DeltaTable:
        if self._holds_something():
            raise EnvironmentFailedError(
                f"the table {self.spec.name!r} has files but no readable log",
                where=str(self.folder),
                remedy="restore its _delta_log folder from a copy; nothing was changed",
                code="TABLE_DAMAGED",
            )
        configuration: dict[str, str | None] = {
            "delta.logRetentionDuration": _KEEP_FOR_EVER,
            "delta.deletedFileRetentionDuration": _KEEP_FOR_EVER,
        }
        if self.spec.writing is Writing.APPEND:
            configuration["delta.appendOnly"] = "true"
        self.folder.mkdir(parents=True, exist_ok=True)
        table = DeltaTable.create(
            str(self.folder),
            schema=self.spec.schema,
            partition_by=[self.spec.partition],
            configuration=configuration,
            mode="ignore",  # two runs may meet here; the first one's table serves both
        )
        self._sync(table.version())
        sync_folder(self.folder.parent.parent)
        return DeltaTable(str(self.folder))

    def _holds_something(self) -> bool:
        """Whether there is more than a run leaves that was killed while it made the table."""
        log = self.folder / "_delta_log"
        if not self.folder.exists():
            return False
        return any(file != log for file in self.folder.iterdir()) or (
            log.exists() and any(file.suffix in {".json", ".parquet"} for file in log.iterdir())
        )

    def append_once(self, parts: Sequence[Part], *, run_id: str) -> int:
        """Append the parts that were not committed before, all in one commit.

        Returns:
            The number of rows appended; 0 if every part was there already.
        """
        for attempt in range(_TRIES):
            snapshot = self.snapshot()
            fresh = [p for p in parts if snapshot.sequence(p.writer) < p.sequence]
            if not fresh:
                return 0
            try:
                return self.append(snapshot, fresh, run_id=run_id)
            except StaleSnapshotError:
                # Jitter keeps racing runs apart; the next round sees what the winner wrote.
                time.sleep(random.uniform(0.005, 0.05) * (attempt + 1))  # noqa: S311
        raise _contended(self.folder)

    def append(self, snapshot: Snapshot, parts: Sequence[Part], *, run_id: str) -> int:
        """Append the parts to the state that `snapshot` shows, in one commit.

        Raises:
            StaleSnapshotError: If one of the writers committed since the snapshot was taken.
        """
        highest: dict[str, int] = {}
        for part in parts:
            highest[part.writer] = max(part.sequence, highest.get(part.writer, 0))
        rows = pa.concat_tables([part.data for part in parts])
        self._write(snapshot, rows, run_id, tokens=highest, predicate=None)
        return int(rows.num_rows)

    def replace(self, snapshot: Snapshot, rows: pa.Table, keys: Sequence[str], run_id: str) -> None:
        """Replace whole partitions by `rows` in one commit; `keys` are the partitions' texts.

        Raises:
            StaleSnapshotError: If one of the partitions changed since the snapshot was taken.
        """
        listed = ", ".join(f"'{key}'" for key in keys)
        self._write(
            snapshot,
            rows,
            run_id,
            tokens={},
            predicate=f"{self.spec.partition} in ({listed})",
        )

    def _write(
        self,
        snapshot: Snapshot,
        rows: pa.Table,
        run_id: str,
        *,
        tokens: Mapping[str, int],
        predicate: str | None,
    ) -> None:
        commit = CommitProperties(
            app_transactions=[Transaction(w, s) for w, s in sorted(tokens.items())],
            custom_metadata={"run_id": run_id},
            max_commit_retries=15,
        )
        rows = rows.cast(self.spec.schema)
        self._between("before")
        with clear_storage_errors(str(self.folder)):
            try:
                if predicate is None:
                    write_deltalake(
                        snapshot.table,
                        rows,
                        mode="append",
                        writer_properties=_WRITER,
                        commit_properties=commit,
                    )
                else:
                    write_deltalake(
                        snapshot.table,
                        rows,
                        mode="overwrite",
                        predicate=predicate,
                        writer_properties=_WRITER,
                        commit_properties=commit,
                    )
            except CommitFailedError as error:
                raise StaleSnapshotError(str(error)) from error
            self._between("committed")
            self._sync(snapshot.table.version())
        self._between("synced")

    def _sync(self, version: int) -> None:
        log = self.folder / "_delta_log"
        entry = log / f"{version:020d}.json"
        files = [entry]
        for line in entry.read_text(encoding="utf-8").splitlines():
            added = json.loads(line).get("add")
            if added:
                files.append(self.folder / unquote(added["path"]))
        sync_all([file for file in files if file.exists()])
        sync_folder(self.folder)
        sync_folder(self.folder.parent)


def _nullable(field: pa.Field) -> pa.Field:
    return field.with_nullable(True)  # noqa: FBT003 - pyarrow's own signature


def _contended(folder: Path) -> EnvironmentFailedError:
    return EnvironmentFailedError(
        f"other runs kept committing to the same partition ({_TRIES} tries)",
        where=str(folder),
        remedy="wait for them to end and run again; nothing of this run was written",
        code="CONTENDED",
    )
