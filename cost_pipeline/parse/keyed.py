"""Rows whose cells have keys, as those of JSON and XML have, and the chunks that they become.

Belongs here: one such row, many of them in columns, and chunks whose columns are the keys of their
rows in order of appearance. Reading them is the work of one module per format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa

from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.control import Filled
from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.pieces import gather_pieces, joined, row_arrays
from cost_pipeline.parse.rows import Limits, ParsedChunk, RawRow, RowReader

Cells = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class KeyedRow:
    """A row whose cells have keys, or none if it is malformed."""

    line: int
    text: str
    malformed: str | None
    cells: Cells | None


@dataclass(frozen=True, slots=True)
class KeyedBlock:
    """Consecutive sound rows in columns.

    Attributes:
        lines: The line of each row.
        texts: The verbatim text of each row.
        orders: The keys of each row in its order, or once where those of all rows are the same.
        columns: By key the cells of all rows; null where a row lacks the key.
    """

    lines: Positions
    texts: pa.Array
    orders: list[tuple[str, ...]]
    columns: dict[str, pa.Array]

    def __len__(self) -> int:
        return len(self.lines)

    def part(self, start: int, end: int) -> KeyedBlock:
        """Returns some of the rows."""
        if not start and end == len(self):
            return self
        columns = {key: column[start:end] for key, column in self.columns.items()}
        orders = self.orders if len(self.orders) == 1 else self.orders[start:end]
        return KeyedBlock(self.lines[start:end], self.texts[start:end], orders, columns)

    def rows(self) -> Iterator[KeyedRow]:
        """Yields the same rows one by one."""
        columns = [column.to_pylist() for column in self.columns.values()]
        orders = self.orders if len(self.orders) > 1 else self.orders * len(self)
        there = zip(self.lines.tolist(), self.texts.to_pylist(), orders, strict=True)
        for (line, text, order), values in zip(there, zip(*columns, strict=True), strict=True):
            found = dict(zip(self.columns, values, strict=True))
            yield KeyedRow(line, text, None, {key: found[key] for key in order})

    def keys(self) -> Iterable[str]:
        """Returns the keys in the order in which they appear, some more than once."""
        return chain.from_iterable(dict.fromkeys(self.orders))

    def arrays(self, keys: Sequence[str]) -> list[pa.Array]:
        """Returns `line`, `text`, `malformed` and the cells of the given keys."""
        count = len(self)
        nothing = pa.nulls(count, pa.string())
        cells = [self.columns.get(key, nothing) for key in keys]
        return [pa.array(self.lines, pa.int64()), self.texts, nothing, *cells]


Keyed = KeyedRow | KeyedBlock
_Piece = KeyedBlock | list[KeyedRow]


def one_by_one(rows: Iterable[Keyed]) -> Iterator[KeyedRow]:
    """Yields every row by itself."""
    for one in rows:
        if isinstance(one, KeyedBlock):
            yield from one.rows()
        else:
            yield one


def filled_keys(row: KeyedRow) -> Filled:
    """Returns what stands in an object; a list or an object in it is its text."""
    cells = (row.cells or {}).items()
    return Filled({key: text for key, text in cells if text is not None and text.strip(BLANKS)})


def keyed_chunks(
    reader: RowReader, rows: Iterable[Keyed], limits: Limits, chunk_rows: int
) -> Iterator[ParsedChunk]:
    """Yields chunks whose columns are the keys of their rows, in order of appearance."""
    for pieces in gather_pieces(rows, KeyedBlock, chunk_rows, limits.chunk_bytes):
        keys = tuple(dict.fromkeys(chain.from_iterable(map(_keys, pieces))))
        table = joined([_arrays(piece, keys) for piece in pieces], reader.rows + 1)
        reader.header = tuple(dict.fromkeys((*reader.header, *keys)))
        yield ParsedChunk(table, keys)


def _keys(piece: _Piece) -> Iterable[str]:
    if isinstance(piece, KeyedBlock):
        return piece.keys()
    return chain.from_iterable(row.cells or () for row in piece)


def _arrays(piece: _Piece, keys: Sequence[str]) -> list[pa.Array]:
    if isinstance(piece, KeyedBlock):
        return piece.arrays(keys)
    raw = [
        RawRow(
            row.line,
            row.text,
            row.malformed,
            None if row.cells is None else [*map(row.cells.get, keys)],
        )
        for row in piece
    ]
    return row_arrays(raw, len(keys))
