"""Reads `csv`: a header, then rows, in two lanes that give the same cells.

Belongs here: what counts as header, blank, malformed and control row, and how records become
tables. Simple lines (`lines`) are split in bulk (`bulk`); the others by the tokenizer (`records`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from cost_pipeline.contracts.formats import TextFormat
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.bulk import BulkLane, Shape
from cost_pipeline.parse.control import Filled, TableTail, control_rules
from cost_pipeline.parse.lines import LineCount, Positions
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
        form: The format, for its totals and the columns that are passed over.
        names: The columns of a file without a header; empty where a position is not a column.
    """

    form: TextFormat
    delimiter: str
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
    reader = RowReader(
        encoding,
        header.names,
        lambda reader: file.chunks(reader, chunk_rows, start),
        first_row=start.rows + 1,
        count=file.count,
    )
    reader.header_line = header.lines or None
    return reader


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


class _Passed:
    """How many lines of a kind lie before a line, of a file that is read block by block.

    A block is read ahead of the chunk that ends in it, so the reader's count runs ahead of a mark.
    """

    def __init__(self, before: int) -> None:
        self._passed = before
        self._ahead: list[Positions] = []

    def add(self, lines: Positions) -> None:
        """The lines of that kind in the next block, in order."""
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
        self._control = control_rules(rules.form, header.names)
        self.count = LineCount()
        named = tuple(i for i, name in enumerate(header.names) if name.strip(BLANKS))
        unnamed = tuple(i for i, name in enumerate(header.names) if not name.strip(BLANKS))
        passed = rules.form.told.passed
        unnamed = tuple(i for i in unnamed if i + 1 not in passed)
        if rules.names is not None:
            unnamed = ()  # without a header a position that is not a column may hold anything
        self._headed = rules.names is None
        self._shape = Shape(rules.delimiter, len(header.names), named, unnamed)
        self._columns = tuple(header.names[i] for i in named)
        self._tokenizer = Tokenizer(rules.delimiter, len(header.names), source.limits)

    def chunks(self, reader: RowReader, chunk_rows: int, start: Mark) -> Iterator[ParsedChunk]:
        """The rows in chunks; the counts of `reader` are kept up to date."""
        reader.header_rows = int(self._headed)
        reader.blank_rows, reader.furniture_rows = start.blank_rows, start.furniture_rows
        told = reader.header_rows + start.rows + start.blank_rows + start.furniture_rows
        reader.continued = start.line - 1 - told
        tail = None
        if self._control is not None:
            named = self._shape.named
            tail = TableTail(reader, self._control, named, self._reread, start.rows + 1)
        chunking = _Chunking(
            Rechunker(chunk_rows, self._source.limits.chunk_bytes), self._columns, start
        )
        for table, blank, continued in self._tables(start):
            reader.blank_rows += len(blank)
            reader.continued += continued
            chunking.blanks.add(blank)
            if table is not None:
                if tail is not None:
                    table, gone = tail.push(table)  # noqa: PLW2901 - fewer rows of it
                    chunking.furniture.add(gone)
                yield from chunking.push(table)
        if tail is not None:
            lines, open_end = self.count.lines, self.count.open_end
            left = tail.finish(lines=lines, open_end=open_end)
            chunking.last_line = reader.control_line
            if left is not None:
                yield from chunking.push(left)
        yield from chunking.finish()

    def _tables(self, start: Mark) -> Iterator[tuple[pa.Table | None, Positions, int]]:
        """By block: its rows, the lines of its blank ones, and how many lines go on from others."""
        limits = self._source.limits
        lane = BulkLane(self._shape, self._tokenizer, limits) if self._source.bulk else None
        row = start.rows + 1
        for block in read_blocks(
            self._body, self._source.encoding, limits, skip=start.line - 1, count=self.count
        ):
            found = lane.table(block, row) if lane else self._careful_table(block, row)
            row += found[0].num_rows if found[0] is not None else 0
            yield found

    def _careful_table(
        self, block: Block, first_row: int
    ) -> tuple[pa.Table | None, Positions, int]:
        """The same table as the bulk lane's, made without numpy's proof and Arrow's splitter."""
        rows: list[RawRow] = []
        blank: list[int] = []
        continued = 0
        for index, record in read_records(block, self._tokenizer, range(len(block.starts))):
            continued += record.last - index
            if record.blank:
                blank.append(block.number + index)
                continue
            text = block.text(index, record.last, self._source.limits).decode("utf-8")
            problem, cells = self._named_cells(record)
            rows.append(RawRow(block.number + index, text, problem, cells))
        table = rows_table(rows, first_row, len(self._columns)) if rows else None
        return table, np.array(blank, np.int64), continued

    def _named_cells(self, record: Record) -> tuple[str | None, list[str] | None]:
        if record.cells is None:
            return record.problem, None
        for column in self._shape.unnamed:
            if not is_blank(record.cells[column]):
                return unnamed_value(column), None
        return None, [record.cells[i].decode("utf-8") for i in self._shape.named]

    def _reread(self, text: str) -> Filled | None:
        """The cells of a row that has another number of them, or one under no name."""
        block = Block(text.encode("utf-8"), 1, final=True)
        if not len(block.lines):
            return None
        record = Tokenizer(self._shape.delimiter, None, self._source.limits).read(block, 0)
        if record is None or record.cells is None or record.last + 1 < len(block.lines):
            return None
        cells = {i: cell.decode() for i, cell in enumerate(record.cells) if not is_blank(cell)}
        return Filled(cells, whole=len(record.cells) >= self._shape.width)


class _Chunking:
    """Tables on their way into chunks, with the place where reading can go on behind each.

    Attributes:
        blanks: Blank lines so far.
        furniture: Lines so far that are left out.
        last_line: The control row's, once it is known: behind it nothing can be opened, because
            whoever began there would not see it.
    """

    def __init__(self, rechunker: Rechunker, columns: tuple[str, ...], start: Mark) -> None:
        self._rechunker = rechunker
        self._columns = columns
        self._encoding = start.encoding
        self._rows = start.rows
        self.blanks = _Passed(start.blank_rows)
        self.furniture = _Passed(start.furniture_rows)
        self.last_line: int | None = None

    def push(self, table: pa.Table) -> Iterator[ParsedChunk]:
        """Take in the next rows; yields the chunks that are complete and not last."""
        for chunk in self._rechunker.push(table):
            self._rows += chunk.num_rows
            yield ParsedChunk(chunk, self._columns, self._mark())

    def finish(self) -> Iterator[ParsedChunk]:
        """What is left."""
        last = self._rechunker.finish()
        if last is not None:
            yield ParsedChunk(last, self._columns)

    def _mark(self) -> Mark | None:
        line = self._rechunker.next_line
        if self.last_line is not None and line > self.last_line:
            return None
        blank, furniture = self.blanks.before(line), self.furniture.before(line)
        return Mark(self._rows, line, blank, self._encoding, furniture)
