"""Many flat JSON objects decoded at once: the quick way of `json` and `jsonl`.

Belongs here: when a stretch of text is surely a row of flat objects, and its rows in columns. What
is not surely so is read object by object, which is `json_items`' work; the rows are the same either
way, and a test holds the two to each other.

The proof is in the braces. If a stretch decodes to so many objects, and there are exactly so many
braces of either kind in it, then none stands in a text and none is nested: the braces are where the
objects begin and end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter, methodcaller
from typing import Final

import numpy as np
import pyarrow as pa

from cost_pipeline.parse.json_items import BrokenJsonError, ItemReader
from cost_pipeline.parse.keyed import Cells, KeyedBlock
from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.records import Block

_OPEN, _CLOSE = ord("{"), ord("}")
_STRETCH: Final = 1 << 20
_BOOLEANS: Final = {True: "true", False: "false"}


class Stretches:
    """Stretches of a document, each a row of objects that is decoded at once if it can be.

    Where one cannot, its objects have to be read one by one, and if the next cannot either, ever
    more of them: trying costs time.

    Args:
        text: The document.
        items: Knows how values are read, and the keys of all rows.
        line_of: The line of a position; positions only grow.
        size: Characters of a stretch.
    """

    def __init__(
        self, text: str, items: ItemReader, line_of: Callable[[int], int], size: int = _STRETCH
    ) -> None:
        self._text = text
        self._items = items
        self._line_of = line_of
        self._size = size
        self._mark = ord("\n") if "\n" in text else ord("\r")
        self._slow_to = 0
        self._slow = size

    def at(self, position: int) -> tuple[KeyedBlock, int] | None:
        """The objects from a position on and where they end, or None if it is not sure."""
        if position < self._slow_to:
            return None
        end = self._end(position)
        found = self._block(position, end) if end > position else None
        if found is None:
            self._slow_to = position + self._slow
            self._slow *= 2
            return None
        self._slow = self._size
        return found, end

    def _end(self, position: int) -> int:
        text, end = self._text, position + self._size
        if end >= len(text):  # what holds the list closes behind it
            end = text.rfind("]", position)
        return text.rfind("}", position, max(end, position)) + 1

    def _block(self, position: int, end: int) -> KeyedBlock | None:
        stretch = self._text[position:end]
        cells = decoded(self._items, f"[{stretch}]")
        if cells is None:
            return None
        data = stretch.encode()
        codes = np.frombuffer(data, np.uint8)
        starts, ends = np.flatnonzero(codes == _OPEN), np.flatnonzero(codes == _CLOSE) + 1
        if not len(starts) == len(ends) == len(cells):
            return None
        breaks = np.flatnonzero(codes == self._mark)
        lines = np.searchsorted(breaks, starts) + self._line_of(position)
        return _made(self._items, cells, Texts(data, starts, ends), lines)


def whole_lines(items: ItemReader, block: Block, longest: int) -> KeyedBlock | None:
    """The lines of a block as rows, or None if it is not sure that each is one flat object.

    Args:
        items: Knows how values are read, and the keys of all rows.
        block: Whole lines.
        longest: Bytes of a line that is not too long.
    """
    count, starts, ends = len(block.lines), block.lines.starts, block.lines.ends
    if not count or (starts == ends).any() or (ends - starts > longest).any():
        return None
    codes = np.frombuffer(block.data, np.uint8)
    opens, closes = codes == _OPEN, codes == _CLOSE
    if not (opens[starts] & closes[ends - 1]).all():
        return None
    if np.count_nonzero(opens) != count or np.count_nonzero(closes) != count:
        return None
    listed = block.data[: int(ends[-1])].replace(b"\n", b",").decode()
    cells = decoded(items, f"[{listed}]")
    if cells is None or len(cells) != count:
        return None
    lines = np.arange(block.number, block.number + count, dtype=np.int64)
    return _made(items, cells, Texts(block.data, starts, ends), lines)


@dataclass(frozen=True, slots=True)
class Texts:
    """Parts of UTF-8 that do not overlap, in order."""

    data: bytes
    starts: Positions
    ends: Positions

    def array(self) -> pa.Array:
        """As texts; the bytes are copied once."""
        # Every second one of the parts between all borders is wanted.
        borders = np.column_stack((self.starts, self.ends)).ravel().astype(np.int32)
        buffers = [None, pa.py_buffer(borders), pa.py_buffer(self.data)]
        parts = pa.Array.from_buffers(pa.string(), len(borders) - 1, buffers)
        return parts.take(pa.array(np.arange(0, len(borders), 2)))


def decoded(items: ItemReader, listed: str) -> list[Cells] | None:
    """The objects of a list, or None where one of its items is none or has a key twice."""
    try:
        found, end = items.value(listed, 0)
    except BrokenJsonError:
        return None
    if end < len(listed) or items.repeated is not None or not isinstance(found, list):
        return None
    if {*map(type, found)} != {dict}:
        return None
    if "\\u" in listed and not _has_whole_characters(found):
        return None
    return found


def _has_whole_characters(rows: list[Cells]) -> bool:
    texts = chain(chain.from_iterable(rows), chain.from_iterable(map(dict.values, rows)))
    try:
        "".join(text for text in texts if isinstance(text, str)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _made(
    items: ItemReader, cells: list[Cells], texts: Texts, lines: Positions
) -> KeyedBlock | None:
    """The rows in columns, or None if there is a list in a cell, or there are too many keys."""
    keys = tuple(dict.fromkeys(chain.from_iterable(cells)))
    if not keys:
        return None
    whole = sum(map(len, cells)) == len(keys) * len(cells)
    columns: dict[str, pa.Array] = {}
    for key in keys:
        values = [*map(itemgetter(key) if whole else methodcaller("get", key), cells)]
        column = _column(values)
        if column is None and items.names.level(0) is None:  # else they have to be opened
            column = _column([_BOOLEANS.get(v, v) if isinstance(v, bool) else v for v in values])
        if column is None:
            return None
        columns[key] = column
    if not items.know(keys):
        return None
    return KeyedBlock(lines, texts.array(), cells, columns)


def _column(values: Iterable[str | bool | None]) -> pa.Array | None:
    try:
        return pa.array(values, pa.string())
    except pa.ArrowTypeError:  # true, false or a list
        return None
