"""The texts of many cells of a workbook at once: shared texts, numbers, days, texts in cells.

Belongs here: what `xlsx` makes of one value, for all values of a piece. A value that makes its row
malformed is a trap here.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.sheet import BadValueError, ValueKind, moment_text, number_text
from cost_pipeline.parse.slices import slices
from cost_pipeline.parse.xlsx_book import Book
from cost_pipeline.parse.xlsx_tags import Codes, Mask, Tags
from cost_pipeline.parse.xlsx_texts import plain_text, unescaped

# The text of a number that is its own shortest one: at most 15 digits, so that it goes through a
# float unharmed (and Python writes it so again), and no zero too many at either end.
_OWN_TEXT: Final = r"^(?:0|-?[1-9][0-9]*|-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9])$"
_LONGEST_OWN: Final = 15
_MOST_DIGITS: Final = 9
_BOOLEANS: Final = {"1": "true", "0": "false", "true": "true", "false": "false"}
_MOST_KEPT: Final = 100_000


class TrapError(Exception):
    """A piece has to be read cell by cell. Does not leave this package."""


class Sort(IntEnum):
    """What a cell holds, by its type and its style."""

    NONE = 0
    SHARED = 1
    NUMBER = 2
    DAY = 3
    TIME = 4
    ELAPSED = 5
    TEXT = 6
    BOOLEAN = 7
    AS_IT_IS = 8
    RESULT = 9


_MOMENTS: Final = {
    Sort.DAY: ValueKind.DAY,
    Sort.TIME: ValueKind.TIME,
    Sort.ELAPSED: ValueKind.ELAPSED,
}


class Values:
    """Makes texts of the values of one workbook.

    Attributes:
        longest: Bytes of the longest text that cells share.
    """

    def __init__(self, book: Book, digits: int) -> None:
        self._book = book
        self._digits = digits
        self._shared = book.shared_array()
        self._full = _filled(self._shared)
        self._nul = "\0" in "".join(book.texts)
        self._kept: dict[tuple[Sort, str], str] = {}
        sizes = pc.max(pc.binary_length(self._shared)).as_py()
        self.longest = int(sizes or 0)

    def texts(
        self, tags: Tags, starts: Positions, ends: Positions, sorts: Codes
    ) -> tuple[pa.Array, Positions, Mask]:
        """Returns an empty text and those of values, by value the place, and whether it is full.

        Full is what holds more than blanks.

        Args:
            tags: The piece of XML.
            starts: Where each value begins there.
            ends: Where it ends.
            sorts: What each is.

        Raises:
            TrapError: If one of them has no text, or none that can be told at once.
        """
        order = np.zeros(len(sorts), np.int64)
        full = np.zeros(len(sorts), np.bool_)
        parts, done = [pa.array([""])], 1
        for sort in map(Sort, np.unique(sorts).tolist()):
            at = np.flatnonzero(sorts == sort)
            if sort is Sort.SHARED:
                if self._nul:
                    raise TrapError
                numbers = self._places(tags.codes, starts[at], ends[at])
                part, full[at] = self._shared.take(pa.array(numbers)), self._full[numbers]
            else:
                part = self._converted(slices(tags.data, starts[at], ends[at]), sort)
                full[at] = True if Sort.NUMBER <= sort <= Sort.ELAPSED else _filled(part)
            parts.append(part)
            order[at] = np.arange(done, done + len(at))
            done += len(at)
        return pa.concat_arrays(parts), order, full

    def _places(self, codes: Codes, starts: Positions, ends: Positions) -> Positions:
        """Returns the numbers of shared texts."""
        sizes = ends - starts
        if int(sizes.max()) > _MOST_DIGITS:
            raise TrapError
        numbers = np.zeros(len(starts), np.int64)
        for place in range(int(sizes.max())):
            digits = codes[starts + place].astype(np.int64) - ord("0")
            inside = place < sizes
            if (inside & ((digits < 0) | (digits > 9))).any():  # noqa: PLR2004
                raise TrapError
            numbers = np.where(inside, numbers * 10 + digits, numbers)
        if int(numbers.max()) >= len(self._shared):
            raise TrapError
        return numbers

    def _converted(self, raw: pa.Array, sort: Sort) -> pa.Array:
        if sort is Sort.NUMBER:
            return self._numbers(raw)
        if sort in _MOMENTS:
            return self._each(raw, sort, self._moment)
        plain = unescaped(raw)
        if sort is Sort.BOOLEAN:
            return self._each(plain, sort, lambda _, text: _BOOLEANS.get(text.strip(), text))
        return plain if sort is Sort.AS_IT_IS else with_characters(plain)

    def _numbers(self, raw: pa.Array) -> pa.Array:
        own = pc.and_(
            pc.match_substring_regex(raw, _OWN_TEXT),
            pc.less_equal(pc.binary_length(raw), _LONGEST_OWN),
        ).to_numpy(zero_copy_only=False)
        if own.all():
            return raw
        others = np.flatnonzero(~own)
        made = self._each(raw.take(pa.array(others)), Sort.NUMBER, self._number)
        order = np.arange(len(raw))
        order[others] = np.arange(len(raw), len(raw) + len(others))
        return pa.concat_arrays([raw, made]).take(pa.array(order))

    def _each(self, raw: pa.Array, sort: Sort, text_of: Callable[[Sort, str], str]) -> pa.Array:
        """Returns the text of each value; that of values that are the same is made once."""
        coded = raw.dictionary_encode()
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()
        made = []
        for value in coded.dictionary.to_pylist():
            text = self._kept.get((sort, value))
            if text is None:
                text = self._kept[sort, value] = text_of(sort, value)
            made.append(text)
        return pa.array(made, pa.string()).take(coded.indices)

    def _number(self, _: Sort, value: str) -> str:
        try:
            return number_text(value.strip(), self._digits)
        except BadValueError:
            raise TrapError from None

    def _moment(self, sort: Sort, value: str) -> str:
        try:
            return moment_text(value, _MOMENTS[sort], since_1904=self._book.since_1904)
        except BadValueError:
            raise TrapError from None


def with_characters(texts: pa.Array) -> pa.Array:
    """Returns the texts with the characters that workbooks have escapes for.

    Raises:
        TrapError: If one is a NUL.
    """
    if not pc.any(pc.match_substring(texts, "_x")).as_py():
        return texts
    made = [*map(plain_text, texts.to_pylist())]
    if any("\0" in text for text in made):
        raise TrapError
    return pa.array(made, pa.string())


def _filled(texts: pa.Array) -> Mask:
    """Returns of each text whether it holds more than blanks."""
    if not len(texts):
        return np.zeros(0, np.bool_)
    _, borders, data = texts.buffers()
    offsets = np.frombuffer(borders, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    codes = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, "u1")
    first = codes[np.minimum(offsets[:-1], len(codes) - 1)]
    there = offsets[1:] > offsets[:-1]
    full: Mask = there & (first > ord(" ")) & (first < 0x7F)  # noqa: PLR2004 - a plain character
    for place in np.flatnonzero(there & ~full).tolist():
        full[place] = not texts[place].as_py().isspace()
    return full
