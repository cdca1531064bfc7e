"""Rows read again from the landed bytes: the last step of every trace."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.feeds.session import Session
from cost_pipeline.parse import Refused, open_rows


def texts_of(
    session: Session, vendor: str, delivery: str, rows: Collection[int]
) -> dict[int, tuple[int, str]]:
    """Row number to (line, verbatim text), for the wanted rows of one delivery.

    Empty if the vendor's file is gone or the delivery cannot be read any more under it.
    """
    format_of = {v.vendor: v.format for v in session.home.vendors}
    if vendor not in format_of or not rows:
        return {}
    reader = open_rows(session.lake.content.open_path(delivery), format_of[vendor])
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
