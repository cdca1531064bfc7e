"""Where the bytes of deliveries lie: what they were called, their hash, their size, their place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from cost_pipeline.core.sql import Predicate, equals
from cost_pipeline.core.text import printable
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.pipeline.declared.shown import Table
from cost_pipeline.pipeline.session import Session

MOST: Final = 100
"""Deliveries that are listed; `cost-pipeline deliveries` has all of them."""

_COLUMNS: Final = {
    "file": "string",
    "bytes": "int",
    "received": "string",
    "sha256": "string",
    "kept_at": "string",
}
_KEPT: Final = """
    select vendor, delivery, uri, any_value(size) as size, min(fetched_at) as received
    from {table} where role is distinct from 'correction' and %s
    group by all order by vendor, received, uri
"""


def file_of(uri: str) -> str:
    """Returns the name that a delivery has in its address: of a page also what was asked for."""
    parts = urlsplit(uri)
    name = unquote(parts.path.rstrip("/").rsplit("/", 1)[-1]) or parts.netloc
    return printable(f"{name}?{parts.query}" if parts.query else name)


def deliveries_kept(session: Session, pull_date: date) -> dict[str, Table]:
    """Returns what stands of a pull date, by vendor, whichever pull of that date brought it."""
    where = equals("pull_date", pull_date) & equals("feed", session.feed.name)
    found: dict[str, list[dict[str, str | int]]] = {}
    for row in _rows(session, where):
        of_vendor = found.setdefault(row["vendor"], [])
        if len(of_vendor) < MOST:
            of_vendor.append(_kept(session, row))
    return {vendor: Table(_COLUMNS, rows) for vendor, rows in found.items()}


NOTHING_KEPT: Final = Table(_COLUMNS, [])
"""What a vendor shows that delivered nothing."""


def place_of(session: Session, delivery: str) -> str:
    """Returns where the bytes of a delivery lie, from the home's folder on where they are in it."""
    place = session.lake.content.path(delivery)
    home = session.home.path
    return str(place.relative_to(home) if place.is_relative_to(home) else place)


def _rows(session: Session, where: Predicate) -> list[dict[str, Any]]:
    snapshot = session.lake.table(DELIVERIES).snapshot()
    found: list[dict[str, Any]] = snapshot.query(_KEPT % where, where=where).to_pylist()
    return found


def _kept(session: Session, row: Mapping[str, Any]) -> dict[str, str | int]:
    return {
        "file": file_of(row["uri"]),
        "bytes": row["size"],
        "received": f"{row['received']:%Y-%m-%d %H:%M:%S} UTC",
        "sha256": row["delivery"],
        "kept_at": place_of(session, row["delivery"]),
    }
