"""The one entry to parsing: which reader reads which format."""

from __future__ import annotations

from pathlib import Path

from cost_pipeline.contracts.formats import (
    CsvFormat,
    ExcelFormat,
    FileFormat,
    FixedWidthFormat,
    JsonFormat,
    JsonLinesFormat,
    LayoutFormat,
    LedgerFormat,
    ParquetFormat,
    TextFormat,
    XmlFormat,
)
from cost_pipeline.contracts.listing import ListedSection
from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse.body import Body, open_body
from cost_pipeline.parse.delimited import Rules, open_delimited
from cost_pipeline.parse.ep_ledger import open_ledger
from cost_pipeline.parse.excel import open_excel
from cost_pipeline.parse.fixed_width import open_fixed_width
from cost_pipeline.parse.json_lines import open_json_lines
from cost_pipeline.parse.json_list import open_json_list
from cost_pipeline.parse.misread import find_misread
from cost_pipeline.parse.parquet import open_parquet
from cost_pipeline.parse.record_kinds import open_record_kinds
from cost_pipeline.parse.rows import CHUNK_ROWS, Limits, Mark, Refused, RowReader
from cost_pipeline.parse.source import find_encoding, line_of
from cost_pipeline.parse.xml_records import declared_encoding, open_xml


def open_rows(
    path: Path,
    form: FileFormat,
    *,
    chunk_rows: int = CHUNK_ROWS,
    limits: Limits | None = None,
    bulk: bool = True,
    at: Mark | None = None,
) -> RowReader | Refused:
    """Opens a delivery for reading row by row, or says why it cannot be read as its format.

    Args:
        path: The landed bytes; they must not change while they are read.
        form: The format that the vendor declares.
        chunk_rows: Chunks hold at most so many rows.
        limits: The bounds on memory and damage.
        bulk: Whether simple rows may take a bulk lane; the rows are the same either way, which is
            what the tests hold it to.
        at: Go on from here, a mark that a chunk of the same bytes and format ended with: the
            numbers of rows and lines, and every count, are as if all had been read.

    Raises:
        EnvironmentFailedError: If the file cannot be read, here or while iterating.
    """
    limits = limits or Limits()
    match form:
        case ExcelFormat():
            return open_excel(path, form, limits, chunk_rows=chunk_rows, bulk=bulk)
        case ParquetFormat():
            return open_parquet(path, form, limits, chunk_rows=chunk_rows)
        case TextFormat():
            return _open_text(path, form, limits, chunk_rows=chunk_rows, bulk=bulk, at=at)
    raise TypeError(f"no reader reads {form.kind}")


def _open_text(
    path: Path, form: TextFormat, limits: Limits, *, chunk_rows: int, bulk: bool, at: Mark | None
) -> RowReader | Refused:
    body = open_body(path, form.compression, limits)
    if isinstance(body, Refused):
        return body
    encodings = form.encodings
    if not encodings:
        declared = declared_encoding(body)
        if isinstance(declared, Refused):
            return declared
        encodings = (declared,)
    # The encoding of a mark was found with the whole file, which has not changed since.
    encoding = at.encoding if at else find_encoding(body, encodings, limits.block_bytes)
    if isinstance(encoding, Refused):
        return encoding
    block = limits.block_bytes
    misread = find_misread(body, encoding, block, lambda at: line_of(body, encoding, at, block))
    if isinstance(misread, Refused):
        return misread
    reader = _open_in(body, form, encoding, limits, chunk_rows=chunk_rows, bulk=bulk, at=at)
    if isinstance(reader, RowReader):
        reader.misread = misread
    return reader


def _open_in(
    body: Body,
    form: TextFormat,
    encoding: str,
    limits: Limits,
    *,
    chunk_rows: int,
    bulk: bool,
    at: Mark | None,
) -> RowReader | Refused:
    """Returns a reader of a text in a known encoding."""
    match form:
        case JsonFormat():
            return open_json_list(body, form, encoding, limits, chunk_rows=chunk_rows, bulk=bulk)
        case JsonLinesFormat():
            return open_json_lines(body, form, encoding, limits, chunk_rows=chunk_rows, bulk=bulk)
        case XmlFormat():
            return open_xml(body, form, encoding, limits, chunk_rows=chunk_rows)
        case LedgerFormat():
            return open_ledger(body, form, encoding, limits, chunk_rows=chunk_rows)
        case CsvFormat(header="first"):
            rules = Rules(
                form, form.delimiter, listing=form, within=form.header_within, kinds=form.kinds
            )
            return open_delimited(
                body, rules, encoding, limits, chunk_rows=chunk_rows, bulk=bulk, at=at
            )
    return _open_headless(body, form, encoding, limits, chunk_rows=chunk_rows, bulk=bulk, at=at)


def _open_headless(
    body: Body,
    form: TextFormat,
    encoding: str,
    limits: Limits,
    *,
    chunk_rows: int,
    bulk: bool,
    at: Mark | None,
) -> RowReader | Refused:
    """Returns a reader of a file without a header; so only this can tell that it is empty."""
    if not body.exceeds(0):
        return Refused(Reason.NOT_THE_FORMAT, "the file is empty")
    if isinstance(form, FixedWidthFormat):
        return open_fixed_width(body, form, encoding, limits, chunk_rows=chunk_rows, bulk=bulk)
    layout = form.whole_layout() if isinstance(form, LayoutFormat | CsvFormat) else None
    if layout is None:
        raise TypeError(f"no reader reads {form.kind}")
    if layout.records or layout.opens_with:
        return open_record_kinds(body, layout, encoding, limits, chunk_rows=chunk_rows)
    listing = form if isinstance(form, CsvFormat) else ListedSection()
    if isinstance(form, CsvFormat) and form.kinds is not None:
        return open_record_kinds(
            body, layout, encoding, limits, chunk_rows=chunk_rows, kinds=form.kinds, told=form.told
        )
    rules = Rules(form, layout.delimiter, layout.header, listing)
    return open_delimited(body, rules, encoding, limits, chunk_rows=chunk_rows, bulk=bulk, at=at)
