"""Reads `fixed_width`: columns at the positions that a layout gives.

Belongs here: cutting lines by position, and what is wrong with a line as such. Positions count
characters. Cells are verbatim, padding included: only the validator knows what a blank means.

A line must have the layout's length. Blanks beyond it are nothing; fewer characters are a malformed
row, unless the layout is `ragged_right`. Where the layout has record types, a line of a type that
it does not name is a malformed row, furniture is counted, and the last line of the type `total` is
the control row if the vendor declares a control total (it is furniture otherwise). Where it has
none, a total is known as in other formats (`control`).

Two lanes give the same rows. A block of ASCII is cut by numpy, all lines at once; any other block
line by line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cost_pipeline.contracts.formats import FixedWidthFormat
from cost_pipeline.contracts.layouts import FixedColumn, FixedLayout
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.chunking import as_chunk
from cost_pipeline.parse.control import NOTHING, Filled, TableTail, control_rules
from cost_pipeline.parse.fill_down import FillDown
from cost_pipeline.parse.lines import LineCount
from cost_pipeline.parse.listing import ListingRules, MissingColumnError, called, levels_of
from cost_pipeline.parse.listing_tables import Carried, Cells, TableListing
from cost_pipeline.parse.records import Block, read_blocks
from cost_pipeline.parse.rows import (
    Limits,
    ParsedChunk,
    RawRow,
    Rechunker,
    Refused,
    RowReader,
    chunk_table,
    rows_table,
)
from cost_pipeline.parse.ruler import BETWEEN, Top, find_ruler

Places = npt.NDArray[np.int64]
_SPACE = 0x20


def open_fixed_width(
    body: Body,
    form: FixedWidthFormat,
    encoding: str,
    limits: Limits,
    *,
    chunk_rows: int,
    bulk: bool,
) -> RowReader | Refused:
    """Returns a reader of the lines of a file in a known encoding."""
    top = _top(body, form, encoding, limits)
    if isinstance(top, Refused):
        return top
    layout = top.layout
    own = called([column.name for column in layout.columns], form.told.passed, form.told.places)
    typed = layout.record_type is not None
    has_control = typed and form.control_total is not None
    cutter = _Cutter(layout, limits, top.gaps, has_control=has_control)
    rules = None if typed else control_rules(form, own)
    try:
        listing = ListingRules(
            form,
            own,
            levels_of(form, own),
            form.told.summed,
            header=top.first,
            ruler=top.text,
            whole_line=True,
        )
    except MissingColumnError as error:
        return error.refused
    columns = (*own, *(level.group.column for level in listing.levels))
    count = LineCount()

    def tables(reader: RowReader) -> Iterator[pa.Table]:
        row = 1
        for block in read_blocks(body, encoding, limits, skip=top.lines, count=count):
            table = cutter.table(reader, block, row, bulk=bulk)
            row += table.num_rows
            yield table

    def chunks(reader: RowReader) -> Iterator[ParsedChunk]:
        rechunker = Rechunker(chunk_rows, limits.chunk_bytes)
        reader.header_rows = top.header_rows
        reader.blank_rows, reader.furniture_rows = top.blank, top.above
        cells = Cells(range(len(own)), 0, cutter.reread, cutter.peek)
        carried = Carried([None] * len(listing.levels))
        listed = TableListing(reader, listing, cells, control=rules, carried=carried)
        rows = tables(reader) if typed else listed.tables(tables(reader), count)
        if rules is not None:
            tail = TableTail(reader, rules, range(len(own)), cutter.reread, 1)
            rows = tail.tables(rows, count)
        fill_down = FillDown(columns, form.fill_down)
        for table in rows:
            for chunk in rechunker.push(table):
                yield as_chunk(fill_down.filled(chunk), columns)
        last = rechunker.finish()
        if last is not None:
            yield as_chunk(fill_down.filled(last), columns)

    found = RowReader(encoding, columns, chunks, count=count)
    found.above = top.texts
    return found


def _top(body: Body, form: FixedWidthFormat, encoding: str, limits: Limits) -> Top | Refused:
    """Returns where the columns are and what stands above the rows, or why that is not known."""
    if form.layout.ruler:
        return find_ruler(body, encoding, form.told, limits)
    return Top(form.layout)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a line is: a row (with or without a problem), or nothing but a count."""

    row: bool = False
    problem: str | None = None


class _Cutter:
    """Cuts blocks into rows by a layout."""

    def __init__(
        self, layout: FixedLayout, limits: Limits, gaps: Places, *, has_control: bool
    ) -> None:
        self._gaps = gaps
        self._layout = layout
        self._limits = limits
        self._has_control = has_control
        self._width = layout.width

    def table(self, reader: RowReader, block: Block, first: int, *, bulk: bool) -> pa.Table:
        """Returns the rows of a block, numbered from `first`; keeps the counts of `reader`."""
        if bulk and block.data.isascii() and len(block.starts):
            return self._bulk(reader, block, first)
        rows = list(self._careful(reader, block, range(len(block.starts))))
        return rows_table(rows, first, len(self._layout.columns))

    def reread(self, text: str) -> Filled | None:
        """Returns the filled cells of a line; None if it is longer than the layout."""
        if len(text.rstrip(BLANKS)) > self._width:
            return None
        cells = {i: _cut(text, column) for i, column in enumerate(self._layout.columns)}
        filled = {i: cell for i, cell in cells.items() if cell.strip(BLANKS)}
        return Filled(filled, whole=len(text) >= self._width)

    def peek(self, text: str) -> Filled:
        """Returns the filled cells of a line that is too long, as far as the columns go."""
        return self.reread(text[: self._width]) or NOTHING

    def _careful(self, reader: RowReader, block: Block, lines: range) -> Iterator[RawRow]:
        for index in lines:
            text = block.text(index, index, self._limits).decode("utf-8")
            too_long = block.ends[index] - block.starts[index] > self._limits.line_bytes
            found = self._judge(reader, text, too_long=too_long)
            if found.row:
                cells = None if found.problem else [_cut(text, c) for c in self._layout.columns]
                yield RawRow(block.number + index, text, found.problem, cells)

    def _judge(self, reader: RowReader, text: str, *, too_long: bool) -> _Verdict:
        layout = self._layout
        if too_long:
            limit = self._limits.line_bytes
            problem = f"the line is longer than {limit} bytes; its text is cut"
            return _Verdict(row=True, problem=problem)
        if not text.strip(BLANKS):
            reader.blank_rows += 1
            return _Verdict()
        types = layout.record_type
        if types is not None:
            kind = text[types.start - 1 : types.start - 1 + types.width].rstrip(BLANKS)
            if kind == types.total or kind in types.furniture:
                self._total(reader, text, total=kind == types.total)
                return _Verdict()
            if kind not in types.rows:
                known = ", ".join([*types.rows, *types.furniture])
                problem = f"{kind!r} is not a record type of this layout ({known})"
                return _Verdict(row=True, problem=problem)
        return _Verdict(row=True, problem=self._misfit(text))

    def _misfit(self, text: str) -> str | None:
        """Returns what is wrong with a line's length, or between its columns."""
        if len(text.rstrip(BLANKS)) > self._width or (
            len(text) < self._width and not self._layout.ragged_right
        ):
            return f"{len(text)} characters where the layout has {self._width}"
        for at in self._gaps.tolist():
            if text[at : at + 1].strip(BETWEEN):
                return f"a text goes on beyond its column at character {at + 1}"
        return None

    def _total(self, reader: RowReader, text: str, *, total: bool) -> None:
        types = self._layout.record_type
        if types is None or not (total and self._has_control):
            reader.furniture_rows += 1
            return
        cells = {column.name: _cut(text, column) for column in types.total_columns}
        if not reader.controls:
            reader.control_rows += 1
        else:  # the last one counts
            reader.furniture_rows += 1
        reader.controls = [{name: cell for name, cell in cells.items() if cell.strip(BLANKS)}]

    def _bulk(self, reader: RowReader, block: Block, first: int) -> pa.Table:
        """Returns the same rows, cut all at once; lines that are not plain are cut with care."""
        data = np.frombuffer(block.data, np.uint8)
        plain = self._plain(data, block)
        careful: dict[int, RawRow] = {}
        for index in np.flatnonzero(~plain).tolist():
            for row in self._careful(reader, block, range(index, index + 1)):
                careful[index] = row
        emit = plain.copy()
        emit[list(careful)] = True
        lines = np.flatnonzero(emit)
        starts, ends = block.lines.starts[lines], block.lines.ends[lines]
        good = plain[lines]
        spare = {int(np.searchsorted(lines, index)): row for index, row in careful.items()}
        good[[at for at, row in spare.items() if row.cells is not None]] = True
        messages: list[str | None] = [None] * len(lines)
        for at, row in spare.items():
            messages[at] = row.malformed
        arrays = [
            pa.array(np.arange(first, first + len(lines), dtype=np.int64)),
            pa.array(lines + block.number),
            self._texts(data, block, (starts, ends), spare),
            pa.array(messages, pa.string()),
            *(self._column(data, column, starts, ends, good) for column in self._layout.columns),
        ]
        return chunk_table(arrays)

    def _plain(self, data: npt.NDArray[np.uint8], block: Block) -> npt.NDArray[np.bool_]:
        """Returns which lines have a length that fits and are certainly rows."""
        starts, ends = block.lines.starts, block.lines.ends
        plain: npt.NDArray[np.bool_] = ends - starts == self._width
        types = self._layout.record_type
        if types is None and self._layout.ragged_right:
            plain = (ends > starts) & (ends - starts <= self._width)
        plain &= self._width <= self._limits.line_bytes
        at = starts[plain]
        if types is None:
            # A byte beyond the blanks is content; mostly the first one is.
            filled = data[at] > _SPACE
            if not filled.all():
                visible = np.concatenate(([0], np.cumsum(data > _SPACE)))
                filled |= visible[ends[plain]] > visible[at]
            plain[plain] = filled
            return self._within_columns(data, block, plain)
        spots = data[at[:, None] + np.arange(types.start - 1, types.start - 1 + types.width)]
        known = np.zeros(len(at), np.bool_)
        for kind in types.rows:
            padded = np.frombuffer(kind.ljust(types.width).encode("utf-8", "replace"), np.uint8)
            if len(padded) == types.width and kind.strip(BLANKS) == kind:
                known |= (spots == padded).all(axis=1)
        plain[plain] = known
        return plain

    def _within_columns(
        self, data: npt.NDArray[np.uint8], block: Block, plain: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """Returns which plain lines have nothing but blanks and `|` between their columns."""
        starts, ends = block.lines.starts[plain], block.lines.ends[plain]
        for gap in self._gaps.tolist():
            at = starts + gap
            byte = data[np.minimum(at, len(data) - 1)]
            plain_here = (byte == _SPACE) | (byte == ord("|")) | (at >= ends)
            starts, ends = starts[plain_here], ends[plain_here]
            plain[plain] = plain_here
        return plain

    def _texts(
        self,
        data: npt.NDArray[np.uint8],
        block: Block,
        borders: tuple[Places, Places],
        spare: dict[int, RawRow],
    ) -> pa.Array:
        starts, ends = borders
        if not spare:
            return _gathered(data, starts, ends - starts)
        pairs = zip(starts.tolist(), ends.tolist(), strict=True)
        texts = [block.data[start:end].decode() for start, end in pairs]
        for at, row in spare.items():
            texts[at] = row.text
        return pa.array(texts, pa.string())

    def _column(
        self,
        data: npt.NDArray[np.uint8],
        column: FixedColumn,
        starts: Places,
        ends: Places,
        good: npt.NDArray[np.bool_],
    ) -> pa.Array:
        begin = np.minimum(starts + column.start - 1, ends)
        size = np.where(good, np.minimum(begin + column.width, ends) - begin, 0)
        return _gathered(data, begin, size, None if good.all() else good)


def _gathered(
    data: npt.NDArray[np.uint8],
    begin: Places,
    size: Places,
    good: npt.NDArray[np.bool_] | None = None,
) -> pa.Array:
    """Returns the texts at these places of a block; null where not `good`."""
    offsets = np.zeros(len(begin) + 1, np.int32)
    np.cumsum(size, out=offsets[1:])
    if len(size) and (size == size[0]).all():
        places = (begin[:, None] + np.arange(size[0])).ravel()
    else:
        # Byte k of the column lies as far behind its cell's begin as it lies behind its offset.
        places = np.arange(offsets[-1]) + np.repeat(begin - offsets[:-1], size)
    validity, nulls = None, 0
    if good is not None:
        validity = pa.py_buffer(np.packbits(good, bitorder="little"))
        nulls = int((~good).sum())
    return pa.StringArray.from_buffers(
        len(begin), pa.py_buffer(offsets), pa.py_buffer(data[places]), validity, nulls
    )


def _cut(text: str, column: FixedColumn) -> str:
    return text[column.start - 1 : column.stop]
