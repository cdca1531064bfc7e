"""The one door of parsing: which reader reads which format."""

from __future__ import annotations

from pathlib import Path

from cost_pipeline.contracts.vendor import FileFormat, FormatKind
from cost_pipeline.parse.delimited import open_delimited
from cost_pipeline.parse.ep_ledger import open_ledger
from cost_pipeline.parse.json_lines import open_json_lines
from cost_pipeline.parse.json_list import open_json_list
from cost_pipeline.parse.rows import CHUNK_ROWS, Limits, Refused, RowReader
from cost_pipeline.parse.source import find_encoding


def open_rows(
    path: Path,
    form: FileFormat,
    *,
    chunk_rows: int = CHUNK_ROWS,
    limits: Limits | None = None,
    bulk: bool = True,
) -> RowReader | Refused:
    """Open a delivery for reading row by row, or say why it cannot be read as its format.

    Args:
        path: The landed bytes; they must not change while they are read.
        form: The format that the vendor declares.
        chunk_rows: Chunks hold at most so many rows.
        limits: The bounds on memory and damage.
        bulk: Whether simple rows of a `csv` may take the bulk lane; the rows are the same either
            way, which is what the tests hold it to.

    Raises:
        EnvironmentFailedError: If the file cannot be read, here or while iterating.
    """
    limits = limits or Limits()
    encoding = find_encoding(path, form.encodings, limits.block_bytes)
    if isinstance(encoding, Refused):
        return encoding
    match form.kind:
        case FormatKind.CSV:
            return open_delimited(path, form, encoding, limits, chunk_rows=chunk_rows, bulk=bulk)
        case FormatKind.EP_LEDGER:
            return open_ledger(path, form, encoding, limits, chunk_rows=chunk_rows)
        case FormatKind.JSON:
            return open_json_list(path, form, encoding, limits, chunk_rows=chunk_rows)
        case FormatKind.JSONL:
            return open_json_lines(path, encoding, limits, chunk_rows=chunk_rows)
