"""Rows of a plain piece of a sheet's XML in columns, without a Python object for each cell.

Belongs here: where in a piece the cells are, and what of them makes it a trap: errors, numbers of
more digits than Excel keeps, formulas that were never computed, cells far away or out of order,
texts that are not there. A piece with a trap is read cell by cell, which is `xlsx`'s work; the rows
are the same either way, and a test holds the two to each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.sheet import MOST_COLUMNS, MOST_ROWS, ValueKind
from cost_pipeline.parse.sheet_block import KINDS, SheetColumns
from cost_pipeline.parse.xlsx_book import Book
from cost_pipeline.parse.xlsx_tags import SHEET, Codes, Mask, Tag, Tags, plain_tags
from cost_pipeline.parse.xlsx_values import Sort, TrapError, Values

Words = npt.NDArray[np.uint64]

_NUMBER_PLACE: Final = len('<row r="')
_LETTERS_PLACE: Final = len('<c r="')
_MOST_DIGITS: Final = 7
_WORD: Final = 8
_MOST_WORDS: Final = 4
# By how many of the eight bytes of a word are meant.
_KEPT: Final = np.array([(1 << 8 * kept) - 1 for kept in range(_WORD + 1)], np.uint64)
# Cells far to the right make a table wide: of a piece, so many places for each cell that is there.
_MOST_PLACES: Final = 16
_ROW_TAIL: Final = re.compile(rb'(?: ([A-Za-z_][\w:.]*)="[^"<&]*")* ?/?')
_NAMES: Final = re.compile(rb' ([\w:.]+)="')
_CELL_TAIL: Final = re.compile(
    rb'(?: s="(?P<style>[0-9]{1,6})"| t="(?P<kind>\w{1,9})"){0,2}(?P<empty> ?/)?>'
)
_OPENING: Final = (Tag.ROW, Tag.ROW_EMPTY)
_CLOSING: Final = (Tag.ROW_END, Tag.ROW_EMPTY)
_SORTS: Final = {
    "s": Sort.SHARED,
    "n": Sort.NUMBER,
    "str": Sort.RESULT,
    "inlineStr": Sort.TEXT,
    "b": Sort.BOOLEAN,
    "d": Sort.AS_IT_IS,
}
_OF_STYLE: Final = {
    ValueKind.NUMBER: Sort.NUMBER,
    ValueKind.DAY: Sort.DAY,
    ValueKind.TIME: Sort.TIME,
    ValueKind.ELAPSED: Sort.ELAPSED,
}
_KIND_OF: Final = np.zeros(len(Sort), np.uint8)
for _kind, _sort in _OF_STYLE.items():
    _KIND_OF[_sort] = KINDS.index(_kind)


class Scanner:
    """Scans pieces of one sheet.

    Args:
        book: What its cells refer to.
        digits: How many of a number count.
        longest: Characters of a row that is not too long.
    """

    def __init__(self, book: Book, digits: int, longest: int) -> None:
        self._styles = book.styles
        self._values = Values(book, digits)
        self._longest = longest

    def columns(self, data: bytes, after: int) -> SheetColumns | None:
        """Returns the rows of a piece in columns, or None if it is not sure that it is plain.

        Args:
            data: Whole rows, from the `<` of the first to the `>` of the last.
            after: The line of the row before them.
        """
        tags = plain_tags(data, SHEET)
        if tags is None:
            return None
        try:
            return self._columns(tags, after)
        except TrapError:
            return None

    def _columns(self, tags: Tags, after: int) -> SheetColumns:
        _demand(tags.kinds[0] in _OPENING and tags.kinds[-1] in _CLOSING)
        opening = (tags.kinds == Tag.ROW) | (tags.kinds == Tag.ROW_EMPTY)
        rows = _Rows.of(tags, np.flatnonzero(opening), after)
        at = np.flatnonzero((tags.kinds == Tag.CELL) | (tags.kinds == Tag.CELL_EMPTY))
        row_of = np.cumsum(opening)[at] - 1
        places, tails = _references(tags.codes, tags.starts[at], rows, row_of)
        same_row = row_of[1:] == row_of[:-1]
        _demand(not (same_row & (places[1:] <= places[:-1])).any())
        sorts = self._sorts(tags, tails, tags.ends[at])
        first, there = _value_tags(tags, at)
        begins, ends = (
            tags.ends[first] + 1,
            tags.starts[np.minimum(first + 1, len(tags.starts) - 1)],
        )
        there &= ends > begins
        formula = (tags.kinds == Tag.FORMULA)[np.minimum(at + 1, len(tags.kinds) - 1)]
        _demand(not (formula & ~there & (sorts != Sort.RESULT)).any())
        held = np.flatnonzero(there)
        most = int(np.bincount(row_of, minlength=1).max()) if len(row_of) else 0
        _demand(len(tags.data) + most * self._values.longest <= self._longest)
        pool, order, full = self._values.texts(tags, begins[held], ends[held], sorts[held])
        cells = _Cells(row_of[held], places[held], order, full, _KIND_OF[sorts[held]])
        return _laid_out(rows.lines, cells, pool)

    def _sorts(self, tags: Tags, starts: Positions, ends: Positions) -> Codes:
        """Returns what each cell is by the attributes behind its place."""
        sizes = ends + 1 - starts
        _demand(((sizes > 0) & (sizes <= _WORD * _MOST_WORDS)).all())
        words = [
            _words(tags.codes, starts + _WORD * at, sizes - _WORD * at) for at in range(_MOST_WORDS)
        ]
        found = np.full(len(starts), Sort.NONE, np.uint8)
        left = np.arange(len(starts))
        while len(left):
            one = int(left[0])
            tail = tags.data[int(starts[one]) : int(ends[one]) + 1]
            same = np.logical_and.reduce([word[left] == word[one] for word in words])
            found[left[same]] = self._sort(tail)
            left = left[~same]
        return found

    def _sort(self, tail: bytes) -> Sort:
        parts = _CELL_TAIL.fullmatch(tail)
        _demand(parts is not None and tail.count(b" s=") < 2 and tail.count(b" t=") < 2)  # noqa: PLR2004
        assert parts is not None  # noqa: S101 - for the type checker
        kind = (parts["kind"] or b"n").decode()
        sort = _SORTS.get(kind)
        if sort is None:  # errors, and what nobody knows
            raise TrapError
        if sort is Sort.NUMBER and parts["style"]:
            place = int(parts["style"])
            styles = self._styles
            sort = _OF_STYLE[styles[place] if place < len(styles) else ValueKind.NUMBER]
        return sort


def _demand(holds: object) -> None:
    if not holds:
        raise TrapError


def _words(codes: Codes, starts: Positions, sizes: Positions) -> Words:
    """Returns the next bytes at each place, at most eight, as one number."""
    every = np.ndarray((len(codes) - _WORD + 1,), "<u8", codes, strides=(1,))
    kept = np.clip(sizes, 0, _WORD)
    found: Words = every[np.minimum(starts, len(every) - 1)] & _KEPT[kept]
    return found


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a piece: their lines, and where the digits of those stand."""

    lines: Positions
    starts: Positions
    sizes: Positions

    @classmethod
    def of(cls, tags: Tags, at: Positions, after: int) -> _Rows:
        """Returns the rows whose tags are at some places."""
        codes, starts = tags.codes, tags.starts[at] + _NUMBER_PLACE
        for place, code in enumerate(b'r="', start=-3):
            _demand((codes[starts + place] == code).all())
        lines, sizes = _numbers(codes, starts, ord('"'))
        _demand(lines[0] > after and (np.diff(lines) > 0).all() and lines[-1] <= MOST_ROWS)
        data = tags.data
        tails = zip((starts + sizes + 1).tolist(), tags.ends[at].tolist(), strict=True)
        for tail in {data[start:end] for start, end in tails}:
            names = [b"r", *_NAMES.findall(tail)]
            _demand(_ROW_TAIL.fullmatch(tail) and len({*names}) == len(names))
        return cls(lines, starts, sizes)


def _numbers(codes: Codes, starts: Positions, end: int) -> tuple[Positions, Positions]:
    """Returns the numbers at some places, which end with a mark, and how many digits they have."""
    numbers, sizes = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.int64)
    goes_on = np.ones(len(starts), np.bool_)
    for place in range(_MOST_DIGITS + 1):
        digits = codes[starts + place].astype(np.int64) - ord("0")
        goes_on &= (digits >= 0) & (digits <= 9)  # noqa: PLR2004
        if not goes_on.any():
            break
        numbers = np.where(goes_on, numbers * 10 + digits, numbers)
        sizes += goes_on
    _demand(((sizes > 0) & (sizes <= _MOST_DIGITS) & (codes[starts + sizes] == end)).all())
    return numbers, sizes


def _references(
    codes: Codes, starts: Positions, rows: _Rows, row_of: Positions
) -> tuple[Positions, Positions]:
    """Returns the column of each cell, and where the attributes behind its place begin."""
    for place, code in enumerate(b'r="', start=3):
        _demand((codes[starts + place] == code).all())
    letters = starts + _LETTERS_PLACE
    columns, sizes = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.int64)
    goes_on = np.ones(len(starts), np.bool_)
    for place in range(3):
        letter = codes[letters + place].astype(np.int64) - (ord("A") - 1)
        goes_on &= (letter >= 1) & (letter <= 26)  # noqa: PLR2004
        if not goes_on.any():
            break
        columns = np.where(goes_on, columns * 26 + letter, columns)
        sizes += goes_on
    _demand((sizes > 0).all() and (columns <= MOST_COLUMNS).all())
    digits = letters + sizes
    own, wanted = rows.sizes[row_of], rows.starts[row_of]
    _demand((_words(codes, digits, own) == _words(codes, wanted, own)).all())
    _demand((codes[digits + own] == ord('"')).all())
    return columns - 1, digits + own + 1


def _value_tags(tags: Tags, at: Positions) -> tuple[Positions, Mask]:
    """Returns by cell the tag that opens its value or text, and whether it has one."""
    kinds, last = tags.kinds, len(tags.kinds) - 1
    found = np.zeros(len(at), np.int64)
    there = np.zeros(len(at), np.bool_)
    opened = kinds[at] == Tag.CELL
    for step in (1, 2, 3):  # behind the cell's own tag, `<is>`, or a formula
        ahead = np.minimum(at + step, last)
        kind = kinds[ahead]
        here = opened & ~there & ((kind == Tag.VALUE) | (kind == Tag.TEXT))
        found[here] = ahead[here]
        there |= here
        opened &= kind != Tag.CELL_END
    return found, there


@dataclass(frozen=True, slots=True)
class _Cells:
    """By cell that holds something its row, its column, the place of its text, and its kind.

    `full` is what holds more than blanks.
    """

    rows: Positions
    columns: Positions
    texts: Positions
    full: Mask
    kinds: Codes


def _laid_out(lines: Positions, cells: _Cells, pool: pa.Array) -> SheetColumns:
    """Returns the cells of a piece in columns; the first text of the pool is empty."""
    count = len(lines)
    width = int(cells.columns.max()) + 1 if len(cells.columns) else 0
    _demand(width * count <= _MOST_PLACES * (len(cells.columns) + count))
    where = np.zeros((width, count), np.int64)
    where[cells.columns, cells.rows] = cells.texts
    full = np.zeros((width, count), np.bool_)
    full[cells.columns, cells.rows] = cells.full
    kinds = np.zeros((width, count), np.uint8)
    kinds[cells.columns, cells.rows] = cells.kinds
    columns = [pool.take(pa.array(where[place])) for place in range(width)]
    return SheetColumns(lines, columns, full, kinds)
