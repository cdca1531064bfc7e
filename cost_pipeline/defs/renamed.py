"""What a Dagster instance knows of assets that have another key now goes on under that key.

Dagster keeps events, filled partitions and results of checks under the key of their asset. Without
this, a home of before would show an empty book, and a pull whose blocking check is red would count
as one that nobody knows, so that its dates were posted (`gate`). The index of all runs is changed,
once, in one transaction; the log of each run goes on saying what it said (docs/adr/0052).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import sqlalchemy as db

from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.upstream import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    AssetKeyTable,
    SqlEventLogStorage,
    SqlEventLogStorageTable,
)
from cost_pipeline.pipeline.declared.names import Key

_NAMED_BY = (
    SqlEventLogStorageTable.c.asset_key,
    AssetEventTagsTable.c.asset_key,
    AssetCheckExecutionsTable.c.asset_key,
)
_SAID_IN = (
    SqlEventLogStorageTable.c.event,
    AssetCheckExecutionsTable.c.evaluation_event,
    AssetKeyTable.c.last_materialization,
)


def go_by_present_keys(instance: dg.DagsterInstance, renamed: Mapping[Key, Key]) -> bool:
    """Brings what is known of assets under their present keys; returns whether anything was known.

    An event log that keeps no SQL tables is left as it is.

    Args:
        instance: The instance that knows them.
        renamed: Keys of before, each with its present one.
    """
    log = instance.event_log_storage
    if not renamed or not isinstance(log, SqlEventLogStorage):
        return False
    of_before = {asset_key(old).to_string(): asset_key(new) for old, new in renamed.items()}
    with log.index_connection() as connection:
        known = _known(connection, of_before)
    if not known:
        return False
    with log.index_connection() as connection:
        for old, new in of_before.items():
            _rename(connection, old, new.to_string())
        texts = [text for pair in renamed.items() for text in _texts(*pair)]
        for column in _SAID_IN:
            _say(connection, column, texts)
    return True


def _known(connection: db.Connection, keys: Mapping[str, dg.AssetKey]) -> list[str]:
    column = AssetKeyTable.c.asset_key
    return list(connection.execute(db.select(column).where(column.in_(keys))).scalars())


def _rename(connection: db.Connection, old: str, new: str) -> None:
    """Gives an asset its present key; of one that has runs under both, the present row stands."""
    key = AssetKeyTable.c.asset_key
    if connection.execute(db.select(key).where(key == new)).first() is None:
        connection.execute(AssetKeyTable.update().where(key == old).values(asset_key=new))
    else:
        connection.execute(AssetKeyTable.delete().where(key == old))
    for column in _NAMED_BY:
        connection.execute(column.table.update().where(column == old).values(asset_key=new))


def _texts(old: Key, new: Key) -> Iterator[tuple[str, str]]:
    """Yields how events name an asset, before and now: by its path, and as what others read."""
    yield f'"path": {json.dumps(list(old))}}}', f'"path": {json.dumps(list(new))}}}'
    for said in ("input_data_version", "input_event_pointer"):
        yield f'"dagster/{said}/{"/".join(old)}"', f'"dagster/{said}/{"/".join(new)}"'


def _say(connection: db.Connection, column: db.Column[Any], texts: list[tuple[str, str]]) -> None:
    said: Any = column
    for old, new in texts:
        said = db.func.replace(said, old, new)
    concerned = db.or_(*(column.contains(old, autoescape=True) for old, _ in texts))
    connection.execute(column.table.update().where(concerned).values({column.name: said}))
