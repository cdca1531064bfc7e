"""The one door of parsing: which reader reads which format."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from cost_pipeline.contracts.formats import (
    CsvFormat,
    ExcelFormat,
    FileFormat,
    FixedWidthFormat,
    JsonFormat,
    JsonLinesFormat,
    LedgerFormat,
    ParquetFormat,
    ShowbizSagCardsFormat,
    ShowbizUbxFormat,
    TextFormat,
)
from cost_pipeline.contracts.layouts import DelimitedLayout
from cost_pipeline.parse.body import Body, open_body
from cost_pipeline.parse.delimited import Rules, open_delimited
from cost_pipeline.parse.ep_ledger import open_ledger
from cost_pipeline.parse.excel import open_excel
from cost_pipeline.parse.fixed_width import open_fixed_width
from cost_pipeline.parse.json_lines import open_json_lines
from cost_pipeline.parse.json_list import open_json_list
from cost_pipeline.parse.parquet import open_parquet
from cost_pipeline.parse.record_kinds import open_record_kinds
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
    if isinstance(form, ExcelFormat):
        return open_excel(path, form, limits, chunk_rows=chunk_rows)
    if isinstance(form, ParquetFormat):
        return open_parquet(path, form, limits, chunk_rows=chunk_rows)
    layout: DelimitedLayout | None = None
    if isinstance(form, ShowbizUbxFormat | ShowbizSagCardsFormat):
        layout = form.whole_layout()
    elif isinstance(form, CsvFormat):
        layout = form.layout()
    text = _open_text(path, form, layout, limits)
    if isinstance(text, Refused):
        return text
    body, encoding = text
    has_control = form.control_total is not None
    if isinstance(form, JsonFormat):
        return open_json_list(body, form, encoding, limits, chunk_rows=chunk_rows)
    if isinstance(form, JsonLinesFormat):
        return open_json_lines(body, encoding, limits, chunk_rows=chunk_rows)
    if isinstance(form, LedgerFormat):
        return open_ledger(body, form, encoding, limits, chunk_rows=chunk_rows)
    if isinstance(form, FixedWidthFormat):
        return open_fixed_width(body, form, encoding, limits, chunk_rows=chunk_rows, bulk=bulk)
    if layout is not None and (layout.records or layout.opens_with):
        return open_record_kinds(body, layout, encoding, limits, chunk_rows=chunk_rows)
    if layout is not None:
        rules = Rules(layout.delimiter, has_control, layout.header)
    elif isinstance(form, CsvFormat):
        rules = Rules(form.delimiter, has_control)
    else:
        raise TypeError(f"{form.kind} has no reader")
    return open_delimited(body, rules, encoding, limits, chunk_rows=chunk_rows, bulk=bulk)


def _open_text(
    path: Path, form: FileFormat, layout: DelimitedLayout | None, limits: Limits
) -> tuple[Body, str] | Refused:
    """The unpacked bytes of a text format, and the encoding that fits them."""
    if isinstance(form, TextFormat):
        encodings, compression = form.encodings, form.compression
    elif isinstance(form, ShowbizUbxFormat | ShowbizSagCardsFormat):
        encodings, compression = form.layout.encodings, form.compression
    else:
        raise TypeError(f"{form.kind} is not text")
    body = open_body(path, compression, limits)
    if isinstance(body, Refused):
        return body
    encoding = find_encoding(body, encodings, limits.block_bytes)
    return encoding if isinstance(encoding, Refused) else (body, encoding)
