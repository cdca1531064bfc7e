"""Reads `csv`: a header, then rows, in two lanes that give the same cells.

Belongs here: what counts as header, blank, malformed and control row, and how records become
tables. Simple lines (`lines`) are split in bulk (`bulk`); the others by the tokenizer (`records`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.bulk import BulkLane, Shape
from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.records import (
    Block,
    Record,
    Tokenizer,
    is_blank,
    read_blocks,
    read_records,
    unnamed_value,
)
from cost_pipeline.parse.rows import (
    Limits,
    Mark,
    ParsedChunk,
    RawRow,
    Rechunker,
    Refused,
    RowReader,
    rows_table,
)


@dataclass(frozen=True, slots=True)
class Header:
    """The names of all columns, and what came before the first row.

    Attributes:
        lines: Physical lines up to and with the header.
        blank_rows: How many of them were blank.
    """

    names: tuple[str, ...]
    lines: int
    blank_rows: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What the vendor declares.

    Attributes:
        names: The columns of a file without a header; empty where a position is not a column.
    """

    delimiter: str
    has_control: bool
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    encoding: str
    limits: Limits
    bulk: bool


def open_delimited(
    body: Body,
    rules: Rules,
    encoding: str,
    limits: Limits,
    *,
    chunk_rows: int,
    bulk: bool,
    at: Mark | None = None,
) -> RowReader | Refused:
    """A reader of the rows of a delimited file in a known encoding, from a mark on if one is."""
    if rules.names is None:
        header = _find_header(body, encoding, rules.delimiter, limits)
    else:
        header = Header(rules.names, 0, 0)
    if isinstance(header, Refused):
        return header
    start = at or Mark(0, header.lines + 1, header.blank_rows, encoding)
    file = _DelimitedFile(body, rules, header, _Source(encoding, limits, bulk))
    return RowReader(
        encoding,
        header.names,
        lambda reader: file.chunks(reader, chunk_rows, start),
        first_row=start.rows + 1,
    )


def _find_header(body: Body, encoding: str, delimiter: str, limits: Limits) -> Header | Refused:
    tokenizer = Tokenizer(delimiter, None, limits)
    seen = blank = 0
    # The header is at the top: no need to read a whole block for it.
    small = replace(limits, block_bytes=min(limits.block_bytes, limits.record_bytes))
    for block in read_blocks(body, encoding, small):
        for index, record in read_records(block, tokenizer, range(len(block.starts))):
            seen = block.number + record.last
            if record.blank:
                blank += 1
            elif record.cells is None:
                where = f"the header on line {block.number + index} cannot be read"
                return Refused(Reason.NOT_THE_FORMAT, f"{where}: {record.problem}")
            elif len(record.cells) > limits.keys:
                what = f"the header has {len(record.cells)} columns, {limits.keys} at most are read"
                return Refused(Reason.NOT_THE_FORMAT, what)
            else:
                names = tuple(cell.decode("utf-8") for cell in record.cells)
                return Header(names, seen, blank)
    what = f"it has no header: all {seen} lines are blank" if seen else "the file is empty"
    return Refused(Reason.NOT_THE_FORMAT, what)


class _BlankLines:
    """How many blank rows lie before a line, of a file that is read block by block.

    A block is read ahead of the chunk that ends in it, so the reader's count runs ahead of a mark.
    """

    def __init__(self, before: int) -> None:
        self._passed = before
        self._ahead: list[Positions] = []

    def add(self, lines: Positions) -> None:
        """The blank lines of the next block, in order."""
        if len(lines):
            self._ahead.append(lines)

    def before(self, line: int) -> int:
        """The count before a line; lines are asked for in order."""
        while self._ahead and self._ahead[0][-1] < line:
            self._passed += len(self._ahead.pop(0))
        here = int(np.searchsorted(self._ahead[0], line)) if self._ahead else 0
        return self._passed + here


class _DelimitedFile:
    """One delimited file whose header is known."""

    def __init__(self, body: Body, rules: Rules, header: Header, source: _Source) -> None:
        self._body = body
        self._header = header
        self._source = source
        self._has_control = rules.has_control
        named = tuple(i for i, name in enumerate(header.names) if name.strip(BLANKS))
        unnamed = tuple(i for i, name in enumerate(header.names) if not name.strip(BLANKS))
        if rules.names is not None:
            unnamed = ()  # without a header a position that is not a column may hold anything
        self._shape = Shape(rules.delimiter, len(header.names), named, unnamed)
        self._columns = tuple(header.names[i] for i in named)
        self._tokenizer = Tokenizer(rules.delimiter, len(header.names), source.limits)

    def chunks(self, reader: RowReader, chunk_rows: int, start: Mark) -> Iterator[ParsedChunk]:
        """The rows in chunks; the counts of `reader` are kept up to date."""
        rechunker = Rechunker(chunk_rows, self._source.limits.chunk_bytes)
        blanks = _BlankLines(start.blank_rows)
        reader.blank_rows = start.blank_rows
        rows = start.rows
        for table, blank in self._tables(start):
            reader.blank_rows += len(blank)
            blanks.add(blank)
            if table is not None:
                for chunk in rechunker.push(table):
                    rows += chunk.num_rows
                    line = rechunker.next_line
                    after = Mark(rows, line, blanks.before(line), self._source.encoding)
                    yield ParsedChunk(chunk, self._columns, after)
        last = rechunker.finish()
        if last is not None and self._has_control:
            reader.control = self._control(last)
            if reader.control:
                last = last.slice(0, last.num_rows - 1)
        if last is not None and last.num_rows:
            yield ParsedChunk(last, self._columns)

    def _tables(self, start: Mark) -> Iterator[tuple[pa.Table | None, Positions]]:
        limits = self._source.limits
        lane = BulkLane(self._shape, self._tokenizer, limits) if self._source.bulk else None
        row = start.rows + 1
        for block in read_blocks(self._body, self._source.encoding, limits, skip=start.line - 1):
            table, blank = lane.table(block, row) if lane else self._careful_table(block, row)
            row += table.num_rows if table is not None else 0
            yield table, blank

    def _careful_table(self, block: Block, first_row: int) -> tuple[pa.Table | None, Positions]:
        """The same table as the bulk lane's, made without numpy's proof and Arrow's splitter."""
        rows: list[RawRow] = []
        blank: list[int] = []
        for index, record in read_records(block, self._tokenizer, range(len(block.starts))):
            if record.blank:
                blank.append(block.number + index)
                continue
            text = block.text(index, record.last, self._source.limits).decode("utf-8")
            problem, cells = self._named_cells(record)
            rows.append(RawRow(block.number + index, text, problem, cells))
        table = rows_table(rows, first_row, len(self._columns)) if rows else None
        return table, np.array(blank, np.int64)

    def _named_cells(self, record: Record) -> tuple[str | None, list[str] | None]:
        if record.cells is None:
            return record.problem, None
        for column in self._shape.unnamed:
            if not is_blank(record.cells[column]):
                return unnamed_value(column), None
        return None, [record.cells[i].decode("utf-8") for i in self._shape.named]

    def _control(self, table: pa.Table) -> dict[str, str] | None:
        """The last row's one filled cell, if it has only one: whatever its number of cells."""
        text = table.column("text")[-1].as_py().encode("utf-8")
        block = Block(text, 1, final=True)
        record = Tokenizer(self._shape.delimiter, None, self._source.limits).read(block, 0)
        filled = [i for i, cell in enumerate((record and record.cells) or ()) if not is_blank(cell)]
        if record is None or record.cells is None or len(filled) != 1:
            return None
        if record.last + 1 < len(block.starts) or filled[0] not in self._shape.named:
            return None
        return {self._header.names[filled[0]]: record.cells[filled[0]].decode("utf-8")}
