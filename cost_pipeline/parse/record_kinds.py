"""Reads delimited files without a header whose records are of several kinds, as `.ubx` files are.

Belongs here: telling records apart by one cell, as the layout says, or the vendor's own `kinds`. A
kind is a row, or furniture that is counted; a kind that nobody knows is a malformed row, so that
nothing is left out unseen. Cells of a header belong to every row below it, up to the next header of
its kind; a trailer declares how many records came since the one before, and what they add up to.
The layout may also demand a first record (`IMEX`, `4`): without it the delivery is something else
and is refused. Rows are read one at a time: such files are small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cost_pipeline.contracts.control import Told
from cost_pipeline.contracts.layouts import DelimitedLayout
from cost_pipeline.contracts.record_kinds import RecordKinds
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.kind_column import unknown_kind
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

_NOTHING_TOLD: Final = Told()


def open_record_kinds(
    body: Body,
    layout: DelimitedLayout,
    encoding: str,
    limits: Limits,
    *,
    chunk_rows: int,
    kinds: RecordKinds | None = None,
    told: Told = _NOTHING_TOLD,
) -> RowReader | Refused:
    """Returns a reader of the rows of a file in a known encoding.

    Args:
        body: The bytes.
        layout: Where the cells of rows stand.
        encoding: The encoding of the bytes.
        limits: The bounds.
        chunk_rows: Chunks hold at most so many rows.
        kinds: The vendor's own kinds of records; None for those of the layout.
        told: What the vendor file reads, cells of headers (`HDR.3`) included.
    """
    file = _File(body, layout, encoding, limits, _Kinds(layout, kinds, told))
    refused = file.opening()
    if refused is not None:
        return refused

    def chunks(reader: RowReader) -> Iterator[ParsedChunk]:
        for gathered in gather_rows(file.rows(reader), chunk_rows, limits.chunk_bytes):
            table = rows_table(gathered, reader.rows + 1, len(file.columns))
            yield ParsedChunk(table, file.columns)

    header = (*layout.header, *file.kinds.from_headers)
    return RowReader(encoding, header, chunks, count=file.count)


class _Kinds:
    """What becomes of each record, and what headers and trailers have said so far."""

    def __init__(self, layout: DelimitedLayout, kinds: RecordKinds | None, told: Told) -> None:
        self._own = kinds
        self._summed = told.summed
        self._at = (kinds.at if kinds and isinstance(kinds.at, int) else 1) - 1
        self.uses: dict[str, str] = {**(kinds.uses if kinds else layout.records)}
        self.from_headers = kinds.header_cells(told.names) if kinds else {}
        self._headers: dict[str, list[str]] = {}
        self._rows = self._records = self._lines = 0

    def use_of(self, cells: list[str]) -> str | None:
        """Returns what becomes of a record; None for a kind that nobody knows."""
        if not self.uses:
            return "row"
        use = self.uses.get(self.name_of(cells))
        self._lines += 1
        self._rows += use == "row"
        self._records += use not in {"header", "trailer"}
        return use

    def name_of(self, cells: list[str]) -> str:
        """Returns the kind of a record, as its cell says it."""
        return cells[self._at].strip(BLANKS) if self._at < len(cells) else ""

    def head(self, cells: list[str]) -> None:
        """Notes a header, for the rows below it."""
        self._headers[self.name_of(cells)] = cells

    def of_headers(self) -> list[str | None]:
        """Returns the cells that a row has from the headers above it."""
        found = ((self._headers.get(kind, ()), at) for kind, at in self.from_headers.values())
        return [cells[at - 1] if at <= len(cells) else None for cells, at in found]

    def close(self, reader: RowReader, cells: list[str], line: int) -> None:
        """Compares what came since the trailer before with what this one declares."""
        own = self._own
        reader.control_rows += 1
        reader.control_line = line
        if own is not None and own.count is not None:
            found = {"rows": self._rows, "records": self._records, "lines": self._lines}
            reader.counts.append((_cell(cells, own.count), found[own.counts]))
        if own is not None and own.total is not None:
            reader.controls.append({name: _cell(cells, own.total) for name in self._summed[:1]})
        self._rows = self._records = self._lines = 0

    def end(self, reader: RowReader) -> None:
        """Notes in `reader` whether the last records lack their trailer."""
        if self._own is not None and self._own.has_trailer:
            reader.unclosed = self._lines > 0 or not reader.control_rows


def _cell(cells: list[str], place: int) -> str:
    return cells[place - 1].strip(BLANKS) if place <= len(cells) else ""


class _File:
    """A file whose layout is known."""

    def __init__(
        self, body: Body, layout: DelimitedLayout, encoding: str, limits: Limits, kinds: _Kinds
    ) -> None:
        self._body = body
        self._layout = layout
        self._encoding = encoding
        self._limits = limits
        self.kinds = kinds
        self.count = LineCount()
        self._named = tuple(i for i, name in enumerate(layout.header) if name)
        self.columns = (*(layout.header[i] for i in self._named), *kinds.from_headers)

    def opening(self) -> Refused | None:
        """Returns a refusal if the first record is not the one that the layout demands."""
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
        """Yields the rows; counts blank records and furniture."""
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
        self.kinds.end(reader)

    def _row(self, reader: RowReader, line: int, text: str, cells: list[str]) -> Iterator[RawRow]:
        use, width = self.kinds.use_of(cells), self._layout.width
        if use == "trailer":
            self.kinds.close(reader, cells, line)
        elif use in {"furniture", "other", "header"}:
            reader.furniture_rows += 1
            if use == "header":
                self.kinds.head(cells)
        elif use is None:
            problem = unknown_kind(self.kinds.name_of(cells), self.kinds.uses)
            yield RawRow(line, text, problem, None)
        elif len(cells) < width or any(cell.strip(BLANKS) for cell in cells[width:]):
            problem = f"{len(cells)} cells where the layout has {width}"
            yield RawRow(line, text, problem, None)
        else:
            own = [cells[i] for i in self._named]
            yield RawRow(line, text, None, [*own, *self.kinds.of_headers()])

    def _records(
        self, limits: Limits, count: LineCount | None
    ) -> Iterator[tuple[int, str, Record]]:
        """Yields the line, the text and the cells of each record; `last` is a line of the file."""
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
