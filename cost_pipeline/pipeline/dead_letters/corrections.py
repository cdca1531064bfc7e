"""Corrections: a workbook that was mended and dropped back is a delivery like any other.

Taken in: bytes first, then a row in `deliveries` for each vendor whose dead letters it answers. The
judging is level-triggered: what is received and has no validation under the present contract is
validated, so a run that was killed is finished by the next.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.core.canonical import digest
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.durable import clear_storage_errors
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.pipeline.days import today as present_day
from cost_pipeline.pipeline.dead_letters.correction_parts import (
    CorrectionPart,
    part_of,
    present_interpretation,
)
from cost_pipeline.pipeline.dead_letters.sorting import SortedOut, sorted_out
from cost_pipeline.pipeline.pull.deliveries import CORRECTION, current_deliveries
from cost_pipeline.pipeline.session import Session

_SUFFIXES: Final = frozenset({".xlsx", ".csv"})


@dataclass(frozen=True, slots=True)
class Taken:
    """What one correction brought.

    Attributes:
        uri: The file.
        delivery: Its SHA-256.
        pull_date: The day it was taken in.
        repeated: Whether the same bytes had come before.
    """

    uri: str
    delivery: str
    pull_date: date
    repeated: bool


def waiting_files(session: Session) -> list[Path]:
    """Returns the files in the corrections folder that were not taken in yet, by name."""
    folder = session.home.path / session.feed.names.inbox
    if not folder.is_dir():
        return []
    known = _known(session)
    return [
        file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in _SUFFIXES
        and not file.name.startswith(("~$", "."))
        and file.is_file()
        and (file.as_uri(), hash_file(file)) not in known
    ]


def take_in(session: Session) -> list[Taken]:
    """Lands and judges every correction that waits, and finishes what a killed run left."""
    taken = []
    for file in waiting_files(session):
        one, found = _receive(session, file)
        taken.append(one)
        validate_corrections(session, [one.delivery], read=found)
    validate_corrections(session)
    return taken


def validate_corrections(
    session: Session,
    deliveries: Collection[str] | None = None,
    *,
    read: SortedOut | None = None,
) -> list[CorrectionPart]:
    """Judges the corrections that have no validation under the present contract.

    Args:
        session: The run.
        deliveries: Only these; all if None.
        read: What was read of one of them already: reading it is most of the work.

    Returns:
        What was judged.
    """
    done: list[CorrectionPart] = []
    for delivery in out_of_date(session):
        if deliveries is not None and delivery not in deliveries:
            continue
        found = read if read and read.delivery == delivery else sorted_out(session, delivery)
        known = {r["vendor"]: r for r in _of_delivery(session, delivery)}
        missing = [vendor for vendor in found.vendors if vendor not in known]
        if missing:  # its dead letters were not known when it came
            first = min(known.values(), key=lambda row: row["first_pulled"])
            _enter(session, delivery, _uri_of(session, delivery), first["first_pulled"], missing)
            known = {r["vendor"]: r for r in _of_delivery(session, delivery)}
        for vendor, row in sorted(known.items()):
            part = part_of(session, found, vendor, row)
            if part is not None:
                part.validate()
                done.append(part)
    return done


def _known(session: Session) -> set[tuple[str, str]]:
    received = (
        session.lake.table(DELIVERIES)
        .snapshot()
        .query(f"select distinct uri, delivery from {{table}} where {equals('role', CORRECTION)}")
    )
    return set(zip(*(column.to_pylist() for column in received.columns), strict=True))


def _uri_of(session: Session, delivery: str) -> str:
    received = (
        session.lake.table(DELIVERIES)
        .snapshot()
        .query(f"select min(uri) as uri from {{table}} where {equals('delivery', delivery)}")
    )
    return str(received["uri"][0].as_py())


def _receive(session: Session, file: Path) -> tuple[Taken, SortedOut]:
    """Lands the bytes, and enters them for each vendor whose dead letters they answer."""
    content = session.lake.content
    with content.scratch() as folder:
        beside = folder / file.name
        with clear_storage_errors(str(file)):
            shutil.copyfile(file, beside)
        sha256 = hash_file(beside)
        content.land(beside, sha256)
    repeated = bool(_of_delivery(session, sha256))
    today = present_day(session)
    found = sorted_out(session, sha256)
    vendors = found.vendors
    if repeated:
        vendors = [row["vendor"] for row in _of_delivery(session, sha256)]
    _enter(session, sha256, file.as_uri(), today, vendors)
    return Taken(file.as_uri(), sha256, today, repeated), found


def _enter(
    session: Session, delivery: str, uri: str, pull_date: date, vendors: Sequence[str]
) -> None:
    stamp = session.stamp()
    kinds = {vendor.vendor: str(vendor.record) for vendor in session.home.vendors}
    parts = []
    for vendor in vendors:
        row = {
            "pull_date": pull_date,
            "delivery": delivery,
            "vendor": vendor,
            "feed": session.feed.name,
            "kind": kinds.get(vendor, CORRECTION),
            "uri": uri,
            "size": session.lake.content.path(delivery).stat().st_size,
            "content_type": None,
            "attempts": 1,
            "fetched_at": stamp.recorded_at,
            "role": CORRECTION,
            "recorded_at": stamp.recorded_at,
            "run_id": stamp.run_id,
        }
        identity = digest("received", vendor, pull_date, uri, delivery)
        rows = pa.Table.from_pylist([row], schema=DELIVERIES.schema)
        parts.append(Part(f"received/{identity}", 1, rows))
    session.lake.table(DELIVERIES).append_once(parts, run_id=session.run_id)


def _of_delivery(session: Session, delivery: str) -> list[dict[str, Any]]:
    return [
        row
        for row in current_deliveries(session).to_pylist()
        if row["delivery"] == delivery and row["role"] == CORRECTION
    ]


def out_of_date(session: Session) -> dict[str, date]:
    """Returns the corrections with a part not judged under the present contract, oldest first.

    Returns:
        Delivery to the day it was first taken in.
    """
    rows = [r for r in current_deliveries(session).to_pylist() if r["role"] == CORRECTION]
    behind = {
        row["delivery"]: row["first_pulled"]
        for row in rows
        if (present := present_interpretation(session, row["vendor"], row["first_pulled"]))
        is not None
        and row["interpretation"] != present
    }
    return dict(sorted(behind.items(), key=lambda one: (one[1], one[0])))
