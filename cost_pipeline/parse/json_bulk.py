"""Many flat JSON objects decoded at once: the quick way of `json` and `jsonl`.

Belongs here: when a stretch of text is surely a list of flat objects, and its rows in columns. What
is not surely so is read object by object, which is `json_items`' work; the rows are the same either
way, and a test holds the two to each other.

The proof is in the braces. If a stretch decodes to so many objects, and there are exactly so many
braces of either kind in it, then none stands in a text and none is nested: the braces are where the
objects begin and end. Likewise no key is there twice if there are no more colons behind a quote or
a blank than there are keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import chain
from operator import itemgetter, methodcaller
from typing import Final, TypeGuard

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cost_pipeline.parse.json_items import BrokenJsonError, ItemReader
from cost_pipeline.parse.keyed import Cells, KeyedBlock
from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.records import Block
from cost_pipeline.parse.slices import slices

Codes = npt.NDArray[np.uint8]

_OPEN, _CLOSE, _COLON, _QUOTE = map(ord, '{}:"')
_BEFORE_COLON: Final = np.isin(np.arange(256), [_QUOTE, *b" \t\r\n"])
_BOOLEANS: Final = {True: "true", False: "false"}
_DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


class Stretches:
    """Stretches of a document, each a list of objects that is decoded at once if it can be.

    Where one cannot, its objects have to be read one by one, and if the next cannot either, ever
    more of them: trying costs time.

    Args:
        text: The document.
        items: Knows how values are read, and the keys of all rows.
        line_of: The line of a position; positions only grow.
        size: Characters of a stretch.
    """

    def __init__(
        self, text: str, items: ItemReader, line_of: Callable[[int], int], size: int
    ) -> None:
        self._text = text
        self._objects = FlatObjects(items)
        self._line_of = line_of
        self._size = size
        self._mark = ord("\n") if "\n" in text else ord("\r")
        self._slow_to = 0
        self._slow = size

    def at(self, position: int) -> tuple[KeyedBlock, int] | None:
        """Returns the objects from a position on and where they end, or None if it is not sure."""
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
        data = stretch.encode()
        codes = np.frombuffer(data, np.uint8)
        starts, ends = np.flatnonzero(codes == _OPEN), np.flatnonzero(codes == _CLOSE) + 1
        if len(starts) != len(ends):
            return None
        cells = self._objects.decoded(f"[{stretch}]", codes, len(starts))
        if cells is None:
            return None
        breaks = np.flatnonzero(codes == self._mark)
        lines = np.searchsorted(breaks, starts) + self._line_of(position)
        return self._objects.block(cells, slices(data, starts, ends), lines)


class FlatObjects:
    """Decodes lists of flat objects.

    Args:
        items: Knows how values are read, and the keys of all rows.
    """

    def __init__(self, items: ItemReader) -> None:
        self._items = items
        self._by_pairs = False

    def lines(self, block: Block, longest: int) -> KeyedBlock | None:
        """Returns the lines of a block as rows, or None if not each surely is one flat object.

        Args:
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
        cells = self.decoded(f"[{listed}]", codes, count)
        if cells is None:
            return None
        lines = np.arange(block.number, block.number + count, dtype=np.int64)
        return self.block(cells, slices(block.data, starts, ends), lines)

    def decoded(self, listed: str, codes: Codes, count: int) -> list[Cells] | None:
        """Returns the objects of a list, or None if it is no such list or has half a character.

        Args:
            listed: The list.
            codes: Its bytes; which blank stands between the objects does not matter.
            count: How many objects it must have.
        """
        found = None if self._by_pairs else _decoded_once(listed, codes)
        if found is None:
            self._by_pairs = True  # slower, and sure about keys that are there twice
            try:
                found, end = self._items.value(listed, 0)
            except BrokenJsonError:
                return None
            if self._items.repeated is not None or end < len(listed):
                return None
        if not _are_objects(found) or len(found) != count:
            return None
        if "\\u" in listed and not _has_whole_characters(found):
            return None
        return found

    def block(self, cells: list[Cells], texts: pa.Array, lines: Positions) -> KeyedBlock | None:
        """Returns the rows in columns, or None if a cell is a list, or there are too many keys."""
        orders = [*map(tuple, cells)]
        found = dict.fromkeys(orders)
        keys = tuple(dict.fromkeys(chain.from_iterable(found)))
        if not keys:
            return None
        whole = all(len(order) == len(keys) for order in found)
        columns: dict[str, pa.Array] = {}
        for key in keys:
            values = [*map(itemgetter(key) if whole else methodcaller("get", key), cells)]
            column = _column(values)
            if column is None and self._items.names.level(0) is None:  # else they may be opened
                column = _column(
                    [_BOOLEANS.get(v, v) if isinstance(v, bool) else v for v in values]
                )
            if column is None:
                return None
            columns[key] = column
        if not self._items.know(keys):
            return None
        return KeyedBlock(lines, texts, orders if len(found) > 1 else orders[:1], columns)


def _decoded_once(listed: str, codes: Codes) -> object:
    """Returns the list, decoded as fast as can be; None if a key may be there twice."""
    try:
        found = _DECODER.decode(listed)
    except (json.JSONDecodeError, RecursionError):
        return None
    colons = np.flatnonzero(codes == _COLON)
    ends = int(np.count_nonzero(_BEFORE_COLON[codes[colons - 1]]))
    return found if _are_objects(found) and ends == sum(map(len, found)) else None


def _are_objects(found: object) -> TypeGuard[list[Cells]]:
    return isinstance(found, list) and {*map(type, found)} == {dict}


def _has_whole_characters(rows: list[Cells]) -> bool:
    texts = chain(chain.from_iterable(rows), chain.from_iterable(map(dict.values, rows)))
    try:
        "".join(text for text in texts if isinstance(text, str)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _column(values: Iterable[str | bool | None]) -> pa.Array | None:
    try:
        return pa.array(values, pa.string())
    except pa.ArrowTypeError:  # true, false or a list
        return None
