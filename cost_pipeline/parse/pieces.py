"""Rows on their way into chunks, some of them one by one and some many in columns.

Belongs here: the borders of chunks, which are where `gather_rows` has them however the rows come,
and the table that a chunk becomes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.rows import RawRow, chunk_table, rows_table


class _Row(Protocol):
    @property
    def text(self) -> str: ...


class _Block(Protocol):
    @property
    def texts(self) -> pa.Array: ...

    def __len__(self) -> int: ...

    def part(self, start: int, end: int) -> Self:
        """Returns some of the rows."""
        ...


_R = TypeVar("_R", bound=_Row)
_B = TypeVar("_B", bound=_Block)


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Consecutive sound rows in columns.

    Attributes:
        lines: The line of each row.
        texts: The verbatim text of each row.
        cells: The texts of each column.
    """

    lines: Positions
    texts: pa.Array
    cells: Sequence[pa.Array]

    def __len__(self) -> int:
        return len(self.lines)

    def part(self, start: int, end: int) -> RowBlock:
        """Returns some of the rows."""
        cells = [column[start:end] for column in self.cells]
        return RowBlock(self.lines[start:end], self.texts[start:end], cells)


def gather_pieces(
    rows: Iterable[_R | _B], block: type[_B], chunk_rows: int, chunk_bytes: int
) -> Iterator[list[_B | list[_R]]]:
    """Yields rows in pieces that make a chunk, which ends where `gather_rows` ends it.

    Args:
        rows: One by one or in blocks, in order.
        block: What a block is.
        chunk_rows: The most rows.
        chunk_bytes: A chunk ends with the row whose text reaches this.
    """
    pieces: list[_B | list[_R]] = []
    count = size = 0
    for one in rows:
        start, length = 0, len(one) if isinstance(one, block) else 1
        while start < length:
            if isinstance(one, block):
                room = min(chunk_rows - count, length - start)
                sizes = pc.binary_length(one.texts[start : start + room]).to_numpy()
                sums = np.cumsum(sizes, dtype=np.int64) + size
                taken = min(int(np.searchsorted(sums, chunk_bytes)) + 1, room)
                size = int(sums[taken - 1])
                pieces.append(one.part(start, start + taken))
            else:
                row, taken = cast("_R", one), 1
                size += len(row.text if row.text.isascii() else row.text.encode())
                if pieces and isinstance(pieces[-1], list):
                    pieces[-1].append(row)
                else:
                    pieces.append([row])
            start, count = start + taken, count + taken
            if count == chunk_rows or size >= chunk_bytes:
                yield pieces
                pieces, count, size = [], 0, 0
    if pieces:
        yield pieces


def pieces_table(pieces: Sequence[RowBlock | list[RawRow]], first: int, width: int) -> pa.Table:
    """Returns a chunk table of rows numbered from `first`."""
    return joined([_arrays(piece, width) for piece in pieces], first)


def joined(parts: Sequence[Sequence[pa.Array]], first: int) -> pa.Table:
    """Returns a chunk table of arrays (`line`, `text`, `malformed`, cells) of consecutive rows."""
    count = sum(len(part[0]) for part in parts)
    numbers = pa.array(np.arange(first, first + count, dtype=np.int64))
    whole = [
        same[0] if len(same) == 1 else pa.concat_arrays(same) for same in zip(*parts, strict=True)
    ]
    return chunk_table([numbers, *whole])


def row_arrays(rows: Sequence[RawRow], width: int) -> list[pa.Array]:
    """Returns the arrays `line`, `text`, `malformed` and cells of rows."""
    return [column.combine_chunks() for column in rows_table(rows, 1, width).columns[1:]]


def _arrays(piece: RowBlock | list[RawRow], width: int) -> list[pa.Array]:
    if isinstance(piece, RowBlock):
        nothing = pa.nulls(len(piece), pa.string())
        return [pa.array(piece.lines, pa.int64()), piece.texts, nothing, *piece.cells]
    return row_arrays(piece, width)


def passed_before(pieces: Sequence[RowBlock | list[RawRow]]) -> list[int]:
    """Returns by row how many headings and ends of groups came before it; in blocks none did."""
    return [
        passed
        for piece in pieces
        for passed in (
            [0] * len(piece) if isinstance(piece, RowBlock) else [row.passed for row in piece]
        )
    ]
