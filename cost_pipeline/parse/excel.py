"""Reads `excel`: a sheet whose header row is found by the names it must hold.

Belongs here: telling the containers apart, the header, and which rows of the sheet are rows. Values
are `sheet`'s, the two containers `xlsx`'s and `xls`'s work.

- The header is the row, among the first `header_within` of the sheet, that holds the most of the
  declared names (compared without case and outer blanks); the first of equals; without declared
  names the first row that is not blank.
- `line` is the row's number in the sheet; `text` is its cells as a line of CSV (RFC 4180), up to
  the last one that is filled or has a header.
- An error (`#N/A`), a number whose digits Excel has lost, or a value under no header makes its row
  malformed. Empty rows up to the last filled one are `blank_rows`.
- Where the vendor declares a control total, the last row is the control row if only one of its
  cells is filled besides a label that begins with `total` or `grand total`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cost_pipeline.contracts.formats import ExcelFormat
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.archive import BrokenMemberError, open_archive
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.json_items import cut_text
from cost_pipeline.parse.records import unnamed_value
from cost_pipeline.parse.rows import (
    Limits,
    ParsedChunk,
    RawRow,
    Refused,
    RowReader,
    gather_rows,
    rows_table,
)
from cost_pipeline.parse.sheet import BrokenSheetError, Sheet, SheetRow
from cost_pipeline.parse.source import looks_like_html
from cost_pipeline.parse.xls import ENCRYPTED, choose_sheet, open_xls
from cost_pipeline.parse.xlsx import XlsxSheet, column_name
from cost_pipeline.parse.xlsx_book import read_book

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD: Final = 4096
_SPREADSHEET_2003: Final = b"urn:schemas-microsoft-com:office:spreadsheet"
_MARK: Final = re.compile(r'["\r\n]')
_TOTALS: Final = ("total", "grand total")


def open_excel(
    path: Path, form: ExcelFormat, limits: Limits, *, chunk_rows: int
) -> RowReader | Refused:
    """A reader of the rows of a sheet."""
    sheet = _open_sheet(path, form, limits)
    if isinstance(sheet, Refused):
        return sheet
    header = _find_header(sheet, form, limits)
    if isinstance(header, Refused):
        return header
    table = _SheetTable(sheet, header, limits, has_control=form.control_total is not None)

    def chunks(reader: RowReader) -> Iterator[ParsedChunk]:
        for gathered in gather_rows(table.rows(reader), chunk_rows, limits.chunk_bytes):
            arrow = rows_table(gathered, reader.rows + 1, len(table.columns))
            yield ParsedChunk(arrow, table.columns)

    return RowReader(sheet.container, table.header, chunks)


def _open_sheet(path: Path, form: ExcelFormat, limits: Limits) -> Sheet | Refused:
    head = next(Body(path).pieces(_HEAD), b"")
    try:
        if head.startswith(_ZIP):
            return _open_xlsx(path, form, limits)
        if head.startswith(_OLE):
            return _open_ole(path, form, limits)
    except (BrokenSheetError, BrokenMemberError) as error:
        return _refused(str(error))
    return _refused(_what_it_is(head))


def _open_xlsx(path: Path, form: ExcelFormat, limits: Limits) -> Sheet | Refused:
    archive = open_archive(path, limits)
    if isinstance(archive, Refused):
        return archive
    book = read_book(archive, limits)
    place = choose_sheet([(sheet.name, sheet.visible) for sheet in book.sheets], form.sheet)
    return XlsxSheet(archive, book, book.sheets[place].part, limits, digits=form.digits)


def _open_ole(path: Path, form: ExcelFormat, limits: Limits) -> Sheet | Refused:
    size = path.stat().st_size
    if size > limits.binary_bytes:
        what = f"the old workbook (.xls) has {size} bytes, {limits.binary_bytes} at most are read"
        return _refused(f"{what}; save it as .xlsx")
    content = b"".join(Body(path).pieces(1 << 20))
    if "EncryptedPackage".encode("utf-16-le") in content:
        return _refused(ENCRYPTED)
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return _refused("it is an old Office file, but not an Excel workbook")
    return open_xls(path, form.sheet, digits=form.digits)


def _what_it_is(head: bytes) -> str:
    if not head:
        return "the file is empty"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if looks_like_html(head) or start.startswith((b"<table", b"<meta", b"<head", b"<body")):
        return "it is an HTML page with the name of a workbook, perhaps a web report or a login"
    if _SPREADSHEET_2003 in head:
        return "it is an XML spreadsheet of Excel 2003; save it as .xlsx"
    if b"\0" not in head:
        return "it is text, not an Excel workbook; perhaps its format is `csv`"
    return "it is not an Excel workbook (.xlsx or .xls)"


def _refused(message: str) -> Refused:
    return Refused(Reason.NOT_THE_FORMAT, message)


def _find_header(sheet: Sheet, form: ExcelFormat, limits: Limits) -> SheetRow | Refused:
    wanted = {_plain(name) for name in form.header}
    best: SheetRow | None = None
    most = 0
    try:
        for row in sheet.rows():
            if row.line > form.header_within:
                break
            names = {_plain(text) for text in row.cells.values()} - {""}
            found = len(wanted & names) if wanted else bool(names)
            if found > most:
                best, most = row, found
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
    return best


def _plain(text: str) -> str:
    return text.strip(BLANKS).casefold()


def _first_problem(row: SheetRow) -> str:
    if row.problem is not None:
        return row.problem
    column, problem = min(row.problems.items())
    return f"cell {column_name(column)}{row.line}: {problem}"


class _SheetTable:
    """A sheet whose header is known."""

    def __init__(
        self, sheet: Sheet, header: SheetRow, limits: Limits, *, has_control: bool
    ) -> None:
        self._sheet = sheet
        self._line = header.line
        self._limits = limits
        self._has_control = has_control
        names = {i: text for i, text in header.cells.items() if text.strip(BLANKS)}
        self.header = tuple(names.get(i, "") for i in range(max(names) + 1))
        self._named = sorted(names)
        self._known = frozenset(names)
        self.columns = tuple(names[i] for i in self._named)

    def rows(self, reader: RowReader) -> Iterator[RawRow]:
        """The rows below the header; the counts and the control row of `reader` are kept."""
        held: SheetRow | None = None
        seen = self._line
        try:
            for row in self._sheet.rows():
                if row.line <= self._line or self._is_blank(row):
                    continue
                if held is not None:
                    yield self._raw(held)
                reader.blank_rows += row.line - seen - 1
                seen, held = row.line, row
        except BrokenSheetError as error:
            if held is not None:
                yield self._raw(held)
            problem = f"the sheet is broken from here on: {error}"
            yield RawRow(seen + 1, "", problem, None)
            return
        if held is not None:
            reader.control = self._control(held) if self._has_control else None
            if reader.control is None:
                yield self._raw(held)

    def _is_blank(self, row: SheetRow) -> bool:
        if row.problems or row.problem is not None:
            return False
        return not any(map(_filled, row.cells.values()))

    def _raw(self, row: SheetRow) -> RawRow:
        width = max(len(self.header), max(row.cells, default=-1) + 1)
        text = csv_line([row.cells.get(i, "") for i in range(width)])
        problem = self._problem(row)
        if problem is not None:
            text, _ = cut_text(text, self._limits)
            return RawRow(row.line, text, problem, None)
        return RawRow(row.line, text, None, [row.cells.get(i, "") for i in self._named])

    def _problem(self, row: SheetRow) -> str | None:
        if row.problem is not None or row.problems:
            return _first_problem(row)
        for column in sorted(row.cells.keys() - self._known):
            if row.cells[column].strip(BLANKS):
                return unnamed_value(column)
        return None

    def _control(self, row: SheetRow) -> dict[str, str] | None:
        if self._problem(row) is not None:
            return None
        filled = {i: text for i, text in row.cells.items() if text.strip(BLANKS)}
        values = [i for i, text in filled.items() if not _plain(text).startswith(_TOTALS)]
        if len(values) != 1 or len(filled) > 2:  # noqa: PLR2004 - the value and its label
            return None
        return {self.header[values[0]]: filled[values[0]]}


def _filled(text: str) -> bool:
    return bool(text.strip(BLANKS))


def csv_line(cells: list[str]) -> str:
    """The cells as a line of CSV (RFC 4180), without its terminator."""
    line = ",".join(cells)
    if _MARK.search(line) is None and line.count(",") == len(cells) - 1:
        return line
    return ",".join(map(_quoted, cells))


def _quoted(cell: str) -> str:
    if "," in cell or _MARK.search(cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell
