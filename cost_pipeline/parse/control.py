"""Which rows of a delivery are its own total, and sums of parts: one rule for all formats.

Belongs here: the rule, and holding back the last rows until the end of the file tells what they
are. A format hands over the filled cells of its rows; the validator decides what a text means.

- A control row has a filled cell in the declared column, and else at most one: a label, declared or
  usual. It is the last such row among the last `TAIL_ROWS`. Everything else is a row, however
  little is in it: a line that was cut must not be taken for a total. Furniture (`listing`) has been
  taken out before.
- The last line of a text may have been cut off. Without a line end it is a control row only if it
  has all its cells.
- Sums of parts, where they are declared, may stand anywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.contracts.formats import FileFormat
from cost_pipeline.core.text import BLANKS, plain_name
from cost_pipeline.parse.lines import LineCount, Positions, line_ends
from cost_pipeline.parse.rows import RowReader, renumbered

TAIL_ROWS: Final = 32
"""How many last rows are searched for a total."""


class Part(Enum):
    """What a row is."""

    ROW = "row"
    TOTAL = "total"
    SUBTOTAL = "subtotal"


@dataclass(frozen=True, slots=True)
class Filled:
    """The filled cells of a row.

    Attributes:
        cells: The text of each cell that is not blank, by its place or name.
        whole: Whether the row has all the cells that a row has, or the end of its line.
    """

    cells: Mapping[Any, str]
    whole: bool = True


NOTHING: Final = Filled({})
"""A row whose cells are not known; it is no total."""


class ControlRules:
    """What a vendor declares about totals, applied to a header.

    Args:
        total: The declaration.
        summed: The header names of the column that a total sums; two where debits and credits have
            a column each.
        header: What the columns are called; None where rows have cells by name.
    """

    def __init__(
        self, total: ControlTotal, summed: Sequence[str], header: Sequence[str] | None
    ) -> None:
        self.total = total
        self._summed = {plain_name(name) for name in summed or (total.column,)}
        self._header = header
        self._places = [] if header is None else self._called(enumerate(header))

    def _called(self, names: Iterable[tuple[Any, str]]) -> list[Any]:
        """Returns the places that have one of the names of the declared column."""
        return [place for place, name in names if plain_name(name) in self._summed]

    def _places_in(self, row: Filled) -> list[Any]:
        """Returns the places in a row where the declared column is filled."""
        if self._header is not None:
            return [place for place in self._places if place in row.cells]
        return self._called((name, name) for name in row.cells)

    def part(self, row: Filled) -> Part:
        """Returns what a row is by its cells alone: a total, a sum of a part, or a row."""
        sums = self._places_in(row)
        others = [text for place, text in row.cells.items() if place not in sums]
        if not sums or len(others) > 1:
            return Part.ROW
        if self.total.is_subtotal(others[0] if others else ""):
            return Part.SUBTOTAL
        labelled = not others or self.total.is_label(others[0])
        return Part.TOTAL if labelled and row.whole else Part.ROW

    def parts(self, tail: Sequence[Filled]) -> list[Part]:
        """Returns what each of the last rows of a delivery is, in order."""
        found = [self.part(row) for row in tail]
        totals = [place for place, part in enumerate(found) if part is Part.TOTAL]
        for place in totals[:-1]:
            found[place] = Part.ROW
        return found

    @property
    def most_cells(self) -> int:
        """Returns how many filled cells a total, or a sum of a part, has at most, with a label."""
        return len(self._places) + 1

    def declared(self, row: Filled) -> dict[str, str]:
        """Returns the cells of the total by their header names."""
        header = self._header
        return {
            place if header is None else header[place]: row.cells[place]
            for place in self._places_in(row)
        }


def control_rules(form: FileFormat, header: Sequence[str] | None) -> ControlRules | None:
    """Returns the rules of a format; None where no total is declared."""
    if form.control_total is None:
        return None
    return ControlRules(form.control_total, form.told.summed, header)


class _HasLine(Protocol):
    @property
    def line(self) -> int: ...


_Row = TypeVar("_Row", bound=_HasLine)


def rows_without_totals(
    reader: RowReader,
    rows: Iterable[_Row],
    rules: ControlRules | None,
    filled: Callable[[_Row], Filled],
    dropped: Callable[[Part, _Row], None] = lambda _part, _row: None,
    settled: Callable[[_Row], bool] = lambda _row: False,
) -> Iterator[_Row]:
    """Yields the rows of a delivery; counts totals and sums of parts in `reader`.

    Args:
        reader: The reader whose counts and control row are set.
        rows: The rows in order.
        rules: None where everything is a row.
        filled: Returns what stands in a row.
        dropped: Is told of each row that is left out.
        settled: Returns whether this is many rows that are no sums, with `TAIL_ROWS` behind them.
    """
    if rules is None:
        yield from rows
        return
    held: deque[tuple[_Row, Filled]] = deque()
    for row in rows:
        if settled(row):
            yield from (one for one, _ in held)
            held.clear()
            yield row
            continue
        cells = filled(row)
        if rules.part(cells) is Part.SUBTOTAL:
            reader.furniture_rows += 1
            dropped(Part.SUBTOTAL, row)
            continue
        held.append((row, cells))
        if len(held) > TAIL_ROWS:
            yield held.popleft()[0]
    for (row, cells), part in zip(held, rules.parts([cells for _, cells in held]), strict=True):
        if part is Part.ROW:
            yield row
            continue
        dropped(part, row)
        _take(reader, rules, part, cells, row.line)


def _take(reader: RowReader, rules: ControlRules, part: Part, cells: Filled, line: int) -> None:
    if part is Part.TOTAL:
        reader.control_line = line
        reader.controls.append(rules.declared(cells))
        reader.control_rows += 1
    else:
        reader.furniture_rows += 1


class TableTail:
    """Holds back the last rows of tables, and leaves out what is no row, by the same rules.

    Args:
        reader: The reader whose counts and control row are set.
        rules: What is declared.
        names: The place in the header of each `c{i}`.
        reread: Returns the cells of a row's text, whatever their number, and whether they are all
            that a row has; None if it has none.
        first: The number of the first row.
    """

    def __init__(
        self,
        reader: RowReader,
        rules: ControlRules,
        names: Sequence[int],
        reread: Callable[[str], Filled | None],
        first: int,
    ) -> None:
        self._reader = reader
        self._rules = rules
        self._names = names
        self._reread = reread
        self._next = first
        self._held: pa.Table | None = None

    def tables(self, tables: Iterable[pa.Table], count: LineCount | None) -> Iterator[pa.Table]:
        """Yields all tables without what is no row; `count` knows their lines by their end."""
        for table in tables:
            yield self.push(table)[0]
        lines, open_end = (count.lines, count.open_end) if count else (0, False)
        left = self.finish(lines=lines, open_end=open_end)
        if left is not None:
            yield left

    def push(self, table: pa.Table) -> tuple[pa.Table, Positions]:
        """Takes in the next rows; returns those that are not last, and the lines of subtotals."""
        table, lines = self._without_subtotals(table)
        whole = table if self._held is None else pa.concat_tables([self._held, table])
        passed = max(whole.num_rows - TAIL_ROWS, 0)
        self._held = whole.slice(passed)
        return self._numbered(whole.slice(0, passed)), lines

    def finish(self, *, lines: int, open_end: bool) -> pa.Table | None:
        """Returns the rows among those held back that are no total; None if none were held back.

        Args:
            lines: The number of physical lines of the whole file.
            open_end: Whether its last line has no line end.
        """
        held = self._held
        if held is None or not held.num_rows:
            return None
        rows = held.to_pylist()
        tail = [self._filled(row) for row in rows]
        if open_end and rows[-1]["line"] + line_ends(rows[-1]["text"].encode()) >= lines:
            tail[-1] = self._filled(rows[-1], cut=True)
        parts = self._rules.parts(tail)
        for row, cells, part in zip(rows, tail, parts, strict=True):
            if part is not Part.ROW:
                _take(self._reader, self._rules, part, cells, row["line"])
        keep = pa.array([part is Part.ROW for part in parts])
        return self._numbered(held.filter(keep))

    def _numbered(self, table: pa.Table) -> pa.Table:
        first, self._next = self._next, self._next + table.num_rows
        return renumbered(table, first)

    def _without_subtotals(self, table: pa.Table) -> tuple[pa.Table, Positions]:
        nothing = np.array([], np.int64)
        if not self._rules.total.subtotals or not table.num_rows:
            return table, nothing
        places = self._candidates(table)
        rows = table.take(pa.array(places)).to_pylist()
        gone = [
            place
            for place, row in zip(places.tolist(), rows, strict=True)
            if self._rules.part(self._filled(row)) is Part.SUBTOTAL
        ]
        if not gone:
            return table, nothing
        self._reader.furniture_rows += len(gone)
        keep = np.ones(table.num_rows, np.bool_)
        keep[gone] = False
        lines: Positions = table["line"].to_numpy()[gone]
        return table.filter(pa.array(keep)), lines

    def _candidates(self, table: pa.Table) -> Positions:
        """Returns the rows that may be a sum, by how many cells are filled or not known."""
        malformed = pc.is_valid(table["malformed"]).to_numpy()
        filled = np.zeros(table.num_rows, np.int64)
        for place in range(len(self._names)):
            column = pc.fill_null(table[f"c{place}"], "")
            filled += pc.not_equal(pc.utf8_trim(column, BLANKS), "").to_numpy()
        found: Positions = np.flatnonzero(malformed | (filled <= self._rules.most_cells))
        return found

    def _filled(self, row: Mapping[str, object], *, cut: bool = False) -> Filled:
        if cut or row["malformed"] is not None:
            found = self._reread(str(row["text"])) or NOTHING
            return found if cut else Filled(found.cells)
        cells = {
            place: text
            for at, place in enumerate(self._names)
            if isinstance(text := row[f"c{at}"], str) and text.strip(BLANKS)
        }
        return Filled(cells)
