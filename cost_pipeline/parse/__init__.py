"""Bytes to rows: `open_rows` reads a landed delivery as numbered, uninterpreted text.

Belongs here: encodings, cutting a delivery into rows and rows into cells, and saying which of them
could not be cut. Does not belong here: what a cell means (validate), where the bytes come from
(acquire, lake).
"""

from cost_pipeline.parse.ahead import read_ahead
from cost_pipeline.parse.members import RefusedArchiveError, each_member
from cost_pipeline.parse.opening import open_rows
from cost_pipeline.parse.rows import (
    CHUNK_ROWS,
    GroupEvent,
    Limits,
    Mark,
    ParsedChunk,
    Refused,
    RowReader,
)
from cost_pipeline.parse.sheet import ValueKind
from cost_pipeline.parse.workbook import MarkedSheet, read_marked

__all__ = [
    "CHUNK_ROWS",
    "GroupEvent",
    "Limits",
    "Mark",
    "MarkedSheet",
    "ParsedChunk",
    "Refused",
    "RefusedArchiveError",
    "RowReader",
    "ValueKind",
    "each_member",
    "open_rows",
    "read_ahead",
    "read_marked",
]
