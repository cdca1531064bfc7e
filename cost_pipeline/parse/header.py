"""Finds the header of a delimited file, and what stands above it.

Belongs here: the line `sep=;` that Excel writes and reads, the header among the first lines, and
the names of its columns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from cost_pipeline.contracts.control import Told
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS, plain_name
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.listing import called
from cost_pipeline.parse.records import (
    Block,
    Record,
    Tokenizer,
    is_blank,
    read_blocks,
    read_records,
)
from cost_pipeline.parse.rows import Limits, Refused

_SEPARATOR: Final = re.compile(rb'"?sep=([ !#-~\t])"?[ ,;|\t]*', re.IGNORECASE)
# One name may be a value by chance.
_NAMES: Final = 2
# What is kept of a line above the header, in characters.
_SAID: Final = 1000


@dataclass(frozen=True, slots=True)
class Header:
    """The names of all columns, and what came before the first row.

    Attributes:
        names: What the columns are called: their names verbatim, or `#3` where the vendor file
            names a column by its place.
        first: The first cell with a name, verbatim; None without a header.
        delimiter: The declared one, or that of a line `sep=`.
        lines: Physical lines up to and with the header.
        blank_rows: How many records of them were blank.
        above: How many were furniture.
        texts: What they say, their cells joined by blanks.
    """

    names: tuple[str, ...]
    first: str | None
    delimiter: str
    lines: int = 0
    blank_rows: int = 0
    above: int = 0
    texts: tuple[str, ...] = ()


def find_header(
    body: Body, encoding: str, delimiter: str, told: Told, *, within: int | None, limits: Limits
) -> Header | Refused:
    """Returns the first row, or the one among some lines that holds the most names, as header."""
    top = above_all(body, encoding, delimiter, limits)
    found = _Found(top, told, within)
    for block, index, record in _records(body, encoding, top, limits):
        if within is not None and block.number + index > within:
            break
        refused = found.take(block.number + index, block.number + record.last, record, limits)
        if refused is not None:
            return refused
        if within is None and found.best is not None:
            break
    return found.best or found.nothing()


def above_all(body: Body, encoding: str, delimiter: str, limits: Limits) -> Header:
    """Returns what stands above all rows: blank lines and a line `sep=;`, if there is one."""
    tokenizer = Tokenizer(delimiter, None, limits)
    blank = 0
    for block in read_blocks(body, encoding, _small(limits)):
        for index, record in read_records(block, tokenizer, range(len(block.starts))):
            if record.blank:
                blank += 1
                continue
            line = block.data[block.starts[index] : block.ends[index]]
            separator = _SEPARATOR.fullmatch(line) if len(line) < len(delimiter) + 64 else None
            if separator is None:
                return Header((), None, delimiter)
            lines = block.number + index
            return Header((), None, separator[1].decode(), lines, blank, above=1)
    return Header((), None, delimiter)


def _records(
    body: Body, encoding: str, top: Header, limits: Limits
) -> Iterator[tuple[Block, int, Record]]:
    tokenizer = Tokenizer(top.delimiter, None, limits)
    for block in read_blocks(body, encoding, _small(limits), skip=top.lines):
        for index, record in read_records(block, tokenizer, range(len(block.starts))):
            yield block, index, record


def _small(limits: Limits) -> Limits:
    # The header is at the top: no need to read a whole block for it.
    return replace(limits, block_bytes=min(limits.block_bytes, limits.record_bytes))


class _Found:
    """The records so far, and the best header among them."""

    def __init__(self, top: Header, told: Told, within: int | None) -> None:
        self.best: Header | None = None
        self._most = 0
        self._told = told
        self._within = within
        self._wanted = {*map(plain_name, told.names)}
        self._seen = top
        self._lines = top.lines
        self._texts: list[str] = []

    def take(self, line: int, last: int, record: Record, limits: Limits) -> Refused | None:
        """Takes the next record in; returns why the file cannot be read, if it cannot."""
        before, self._lines = self._seen, last
        if record.blank:
            self._seen = replace(before, blank_rows=before.blank_rows + 1)
            return None
        self._seen = replace(before, above=before.above + 1)
        if record.cells is None:
            where = f"the header on line {line} cannot be read"
            return None if self._within else _refused(f"{where}: {record.problem}")
        names = tuple(cell.decode("utf-8") for cell in record.cells)
        texts = tuple(self._texts)
        self._texts.append(joined(names))
        most = names_held(self._wanted, names) if self._within else 1
        if most <= self._most:
            return None
        if len(names) > limits.keys:
            what = f"the header has {len(names)} columns, {limits.keys} at most are read"
            return _refused(what)
        self._most = most
        first = next(
            name for name, cell in zip(names, record.cells, strict=True) if not is_blank(cell)
        )
        own = called(names, self._told.passed, self._told.places)
        self.best = replace(before, names=own, first=first, lines=last, texts=texts)
        return None

    def nothing(self) -> Refused:
        """Returns why there is no header."""
        if self._within and self._lines:
            named = ", ".join(self._told.names[:10])
            where = f"in the first {self._within} lines"
            return _refused(f"no header {where}: none holds {_NAMES} or more of {named}")
        if self._lines:
            return _refused(f"it has no header: all {self._lines} lines are blank")
        return _refused("the file is empty")


def joined(cells: Iterable[str]) -> str:
    """Returns what a line above the header says, as one text."""
    return " ".join(filled for cell in cells if (filled := cell.strip(BLANKS)))[:_SAID]


def names_held(wanted: Collection[str], names: Iterable[str]) -> int:
    """Returns how many of some plain names a header holds; 0 if it may be a row of values."""
    found = len({*wanted} & {*map(plain_name, names)})
    return found if found >= min(_NAMES, len(wanted)) else 0


def _refused(message: str) -> Refused:
    return Refused(Reason.NOT_THE_FORMAT, message)
