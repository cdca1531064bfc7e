"""The rows of one sheet: where its header is, what is a row below it, and what is another table.

Belongs here: one sheet that is read, and its account. Which sheets of a workbook are read is
`excel`'s work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from cost_pipeline.contracts.formats import ExcelFormat
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS, plain_name
from cost_pipeline.parse.account import SheetAccount
from cost_pipeline.parse.control import (
    TAIL_ROWS,
    ControlRules,
    Filled,
    Part,
    control_rules,
    rows_without_totals,
)
from cost_pipeline.parse.fill_down import FillDown
from cost_pipeline.parse.header import joined
from cost_pipeline.parse.json_items import cut_text
from cost_pipeline.parse.kind_column import kind_column
from cost_pipeline.parse.listing import (
    Held,
    ListingRules,
    Sort,
    after,
    after_damage,
    called,
    levels_of,
    lost,
    texts_of,
)
from cost_pipeline.parse.pieces import RowBlock
from cost_pipeline.parse.records import unnamed_value
from cost_pipeline.parse.rows import Limits, RawRow, Refused, RowReader
from cost_pipeline.parse.sheet import Above, BrokenSheetError, SheetRow, csv_line
from cost_pipeline.parse.sheet_block import PlainRows, Sheet, SheetColumns
from cost_pipeline.parse.xlsx import column_name

# So many names of columns make a row a header: one may be a value by chance.
_NAMES: Final = 2


@dataclass(frozen=True, slots=True)
class SheetHeader:
    """The header of a sheet, and what the rows above it say."""

    row: SheetRow
    above: tuple[str, ...]


def find_header(sheet: Sheet, form: ExcelFormat, limits: Limits) -> SheetHeader | Refused:
    """Returns the row that holds the most of the declared names, or why there is none."""
    wanted = {plain_name(name) for name in form.header}
    best: SheetRow | None = None
    most = 0
    said: list[str] = []
    above: tuple[str, ...] = ()
    try:
        for row in sheet.rows():
            if row.line > form.header_within:
                break
            names = {plain_name(text) for text in row.cells.values()} - {""}
            found = len(wanted & names) if wanted else bool(names)
            if found > most:
                best, most, above = row, found, tuple(said)
            said.append(joined(row.cells[place] for place in sorted(row.cells)))
    except BrokenSheetError as error:
        if best is None:  # else what is broken comes below the header, and is told there
            return _refused(str(error))
    if best is None:
        where = f"in the first {form.header_within} rows of the sheet"
        if wanted:
            return _refused(f"no header {where}: none holds {', '.join(form.header[:10])}")
        return _refused(f"no header: nothing {where}")
    if max(best.cells) >= limits.keys:
        what = f"the header has {max(best.cells) + 1} columns, {limits.keys} at most are read"
        return _refused(what)
    if best.problems or best.problem:
        return _refused(f"the header in row {best.line} cannot be read: {_first_problem(best)}")
    return SheetHeader(best, above)


def count_sheet(sheet: Sheet, account: SheetAccount) -> None:
    """Counts what stands in a sheet that is not read, as far as it can be."""
    try:
        for row in sheet.pieces():
            cells = _cells(row)
            if isinstance(row, SheetColumns):
                account.filled += int((row.counts() > 0).sum())
                account.cells += cells
            elif cells or row.problems or row.problem is not None:
                account.filled += 1
                account.cells += cells
    except BrokenSheetError:
        account.filled += 1  # there is something that nobody can read


class SheetTable:
    """A sheet whose header is known.

    Args:
        sheet: The sheet.
        header: Its header.
        form: What the vendor declares.
        limits: What is too long.
        account: The account that counts what is found here.

    Raises:
        MissingColumnError: If the header lacks the column in which headings of groups stand, or
            that which says the kinds of records.
    """

    def __init__(
        self,
        sheet: Sheet,
        header: SheetHeader,
        form: ExcelFormat,
        limits: Limits,
        account: SheetAccount,
    ) -> None:
        self._sheet = sheet
        self.line = header.row.line
        self.above = header.above
        self._limits = limits
        self._account = account
        cells = {i: text for i, text in header.row.cells.items() if text.strip(BLANKS)}
        width = max([max(cells) + 1, *form.told.places])
        verbatim = [cells.get(i, "") for i in range(width)]
        own = called(verbatim, form.told.passed, form.told.places)
        levels = levels_of(form, own)
        names = {i: name for i, name in enumerate(own) if name.strip(BLANKS)}
        self._named = sorted(names)
        self._known = {*names, *form.told.passed_places}
        filled = tuple(level.group.column for level in levels)
        self.header = (*own, *filled)
        self.columns = (*(names[i] for i in self._named), *filled)
        self.fill_down = FillDown(self.columns, form.fill_down)
        self._rules = control_rules(form, own)
        self._listing = ListingRules(form, own, levels, form.told.summed, header=cells[min(cells)])
        self._wanted = {plain_name(name) for name in form.header} | {
            *map(plain_name, names.values())
        }
        self._kinds = kind_column(form.kinds, own)
        self._broken: RawRow | None = None
        self._beside = False  # whether the last row belongs to another table
        most = sum(plain_name(name) in self._wanted for name in self.columns)
        self._most = max(_NAMES, (most + 1) // 2)
        self._plain = None
        if not levels and not form.furniture:
            self._plain = PlainRows(
                len(self.header),
                self._known,
                self._named,
                wanted=self._wanted,
                most=self._most,
                repeated=(min(names), cells[min(cells)]),
            )

    def rows(self, reader: RowReader) -> Iterator[RawRow | RowBlock]:
        """Yields the rows below the header; keeps the counts and the control row of `reader`."""
        account = self._account
        account.read = True
        account.first_row = reader.rows + 1
        listed = self._listed(reader)
        if self._rules is not None:
            listed = _but_the_last(listed, self._rules)
        for row in rows_without_totals(
            reader, listed, self._rules, _filled_cells, self._left_out, _are_many
        ):
            account.cells_told += _cells(row)
            if isinstance(row, SheetRow):
                account.rows += 1
                yield self._raw(row)
            elif self._plain is not None:
                account.rows += len(row)
                yield self._plain.block(row)
        if self._broken is not None:
            yield self._broken

    def _left_out(self, part: Part, row: SheetRow | SheetColumns) -> None:
        self._account.cells_told += _cells(row)
        if part is Part.TOTAL:
            self._account.control += 1
        else:
            self._account.furniture += 1

    def _listed(self, reader: RowReader) -> Iterator[SheetRow | SheetColumns]:
        """Yields the rows that are no furniture, with what the headings above them say."""
        rules, account = self._listing, self._account
        held: list[Held] = [None] * len(rules.levels)
        for row in self._own(reader):
            if isinstance(row, SheetColumns):
                yield from self._of_kinds(row, reader)
                continue
            filled = _filled_cells(row)
            verdict = rules.judge(filled, "")
            if verdict.sort is not Sort.ROW:
                account.cells_told += _cells(row)
                if verdict.sort is Sort.HEADER:
                    account.header += 1
                    reader.header_rows += 1
                else:
                    account.furniture += 1
                    reader.furniture_rows += 1
                if verdict.level >= 0:
                    held = after(held, verdict)
                    reader.groups.append(rules.event(verdict, row.line, filled))
                continue
            broken = (rules.levels or self._kinds) and self._problem(row) is not None
            if self._kinds is not None and not broken:
                cell = row.cells.get(self._kinds.place, "")
                if self._kinds.is_others(cell):
                    self._count_others(row, 1, reader)
                    continue
                row.unknown = self._kinds.problem(cell)
            if rules.levels:
                level = rules.may_head(row.cells) if broken else None
                if level is not None and not self._is_sum(filled):
                    held = after_damage(held, level, row.line)
                row.above = Above(texts_of(held), lost(held), len(reader.groups))
            yield row

    def _of_kinds(
        self, table: SheetColumns, reader: RowReader
    ) -> Iterator[SheetRow | SheetColumns]:
        """Yields the rows that are not another vendor's, one by one where a kind is not known."""
        if self._kinds is None or self._kinds.place >= len(table.columns):
            yield table
            return
        others, unknown = self._kinds.told(table.columns[self._kinds.place])
        if others.any():
            self._count_others(table.where(others), int(others.sum()), reader)
        if not unknown:
            if not others.all():
                yield table.where(~others)
            return
        for at, row in enumerate(table.rows()):
            if not others[at]:
                row.unknown = unknown.get(at)
                yield row

    def _count_others(self, rows: SheetRow | SheetColumns, count: int, reader: RowReader) -> None:
        self._account.cells_told += _cells(rows)
        self._account.furniture += count
        reader.furniture_rows += count

    def _is_sum(self, filled: Filled) -> bool:
        return self._rules is not None and self._rules.part(filled) is not Part.ROW

    def _own(self, reader: RowReader) -> Iterator[SheetRow | SheetColumns]:
        """Yields the filled rows of the table; counts what stands above and beside it."""
        account, seen = self._account, self.line
        try:
            for row in self._pieces():
                if isinstance(row, SheetColumns):
                    account.filled += len(row)
                    account.cells += int(row.counts().sum())
                    reader.blank_rows += int(row.lines[-1]) - seen - len(row)
                    seen = int(row.lines[-1])
                    yield row
                    continue
                cells = _cells(row)
                if not cells and not row.problems and row.problem is None:
                    continue
                account.filled += 1
                account.cells += cells
                if row.line == self.line:
                    account.header += 1
                    self._beside = False
                elif self._beside and self._listing.repeats(_filled_cells(row)):
                    self._beside = False
                    yield row
                    continue
                elif self._beside or self._begins_another(row):
                    self._beside = True
                    account.other += 1
                    account.other_line = account.other_line or row.line
                elif row.line < self.line:
                    account.above += 1
                else:
                    reader.blank_rows += row.line - seen - 1
                    seen = row.line
                    yield row
                    continue
                account.cells_told += cells
        except BrokenSheetError as error:
            problem = f"the sheet is broken from here on: {error}"
            self._broken = RawRow(seen + 1, "", problem, None)

    def _pieces(self) -> Iterator[SheetRow | SheetColumns]:
        """Yields the rows, in columns where they surely belong to the table."""
        for piece in self._sheet.pieces():
            if isinstance(piece, SheetRow):
                yield piece
                continue
            below = int(np.searchsorted(piece.lines, self.line, side="right"))
            yield from piece.part(0, below).rows()
            rest = piece.part(below, len(piece)).without_blank()
            if not len(rest):
                continue
            if self._plain is not None and not self._beside and self._plain.holds(rest):
                yield rest
            else:
                yield from rest.rows()

    def _begins_another(self, row: SheetRow) -> bool:
        """Whether a row names columns, and others than the header or elsewhere."""
        if row.kinds or row.problem is not None:  # a name is no number
            return False
        found = {i: name for i, t in row.cells.items() if (name := plain_name(t)) in self._wanted}
        if len({*found.values()}) < self._most:
            return False
        return row.line < self.line or any(
            place >= len(self.header) or plain_name(self.header[place]) != name
            for place, name in found.items()
        )

    def _raw(self, row: SheetRow) -> RawRow:
        width = max(len(self.header), max(row.cells, default=-1) + 1)
        text = csv_line([row.cells.get(i, "") for i in range(width)])
        problem = self._problem(row)
        if problem is not None:
            text, _ = cut_text(text, self._limits)
            return RawRow(row.line, text, problem, None, row.above.passed if row.above else 0)
        own = [row.cells.get(i, "") for i in self._named]
        if row.above is None:
            return RawRow(row.line, text, None, own)
        return RawRow(row.line, text, None, [*own, *row.above.texts], row.above.passed)

    def _problem(self, row: SheetRow) -> str | None:
        if row.problem is not None or row.problems:
            return _first_problem(row)
        for column in sorted(row.cells.keys() - self._known):
            if row.cells[column].strip(BLANKS):
                return unnamed_value(column)
        return row.unknown or (row.above.problem if row.above else None)


def _but_the_last(
    rows: Iterator[SheetRow | SheetColumns], rules: ControlRules
) -> Iterator[SheetRow | SheetColumns]:
    """Yields the rows, those one by one that may be totals or sums of parts."""
    for row in rows:
        if isinstance(row, SheetRow):
            yield row
            continue
        settled = max(len(row) - TAIL_ROWS, 0)
        if rules.total.subtotals and (row.counts() <= rules.most_cells).any():
            settled = 0
        if settled:
            yield row.part(0, settled)
        yield from row.part(settled, len(row)).rows()


def _are_many(row: SheetRow | SheetColumns) -> bool:
    return isinstance(row, SheetColumns)


def _filled_cells(row: SheetRow | SheetColumns) -> Filled:
    if isinstance(row, SheetColumns) or row.problem is not None or row.problems:
        return Filled({})
    return Filled({place: text for place, text in row.cells.items() if _filled(text)})


def _cells(row: SheetRow | SheetColumns) -> int:
    if isinstance(row, SheetColumns):
        return int(row.counts().sum())
    # A cell that is there holds something; `isspace` is true of what `strip` leaves nothing of.
    return len(row.cells) - sum(map(str.isspace, row.cells.values()))


def _filled(text: str) -> bool:
    return bool(text.strip(BLANKS))


def _first_problem(row: SheetRow) -> str:
    if row.problem is not None:
        return row.problem
    column, problem = min(row.problems.items())
    return f"cell {column_name(column)}{row.line}: {problem}"


def _refused(message: str) -> Refused:
    return Refused(Reason.NOT_THE_FORMAT, message)
