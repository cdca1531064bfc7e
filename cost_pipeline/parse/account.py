"""The account of a file: what became of every line of a text, of every filled row of a workbook.

Belongs here: the account as a value, its JSON and whether it balances. The readers count: what came
in they count from the bytes, what became of it from what they handed on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

_KINDS: Final = ("header", "rows", "blank", "control", "furniture", "continued")


@dataclass(slots=True)
class SheetAccount:
    """One sheet of a workbook. Rows are counted if they have something in them.

    Attributes:
        name: The name of the sheet.
        visible: Whether people see it.
        read: Whether its rows were read.
        ignored: Whether the vendor file says that it is not wanted.
        filled: Rows with something in them.
        cells: Cells with something in them.
        above: Rows above the header that are no table: titles, dates.
        header: Rows that name the columns.
        rows: Rows that were read.
        control: Rows of the sheet's own total.
        furniture: Sums of parts, headings of groups, and what is declared to be furniture.
        other: Rows of another table in the sheet, which were not read.
        other_line: Where that table begins.
        cells_told: Cells of all these rows.
        first_row: The number of the first row of the delivery that comes from this sheet.
    """

    name: str
    visible: bool = True
    read: bool = False
    ignored: bool = False
    filled: int = 0
    cells: int = 0
    above: int = 0
    header: int = 0
    rows: int = 0
    control: int = 0
    furniture: int = 0
    other: int = 0
    other_line: int | None = None
    cells_told: int = 0
    first_row: int | None = None

    @property
    def balanced(self) -> bool:
        """Whether the account tells of every filled row and cell; an unread sheet need not tell."""
        told = self.above + self.header + self.rows + self.control + self.furniture + self.other
        return not self.read or (told == self.filled and self.cells_told == self.cells)


@dataclass(frozen=True, slots=True)
class BrokenSum:
    """The end of a group, which declares another sum than its rows come to.

    Attributes:
        line: The line of the end.
        text: What it says beside the sum.
        declared: The sum; None if it cannot be read.
        computed: What the rows come to; None if no heading opens the group.
        unreadable: How many rows of the group have a number that cannot be read.
    """

    line: int
    text: str
    declared: str | None
    computed: str | None
    unreadable: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Account:
    """What a delivery consists of.

    Attributes:
        lines: Physical lines, counted from the bytes; None for a format without lines.
        header: Lines that name the columns.
        rows: Rows; each is a record or a dead letter.
        blank: Lines, or rows of cells, with nothing in them.
        control: Lines of the file's own total.
        furniture: Other lines that are no rows: heads of pages and groups, sums of parts.
        continued: Further lines of all these, where a cell holds a line end.
        open_end: Whether the last line has no line end.
        misread: Places where the text is UTF-8 that was read as another encoding, here or before
            it was sent.
        misread_line: The first such line.
        sheets: The sheets of a workbook.
        sums: How many declared sums of groups were compared.
        sums_broken: How many of them do not hold.
        broken_sums: The first of the sums that do not hold.
    """

    lines: int | None
    header: int
    rows: int
    blank: int
    control: int
    furniture: int
    continued: int
    open_end: bool = False
    misread: int = 0
    misread_line: int | None = None
    sheets: tuple[SheetAccount, ...] = field(default=())
    sums: int = 0
    sums_broken: int = 0
    broken_sums: tuple[BrokenSum, ...] = field(default=())

    @property
    def balanced(self) -> bool:
        """Whether every line, and every filled row and cell of a workbook, is accounted for."""
        told = sum(getattr(self, name) for name in _KINDS)
        lines = self.lines is None or self.lines == told
        return lines and all(sheet.balanced for sheet in self.sheets)

    def as_dict(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        found = asdict(self) | {"sheets": [asdict(sheet) for sheet in self.sheets]}
        if not self.sums:
            del found["sums"], found["sums_broken"], found["broken_sums"]
        return found

    def as_json(self) -> str:
        """Returns the account as it is stored in `validations.account`."""
        return json.dumps(self.as_dict(), ensure_ascii=False)


def sheet_of(sheets: Sequence[SheetAccount], row: int) -> str | None:
    """Returns the sheet that a row of a delivery comes from, by the row's number."""
    found = [s for s in sheets if s.first_row is not None and s.first_row <= row]
    return max(found, key=lambda sheet: sheet.first_row or 0).name if found else None


def account_from(text: str) -> Account:
    """Returns the account that a stored text holds."""
    found: dict[str, Any] = json.loads(text)
    sheets = tuple(SheetAccount(**sheet) for sheet in found.pop("sheets"))
    broken = tuple(BrokenSum(**one) for one in found.pop("broken_sums", ()))
    return Account(**found, sheets=sheets, broken_sums=broken)
