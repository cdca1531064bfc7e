"""What parsing hands on: chunks of rows, the reader that yields them, and a refusal as a value.

Belongs here: the shape of a chunk and how rows are gathered into chunks. One module per format
makes rows of bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse.account import Account, SheetAccount
from cost_pipeline.parse.lines import LineCount

CHUNK_ROWS: Final = 131_072

FIXED_FIELDS: Final = (
    pa.field("row", pa.int64(), nullable=False),
    pa.field("line", pa.int64(), nullable=False),
    pa.field("text", pa.string(), nullable=False),
    pa.field("malformed", pa.string()),
)

PASSED: Final = "passed"
"""The column that says how many headings and ends came before each row, until chunks are made."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds that keep memory flat and damage local, in bytes except `record_lines` and `keys`.

    Where rows and chunks begin and end depends on these, never on `block_bytes`.

    Attributes:
        block_bytes: How many bytes are read at a time.
        line_bytes: The longest physical line; a longer one is one malformed row.
        record_bytes: How far a quoted cell may run over line ends before its quote counts as stray;
            at most `line_bytes`.
        record_lines: The same, in lines.
        cut_bytes: What is kept of the text of a line that is too long.
        chunk_bytes: A chunk ends with the row whose text reaches this, even if rows are few.
        json_bytes: The largest `json` delivery that is read.
        keys: The most columns a header, or distinct keys a JSON delivery, may have.
        unpacked_bytes: The most that a packed body, or the members of an archive, may become.
        unpacked_ratio: The most unpacked bytes for a packed one, beyond the first `free_bytes`.
        free_bytes: How much anything may unpack to, whatever its ratio.
        shared_bytes: The most text that cells of a workbook may share.
        binary_bytes: The largest workbook in the old binary form, which is held whole.
    """

    block_bytes: int = 2 << 20
    line_bytes: int = 16 << 20
    record_bytes: int = 64 << 10
    record_lines: int = 1000
    cut_bytes: int = 64 << 10
    chunk_bytes: int = 64 << 20
    json_bytes: int = 256 << 20
    keys: int = 2000
    unpacked_bytes: int = 16 << 30
    unpacked_ratio: int = 200
    free_bytes: int = 64 << 20
    shared_bytes: int = 256 << 20
    binary_bytes: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Refused:
    """A delivery that cannot be read as its format at all."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place between two rows at which a delivery can be opened again, to go on from there.

    Attributes:
        rows: How many rows come before it.
        line: The physical line that the next row starts on.
        blank_rows: How many blank rows come before it.
        encoding: The encoding that fitted the whole delivery.
        furniture_rows: How many lines before it are neither.
        carried: What holds there of what stands above it, where the vendor declares such things.
    """

    rows: int
    line: int
    blank_rows: int
    encoding: str
    furniture_rows: int = 0
    carried: str | None = None

    @property
    def passed(self) -> int:
        """How many headings and ends of groups come before it."""
        return int(json.loads(self.carried)["passed"]) if self.carried else 0


@dataclass(frozen=True, slots=True)
class GroupEvent:
    """A heading of a group, or its end.

    Attributes:
        level: The place of the group among those that the vendor declares.
        line: The physical line.
        text: The text of the heading or end.
        declared: The sums that an end declares, by header name; None for a heading.
    """

    level: int
    line: int
    text: str
    declared: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ParsedChunk:
    """Consecutive rows of one delivery.

    Attributes:
        table: `row` int64 (1-based, malformed rows included), `line` int64 (1-based physical line
            it starts on), `text` string (verbatim, without line terminator), `malformed` string
            (null, or why the row has no cells), then `c0`, `c1`, ... string: verbatim cells.
        columns: The source's name of each `c{i}`, verbatim; duplicates are possible.
        after: Where reading can go on behind it, even if only a control row follows; None if there
            is nothing more, or the format has no such places.
        passed: How many headings and ends of groups came before each row; None without groups.
        above: The lines above the header that these rows stand under.
    """

    table: pa.Table
    columns: tuple[str, ...]
    after: Mark | None = None
    passed: pa.Array | None = None
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Misread:
    """In how many places a text is UTF-8 that is read as another encoding, and the first line."""

    places: int = 0
    line: int | None = None


class RowReader:
    """The rows of one delivery, once, in file order.

    Attributes:
        encoding: The encoding that fitted.
        header: The names of all columns; for a JSON delivery all its keys, known at the end.
        rows: Rows so far. Malformed ones and those before its mark are included; blank rows,
            furniture and control row are not.
        blank_rows: Rows or lines without any content so far.
        furniture_rows: Lines of a listing that are not rows (heads, totals) so far.
        controls: The cells of each control row by header name, once everything is read; one at
            most, or one for each sheet.
        control_rows: How many control rows there are.
        counts: The count that each trailer declares, and the true one.
        unclosed: Whether rows lack the trailer that should follow them.
        control_line: The line of the last control row, if it is known.
        header_rows: Lines that name the columns so far.
        header_line: The last line of the first header, where the format has one.
        above: The lines above the header that was read last, their cells joined by blanks.
        continued: Further lines of all these so far, where a cell holds a line end.
        count: The count of the lines of a text, as its bytes pass by.
        misread: Whether the text may be read in a wrong encoding.
        sheets: The accounts of the sheets of a workbook.
        groups: Headings and ends of groups so far, from its mark on, in order.
    """

    def __init__(
        self,
        encoding: str,
        header: tuple[str, ...],
        chunks: Callable[[RowReader], Iterator[ParsedChunk]],
        *,
        first_row: int = 1,
        count: LineCount | None = None,
    ) -> None:
        self.encoding = encoding
        self.header = header
        self.rows = first_row - 1
        self.blank_rows = 0
        self.furniture_rows = 0
        self.controls: list[dict[str, str]] = []
        self.control_rows = 0
        self.counts: list[tuple[str, int]] = []
        self.unclosed = False
        self.control_line: int | None = None
        self.header_rows = 0
        self.header_line: int | None = None
        self.above: tuple[str, ...] = ()
        self.continued = 0
        self.count = count
        self.misread = Misread()
        self.sheets: list[SheetAccount] = []
        self.groups: list[GroupEvent] = []
        self._chunks: Callable[[RowReader], Iterator[ParsedChunk]] | None = chunks

    def __iter__(self) -> Iterator[ParsedChunk]:
        chunks, self._chunks = self._chunks, None
        if chunks is None:
            raise RuntimeError("a RowReader can be read once; open the delivery again")
        for chunk in chunks(self):
            self.rows += chunk.table.num_rows
            yield replace(chunk, above=self.above) if self.above else chunk

    @property
    def control(self) -> dict[str, str] | None:
        """The last control row."""
        return self.controls[-1] if self.controls else None

    def account(self) -> Account:
        """Returns what the delivery consists of, once everything is read."""
        return Account(
            lines=None if self.count is None else self.count.lines,
            header=self.header_rows,
            rows=self.rows,
            blank=self.blank_rows,
            control=self.control_rows,
            furniture=self.furniture_rows,
            continued=self.continued,
            open_end=self.count is not None and self.count.open_end,
            misread=self.misread.places,
            misread_line=self.misread.line,
            sheets=tuple(self.sheets),
        )


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row on the way through a row-at-a-time lane; `cells` is None if it is malformed."""

    line: int
    text: str
    malformed: str | None
    cells: Sequence[str | None] | None
    passed: int = 0


def rows_table(rows: Sequence[RawRow], first: int, width: int) -> pa.Table:
    """Returns a chunk table of rows numbered from `first`."""
    numbers = pa.array(np.arange(first, first + len(rows), dtype=np.int64))
    columns = [
        pa.array([None if row.cells is None else row.cells[i] for row in rows], pa.string())
        for i in range(width)
    ]
    return chunk_table(
        [
            numbers,
            pa.array([row.line for row in rows], pa.int64()),
            pa.array([row.text for row in rows], pa.string()),
            pa.array([row.malformed for row in rows], pa.string()),
            *columns,
        ]
    )


def chunk_table(arrays: list[pa.Array]) -> pa.Table:
    """Returns a table of `row`, `line`, `text`, `malformed` and the cells, under their names."""
    cells = [pa.field(f"c{i}", pa.string()) for i in range(len(arrays) - len(FIXED_FIELDS))]
    return pa.Table.from_arrays(arrays, schema=pa.schema([*FIXED_FIELDS, *cells]))


def renumbered(table: pa.Table, first: int) -> pa.Table:
    """Returns the rows of a chunk table numbered from `first`."""
    numbers = pa.array(np.arange(first, first + table.num_rows, dtype=np.int64))
    return table.set_column(0, FIXED_FIELDS[0], numbers)


class _HasText(Protocol):
    @property
    def text(self) -> str: ...


_Row = TypeVar("_Row", bound=_HasText)


def gather_rows(rows: Iterable[_Row], chunk_rows: int, chunk_bytes: int) -> Iterator[list[_Row]]:
    """Yields rows in lists of `chunk_rows`, or fewer if a row reaches `chunk_bytes` of text."""
    pending: list[_Row] = []
    size = 0
    for row in rows:
        pending.append(row)
        size += len(row.text if row.text.isascii() else row.text.encode())
        if len(pending) == chunk_rows or size >= chunk_bytes:
            yield pending
            pending, size = [], 0
    if pending:
        yield pending


class Rechunker:
    """Regroups tables into chunks whose borders depend on the rows alone.

    At least the last row is held back, because only the end of the file tells a control row.
    """

    def __init__(self, chunk_rows: int, chunk_bytes: int) -> None:
        self._rows = chunk_rows
        self._bytes = chunk_bytes
        self._pending: list[pa.Table] = []
        self._count = 0
        self._size = 0

    def push(self, table: pa.Table) -> Iterator[pa.Table]:
        """Takes in the next rows; yields the chunks that are complete and not last."""
        if not table.num_rows:
            return
        self._pending.append(table)
        self._count += table.num_rows
        self._size += _text_bytes(table)
        while self._count > self._rows or self._size > self._bytes:
            whole = pa.concat_tables(self._pending)
            cut = self._cut(whole)
            if cut >= whole.num_rows:
                break
            rest = whole.slice(cut)
            self._pending, self._count, self._size = [rest], rest.num_rows, _text_bytes(rest)
            yield whole.slice(0, cut).combine_chunks()

    @property
    def next_line(self) -> int:
        """The physical line of the first row that is held back."""
        return int(self._pending[0]["line"][0].as_py())

    def finish(self) -> pa.Table | None:
        """Returns what is left, or None."""
        return pa.concat_tables(self._pending).combine_chunks() if self._pending else None

    def _cut(self, table: pa.Table) -> int:
        if self._size < self._bytes:
            return self._rows
        lengths = pc.binary_length(table.column("text")).to_numpy()
        reached = int(np.searchsorted(np.cumsum(lengths, dtype=np.int64), self._bytes)) + 1
        return min(self._rows, reached)


def _text_bytes(table: pa.Table) -> int:
    return int(pc.sum(pc.binary_length(table.column("text"))).as_py() or 0)
