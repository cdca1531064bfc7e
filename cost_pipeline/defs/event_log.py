"""Dagster's event log in the files of `SqliteEventLogStorage`, with real batches.

Dagster 1.13 opens, asks about its schema and closes a SQLite file for every event that it stores,
about 7 ms of processor time each. This class writes the same rows to the same files: connections
are kept, and a batch is one transaction for the run's file and one for the index of all runs. It is
named in a home's `dagster/dagster.yaml`. Files and rows are held equal to Dagster's by
cost_pipeline_tests/upstream/test_event_log.py.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from threading import RLock
from typing import Any, Final

import dagster as dg
import sqlalchemy as db

from cost_pipeline.defs.sqlite_files import OpenFiles
from cost_pipeline.defs.upstream import (
    ASSET_CHECK_EVENTS,
    ASSET_EVENTS,
    EVENT_TYPE_TO_PIPELINE_RUN_STATUS,
    INDEX_SHARD_NAME,
    AssetCheckExecutionRecordStatus,
    AssetCheckExecutionsTable,
    ConfigurableClassData,
    DagsterInvariantViolationError,
    SqlEventLogStorageMetadata,
    SqlEventLogStorageTable,
    SqliteEventLogStorage,
)

EVENT_LOG: Final = "event_log_storage"
CONFIG: Final[Mapping[str, Any]] = {
    "module": __name__,
    "class": "BatchedSqliteEventLog",
    "config": {"dagster_home": {"env": "DAGSTER_HOME"}},
}
"""How a `dagster.yaml` names the class below, under the key EVENT_LOG."""

_MIRRORED: Final = ASSET_EVENTS | ASSET_CHECK_EVENTS | EVENT_TYPE_TO_PIPELINE_RUN_STATUS.keys()
_VERSION: Final = db.Table(
    "alembic_version",
    db.MetaData(),
    db.Column("version_num", db.String(32), nullable=False),
    db.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""The table as Alembic makes it."""

_CHECKS: Final = AssetCheckExecutionsTable.c
_Row = dict[str, Any]
_CheckKey = tuple[str, str, str | None]
"""Asset, name and partition of a check."""


class BatchedSqliteEventLog(SqliteEventLogStorage):
    """Stores what `SqliteEventLogStorage` stores, in fewer transactions.

    Threads take turns, as they do in the class above. A forked process opens files of its own.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._turn = RLock()
        self._files = OpenFiles(stays=Path(base_dir).absolute() / f"{INDEX_SHARD_NAME}.db")
        self._tables: set[str] = set()
        self._has_columns = False
        self._head: str | None = None
        # Events whose rows are in the run's file and could not be mirrored in the index, by their
        # identity. Dagster stores the events of a failed batch again, one by one, and no row may be
        # stored twice.
        self._half_stored: dict[int, dg.EventLogEntry] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Returns the configuration in `dagster.yaml`: the folder that DAGSTER_HOME names."""
        return {"dagster_home": dg.StringSource}

    @classmethod
    def from_config_value(  # type: ignore[override]
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, str]
    ) -> BatchedSqliteEventLog:
        """Returns the storage of a Dagster home, in the folder that Dagster's own would use."""
        return cls(str(Path(config_value["dagster_home"]) / "history" / "runs"), inst_data)

    def dispose(self) -> None:
        """Stops watching, and closes the files."""
        super().dispose()
        with self._turn:
            self._files.let_go()

    def wipe(self) -> None:
        """Deletes all events; the files of runs are deleted, so none may be open."""
        with self._turn:
            self._files.let_go()
            super().wipe()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[db.Connection]:
        with self._turn:
            engine, opened = self._files.engine(Path(self.path_for_shard(shard)))
            try:
                if opened or shard not in self._initialized_dbs:
                    self._lay_out(shard, engine)
                    self._initialized_dbs.add(shard)
                with engine.begin() as connection:
                    yield connection
            except BaseException:
                self._files.let_go()  # whatever state a connection is in, the next one is new
                raise

    def _lay_out(self, shard: str, engine: db.Engine) -> None:
        """Makes the tables of a new file, as Dagster does.

        Before it opens a file for the first time, Dagster reads all its migrations (20 ms), and
        finds that a new file needs none of them and a file with a version neither. Here that
        happens only for a new index, and for a file that is half made.
        """
        with engine.connect() as connection:
            tables = set(db.inspect(connection).get_table_names())
            if _VERSION.name in tables and connection.execute(db.select(_VERSION)).first():
                return
            connection.rollback()
            if shard != INDEX_SHARD_NAME and not tables:
                connection.execute(db.text("PRAGMA journal_mode=WAL"))
                connection.execute(db.text("BEGIN IMMEDIATE"))  # two processes may come at once
                if not db.inspect(connection).get_table_names():
                    SqlEventLogStorageMetadata.create_all(connection, checkfirst=False)
                    _VERSION.create(connection)
                    connection.execute(_VERSION.insert(), {"version_num": self._newest()})
                connection.commit()
                return
        self._initdb(engine)

    def _newest(self) -> str:
        """Returns the version of the tables that this Dagster makes."""
        if self._head is None:
            self._head = str(self.alembic_version()[1])
        return self._head

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table.

        Dagster asks for every event with tags; the answer is kept, because no table is ever
        dropped.
        """
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_index_cols_on_connection(self, conn: db.Connection) -> bool:
        self._has_columns = self._has_columns or super()._has_asset_key_index_cols_on_connection(
            conn
        )
        return self._has_columns

    def get_asset_check_state(
        self, keys: Sequence[tuple[dg.AssetCheckKey, dg.PartitionsDefinition[str] | None]]
    ) -> Mapping[dg.AssetCheckKey, Any]:
        """Returns the partitions of checks by state, all as of one instant.

        Whenever Dagster asks a calendar for a partition at another instant, it walks the calendar
        to its end: 30 ms if that is years ahead. Without one instant for all, it does so three
        times for every partition of a check.
        """
        with dg.partition_loading_context():
            return super().get_asset_check_state(keys)

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Stores one event."""
        self.store_event_batch([event])

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Stores events, of any types, in one transaction of each file.

        The run's file comes first, as with Dagster. If the index took nothing of a batch, the batch
        may be stored again, whole or event by event.
        """
        for run_id, same_run in groupby(events, lambda event: event.run_id):
            self._store(run_id, list(same_run))

    def _store(self, run_id: str, events: list[dg.EventLogEntry]) -> None:
        rows = [self._event_to_row(event) for event in events]
        new = [r for e, r in zip(events, rows, strict=True) if id(e) not in self._half_stored]
        if new:
            with self.run_connection(run_id) as connection:
                connection.execute(SqlEventLogStorageTable.insert(), new)
            # Whoever follows a run watches its file, which changes only when it is closed. So touch
            # it now.
            os.utime(self.path_for_shard(run_id))
        mirrored = [
            (event, row)
            for event, row in zip(events, rows, strict=True)
            if event.is_dagster_event and event.dagster_event_type in _MIRRORED
        ]
        if not mirrored:
            return
        by_identity = {id(event): event for event, _ in mirrored}
        self._half_stored.update(by_identity)
        with self.index_connection() as connection:
            self._mirror(connection, *zip(*mirrored, strict=True))
        for identity in by_identity:
            del self._half_stored[identity]

    def _mirror(
        self,
        connection: db.Connection,
        events: Sequence[dg.EventLogEntry],
        rows: Sequence[_Row],
    ) -> None:
        """Stores the events of a run in the index of all runs, with what is derived from them."""
        connection.execute(SqlEventLogStorageTable.insert(), rows)
        # There is one writer at a time, and SQLite counts ids up by one: these are the last ones.
        last = connection.execute(db.select(db.func.max(SqlEventLogStorageTable.c.id))).scalar_one()
        ids = range(last - len(events) + 1, last + 1)
        of_assets = [
            (event, number)
            for event, number in zip(events, ids, strict=True)
            if event.dagster_event_type in ASSET_EVENTS
        ]
        if of_assets:
            self._store_asset_event_tags(connection, *zip(*of_assets, strict=True))
        # The row of an asset says what its last event of each type said.
        newest: dict[Any, dict[Any, tuple[dg.EventLogEntry, int]]] = {}
        for event, number in of_assets:
            key = event.get_dagster_event().asset_key
            newest.setdefault(key, {})[event.dagster_event_type] = (event, number)
        for by_type in newest.values():
            for event, number in sorted(by_type.values(), key=lambda item: item[1]):
                self._store_asset_event(connection, event, number)
        self._store_checks(connection, list(zip(events, rows, ids, strict=True)))

    def _store_checks(
        self,
        connection: db.Connection,
        stored: Sequence[tuple[dg.EventLogEntry, _Row, int]],
    ) -> None:
        """Stores what is known of the checks after these events."""
        planned = [
            values
            for event, row, number in stored
            if event.dagster_event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
            for values in _planned(event, row, number)
        ]
        if planned:
            connection.execute(AssetCheckExecutionsTable.insert(), planned)
        evaluated = [
            _evaluated(event, row, number)
            for event, row, number in stored
            if event.dagster_event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ]
        if evaluated and evaluated[0]["run_id"]:
            _settle(connection, evaluated)
        elif evaluated:
            connection.execute(AssetCheckExecutionsTable.insert(), evaluated)


def _planned(event: dg.EventLogEntry, row: _Row, number: int) -> Iterator[_Row]:
    data = event.get_dagster_event().asset_check_planned_data
    subset = data.partitions_subset
    for partition in subset.get_partition_keys() if subset else [None]:
        yield {
            **_said(event, row, number),
            "asset_key": data.asset_key.to_string(),
            "check_name": data.check_name,
            "partition": partition,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
        }


def _evaluated(event: dg.EventLogEntry, row: _Row, number: int) -> _Row:
    data = event.get_dagster_event().asset_check_evaluation_data
    target = data.target_materialization_data
    status = AssetCheckExecutionRecordStatus
    return {
        **_said(event, row, number),
        "asset_key": data.asset_key.to_string(),
        "check_name": data.check_name,
        "partition": data.partition,
        "execution_status": (status.SUCCEEDED if data.passed else status.FAILED).value,
        "materialization_event_storage_id": target.storage_id if target else None,
    }


def _said(event: dg.EventLogEntry, row: _Row, number: int) -> _Row:
    return {
        "run_id": event.run_id,
        "evaluation_event": row["event"],
        "evaluation_event_timestamp": row["timestamp"],
        "evaluation_event_storage_id": number,
    }


def _settle(connection: db.Connection, evaluated: Sequence[_Row]) -> None:
    """Gives the checks that a run planned their results; adds a row for a check not planned.

    Raises:
        DagsterInvariantViolationError: If a check was planned twice.
    """
    # A later result of a check in the same run takes the place of an earlier one.
    latest = {_key_of(values): values for values in evaluated}
    known = _rows_of_run(connection, evaluated[0]["run_id"], latest)
    settled = [{**values, "row": known[key]} for key, values in latest.items() if key in known]
    unplanned = [values for key, values in latest.items() if key not in known]
    if settled:
        names = [name for name in settled[0] if name != "row"]
        connection.execute(
            AssetCheckExecutionsTable.update()
            .where(_CHECKS.id == db.bindparam("row"))
            .values({name: db.bindparam(f"new_{name}") for name in names}),
            [{"row": v["row"], **{f"new_{name}": v[name] for name in names}} for v in settled],
        )
    if unplanned:
        connection.execute(AssetCheckExecutionsTable.insert(), unplanned)


def _rows_of_run(
    connection: db.Connection, run_id: str, wanted: Collection[_CheckKey]
) -> dict[_CheckKey, int]:
    """Returns the ids of a run's rows of these checks."""
    found: dict[_CheckKey, int] = {}
    query = db.select(_CHECKS.asset_key, _CHECKS.check_name, _CHECKS.partition, _CHECKS.id).where(
        _CHECKS.run_id == run_id,
        _CHECKS.asset_key.in_({asset for asset, _, _ in wanted}),  # so that the index serves
        _CHECKS.check_name.in_({name for _, name, _ in wanted}),
    )
    for asset, name, partition, number in connection.execute(query):
        key = (asset, name, partition)
        if key in found and key in wanted:
            raise DagsterInvariantViolationError(f"the check {name} of {asset} was planned twice")
        found[key] = number
    return found


def _key_of(values: _Row) -> _CheckKey:
    return values["asset_key"], values["check_name"], values["partition"]
