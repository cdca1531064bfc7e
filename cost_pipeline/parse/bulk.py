"""The bulk lane: a block of rows through Arrow's CSV splitter at once.

Belongs here: one input for Arrow, made of simple lines as they are and of careful records in a
normal form (every cell quoted), so that rows stay in order without sorting; and the tests on whole
columns that the careful lane makes cell by cell. Arrow only splits: no types, no nulls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.lines import Flags, Positions, simple_lines
from cost_pipeline.parse.records import Block, Tokenizer, read_records, unnamed_value
from cost_pipeline.parse.rows import Limits, chunk_table


@dataclass(frozen=True, slots=True)
class Shape:
    """The header, as far as splitting goes.

    Attributes:
        width: How many cells a row has.
        named: Which of them are columns.
        unnamed: Which of them must be blank.
    """

    delimiter: str
    width: int
    named: tuple[int, ...]
    unnamed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Load:
    """A block made ready: Arrow's input, the rows' texts without line ends, and what is known.

    Attributes:
        emit: Which lines start a row.
        lengths: Per line, the bytes of its row's text.
        problems: Malformed rows, by line.
        blank: The lines of blank records, which have been left out.
        inner_line_ends: Whether a cell of Arrow's input holds a line end.
        continued: How many lines go on from an earlier one.
    """

    cells: bytes
    texts: bytes
    emit: Flags
    lengths: Positions
    problems: dict[int, str]
    blank: list[int]
    inner_line_ends: bool
    continued: int


class BulkLane:
    """Turns blocks into tables.

    Args:
        shape: The header's shape.
        tokenizer: Reads what is not simple.
        limits: What is too long.
    """

    def __init__(self, shape: Shape, tokenizer: Tokenizer, limits: Limits) -> None:
        self._shape = shape
        self._tokenizer = tokenizer
        self._limits = limits
        self._delimiter = shape.delimiter.encode()
        self._hole = self._normal([b""] * shape.width)
        # First bytes a blank row can have: delimiter, quote, blanks, or a lead byte beyond ASCII.
        self._may_be_blank = np.zeros(256, np.bool_)
        first_bytes = shape.delimiter + '"' + "".join(filter(str.isascii, BLANKS))
        self._may_be_blank[[ord(character) for character in first_bytes]] = True
        self._may_be_blank[0x80:] = True

    def table(self, block: Block, first_row: int) -> tuple[pa.Table | None, Positions, int]:
        """Returns the rows of a block, numbered from `first_row`.

        Returns:
            Also the physical lines of blank rows, and how many lines go on from an earlier one.
        """
        load = self._load(block)
        lines = np.flatnonzero(load.emit)
        empty = np.array(load.blank, np.int64) + block.number
        if not len(lines):
            return None, empty, load.continued
        cells = self._split(load)
        problems = {int(np.searchsorted(lines, at)): what for at, what in load.problems.items()}
        blank = self._blank_rows(block, lines, cells, problems)
        problems |= self._unnamed_values(cells)
        hidden = _validity(len(lines), problems)
        arrays = [
            pa.array(lines + block.number),
            _strings(load.lengths[lines], load.texts),
            _messages(len(lines), problems),
            *(_with_validity(cells[i], hidden, len(problems)) for i in self._shape.named),
        ]
        if len(blank):
            keep = np.ones(len(lines), np.bool_)
            keep[blank] = False
            arrays = [array.filter(pa.array(keep)) for array in arrays]
        numbers = np.arange(first_row, first_row + len(arrays[0]), dtype=np.int64)
        blanks = np.sort(np.concatenate((empty, lines[blank] + block.number)))
        return chunk_table([pa.array(numbers), *arrays]), blanks, load.continued

    def _load(self, block: Block) -> _Load:
        data, lines = block.data, block.lines
        longest = self._limits.line_bytes
        emit = simple_lines(data, lines, self._delimiter[0], self._shape.width, longest)
        lengths = lines.ends - lines.starts
        cells: list[bytes] = []
        texts: list[bytes] = []
        problems: dict[int, str] = {}
        blank: list[int] = []
        run, inner, continued = 0, False, 0
        for index, record in read_records(block, self._tokenizer, np.flatnonzero(~emit).tolist()):
            if run < index:
                simple = data[block.starts[run] : block.starts[index]]
                cells.append(simple)
                texts.append(_without_line_ends(simple))
            run = record.last + 1
            continued += record.last - index
            emit[index:run] = False
            if record.blank:
                blank.append(index)
                continue
            text = block.text(index, record.last, self._limits)
            emit[index], lengths[index] = True, len(text)
            texts.append(text)
            if record.cells is None:
                problems[index] = record.problem or ""
                cells.append(self._hole)
            else:
                cells.append(self._normal(record.cells))
                inner = inner or record.last > index
        emit[block.stop :] = False
        if run < block.stop:
            simple = data[lines.starts[run] : lines.ends[block.stop - 1]]
            cells.append(simple)
            texts.append(_without_line_ends(simple))
        joined = b"".join(cells), b"".join(texts)
        return _Load(*joined, emit, lengths, problems, blank, inner, continued)

    def _normal(self, cells: list[bytes]) -> bytes:
        quoted = [b'"' + cell.replace(b'"', b'""') + b'"' for cell in cells]
        return self._delimiter.join(quoted) + b"\n"

    def _split(self, load: _Load) -> list[pa.Array]:
        names = [str(i) for i in range(self._shape.width)]
        table = csv.read_csv(
            pa.BufferReader(load.cells),
            csv.ReadOptions(column_names=names, block_size=len(load.cells) + 1, use_threads=False),
            csv.ParseOptions(
                delimiter=self._shape.delimiter,
                newlines_in_values=load.inner_line_ends,
                ignore_empty_lines=False,
            ),
            # The encoding was found to fit the whole file, so no cell is looked at for it again.
            csv.ConvertOptions(
                check_utf8=False, column_types=dict.fromkeys(names, pa.string()), null_values=[]
            ),
        )
        return [column.combine_chunks() for column in table.columns]

    def _blank_rows(
        self, block: Block, lines: Positions, cells: list[pa.Array], problems: Mapping[int, str]
    ) -> Positions:
        """Returns the rows whose cells are all blank; their first byte already looks like it."""
        first = np.frombuffer(block.data, np.uint8)[block.lines.starts[lines]]
        rows = np.flatnonzero(self._may_be_blank[first])
        rows = rows[~np.isin(rows, list(problems))]
        for column in cells:
            if not len(rows):
                break
            rows = rows[_is_blank(column.take(pa.array(rows)))]
        return rows

    def _unnamed_values(self, cells: list[pa.Array]) -> dict[int, str]:
        found: dict[int, str] = {}
        for column in self._shape.unnamed:
            rows = np.flatnonzero(pc.not_equal(cells[column], "").to_numpy(zero_copy_only=False))
            if len(rows):
                rows = rows[~_is_blank(cells[column].take(pa.array(rows)))]
            for row in rows.tolist():
                found.setdefault(row, unnamed_value(column))
        return found


def _without_line_ends(lines: bytes) -> bytes:
    """Returns the lines joined; one `translate` for both bytes took six times as long."""
    joined = lines.replace(b"\n", b"")
    return joined.replace(b"\r", b"") if b"\r" in joined else joined


def _is_blank(column: pa.Array) -> Flags:
    blank: Flags = pc.equal(pc.utf8_trim(column, BLANKS), "").to_numpy(zero_copy_only=False)
    return blank


def _strings(lengths: Positions, joined: bytes) -> pa.Array:
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(joined))


def _messages(rows: int, problems: Mapping[int, str]) -> pa.Array:
    if not problems:
        return pa.nulls(rows, pa.string())
    messages: list[str | None] = [None] * rows
    for row, message in problems.items():
        messages[row] = message
    return pa.array(messages, pa.string())


def _validity(rows: int, problems: Mapping[int, str]) -> pa.Buffer | None:
    if not problems:
        return None
    valid = np.ones(rows, np.bool_)
    valid[list(problems)] = False
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def _with_validity(column: pa.Array, validity: pa.Buffer | None, nulls: int) -> pa.Array:
    _, offsets, data = column.buffers()
    return pa.StringArray.from_buffers(len(column), offsets, data, validity, nulls, column.offset)
