"""Reads rows again from the landed bytes, which is the last step of every trace."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.formats import TYPED
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.parse import Refused, open_rows, read_ahead
from cost_pipeline.pipeline.dead_letters.correction_rows import in_style_of, read_correction
from cost_pipeline.pipeline.dead_letters.sheet import cells_in
from cost_pipeline.pipeline.dead_letters.sorting import by_settings
from cost_pipeline.pipeline.pull.deliveries import CORRECTION
from cost_pipeline.pipeline.pull.landings import interpreter_of, settings_of
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.read_as import read_as
from cost_pipeline.validate.chunk import ordinals_of
from cost_pipeline.validate.conflicts import for_people
from cost_pipeline.validate.interpreter import Interpreter
from cost_pipeline.validate.state import DeliveryState


def texts_of(
    session: Session, vendor: str, delivery: str, rows: Collection[int]
) -> dict[int, tuple[int, str]]:
    """Returns (line, verbatim text) by row number, for the wanted rows of one delivery.

    They are read as the delivery was read when it was validated. Empty if it is not known how, or
    if it cannot be read.
    """
    if not rows:
        return {}
    if _is_correction(session, vendor, delivery):
        return _texts_of_correction(session, delivery, rows)
    vendor_file = read_as(session, vendor, delivery)
    if vendor_file is None:
        return {}
    reader = open_rows(session.lake.content.open_path(delivery), vendor_file.format)
    if isinstance(reader, Refused):
        return {}
    wanted = pa.array(sorted(rows), pa.int64())
    found: dict[int, tuple[int, str]] = {}
    for chunk in reader:
        mine = chunk.table.filter(pc.is_in(chunk.table["row"], value_set=wanted))
        columns = (mine[name].to_pylist() for name in ("row", "line", "text"))
        found |= {row: (line, text) for row, line, text in zip(*columns, strict=True)}
        if len(found) == len(wanted):
            break
    return found


def _is_correction(session: Session, vendor: str, delivery: str) -> bool:
    it = equals("vendor", vendor) & equals("delivery", delivery) & equals("role", CORRECTION)
    found = (
        session.lake.table(DELIVERIES)
        .snapshot()
        .query(f"select 1 from {{table}} where {it} limit 1")
    )
    return bool(found.num_rows)


def _texts_of_correction(
    session: Session, delivery: str, rows: Collection[int]
) -> dict[int, tuple[int, str]]:
    read = read_correction(session.feed.contract, session.lake.content.open_path(delivery))
    if isinstance(read, Refused):
        return {}
    wanted = pa.array(sorted(rows), pa.int64())
    mine = read.table.filter(pc.is_in(read.table["row"], value_set=wanted))
    columns = (mine[name].to_pylist() for name in ("row", "line", "text"))
    return {row: (line, text) for row, line, text in zip(*columns, strict=True)}


def cells_of(
    session: Session, vendor: Vendor, delivery: str, rows: pa.ChunkedArray
) -> pa.Table | None:
    """Returns the cells that feed each field, verbatim, of the wanted rows of a delivery.

    Args:
        session: The run.
        vendor: The vendor of the delivery; a constant of its file is the text of every row.
        delivery: SHA-256.
        rows: Numbers of the rows.

    Returns:
        `row`, `ordinal` (of the row's key, where the vendor's key has one), and a string column for
        each field; None if the delivery cannot be read any more under the vendor's file.
    """
    if _is_correction(session, vendor.vendor, delivery):
        return _cells_of_correction(session, vendor, delivery, rows)
    vendor = settings_of(session, vendor, delivery)
    reader = open_rows(session.lake.content.open_path(delivery), vendor.format)
    if isinstance(reader, Refused):
        return None
    interpreter = interpreter_of(session, vendor, delivery, reader.header)
    state, found = DeliveryState(), []
    wanted = pc.unique(rows)
    for chunk in read_ahead(reader):
        applied = interpreter.under(chunk.above).for_columns(chunk.columns)
        table = applied.made_ready(chunk.table)
        ordinals = ordinals_of(table, applied, state)
        mask = pc.is_in(table["row"], value_set=wanted)
        if not pc.any(mask).as_py():
            continue
        mine = table.filter(mask)
        columns = {"row": mine["row"]}
        columns["ordinal"] = (
            pa.nulls(mine.num_rows, pa.int64())
            if ordinals is None
            else pa.array(ordinals, pa.int64()).filter(mask.combine_chunks())
        )
        for name in session.feed.contract.fields_of(vendor.record):
            columns[name] = _field(mine, applied, name)
        found.append(pa.table(columns))
    return pa.concat_tables(found) if found else None


def _cells_of_correction(
    session: Session, vendor: Vendor, delivery: str, rows: pa.ChunkedArray
) -> pa.Table | None:
    feed = session.feed.contract
    read = read_correction(feed, session.lake.content.open_path(delivery))
    if isinstance(read, Refused):
        return None
    mine = read.table.filter(pc.is_in(read.table["row"], value_set=pc.unique(rows)))
    if vendor.changes:
        mine = mine.append_column("answers_delivery", _answered(session, vendor, delivery, mine))
        parts = by_settings(session, vendor, mine)
        mine = pa.concat_tables(in_style_of(feed, own, rows, read.kinds) for own, rows in parts)
    else:
        mine = in_style_of(feed, vendor, mine, read.kinds)
    cells = {name: cells_in(mine, name) for name in session.feed.contract.fields_of(vendor.record)}
    return pa.table({"row": mine["row"], "ordinal": pa.nulls(len(mine), pa.int64()), **cells})


def _answered(session: Session, vendor: Vendor, delivery: str, rows: pa.Table) -> pa.ChunkedArray:
    """Returns the delivery that each row of a correction answers; null where it is no record."""
    it = equals("vendor", vendor.vendor) & equals("delivery", delivery)
    records = session.lake.table(session.feed.records).snapshot()
    asked = f'select distinct "row", answers_delivery as "of" from {{table}} where {it}'
    found = records.query(asked)
    return found["of"].take(pc.index_in(rows["row"], found["row"].combine_chunks()))


def _field(table: pa.Table, applied: Interpreter, name: str) -> pa.ChunkedArray | pa.Array:
    cells = [table[f"c{place}"] for place in applied.sources.get(name, ())]
    if cells:
        texts = for_people(pc.coalesce(*cells) if len(cells) > 1 else cells[0])
        return _whole_days(texts, applied) if name == applied.reading.shape.day else texts
    text = applied.reading.constants.get(name)
    return pa.array([text] * table.num_rows, pa.string())


def _whole_days(texts: pa.ChunkedArray | pa.Array, applied: Interpreter) -> pa.ChunkedArray:
    """Writes days as ISO where their text says only part of them, or more than a day."""
    vendor, read = applied.reading.vendor, applied.reading.read
    name = applied.reading.shape.day
    if vendor.dates.year is None and vendor.format.kind not in TYPED:
        return texts

    def whole(text: str | None) -> str | None:
        if text is None or (vendor.dates.year is None and "T" not in text):
            return text
        day = read(name, text)
        return day.isoformat() if isinstance(day, date) else text

    return pa.array(map(whole, texts.to_pylist()), pa.string())
