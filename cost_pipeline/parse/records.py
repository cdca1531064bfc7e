"""The careful lane: one record at a time, as `csv.reader(strict=True)` would, with local damage.

Belongs here: RFC 4180 with a verdict for everything that breaks it. A quoted cell may run over line
ends, but only as far as the limits allow and only if that makes a whole record of the header's
width; otherwise its quote is a stray one, and the line that holds it is malformed by itself. So a
lost closing quote costs one line, and whether it does depends on the file alone, not on blocks.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.lines import LineCount, find_lines
from cost_pipeline.parse.rows import Limits
from cost_pipeline.parse.source import line_blocks, skip_lines, utf8_blocks

_QUOTE: Final = 34
_LINE_END: Final = (10, 13)


@dataclass(frozen=True, slots=True)
class Record:
    """What starts on a line: its last line, and its cells or what is wrong. `blank` has neither."""

    last: int
    cells: list[bytes] | None = None
    problem: str | None = None
    blank: bool = False


def is_blank(cell: bytes) -> bool:
    """Whether a UTF-8 cell is empty after `str.strip`."""
    rest = cell.strip()
    if not rest or rest[0] < 0x20 or rest[0] >= 0x80:  # noqa: PLR2004 - controls and non-ASCII
        return not rest.decode("utf-8").strip(BLANKS)
    return False


def unnamed_value(column: int) -> str:
    """Returns the problem of a row with a value where the header is blank.

    `column` counts from 0.
    """
    return f"a value under a column without a name (column {column + 1})"


class Block:
    """Whole physical lines, and what the careful lane needs to know of them.

    Attributes:
        data: The bytes, in UTF-8.
        lines: Where its lines lie.
        number: The physical line number of its first line.
        final: Whether the file ends with it.
        stop: The line from which on it must be offered again with more lines behind it.
    """

    def __init__(self, data: bytes, number: int, *, final: bool) -> None:
        self.data = data
        self.lines = find_lines(data)
        self.number = number
        self.final = final
        self.stop = len(self.lines)

    @functools.cached_property
    def starts(self) -> list[int]:
        """`lines.starts` as a list, for loops in Python; most blocks need none."""
        found: list[int] = self.lines.starts.tolist()
        return found

    @functools.cached_property
    def ends(self) -> list[int]:
        """`lines.ends` as a list."""
        found: list[int] = self.lines.ends.tolist()
        return found

    def text(self, index: int, last: int, limits: Limits) -> bytes:
        """Returns the verbatim text of a record, cut if its line is too long to be kept."""
        start, end = self.starts[index], self.ends[last]
        if end - start > limits.line_bytes:
            cut = self.data[start : start + limits.cut_bytes]
            return cut.decode("utf-8", "ignore").encode("utf-8")
        return self.data[start:end]


def read_blocks(
    body: Body, encoding: str, limits: Limits, *, skip: int = 0, count: LineCount | None = None
) -> Iterator[Block]:
    """Yields a file in blocks, without its first `skip` lines; see `Block.stop`.

    All of its lines are counted in `count`, those that are skipped included.
    """
    rest, number = b"", skip + 1
    pieces = utf8_blocks(body, encoding, limits.block_bytes)
    blocks = line_blocks(pieces if count is None else _counted(pieces, count), limits.line_bytes)
    for fresh, final in skip_lines(blocks, skip):
        block = Block(rest + fresh, number, final=final)
        yield block
        rest = (
            block.data[block.lines.starts[block.stop] :] if block.stop < len(block.lines) else b""
        )
        number += block.stop


def _counted(pieces: Iterator[bytes], count: LineCount) -> Iterator[bytes]:
    for data in pieces:
        count.add(data)
        yield data


def read_records(
    block: Block, tokenizer: Tokenizer, candidates: Iterable[int]
) -> Iterator[tuple[int, Record]]:
    """Yields the records that start on the candidate lines, but not inside an earlier record."""
    resume = 0
    for index in candidates:
        if index < resume:
            continue
        record = tokenizer.read(block, index)
        if record is None:
            block.stop = index
            return
        yield index, record
        resume = record.last + 1


class Tokenizer:
    """Cuts records into cells.

    Args:
        delimiter: One ASCII character.
        width: How many cells the header has; None where any number will do.
        limits: How far a quote may reach.
        any_width_on_one_line: Whether only a record over several lines must have the width, for a
            listing whose lines differ.
    """

    def __init__(
        self,
        delimiter: str,
        width: int | None,
        limits: Limits,
        *,
        any_width_on_one_line: bool = False,
    ) -> None:
        self._any_width_on_one_line = any_width_on_one_line
        self._delimiter = ord(delimiter)
        self._width = width
        self._limits = limits
        # Possessive: what cannot be closed fails at once instead of being tried in every length.
        self._quoted = re.compile(rb'"([^"]*+(?:""[^"]*+)*+)"')
        self._bare = re.compile(rb"[^\r\n" + re.escape(delimiter.encode()) + rb"]*+")

    def read(self, block: Block, index: int) -> Record | None:
        """Returns the record that starts on a line of a block.

        Returns:
            None if the block ends too early to tell, which a `final` block never does.
        """
        data, start, end = block.data, block.starts[index], block.ends[index]
        if end - start > self._limits.line_bytes:
            limit = self._limits.line_bytes
            return Record(index, problem=f"the line is longer than {limit} bytes; its text is cut")
        cells: list[bytes] = []
        position, reach = start, self._reach(block, index)
        while True:
            found = self._cell(data, position, reach)
            if found is None:
                known = block.final or self._reach_is_known(block, index)
                return self._stray(index, len(cells)) if known else None
            cell, position = found
            cells.append(cell)
            follower = data[position] if position < len(data) else _LINE_END[0]
            if follower in _LINE_END:
                return self._judge(block, index, position, cells)
            crossed = position > end
            if follower != self._delimiter or (crossed and self._is_too_wide(cells)):
                if crossed:
                    return self._stray(index, len(cells) - 1)
                return Record(index, problem=f"cell {len(cells)} goes on after its closing quote")
            position += 1

    def _cell(self, data: bytes, position: int, reach: int) -> tuple[bytes, int] | None:
        """Returns the cell at a position and its end, or None if its quote does not close."""
        if position == len(data) or data[position] != _QUOTE:
            bare = self._bare.match(data, position)
            return (bare[0], bare.end()) if bare else (b"", position)
        quoted = self._quoted.match(data, position, reach)
        return quoted and (quoted[1].replace(b'""', b'"'), quoted.end())

    def _reach(self, block: Block, index: int) -> int:
        """Returns up to where a quote that opens on this line may close."""
        last = min(index + self._limits.record_lines, len(block.ends)) - 1
        far = min(block.ends[last], block.starts[index] + self._limits.record_bytes)
        return max(block.ends[index], far)

    def _reach_is_known(self, block: Block, index: int) -> bool:
        if index + self._limits.record_lines <= len(block.ends):
            return True
        return block.starts[index] + self._limits.record_bytes <= len(block.data)

    def _is_too_wide(self, cells: Sequence[bytes]) -> bool:
        return self._width is not None and any(not is_blank(cell) for cell in cells[self._width :])

    def _stray(self, index: int, cell: int) -> Record:
        limits = self._limits
        return Record(
            index,
            problem=f"the quote around cell {cell + 1} has no closing quote that makes a whole "
            f"record within {limits.record_lines} lines and {limits.record_bytes} bytes",
        )

    def _judge(self, block: Block, index: int, position: int, cells: list[bytes]) -> Record:
        last = index
        if position > block.ends[index]:
            last = bisect_left(block.ends, position)
        if last > index:
            size = block.ends[last] - block.starts[index]
            # Its quote closed in time, but what follows may run on to the end of a long line.
            if size > self._limits.record_bytes:
                return self._stray(index, _first_broken(cells))
        if all(map(is_blank, cells)):
            return Record(last, blank=True)
        if self._width is None or (self._any_width_on_one_line and last == index):
            return Record(last, cells=cells)
        width = self._width
        if len(cells) < width or self._is_too_wide(cells):
            if last > index:
                return self._stray(index, _first_broken(cells))
            return Record(index, problem=f"{len(cells)} cells where the header has {width}")
        return Record(last, cells=cells[:width])


def _first_broken(cells: Sequence[bytes]) -> int:
    return next(i for i, cell in enumerate(cells) if b"\n" in cell or b"\r" in cell)
