"""The rows of a sheet of an `.xls` (Excel 97 to 2003), through xlrd.

Belongs here: calling xlrd and giving its cells their texts. Such a file is held whole, so its size
is limited. xlrd was written for files of Excel's own making; of damaged ones it raises whatever its
arithmetic meets, which is why the list of exceptions is long.
"""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import xlrd

from cost_pipeline.parse.sheet import (
    BadValueError,
    BrokenSheetError,
    SheetRow,
    ValueKind,
    format_kind,
    moment_text,
    number_text,
)
from cost_pipeline.parse.sheet_block import NamedSheet

_DAMAGED: Final = (
    xlrd.XLRDError,
    xlrd.compdoc.CompDocError,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
    MemoryError,
)


class XlsSheet:
    """A sheet of an old workbook; it is read when its rows are asked for."""

    container = "xls"

    def __init__(self, book: Any, sheet: Any, *, digits: int) -> None:  # noqa: ANN401 - untyped
        self._book = book
        self._sheet = sheet
        self._digits = digits
        self._kinds: dict[int, ValueKind] = {}

    def rows(self) -> Iterator[SheetRow]:
        """Yields the rows that have cells, in order."""
        for index in range(self._sheet.nrows):
            row = SheetRow(index + 1)
            for column in range(self._sheet.row_len(index)):
                self._cell(row, index, column)
            if row.cells or row.problems:
                yield row

    def pieces(self) -> Iterator[SheetRow]:
        """Returns the same rows; none are in columns."""
        return self.rows()

    def _cell(self, row: SheetRow, index: int, column: int) -> None:
        kind, value = self._sheet.cell_type(index, column), self._sheet.cell_value(index, column)
        try:
            text = self._text(kind, value, self._sheet.cell_xf_index(index, column))
        except BadValueError as error:
            text = str(value)
            row.problems[column] = str(error)
        if "\0" in text:
            row.problems[column] = "it holds a NUL character"
            text = text.replace("\0", "")
        if text:
            row.cells[column] = text

    def _text(self, kind: int, value: Any, style: int) -> str:  # noqa: ANN401 - xlrd is untyped
        if kind == xlrd.XL_CELL_TEXT:
            return str(value)
        if kind in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE}:
            shown = self._kind(style)
            if shown is ValueKind.NUMBER:
                return number_text(value, self._digits)
            return moment_text(value, shown, since_1904=bool(self._book.datemode))
        if kind == xlrd.XL_CELL_BOOLEAN:
            return "true" if value else "false"
        if kind == xlrd.XL_CELL_ERROR:
            name = xlrd.error_text_from_code.get(value, "unknown")
            raise BadValueError(f"it holds the error {name}")
        return ""

    def _kind(self, style: int) -> ValueKind:
        kind = self._kinds.get(style)
        if kind is None:
            key = self._book.xf_list[style].format_key
            known = self._book.format_map.get(key)
            kind = format_kind(key, known.format_str if known is not None else None)
            self._kinds[style] = kind
        return kind


def open_xls(path: Path, *, digits: int) -> list[NamedSheet]:
    """Returns the sheets of an old workbook.

    Raises:
        BrokenSheetError: If the file cannot be read, or is encrypted.
    """
    try:
        book = xlrd.open_workbook(
            str(path), logfile=io.StringIO(), on_demand=True, formatting_info=True, ragged_rows=True
        )
        visible = [v == 0 for v in book._sheet_visibility]  # noqa: SLF001 - known before a sheet is loaded
        return [
            NamedSheet(name, seen, functools.partial(_sheet, book, place, digits))
            for place, (name, seen) in enumerate(zip(book.sheet_names(), visible, strict=False))
        ]
    except _DAMAGED as error:
        raise _damaged(error) from None


def _sheet(book: Any, place: int, digits: int) -> XlsSheet:  # noqa: ANN401 - xlrd is untyped
    try:
        return XlsSheet(book, book.sheet_by_index(place), digits=digits)
    except _DAMAGED as error:
        raise _damaged(error) from None


def _damaged(error: BaseException) -> BrokenSheetError:
    if "encrypted" in str(error):
        return BrokenSheetError(ENCRYPTED)
    return BrokenSheetError(f"the old workbook (.xls) is damaged: {error}")


ENCRYPTED: Final = "the workbook is encrypted; it must be delivered without a password"
