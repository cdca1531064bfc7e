"""The rows of a sheet of an `.xlsx`, streaming, with the numbers as they are written in the file.

Belongs here: cells of a worksheet part. Memory holds one piece of the part and the shared texts,
wherever in the sheet the cells lie: a cell at XFD1048576 costs one cell. (Readers that lay a sheet
out as a rectangle need 512 GB for that file of 5 kB, and take the process with them.)

Hidden rows and columns are read like others: hiding is for eyes. Of merged cells the first has the
value and the others are empty. A formula counts as its last computed value; one that was never
computed makes its row malformed, because nobody but Excel knows what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final

from cost_pipeline.parse.archive import Archive, BrokenMemberError
from cost_pipeline.parse.rows import Limits
from cost_pipeline.parse.sheet import (
    MOST_COLUMNS,
    MOST_ROWS,
    BadValueError,
    BrokenSheetError,
    SheetRow,
    ValueKind,
    moment_text,
    number_text,
)
from cost_pipeline.parse.sheet_block import SheetColumns
from cost_pipeline.parse.xlsx_book import Book
from cost_pipeline.parse.xlsx_pieces import has_other_markup, whole_elements
from cost_pipeline.parse.xlsx_scan import Scanner
from cost_pipeline.parse.xlsx_texts import plain_text
from cost_pipeline.parse.xml_parts import feed, local, new_parser

_PLAIN: Final = re.compile(r"[1-9][0-9]{0,14}")
_BOOLEANS: Final = {"1": "true", "0": "false", "true": "true", "false": "false"}
_NEVER_COMPUTED: Final = (
    "its formula was never computed; open the workbook in a spreadsheet program and save it"
)


class XlsxSheet:
    """A sheet of a workbook."""

    container = "xlsx"

    def __init__(
        self,
        archive: Archive,
        book: Book,
        part: str,
        limits: Limits,
        *,
        digits: int,
        bulk: bool = True,
    ) -> None:
        self._archive = archive
        self._book = book
        self._part = part
        self._limits = limits
        self._digits = digits
        self._bulk = bulk

    def rows(self, passed_over: Collection[int] = ()) -> Iterator[SheetRow]:
        """Yields the rows that have cells, in order.

        Columns that are passed over (0-based) have no cells.
        """
        reader = _RowReader(self._book, self._limits, self._digits, frozenset(passed_over))
        try:
            for _ in feed(reader.parser, self._archive.pieces(self._part), self._part):
                yield from reader.rows()
                reader.done.clear()
        except (BrokenMemberError, BrokenSheetError) as error:
            yield from reader.rows()  # what was whole before it broke
            raise BrokenSheetError(str(error)) from None

    def pieces(self) -> Iterator[SheetRow | SheetColumns]:
        """Yields the same rows, in columns where the XML is plain and one by one where it is not.

        The parser is not told of what is scanned: whole rows, of which it remembers nothing.
        """
        if not self._bulk:
            yield from self.rows()
            return
        reader = _RowReader(self._book, self._limits, self._digits, frozenset())
        last = 0
        try:
            for _ in feed(reader.parser, self._unscanned(reader), self._part):
                for one in reader.done:
                    yield one
                    last = one.line if isinstance(one, SheetRow) else int(one.lines[-1])
                reader.done.clear()
        except (BrokenMemberError, BrokenSheetError):
            # What is broken, and where, the parser says that has seen everything before it.
            yield from (row for row in self.rows() if row.line > last)

    def _unscanned(self, reader: _RowReader) -> Iterator[bytes]:
        """Yields the bytes that have to be parsed, and none for what is scanned."""
        scanner = Scanner(self._book, self._digits, self._limits.line_bytes)
        sure, size = True, self._limits.block_bytes
        for data, whole in whole_elements(self._archive.pieces(self._part, size), "row", size):
            scanned = sure and whole and reader.rests
            found = scanner.columns(data, reader.line) if scanned else None
            if found is None:
                sure = sure and not (whole and has_other_markup(data))
                yield data
            else:
                reader.pass_over(found)
                yield b""


class _RowReader:
    """Gathers rows from a parser's calls."""

    def __init__(
        self, book: Book, limits: Limits, digits: int, passed_over: frozenset[int]
    ) -> None:
        self.done: list[SheetRow | SheetColumns] = []
        self.parser = new_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._collect
        self._texts: dict[str, Callable[[str], str]] = {
            "s": self._shared,
            "n": self._number,
            "str": plain_text,
            "inlineStr": plain_text,
            "b": _boolean,
            "e": _error,
            "d": str,
        }
        self._book = book
        self._most = limits.line_bytes
        self._digits = digits
        self._columns: dict[str, int] = {}
        self._row = SheetRow(0)
        self._column = -1
        self._kind = ""
        self._style = ""
        self._parts: list[str] = []
        self._hears = False
        self._formula = False
        self._size = 0
        self._aids = 0
        self._passed_over = passed_over

    def rows(self) -> Iterator[SheetRow]:
        """Returns what is done, none of which was passed over."""
        return (one for one in self.done if isinstance(one, SheetRow))

    @property
    def line(self) -> int:
        """Returns the number of the last row."""
        return self._row.line

    @property
    def rests(self) -> bool:
        """Returns whether it is between rows, with nothing open that it would remember."""
        return not self._hears and not self._aids

    def pass_over(self, rows: SheetColumns) -> None:
        """Takes in rows that somebody else has read."""
        self.done.append(rows)
        self._row = SheetRow(int(rows.lines[-1]))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = local(name)
        if name == "c":
            self._column = self._place(attributes.get("r"))
            if self._column in self._passed_over:
                self._pass_over()
                return
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._parts.clear()
            self._formula = False
        elif name == "v" or (name == "t" and not self._aids):
            self._hears = True
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._open_row(attributes.get("r"))
        elif name == "rPh":
            self._aids += 1

    def _end(self, name: str) -> None:
        if ":" in name:
            name = local(name)
        if name in {"v", "t"}:
            self._hears = False
        elif name == "c":
            if self._parts:
                self._cell("".join(self._parts))
            elif self._formula and self._kind != "str":  # else it came to an empty text
                self._row.problems[self._column] = _NEVER_COMPUTED
        elif name == "row":
            if self._row.cells or self._row.problems or self._row.problem:
                self.done.append(self._row)
            self._row = SheetRow(self._row.line)
        elif name == "rPh":
            self._aids -= 1

    def _pass_over(self) -> None:
        """Ignores all events until the end of the cell: most of the time goes into hearing them."""
        self._parts.clear()
        self.parser.StartElementHandler = None
        self.parser.EndElementHandler = self._end_passed_over

    def _end_passed_over(self, name: str) -> None:
        if name[-1] == "c" and local(name) == "c":
            self.parser.StartElementHandler = self._start
            self.parser.EndElementHandler = self._end

    def _collect(self, data: str) -> None:
        if not self._hears:
            return  # between the elements
        self._size += len(data)
        if self._size <= self._most:
            self._parts.append(data)
        else:
            self._overlong()

    def _overlong(self) -> None:
        """Keeps nothing more of a row that is too long.

        A small file can ask for a long row, because cells share texts.
        """
        self._row.problem = f"the row holds more than {self._most} characters; its text is cut"
        self._parts.clear()

    def _open_row(self, number: str | None) -> None:
        line = self._row.line + 1
        if number is not None:
            if not (number.isascii() and number.isdecimal()) or len(number) > len(str(MOST_ROWS)):
                raise BrokenSheetError(f"a row has the number {number[:20]!r}")
            if int(number) < line:
                raise BrokenSheetError(f"row {int(number)} comes after row {line - 1}")
            line = int(number)
        if line > MOST_ROWS:
            raise BrokenSheetError(f"a row has the number {line}, beyond the end of any sheet")
        self._row = SheetRow(line)
        self._column = -1
        self._size = 0

    def _place(self, reference: str | None) -> int:
        if reference is None:
            column = self._column + 1
        else:
            letters = reference.rstrip("0123456789")
            column = self._columns.get(letters, -1)
            if column < 0:
                column = _column_number(letters)
                self._columns[letters] = column
        if column >= MOST_COLUMNS:
            raise BrokenSheetError("a cell lies beyond the last column of any sheet")
        if column <= self._column:
            self._row.problem = f"its cell {column_name(column)} is there twice or out of order"
        return column

    def _cell(self, value: str) -> None:
        try:
            text = self._texts.get(self._kind, self._unknown)(value)
        except BadValueError as error:
            text = value[:100]
            self._row.problems[self._column] = str(error)
        if self._kind == "s":
            self._size += len(text)
            if self._size > self._most:
                self._overlong()
                return
        if "\0" in text:
            self._row.problems[self._column] = "it holds a NUL character"
            text = text.replace("\0", "")
        if text and self._row.problem is None:
            self._row.cells[self._column] = text

    def _shared(self, value: str) -> str:
        texts = self._book.texts
        place = int(value) if value.isascii() and value.isdecimal() else len(texts)
        if place >= len(texts):
            raise BadValueError("it refers to a text that the workbook does not have")
        return texts[place]

    def _unknown(self, _value: str) -> str:
        raise BadValueError(f"it is of the unknown type {self._kind[:20]!r}")

    def _number(self, value: str) -> str:
        kind = ValueKind.NUMBER
        if self._style:
            style, styles = self._style, self._book.styles
            place = int(style) if style.isascii() and style.isdecimal() else 0
            kind = styles[place] if place < len(styles) else ValueKind.NUMBER
        self._row.kinds[self._column] = kind
        if kind is not ValueKind.NUMBER:
            return moment_text(value, kind, since_1904=self._book.since_1904)
        return value if _PLAIN.fullmatch(value) else number_text(value.strip(), self._digits)


def _boolean(value: str) -> str:
    return _BOOLEANS.get(value.strip(), value)


def _error(value: str) -> str:
    raise BadValueError(f"it holds the error {value[:20]}")


def _column_number(letters: str) -> int:
    number = 0
    if not letters or len(letters) > 3:  # noqa: PLR2004 - XFD is the last column
        raise BrokenSheetError(f"a cell has the place {letters[:20]!r}")
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise BrokenSheetError(f"a cell has the place {letters!r}")
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_name(column: int) -> str:
    """Returns the letters of a 0-based column."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
