"""One Delta table: read through DuckDB, written exactly once, synced after every commit.

Rules that come from failures seen: every append carries an application transaction and is checked
against the snapshot before the write (a second append with the same token is otherwise accepted);
a commit that lost a race is recomputed by its caller, never blindly repeated; history is kept by
properties set at creation, so that maintenance cannot destroy it.
"""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, TableNotFoundError

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.sql import one_of
from cost_pipeline.lake.checksums import Checksums
from cost_pipeline.lake.durable import (
    clear_read_errors,
    clear_storage_errors,
    sync_all,
    sync_folder,
)
from cost_pipeline.lake.kept import Kept
from cost_pipeline.lake.only_reading import may_write
from cost_pipeline.lake.snapshot import NoTable, Snapshot, entry_of
from cost_pipeline.lake.tables import TableSpec, Writing

ROW_GROUP: Final = 32_768
"""Rows of a row group."""

# Most bytes are hashes, which no level makes smaller: level 3 takes half as long again for nothing.
# Row groups are small enough that one holds few values of the column by which rows are sorted.
_LEVEL: Final = 1
# ZSTD begins anew for each column of each file, which takes longer than everything else about a
# small file, and saves nothing of what is mostly its footer.
_SMALL: Final = 1 << 17
_KEEP_FOR_EVER: Final = "interval 36500 days"
_TRIES = 40

COMMITTED: Final = 1
"""The token of an announced commit that was made."""
FENCED: Final = 2
"""The token of an announced commit that was not made and never will be."""


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


# A step opens its tables anew, and many steps follow each other in one process.
_NEWEST: Final = Kept[Snapshot](most=128)


class Announcer(Protocol):
    """Announces a commit before it is made; the audit log does."""

    def announced(
        self, spec: TableSpec, rows: pa.Table, tokens: Mapping[str, int], run_id: str
    ) -> AbstractContextManager[str]:
        """Returns a context in which the commit is made, with the token that it must carry as 1."""


class Table:
    """One Delta table in a folder.

    Args:
        spec: Its name, schema, partition and way of writing.
        folder: Where it lies; made at the first write.
        announcer: Told of every append beforehand, if the table is audited.
        between: Called between the steps of a commit with the step's name, for tests that kill the
            process there. Steps: `before`, `committed`, `synced`.
    """

    def __init__(
        self,
        spec: TableSpec,
        folder: Path,
        *,
        announcer: Announcer | None = None,
        between: Callable[[str], None] | None = None,
    ) -> None:
        self.spec = spec
        self._announcer = announcer if spec.audited else None
        self.folder = folder
        self._between = between or (lambda _step: None)

    def snapshot(self) -> Snapshot:
        """Returns the table as it is now; created empty if it does not exist and may be made.

        Raises:
            EnvironmentFailedError: If the folder exists but is not a readable Delta table.
        """
        with clear_storage_errors(str(self.folder)), clear_read_errors(str(self.folder)):
            kept = _NEWEST.get(self.folder.absolute(), self.spec)
            if kept is not None and kept.is_newest():
                return kept
            try:
                table = DeltaTable(str(self.folder))
            except TableNotFoundError:
                if not may_write() and not self._holds_something():
                    return NoTable(self.spec, self.folder)
                table = self._create()
            return self._keep(table)

    def _keep(self, table: DeltaTable) -> Snapshot:
        newest = Snapshot(self.spec, table, self.folder)
        return _NEWEST.keep(self.folder.absolute(), self.spec, newest)

    def _create(self) -> DeltaTable:
        if self._holds_something():
            try:
                return DeltaTable(str(self.folder))  # another run has made it meanwhile
            except TableNotFoundError:
                raise EnvironmentFailedError(
                    f"the table {self.spec.name!r} has files but no readable log",
                    where=str(self.folder),
                    remedy="restore its _delta_log folder from a copy; nothing was changed",
                    code="TABLE_DAMAGED",
                ) from None
        configuration: dict[str, str | None] = {
            "delta.logRetentionDuration": _KEEP_FOR_EVER,
            "delta.deletedFileRetentionDuration": _KEEP_FOR_EVER,
        }
        if self.spec.writing is Writing.APPEND:
            configuration["delta.appendOnly"] = "true"
        self.folder.mkdir(parents=True, exist_ok=True)
        # Two runs may meet here, and the first one's table serves both. Deltalake passes over one
        # that it finds, and fails on one that is made while it looks.
        with contextlib.suppress(CommitFailedError):
            DeltaTable.create(
                str(self.folder),
                schema=self.spec.schema,
                partition_by=[self.spec.partition],
                configuration=configuration,
                mode="ignore",
            )
        table = DeltaTable(str(self.folder))
        self._sync(table.version())
        sync_folder(self.folder.parent.parent)
        return table

    def _holds_something(self) -> bool:
        """Whether more is there than what a run leaves that was killed while it made the table."""
        log = self.folder / "_delta_log"
        if not self.folder.exists():
            return False
        return any(file != log for file in self.folder.iterdir()) or (
            log.exists() and any(file.suffix in {".json", ".parquet"} for file in log.iterdir())
        )

    def append_once(self, parts: Sequence[Part], *, run_id: str) -> int:
        """Appends the parts that were not committed before, all in one commit.

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

    def append_next(self, writer: str, data: pa.Table, *, run_id: str) -> None:
        """Appends new rows, whatever is there, under the next number of their writer."""
        for attempt in range(_TRIES):
            snapshot = self.snapshot()
            try:
                self.append(
                    snapshot, [Part(writer, snapshot.sequence(writer) + 1, data)], run_id=run_id
                )
            except StaleSnapshotError:
                time.sleep(random.uniform(0.005, 0.05) * (attempt + 1))  # noqa: S311
            else:
                return
        raise _contended(self.folder)

    def append(self, snapshot: Snapshot, parts: Sequence[Part], *, run_id: str) -> int:
        """Appends the parts to the state that `snapshot` shows, in one commit.

        Raises:
            StaleSnapshotError: If one of the writers committed since the snapshot was taken.
        """
        highest: dict[str, int] = {}
        for part in parts:
            highest[part.writer] = max(part.sequence, highest.get(part.writer, 0))
        rows = pa.concat_tables([part.data for part in parts]).cast(self.spec.schema)
        rows = ordered(self.spec, rows)
        if self._announcer is None:
            self._write(snapshot, rows, run_id, tokens=highest, predicate=None)
        else:
            with self._announcer.announced(self.spec, rows, highest, run_id) as token:
                tokens = {**highest, token: COMMITTED}
                self._write(snapshot, rows, run_id, tokens=tokens, predicate=None)
        return int(rows.num_rows)

    def replace(self, snapshot: Snapshot, rows: pa.Table, keys: Sequence[str], run_id: str) -> None:
        """Replaces whole partitions by `rows` in one commit; `keys` are the partitions' texts.

        Raises:
            StaleSnapshotError: If one of the partitions changed since the snapshot was taken.
        """
        self._write(
            snapshot,
            rows,
            run_id,
            tokens={},
            predicate=str(one_of(self.spec.partition, keys)),
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
        rows = rows.cast(self.spec.schema)  # of what is replaced; an append has done it
        self._between("before")
        writer = _writer_for(self.spec, rows)
        with clear_storage_errors(str(self.folder)):
            table = snapshot.take()
            try:
                if predicate is None:
                    write_deltalake(
                        table,
                        rows,
                        mode="append",
                        schema_mode=_growing(table, self.spec),
                        writer_properties=writer,
                        commit_properties=commit,
                    )
                else:
                    write_deltalake(
                        table,
                        rows,
                        mode="overwrite",
                        predicate=predicate,
                        schema_mode=_growing(table, self.spec),
                        writer_properties=writer,
                        commit_properties=commit,
                    )
            except CommitFailedError as error:
                raise StaleSnapshotError(str(error)) from error
            self._between("committed")
            self._sync(table.version())
            self._keep(table)
        self._between("synced")

    def _sync(self, version: int) -> None:
        _sync(self.folder, version)


def _writer_for(spec: TableSpec, rows: pa.Table) -> WriterProperties:
    files = pc.count_distinct(rows[spec.partition]).as_py()
    if rows.nbytes <= _SMALL * files:
        return WriterProperties(compression="SNAPPY", max_row_group_size=ROW_GROUP)
    plain = ColumnProperties(dictionary_enabled=False)
    return WriterProperties(
        compression="ZSTD",
        compression_level=_LEVEL,
        max_row_group_size=ROW_GROUP,
        column_properties=dict.fromkeys(spec.unrepeated, plain),
    )


def _growing(table: DeltaTable, spec: TableSpec) -> Literal["merge"] | None:
    """Says how a commit meets a table of an earlier version: it adds the columns that it lacks.

    Only then, because such a commit is one to the table as a whole, and races with all others.
    """
    there = {field.name for field in table.schema().fields}
    return None if there >= set(spec.schema.names) else "merge"


def ordered(spec: TableSpec, rows: pa.Table) -> pa.Table:
    """Returns the rows in the order in which a commit writes them; copies only if it must."""
    if spec.ordered_by is None or not rows.num_rows:
        return rows
    column = rows[spec.ordered_by]
    ascending = pc.less_equal(column.slice(0, len(column) - 1), column.slice(1))
    if pc.all(ascending, min_count=0).as_py():
        return rows
    return rows.sort_by(spec.ordered_by)  # stable: equal ones keep their order


def tokens_of(folder: Path, writers: Iterable[str]) -> dict[str, int]:
    """Returns the last sequences of these writers in a table, of those that have one."""
    with clear_storage_errors(str(folder)):
        try:
            table = DeltaTable(str(folder))
        except TableNotFoundError:
            return {}
        found = {writer: table.transaction_version(writer) for writer in writers}
    return {writer: int(number) for writer, number in found.items() if number is not None}


def fence(folder: Path, token: str, *, run_id: str) -> int:
    """Decides about an announced commit: returns its token, which is `FENCED` if it was open.

    A process that still wants to make that commit took its snapshot before it announced it, so it
    fails on this one, as any two writers with one token do.
    """
    with clear_storage_errors(str(folder)):
        while True:
            try:
                table = DeltaTable(str(folder))
            except TableNotFoundError:
                return FENCED
            found = table.transaction_version(token)
            if found is not None:
                return int(found)
            try:
                write_deltalake(
                    table,
                    pa.schema(table.schema().to_arrow()).empty_table(),
                    mode="append",
                    commit_properties=CommitProperties(
                        app_transactions=[Transaction(token, FENCED)],
                        custom_metadata={"run_id": run_id},
                    ),
                )
            except CommitFailedError:
                continue
            _sync(folder, table.version())
            return FENCED


def _sync(folder: Path, version: int) -> None:
    entry = entry_of(folder, version)
    names = [str(entry.relative_to(folder))]
    for line in entry.read_text(encoding="utf-8").splitlines():
        added = json.loads(line).get("add")
        if added:
            names.append(unquote(added["path"]))
    names = [name for name in names if (folder / name).exists()]
    checksums = Checksums(folder)
    checksums.note(names)
    sync_all([checksums.path, *(folder / name for name in names)])
    sync_folder(folder)
    sync_folder(folder.parent)


def _contended(folder: Path) -> EnvironmentFailedError:
    return EnvironmentFailedError(
        f"other runs kept committing to the same partition ({_TRIES} tries)",
        where=str(folder),
        remedy="wait for them to end and run again; nothing of this run was written",
        code="CONTENDED",
    )
