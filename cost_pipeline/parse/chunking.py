"""Hands tables on as chunks, with the place where reading can go on behind each.

Belongs here: what a mark holds about the lines before it, and what they say about those behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from cost_pipeline.parse.fill_down import FillDown
from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.listing import Held, Lost
from cost_pipeline.parse.listing_tables import Carried, TableListing
from cost_pipeline.parse.rows import PASSED, Mark, ParsedChunk, Rechunker


@dataclass(frozen=True, slots=True)
class Carry:
    """What a mark says of the lines before it, beyond counts of rows.

    Attributes:
        headers: Repeated headers.
        groups: The headings that hold.
        above: What an empty cell takes over, for each column that is filled down.
    """

    headers: int = 0
    groups: Carried = field(default_factory=lambda: Carried([]))
    above: Sequence[Held] = ()

    @classmethod
    def before(cls, mark: Mark, levels: int) -> Carry:
        """Returns what a mark carries, for the given number of declared groups."""
        if mark.carried is None:
            return cls(groups=Carried([None] * levels))
        found = json.loads(mark.carried)
        groups = Carried([_held(one) for one in found["groups"]], found["passed"])
        return cls(found["headers"], groups, [_held(one) for one in found["above"]])

    def as_text(self) -> str | None:
        """Returns the text that a mark holds; None if there is nothing to carry."""
        if not (self.headers or self.groups.held or self.above):
            return None
        held = {
            "groups": [_stored(one) for one in self.groups.held],
            "above": [_stored(one) for one in self.above],
        }
        return json.dumps({"headers": self.headers, "passed": self.groups.passed, **held})


def _held(stored: str | int | None) -> Held:
    return Lost(stored) if isinstance(stored, int) else stored


def _stored(held: Held) -> str | int | None:
    return held.line if isinstance(held, Lost) else held


class Passed:
    """How many lines of a kind lie before a line, for a file that is read block by block.

    A block is read ahead of the chunk that ends in it, so the reader's count runs ahead of a mark.
    """

    def __init__(self, before: int) -> None:
        self._passed = before
        self._ahead: list[Positions] = []

    def add(self, lines: Positions) -> None:
        """Adds the lines of that kind in the next block, in order."""
        if len(lines):
            self._ahead.append(lines)

    def before(self, line: int) -> int:
        """Returns the count before a line; lines must be asked for in order."""
        while self._ahead and self._ahead[0][-1] < line:
            self._passed += len(self._ahead.pop(0))
        here = int(np.searchsorted(self._ahead[0], line)) if self._ahead else 0
        return self._passed + here


class Chunking:
    """Makes chunks of tables, each with the place where reading can go on behind it.

    Attributes:
        blanks: Blank lines so far.
        furniture: Lines so far that were left out as furniture.
        headers: Lines so far that repeat the header.
        last_line: The line of the control row, once it is known: no mark lies behind it, because
            whoever began there would not see it.
    """

    def __init__(
        self,
        rechunker: Rechunker,
        fill_down: FillDown,
        listing: TableListing,
        columns: tuple[str, ...],
        start: Mark,
    ) -> None:
        self._rechunker = rechunker
        self._fill_down = fill_down
        self._listing = listing
        self._columns = columns
        self._encoding = start.encoding
        self._rows = start.rows
        self.blanks = Passed(start.blank_rows)
        self.furniture = Passed(start.furniture_rows)
        self.headers = Passed(Carry.before(start, 0).headers)
        self.last_line: int | None = None

    def push(self, table: pa.Table) -> Iterator[ParsedChunk]:
        """Takes in the next rows; yields the chunks that are complete and not last."""
        for chunk in self._rechunker.push(table):
            self._rows += chunk.num_rows
            filled = self._fill_down.filled(chunk)
            yield as_chunk(filled, self._columns, self._mark())

    def finish(self) -> Iterator[ParsedChunk]:
        """Yields the chunk that is left, if there is one."""
        last = self._rechunker.finish()
        if last is not None:
            yield as_chunk(self._fill_down.filled(last), self._columns)

    def _mark(self) -> Mark | None:
        line = self._rechunker.next_line
        if self.last_line is not None and line > self.last_line:
            return None
        blank, furniture = self.blanks.before(line), self.furniture.before(line)
        groups = self._listing.held_before(line)
        carry = Carry(self.headers.before(line), groups, self._fill_down.held)
        return Mark(self._rows, line, blank, self._encoding, furniture, carry.as_text())


def as_chunk(table: pa.Table, columns: tuple[str, ...], after: Mark | None = None) -> ParsedChunk:
    """Returns a chunk; the table may still say how many headings came before each row."""
    if PASSED not in table.column_names:
        return ParsedChunk(table, columns, after)
    passed = table[PASSED].combine_chunks()
    return ParsedChunk(table.drop_columns([PASSED]), columns, after, passed)
