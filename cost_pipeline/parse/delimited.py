"""Reads `csv`: a header, then rows, in two lanes that give the same cells.

Belongs here: what counts as header, blank, malformed and control row, and how records become
tables. `bulk` splits simple lines (`lines`), the tokenizer (`records`) splits the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pyarrow as pa

from cost_pipeline.contracts.formats import TextFormat
from cost_pipeline.contracts.listing import ListedSection
from cost_pipeline.contracts.record_kinds import RecordKinds
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.bulk import BulkLane, Shape
from cost_pipeline.parse.chunking import Carry, Chunking
from cost_pipeline.parse.control import Filled, TableTail, control_rules
from cost_pipeline.parse.fill_down import FillDown
from cost_pipeline.parse.header import Header, above_all, find_header
from cost_pipeline.parse.kind_column import KindColumn, kind_column
from cost_pipeline.parse.lines import LineCount, Positions
from cost_pipeline.parse.listing import Level, ListingRules, MissingColumnError, levels_of
from cost_pipeline.parse.listing_tables import Cells, TableListing, Taken
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

_AROUND: Final = BLANKS + '"'


@dataclass(frozen=True, slots=True)
class Rules:
    """What the vendor declares.

    Attributes:
        form: The format, for its totals and the columns that are passed over.
        names: The columns of a file without a header; empty where a position is not a column.
        listing: What is declared of furniture, groups and cells that are filled down.
        within: Among how many lines the header is looked for, instead of the first row.
        kinds: Which kinds of records there are below the header.
    """

    form: TextFormat
    delimiter: str
    names: tuple[str, ...] | None = None
    listing: ListedSection = field(default_factory=ListedSection)
    within: int | None = None
    kinds: RecordKinds | None = None


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
    """Returns a reader of a delimited file in a known encoding, from a mark on if one is given."""
    header = _header(body, rules, encoding, limits)
    if isinstance(header, Refused):
        return header
    try:
        levels = levels_of(rules.listing, header.names)
        kinds = kind_column(rules.kinds, header.names)
    except MissingColumnError as error:
        return error.refused
    start = at or Mark(0, header.lines + 1, header.blank_rows, encoding, header.above)
    file = _DelimitedFile(body, rules, header, levels, _Source(encoding, limits, bulk), kinds)
    reader = RowReader(
        encoding,
        file.header,
        lambda reader: file.chunks(reader, chunk_rows, start),
        first_row=start.rows + 1,
        count=file.count,
    )
    reader.header_line = header.lines or None
    reader.above = header.texts
    return reader


def _header(body: Body, rules: Rules, encoding: str, limits: Limits) -> Header | Refused:
    if rules.names is not None:
        top = above_all(body, encoding, rules.delimiter, limits)
        return replace(top, names=rules.names)
    told, within = rules.form.told, rules.within
    return find_header(body, encoding, rules.delimiter, told, within=within, limits=limits)


class _DelimitedFile:
    """One delimited file whose header is known."""

    def __init__(
        self,
        body: Body,
        rules: Rules,
        header: Header,
        levels: Sequence[Level],
        source: _Source,
        kinds: KindColumn | None,
    ) -> None:
        self._body = body
        self._source = source
        self._kinds = kinds
        form, names = rules.form, header.names
        self._control = control_rules(form, names)
        self._rules = ListingRules(
            rules.listing, names, levels, form.told.summed, header=header.first
        )
        self._fill_down = rules.listing.fill_down
        self.count = LineCount()
        named = tuple(i for i, name in enumerate(names) if name.strip(BLANKS))
        headings = {level.source for level in levels}
        self._hidden = tuple(sorted(headings - {*named}))
        # Without a header a position that is not a column may hold anything.
        passed = {*range(len(names))} if header.first is None else form.told.passed_places
        unnamed = {*range(len(names))} - {*named, *headings, *passed}
        self._headed = header.first is not None
        self._shape = Shape(
            header.delimiter, len(names), (*named, *self._hidden), tuple(sorted(unnamed))
        )
        filled = tuple(level.group.column for level in levels)
        self.header = (*names, *filled)
        self._columns = (*(names[i] for i in named), *filled)
        self._tokenizer = Tokenizer(header.delimiter, len(names), source.limits)

    def chunks(self, reader: RowReader, chunk_rows: int, start: Mark) -> Iterator[ParsedChunk]:
        """Yields the rows in chunks, and keeps the counts of `reader` up to date."""
        carried = Carry.before(start, len(self._rules.levels))
        reader.header_rows = int(self._headed) + carried.headers
        reader.blank_rows, reader.furniture_rows = start.blank_rows, start.furniture_rows
        told = reader.header_rows + start.rows + start.blank_rows + start.furniture_rows
        reader.continued = start.line - 1 - told
        named = self._shape.named[: len(self._shape.named) - len(self._hidden)]
        cells = Cells(self._shape.named, len(self._hidden), self._reread, self._peek)
        listing = TableListing(
            reader,
            self._rules,
            cells,
            control=self._control,
            carried=carried.groups,
            first=start.rows + 1,
            kinds=self._kinds,
        )
        tail = None
        if self._control is not None:
            tail = TableTail(reader, self._control, named, self._reread, start.rows + 1)
        chunking = Chunking(
            Rechunker(chunk_rows, self._source.limits.chunk_bytes),
            FillDown(self._columns, self._fill_down, carried.above),
            listing,
            self._columns,
            start,
        )
        for table, blank, continued in self._tables(start):
            reader.blank_rows += len(blank)
            reader.continued += continued
            chunking.blanks.add(blank)
            if table is not None:
                yield from self._pushed(listing.push(table), tail, chunking)
        lines, open_end = self.count.lines, self.count.open_end
        yield from self._pushed(listing.finish(lines=lines, open_end=open_end), tail, chunking)
        if tail is not None:
            left = tail.finish(lines=lines, open_end=open_end)
            chunking.last_line = reader.control_line
            if left is not None:
                yield from chunking.push(left)
        yield from chunking.finish()

    def _pushed(
        self, listed: tuple[pa.Table | None, Taken], tail: TableTail | None, chunking: Chunking
    ) -> Iterator[ParsedChunk]:
        table, taken = listed
        gone = taken.furniture
        if table is None:
            return
        if tail is not None:
            table, sums = tail.push(table)
            gone = np.sort(np.concatenate((gone, sums)))
        chunking.headers.add(taken.headers)
        chunking.furniture.add(gone)
        yield from chunking.push(table)

    def _tables(self, start: Mark) -> Iterator[tuple[pa.Table | None, Positions, int]]:
        """Yields each block's rows, its blank lines, and how many lines go on from others."""
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
        """Returns the bulk lane's table, made without numpy's proof and Arrow's splitter."""
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
        table = rows_table(rows, first_row, len(self._shape.named)) if rows else None
        return table, np.array(blank, np.int64), continued

    def _named_cells(self, record: Record) -> tuple[str | None, list[str] | None]:
        if record.cells is None:
            return record.problem, None
        for column in self._shape.unnamed:
            if not is_blank(record.cells[column]):
                return unnamed_value(column), None
        return None, [record.cells[i].decode("utf-8") for i in self._shape.named]

    def _reread(self, text: str) -> Filled | None:
        """Returns the cells of a row with too many or too few, or with a value under no name."""
        block = Block(text.encode("utf-8"), 1, final=True)
        if not len(block.lines):
            return None
        record = Tokenizer(self._shape.delimiter, None, self._source.limits).read(block, 0)
        if record is None or record.cells is None or record.last + 1 < len(block.lines):
            return None
        cells = {i: cell.decode() for i, cell in enumerate(record.cells) if not is_blank(cell)}
        return Filled(cells, whole=len(record.cells) >= self._shape.width)

    def _peek(self, text: str) -> Filled:
        """Returns what stands between the delimiters of a row whose quotes do not close."""
        pieces = text.split(self._shape.delimiter)
        cells = {i: cell for i, piece in enumerate(pieces) if (cell := piece.strip(_AROUND))}
        return Filled(cells, whole=False)
