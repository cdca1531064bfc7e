"""Takes what is no row out of tables, in whole columns, and gives rows what headings say.

Belongs here: finding the few rows that `listing` must judge, and carrying the texts of headings
down. The last row is held back, because only the end of the file tells whether it was cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.control import NOTHING, ControlRules, Filled, Part
from cost_pipeline.parse.kind_column import KindColumn
from cost_pipeline.parse.lines import Flags, LineCount, Positions, line_ends
from cost_pipeline.parse.listing import (
    Held,
    ListingRules,
    Sort,
    Verdict,
    after,
    after_damage,
    lost,
    texts_of,
)
from cost_pipeline.parse.records import unnamed_value
from cost_pipeline.parse.rows import FIXED_FIELDS, PASSED, RowReader, renumbered

Rows = list[tuple[int, Filled, str]]
Asked = tuple[Positions, Callable[[Positions], Rows]]
"""Places, and a function that gives the filled cells and the text of the rows there."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the cells of a row stand in its table, and how to read them again.

    Attributes:
        names: The place in the header of each `c{i}`. The columns in which headings stand and that
            have no name are the last ones, and are dropped.
        hidden: How many columns are dropped.
        reread: Returns the filled cells of a row's text, whatever their number; None if it has
            none.
        peek: Returns what looks like the cells of a row that has none.
    """

    names: Sequence[int]
    hidden: int
    reread: Callable[[str], Filled | None]
    peek: Callable[[str], Filled]


@dataclass(slots=True)
class Taken:
    """Lines that were taken out of a table."""

    furniture: Positions = field(default_factory=lambda: np.array([], np.int64))
    headers: Positions = field(default_factory=lambda: np.array([], np.int64))


@dataclass(slots=True)
class Carried:
    """The headings that hold where reading begins, and how many headings and ends came before."""

    held: list[Held]
    passed: int = 0


class TableListing:
    """Takes what is no row out of the tables of a listing, in order.

    Attributes:
        history: Lines, each with what holds behind it.

    Args:
        reader: The reader whose counts and events are kept up to date.
        rules: What is declared.
        cells: Where the cells of a row stand, and how to read them again.
        control: What is declared about totals; a sum that stands among headings is no heading.
        carried: What holds before the first row.
        first: The number of the first row.
        kinds: The column that says which rows are others', where one does.
    """

    def __init__(
        self,
        reader: RowReader,
        rules: ListingRules,
        cells: Cells,
        *,
        control: ControlRules | None,
        carried: Carried,
        first: int = 1,
        kinds: KindColumn | None = None,
    ) -> None:
        self._reader = reader
        self._rules = rules
        self._cells = cells
        self._names = list(cells.names)
        self._waits = bool(rules.levels or rules.furniture)
        self._control = control
        self._kinds = kinds
        self._state = carried
        self.history: list[tuple[int, Carried]] = [(0, carried)]
        self._last: pa.Table | None = None
        self._next = first
        self._moved = False
        self._words = None
        if rules.furniture and all(rules.furniture.words):
            self._words = "(?i)" + "|".join(sorted({*rules.furniture.words}))

    def push(self, table: pa.Table) -> tuple[pa.Table, Taken]:
        """Takes in the next rows; returns those that are known, without what is no row."""
        if not self._waits:
            return self._listed(table, cut=False)
        whole = table if self._last is None else pa.concat_tables([self._last, table])
        known = max(whole.num_rows - 1, 0)
        self._last = whole.slice(known)
        return self._listed(whole.slice(0, known).combine_chunks(), cut=False)

    def tables(self, tables: Iterable[pa.Table], count: LineCount) -> Iterator[pa.Table]:
        """Yields all tables without what is no row; `count` knows their lines by their end."""
        for table in tables:
            if table.num_rows:
                yield self.push(table)[0]
        left, _ = self.finish(lines=count.lines, open_end=count.open_end)
        if left is not None:
            yield left

    def held_before(self, line: int) -> Carried:
        """Returns what holds where a line begins; lines must be asked for in order."""
        while len(self.history) > 1 and self.history[1][0] < line:
            self.history.pop(0)
        return self.history[0][1]

    def finish(self, *, lines: int, open_end: bool) -> tuple[pa.Table | None, Taken]:
        """Returns the row that was held back, if it is one.

        Args:
            lines: The number of physical lines of the whole file.
            open_end: Whether its last line has no line end.
        """
        last = self._last
        if last is None or not last.num_rows:
            return None, Taken()
        line, text = last["line"][0].as_py(), last["text"][0].as_py()
        cut = open_end and line + line_ends(text.encode()) >= lines
        return self._listed(last.combine_chunks(), cut=cut)

    def _listed(self, table: pa.Table, *, cut: bool) -> tuple[pa.Table, Taken]:
        verdicts = self._verdicts(table, cut=cut) if table.num_rows else {}
        if self._rules.levels:
            table = self._without_hidden(table, verdicts)
        heads = np.zeros(table.num_rows, np.bool_)
        heads[[at for at, found in verdicts.items() if found.sort is Sort.HEADER]] = True
        others, unknown = self._by_kind(table, verdicts)
        others[[at for at, found in verdicts.items() if found.sort is not Sort.HEADER]] = True
        gone, taken = heads | others, Taken()
        if gone.any():
            lines = table["line"].to_numpy()
            taken = Taken(lines[others], lines[heads])
            self._reader.header_rows += len(taken.headers)
            self._reader.furniture_rows += len(taken.furniture)
        if self._rules.levels:
            table = self._with_groups(table, verdicts, unknown)
        else:
            table = malformed(table, unknown)
        if gone.any():
            self._moved = True
            table = table.filter(pa.array(~gone))
        first, self._next = self._next, self._next + table.num_rows
        return (renumbered(table, first) if self._moved else table), taken

    def _by_kind(
        self, table: pa.Table, verdicts: dict[int, Verdict]
    ) -> tuple[Flags, dict[int, str]]:
        """Returns which rows are another vendor's, and the problems of kinds that nobody knows."""
        if self._kinds is None or not table.num_rows:
            return np.zeros(table.num_rows, np.bool_), {}
        column = table[f"c{self._at(self._kinds.place)}"].combine_chunks()
        others, unknown = self._kinds.told(column)
        places = np.fromiter(verdicts, np.int64, len(verdicts))
        mine = ~np.isin(np.arange(table.num_rows), places) if verdicts else True
        return others & mine, {at: why for at, why in unknown.items() if at not in verdicts}

    def _verdicts(self, table: pa.Table, *, cut: bool) -> dict[int, Verdict]:
        """Returns what each row is that is no row, by its place."""
        found: dict[int, Verdict] = {}
        for places, rows in self._candidates(table, cut=cut):
            for place, row, text in rows(places):
                verdict = self._rules.judge(row, text, cut=cut)
                if verdict.sort is not Sort.ROW:
                    found.setdefault(place, verdict)
        if self._rules.levels and not cut:
            found = self._headings(table, found) | self._ends(table, found) | found
        return found

    def _candidates(self, table: pa.Table, *, cut: bool) -> list[Asked]:
        """Returns rows that may be headers or furniture, and malformed ones that may head."""
        texts = table["text"].combine_chunks()

        def by_cells(places: Positions) -> list[tuple[int, Filled, str]]:
            rows = table.take(pa.array(places)).to_pylist()
            return [
                (place, self._filled(row), row["text"])
                for place, row in zip(places.tolist(), rows, strict=True)
            ]

        def by_text(places: Positions) -> list[tuple[int, Filled, str]]:
            rows = texts.take(pa.array(places)).to_pylist()
            return [
                (place, self._cells.reread(text) or NOTHING, text)
                for place, text in zip(places.tolist(), rows, strict=True)
            ]

        if cut:
            return [(np.arange(table.num_rows), by_text)]
        asked: list[Asked] = [(self._like_the_header(table), by_cells)]
        if self._rules.furniture:
            asked.append((self._with_words(texts), by_text))
        if self._rules.levels:
            malformed = pc.is_valid(table["malformed"]).to_numpy()
            asked.append((np.flatnonzero(malformed), by_text))
        return asked

    def _like_the_header(self, table: pa.Table) -> Positions:
        if self._rules.first is None:
            return np.array([], np.int64)
        column = table[f"c{self._at(self._rules.first)}"]
        found = pc.equal(column, self._rules.verbatim)
        if self._rules.ruler is not None:
            ruler = pc.equal(table["text"], self._rules.ruler)
            found = pc.or_(pc.fill_null(found, fill_value=False), ruler)
        return _true(found)

    def _with_words(self, texts: pa.Array) -> Positions:
        if self._words is None:
            return np.arange(len(texts))
        return _true(pc.match_substring_regex(texts, self._words))

    def _at(self, place: int) -> int:
        return self._names.index(place)

    def _ends(self, table: pa.Table, known: dict[int, Verdict]) -> dict[int, Verdict]:
        """Returns the ends of groups among the rows that have all their cells."""
        found: dict[int, Verdict] = {}
        for place, level in enumerate(self._rules.levels):
            if not level.ends:
                continue
            column = table[f"c{self._at(level.source)}"].combine_chunks()
            rows = _filled(column)
            words = level.ends.words
            if all(words):
                some = pc.match_substring_regex(column.take(rows), "(?i)" + "|".join({*words}))
                rows = rows.take(pa.array(_true(some)))
            for at, text in zip(rows.to_pylist(), column.take(rows).to_pylist(), strict=True):
                if at not in known and at not in found and level.ends.fit(text):
                    found[at] = Verdict(Sort.END, place, text.strip(BLANKS))
        return found

    def _headings(self, table: pa.Table, known: dict[int, Verdict]) -> dict[int, Verdict]:
        """Returns the headings among those rows: one filled cell, where headings stand."""
        found: dict[int, Verdict] = {}
        for place, level in enumerate(self._rules.levels):
            own = self._at(level.source)
            column = table[f"c{own}"].combine_chunks()
            rows = _filled(column)
            for other in range(len(self._names)):
                if other != own and len(rows):
                    cells = table[f"c{other}"].combine_chunks().take(rows)
                    rows = rows.take(pa.array(np.flatnonzero(blank(cells))))
            for at, text in zip(rows.to_pylist(), column.take(rows).to_pylist(), strict=True):
                if at not in known and at not in found and self._rules.is_heading(level, text):
                    found[at] = Verdict(Sort.HEADING, place, text.strip(BLANKS))
        return found

    def _filled(self, row: dict[str, object]) -> Filled:
        return Filled(
            {
                place: text
                for at, place in enumerate(self._names)
                if isinstance(text := row[f"c{at}"], str) and text.strip(BLANKS)
            }
        )

    def _with_groups(
        self, table: pa.Table, verdicts: dict[int, Verdict], unknown: dict[int, str]
    ) -> pa.Table:
        """Returns the rows with a column for each group, malformed under headings that are lost."""
        damaged = self._damaged(table, verdicts)
        table = malformed(table, unknown)
        states, passed = [self._state.held], [self._state.passed]
        changed = np.zeros(table.num_rows, np.int64)
        lines = table["line"].to_numpy()
        events = {at for at, found in verdicts.items() if found.level >= 0}
        for at in sorted({*events, *damaged}):
            line = int(lines[at])
            if at in damaged:
                states.append(after_damage(states[-1], damaged[at], line))
            else:
                states.append(after(states[-1], verdicts[at]))
                row = self._cells.reread(table["text"][at].as_py()) or NOTHING
                self._reader.groups.append(self._rules.event(verdicts[at], line, row))
            passed.append(passed[-1] + (at in events))
            changed[at] = 1
            self.history.append((line, Carried(states[-1], passed[-1])))
        self._state = Carried(states[-1], passed[-1])
        return self._carried(table, states, passed, np.cumsum(changed))

    def _without_hidden(self, table: pa.Table, verdicts: dict[int, Verdict]) -> pa.Table:
        """Returns the rows without unnamed columns; a row with something there is malformed."""
        width = len(self._names) - self._cells.hidden
        problems: dict[int, str] = {}
        for at in range(width, len(self._names)):
            for row in _filled(table[f"c{at}"].combine_chunks()).to_pylist():
                if row not in verdicts:
                    problems.setdefault(row, unnamed_value(self._names[at]))
        table = table.select(range(len(FIXED_FIELDS) + width))
        return malformed(table, problems)

    def _damaged(self, table: pa.Table, verdicts: dict[int, Verdict]) -> dict[int, int]:
        """Returns, by place, of which group a row that cannot be read may have been the heading."""
        found = {}
        for at in _true(pc.is_valid(table["malformed"])).tolist():
            if at in verdicts:
                continue
            text = table["text"][at].as_py()
            row = self._cells.reread(text) or self._cells.peek(text)
            level = self._rules.may_head(row.cells)
            is_sum = self._control is not None and self._control.part(row) is not Part.ROW
            if level is not None and not is_sum:
                found[at] = level
        return found

    def _carried(
        self,
        table: pa.Table,
        states: Sequence[Sequence[Held]],
        passed: Sequence[int],
        changed: Positions,
    ) -> pa.Table:
        """Returns the table with a column for each group and `PASSED`, from the states in order."""
        problems = {at: why for at, held in enumerate(states) if (why := lost(held)) is not None}
        if problems:
            broken = pc.is_valid(table["malformed"]).to_numpy()
            rows = np.flatnonzero(np.isin(changed, list(problems)) & ~broken).tolist()
            table = malformed(table, {row: problems[int(changed[row])] for row in rows})
        broken = pc.is_valid(table["malformed"])
        for texts in zip(*map(texts_of, states), strict=True):
            cells = pa.array(texts, pa.string()).take(pa.array(changed))
            column = pc.if_else(broken, pa.scalar(None, pa.string()), cells)
            table = table.append_column(f"c{table.num_columns - len(FIXED_FIELDS)}", column)
        return table.append_column(PASSED, pa.array(np.array(passed, np.int64)[changed]))


def malformed(table: pa.Table, problems: dict[int, str]) -> pa.Table:
    """Returns the table with more malformed rows, which have no cells.

    Rows that are malformed already stay as they are.

    Args:
        table: A chunk table.
        problems: Why a row is malformed, by its place.
    """
    if not problems:
        return table
    known = table["malformed"].to_pylist()
    why = pa.array([one or problems.get(at) for at, one in enumerate(known)], pa.string())
    place = table.column_names.index("malformed")
    table = table.set_column(place, FIXED_FIELDS[place], why)
    fine = pc.is_null(why)
    for at in range(len(FIXED_FIELDS), table.num_columns - (PASSED in table.column_names)):
        cells = pc.if_else(fine, table.column(at), pa.scalar(None, pa.string()))
        table = table.set_column(at, table.field(at), cells)
    return table


def _true(flags: pa.Array | pa.ChunkedArray) -> Positions:
    return np.flatnonzero(pc.fill_null(flags, fill_value=False).to_numpy(zero_copy_only=False))


def blank(column: pa.Array) -> Flags:
    """Returns which cells have nothing in them."""
    empty = pc.equal(pc.utf8_trim(pc.fill_null(column, ""), BLANKS), "")
    found: Flags = empty.to_numpy(zero_copy_only=False)
    return found


def _filled(column: pa.Array) -> pa.Array:
    """Returns the places of the cells that hold something."""
    places = _true(pc.not_equal(column, ""))  # most are empty or not at first sight
    some = column.take(pa.array(places))
    return pa.array(places[~blank(some)])
