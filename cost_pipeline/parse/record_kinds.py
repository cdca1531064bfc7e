"""Reads delimited files without a header whose records are of several kinds, as `.ubx` files are.

Belongs here: telling records apart by their first cell, as the layout says. A kind is a row, or
furniture that is counted; a kind that the layout does not know is a malformed row, so that nothing
is left out unseen. The layout may also demand a first record (`IMEX`, `4`): without it the delivery
is something else and is refused. Rows are read one at a time: such files are small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cost_pipeline.contracts.layouts import DelimitedLayout
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.lines import LineCount
from cost_pipeline.parse.records import Record, Tokenizer, read_blocks, read_records
from cost_pipeline.parse.rows import (
    Limits,
    ParsedChunk,
    RawRow,
    Refused,
    RowReader,
    gather_rows,
    rows_table,
)


def open_record_kinds(
    body: Body, layout: DelimitedLayout, encoding: str, limits: Limits, *, chunk_rows: int
) -> RowReader | Refused:
    """A reader of the rows of a file in a known encoding."""
    file = _File(body, layout, encoding, limits)
    refused = file.opening()
    if refused is not None:
        return refused

    def chunks(reader: RowReader) -> Iterator[ParsedChunk]:
        for gathered in gather_rows(file.rows(reader), chunk_rows, limits.chunk_bytes):
            table = rows_table(gathered, reader.rows + 1, len(file.columns))
            yield ParsedChunk(table, file.columns)

    return RowReader(encoding, layout.header, chunks, count=file.count)


class _File:
    """A file whose layout is known."""

    def __init__(self, body: Body, layout: DelimitedLayout, encoding: str, limits: Limits) -> None:
        self._body = body
        self._layout = layout
        self._encoding = encoding
        self._limits = limits
        self.count = LineCount()
        self._named = tuple(i for i, name in enumerate(layout.header) if name)
        self.columns = tuple(layout.header[i] for i in self._named)

    def opening(self) -> Refused | None:
        """Whether the first record is not the one that the layout demands."""
        demanded = self._layout.opens_with
        small = replace(
            self._limits, block_bytes=min(self._limits.block_bytes, self._limits.record_bytes)
        )
        for _, _, record in self._records(small, None):
            if record.blank:
                continue
            found = _cells(record)
            if demanded and _stripped(found)[: len(demanded)] != [*demanded]:
                shown = ", ".join(found[:3])[:100] or "a line that cannot be read"
                what = f"it begins with {shown!r}, not with {', '.join(demanded)!r}"
                return Refused(Reason.NOT_THE_FORMAT, what)
            return None
        return Refused(Reason.NOT_THE_FORMAT, "the file is empty")

    def rows(self, reader: RowReader) -> Iterator[RawRow]:
        """The rows; blank records and furniture are counted."""
        opening = bool(self._layout.opens_with)
        for line, text, record in self._records(self._limits, self.count):
            reader.continued += record.last - line
            if record.blank:
                reader.blank_rows += 1
            elif opening:
                opening = False
                reader.furniture_rows += 1
            elif record.cells is None:
                yield RawRow(line, text, record.problem, None)
            else:
                yield from self._row(reader, line, text, _cells(record))

    def _row(self, reader: RowReader, line: int, text: str, cells: list[str]) -> Iterator[RawRow]:
        kinds, width = self._layout.records, self._layout.width
        use = kinds.get(cells[0].strip(BLANKS)) if kinds else "row"
        if use == "furniture":
            reader.furniture_rows += 1
        elif use is None:
            known = ", ".join(kinds)
            problem = f"{cells[0][:40]!r} is not a kind of record of this format ({known})"
            yield RawRow(line, text, problem, None)
        elif len(cells) < width or any(cell.strip(BLANKS) for cell in cells[width:]):
            problem = f"{len(cells)} cells where the layout has {width}"
            yield RawRow(line, text, problem, None)
        else:
            yield RawRow(line, text, None, [cells[i] for i in self._named])

    def _records(
        self, limits: Limits, count: LineCount | None
    ) -> Iterator[tuple[int, str, Record]]:
        """The line, the text and the cells of each record; its last line is one of the file."""
        layout = self._layout
        tokenizer = Tokenizer(layout.delimiter, layout.width, limits, any_width_on_one_line=True)
        for block in read_blocks(self._body, self._encoding, limits, count=count):
            for index, record in read_records(block, tokenizer, range(len(block.starts))):
                text = "" if record.blank else block.text(index, record.last, limits).decode()
                whole = replace(record, last=block.number + record.last)
                yield block.number + index, text, whole


def _cells(record: Record) -> list[str]:
    return [cell.decode("utf-8") for cell in record.cells or ()]


def _stripped(cells: list[str]) -> list[str]:
    return [cell.strip(BLANKS) for cell in cells]
