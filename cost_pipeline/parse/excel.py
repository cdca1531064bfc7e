"""Reads `excel`: sheets whose header rows are found by the names that they must hold.

Belongs here: telling the containers apart, and which sheets are read. The rows of a sheet are
`sheet_table`'s work, values are `sheet`'s, the two containers `xlsx`'s and `xls`'s.

- The header is the row, among the first `header_within` of the sheet, that holds the most of the
  declared names (compared without case and outer blanks); the first of equals; without declared
  names the first row that is not blank.
- `line` is the row's number in the sheet; `text` is its cells as a line of CSV (RFC 4180), up to
  the last one that is filled or has a header.
- An error (`#N/A`), a number whose digits Excel has lost, or a value under no header makes its row
  malformed. Empty rows up to the last filled one are `blank_rows`.
- A row below that names the columns in another order begins another table, which is not read; so
  are sheets that are not asked for. Both are told in the account, with their filled rows.
- Of several sheets rows are numbered on, and each sheet has columns of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.formats import ExcelFormat
from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse.account import SheetAccount
from cost_pipeline.parse.archive import BrokenMemberError, open_archive
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.listing import MissingColumnError
from cost_pipeline.parse.pieces import RowBlock, gather_pieces, passed_before, pieces_table
from cost_pipeline.parse.rows import Limits, ParsedChunk, Refused, RowReader
from cost_pipeline.parse.sheet import BrokenSheetError
from cost_pipeline.parse.sheet_block import NamedSheet
from cost_pipeline.parse.sheet_table import SheetTable, count_sheet, find_header
from cost_pipeline.parse.source import looks_like_html
from cost_pipeline.parse.xls import ENCRYPTED, open_xls
from cost_pipeline.parse.xlsx import XlsxSheet
from cost_pipeline.parse.xlsx_book import read_book

ZIP_MAGIC: Final = b"PK\x03\x04"
OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD: Final = 4096
_SPREADSHEET_2003: Final = b"urn:schemas-microsoft-com:office:spreadsheet"


def open_excel(
    path: Path, form: ExcelFormat, limits: Limits, *, chunk_rows: int, bulk: bool
) -> RowReader | Refused:
    """Returns a reader of the rows of the sheets that are asked for.

    Args:
        path: The landed bytes.
        form: What the vendor declares.
        limits: The bounds.
        chunk_rows: Chunks hold at most so many rows.
        bulk: Whether plain rows may be scanned in columns.
    """
    try:
        book = open_book(path, form, limits, bulk=bulk)
        if isinstance(book, Refused):
            return book
        found = _tables(book, form, limits)
    except (BrokenSheetError, BrokenMemberError) as error:
        return _refused(str(error))
    except MissingColumnError as error:
        return error.refused
    if isinstance(found, Refused):
        return found

    def chunks(reader: RowReader) -> Iterator[ParsedChunk]:
        for table in found.tables:
            reader.header_rows += 1
            reader.above = table.above
            reader.header += tuple(n for n in table.header if n and n not in reader.header)
            rows = table.rows(reader)
            for gathered in gather_pieces(rows, RowBlock, chunk_rows, limits.chunk_bytes):
                arrow = pieces_table(gathered, reader.rows + 1, len(table.columns))
                passed = pa.array(passed_before(gathered), pa.int64()) if form.groups else None
                yield ParsedChunk(table.fill_down.filled(arrow), table.columns, passed=passed)
        for sheet, account in found.others:
            count_sheet(sheet.open(), account)

    reader = RowReader(book.container, found.tables[0].header, chunks)
    reader.sheets = found.accounts
    reader.header_line = found.tables[0].line
    return reader


@dataclass(frozen=True, slots=True)
class Book:
    """The sheets of a workbook, and what it lies in."""

    container: str
    sheets: Sequence[NamedSheet]


@dataclass(frozen=True, slots=True)
class _Found:
    """The sheets that are read, and those that are only counted; `accounts` has one for each."""

    tables: list[SheetTable]
    others: list[tuple[NamedSheet, SheetAccount]]
    accounts: list[SheetAccount]


def _tables(book: Book, form: ExcelFormat, limits: Limits) -> _Found | Refused:
    demanded, wished = _chosen(book.sheets, form)
    found = _Found([], [], [])
    why: Refused | None = None
    for place, named in enumerate(book.sheets):
        account = SheetAccount(named.name, named.visible)
        found.accounts.append(account)
        if place in demanded or place in wished:
            sheet = named.open()
            header = find_header(sheet, form, limits)
            if not isinstance(header, Refused):
                found.tables.append(SheetTable(sheet, header, form, limits, account))
                continue
            why = why or header
            if place in demanded:
                return header if form.sheet or form.sheets else _with_others(header, book.sheets)
        if _fits(named.name, form.ignore_sheets):
            account.ignored = True
        found.others.append((named, account))
    if not found.tables:
        return why or _refused(f"no sheet is called so: {_listed(book.sheets)}")
    return found


def _with_others(refused: Refused, sheets: Sequence[NamedSheet]) -> Refused:
    """Returns why the first sheet cannot be read, where the vendor file names none."""
    others = [sheet.name for sheet in sheets if sheet.visible][1:21]
    if not others:
        return refused
    more = f"only the first sheet was looked at, and there is {', '.join(map(repr, others))} too"
    return Refused(refused.reason, f"{refused.message}; {more}: name it in `sheet` or `sheets`")


def _chosen(sheets: Sequence[NamedSheet], form: ExcelFormat) -> tuple[set[int], set[int]]:
    """Returns the places of the sheets that must be read, and of those that may be read.

    Those that may be read are read if they have a header.

    Raises:
        BrokenSheetError: If one that must be there is not.
    """
    if not form.sheets:
        wanted = [form.sheet] if form.sheet is not None else []
        if not wanted:
            visible = [place for place, sheet in enumerate(sheets) if sheet.visible]
            if not visible:
                raise BrokenSheetError(f"the workbook has no visible sheet; {_listed(sheets)}")
            return {visible[0]}, set()
    else:
        wanted = [name for name in form.sheets if not set(name) & set("*?[")]
    demanded = {_named(sheets, name) for name in wanted}
    wished = {
        place
        for place, sheet in enumerate(sheets)
        if sheet.visible and _fits(sheet.name, form.sheets)
    }
    return demanded, wished - demanded


def _named(sheets: Sequence[NamedSheet], wanted: str) -> int:
    for place, sheet in enumerate(sheets):
        if _plain(sheet.name) == _plain(wanted):
            return place
    raise BrokenSheetError(f"the workbook has no sheet {wanted!r}; {_listed(sheets)}")


def _listed(sheets: Sequence[NamedSheet]) -> str:
    return f"it has {', '.join(repr(sheet.name) for sheet in sheets[:20])}"


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(_plain(name), _plain(pattern)) for pattern in patterns)


def _plain(name: str) -> str:
    return name.casefold().strip()


def open_book(
    path: Path, form: ExcelFormat, limits: Limits, *, bulk: bool = True
) -> Book | Refused:
    """Returns the workbook, whose container its bytes tell, or why it is none."""
    head = next(Body(path).pieces(_HEAD), b"")
    if head.startswith(ZIP_MAGIC):
        return _open_xlsx(path, form, limits, bulk=bulk)
    if head.startswith(OLE_MAGIC):
        return _open_ole(path, form, limits)
    return _refused(_what_it_is(head))


def _open_xlsx(path: Path, form: ExcelFormat, limits: Limits, *, bulk: bool) -> Book | Refused:
    archive = open_archive(path, limits)
    if isinstance(archive, Refused):
        return archive
    book = read_book(archive, limits, bulk=bulk)
    sheets = [
        NamedSheet(
            sheet.name,
            sheet.visible,
            partial(XlsxSheet, archive, book, sheet.part, limits, digits=form.digits, bulk=bulk),
        )
        for sheet in book.sheets
    ]
    return Book(XlsxSheet.container, sheets)


def _open_ole(path: Path, form: ExcelFormat, limits: Limits) -> Book | Refused:
    size = path.stat().st_size
    if size > limits.binary_bytes:
        what = f"the old workbook (.xls) has {size} bytes, {limits.binary_bytes} at most are read"
        return _refused(f"{what}; save it as .xlsx")
    content = b"".join(Body(path).pieces(1 << 20))
    if "EncryptedPackage".encode("utf-16-le") in content:
        return _refused(ENCRYPTED)
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return _refused("it is an old Office file, but not an Excel workbook")
    return Book("xls", open_xls(path, digits=form.digits))


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
