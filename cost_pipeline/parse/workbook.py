"""Reads every sheet of a workbook that has a known mark in its header, with the kinds of its cells.

Belongs here: what a correction needs and a vendor's delivery does not: several sheets at once, and
whether a cell was typed as text or holds a number or a day. What the cells mean is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.formats import CsvFormat
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.archive import BrokenMemberError, open_archive
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.opening import open_rows
from cost_pipeline.parse.rows import Limits, Refused, RowReader
from cost_pipeline.parse.sheet import BrokenSheetError, SheetRow, ValueKind, csv_line
from cost_pipeline.parse.xlsx import XlsxSheet, column_name
from cost_pipeline.parse.xlsx_book import read_book

_ZIP: Final = b"PK\x03\x04"
# As it went out; and as spreadsheets save it where the comma is the decimal sign, in the encoding
# of their system unless they are asked for UTF-8.
_DELIMITERS: Final = (",", ";", "\t")
_ENCODINGS: Final = ("utf-8-sig", "cp1252")
_HEADER_WITHIN: Final = 10
_MOST_ROWS: Final = 1_100_000
_BLOCK: Final = 1 << 14


@dataclass(slots=True)
class MarkedSheet:
    """A sheet with the mark in its header.

    Attributes:
        name: The name of the sheet; empty for a CSV file.
        header: The names of its columns, in order.
        table: `line` int64, `text` string (what was read of the row, as a line of CSV), `malformed`
            string or null,
            then a string column per name of the header; a cell without content is null.
        kinds: What a number means, by its cell: (place of the row in `table`, name).
    """

    name: str
    header: tuple[str, ...]
    table: pa.Table
    kinds: dict[tuple[int, str], ValueKind] = field(default_factory=dict)


def read_marked(
    path: Path,
    mark: str,
    *,
    unread: Callable[[str], bool] = lambda _: False,
    limits: Limits | None = None,
) -> list[MarkedSheet] | Refused:
    """Returns the sheets whose header has a column named `mark`; a CSV file counts as one.

    Args:
        path: The landed bytes.
        mark: The name, compared as it stands.
        unread: Returns, for the name of a column, whether its texts are passed over.
        limits: The bounds on memory.

    Returns:
        Refused if the file is neither, no sheet has the mark, or a header has a name twice.
    """
    limits = limits or Limits()
    try:
        if next(Body(path).pieces(len(_ZIP)), b"") == _ZIP:
            found = _of_workbook(path, mark, unread, limits)
        else:
            found = _of_csv(path, mark, limits)
    except (BrokenSheetError, BrokenMemberError) as error:
        return Refused(Reason.NOT_THE_FORMAT, str(error))
    if isinstance(found, Refused) or found:
        return found
    return Refused(Reason.NOT_THE_FORMAT, f"no sheet has a column {mark!r}: it is no such workbook")


def _of_workbook(
    path: Path, mark: str, unread: Callable[[str], bool], limits: Limits
) -> list[MarkedSheet] | Refused:
    archive = open_archive(path, limits)
    if isinstance(archive, Refused):
        return archive
    book = read_book(archive, limits)
    found = []
    for entry in book.sheets:
        sheet = XlsxSheet(archive, book, entry.part, limits, digits=17)
        header = _header(sheet.rows(), mark)
        if header is None:
            continue
        one = _below(entry.name, header, sheet, unread)
        if isinstance(one, Refused):
            return one
        found.append(one)
    return found


def _header(rows: Iterator[SheetRow], mark: str) -> SheetRow | None:
    for row in rows:
        if row.line > _HEADER_WITHIN:
            return None
        if mark in row.cells.values():
            return row
    return None


def _below(
    name: str, header: SheetRow, sheet: XlsxSheet, unread: Callable[[str], bool]
) -> MarkedSheet | Refused:
    names = {place: text.strip(BLANKS) for place, text in header.cells.items()}
    names = {place: text for place, text in names.items() if text}
    twice = _twice(names.values())
    if twice is not None:
        return Refused(
            Reason.SCHEMA_DRIFT, f"the sheet {name!r} has the column {twice!r} more than once"
        )
    passed = {place for place, text in names.items() if unread(text)}
    places = [place for place in range(max(names) + 1) if place not in passed]
    names = {place: text for place, text in names.items() if place not in passed}
    block = _Block(names)
    tables: list[pa.Table] = []
    kinds: dict[tuple[int, str], ValueKind] = {}
    count = 0
    for row in sheet.rows(passed):
        if row.line <= header.line or _is_blank(row):
            continue
        if count >= _MOST_ROWS:
            return Refused(Reason.NOT_THE_FORMAT, f"the sheet {name!r} has too many rows")
        for place, kind in row.kinds.items():
            if place in names:
                kinds[count, names[place]] = kind
        block.add(row, csv_line([row.cells.get(place, "") for place in places]))
        count += 1
        if len(block.lines) == _BLOCK:
            tables.append(block.table())
            block = _Block(names)
    tables.append(block.table())
    return MarkedSheet(name, tuple(names.values()), pa.concat_tables(tables), kinds)


class _Block:
    """Rows on their way into a table: as Python's objects they take many times the room."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.lines: list[int] = []
        self._texts: list[str] = []
        self._malformed: list[str | None] = []
        self._names = names
        self._rows: list[dict[int, str]] = []

    def add(self, row: SheetRow, text: str) -> None:
        self.lines.append(row.line)
        self._texts.append(text)
        self._malformed.append(_problem(row))
        self._rows.append(row.cells)

    def table(self) -> pa.Table:
        cells = {
            name: pa.array([row.get(place) for row in self._rows], pa.string())
            for place, name in self._names.items()
        }
        return _table(self.lines, self._texts, self._malformed, cells)


def _table(
    lines: list[int], texts: list[str], malformed: list[str | None], cells: dict[str, pa.Array]
) -> pa.Table:
    own = {
        "line": pa.array(lines, pa.int64()),
        "text": pa.array(texts, pa.string()),
        "malformed": pa.array(malformed, pa.string()),
    }
    # By place, because a column of the sheet may have one of these names too.
    return pa.Table.from_arrays([*own.values(), *cells.values()], [*own, *cells])


def _of_csv(path: Path, mark: str, limits: Limits) -> list[MarkedSheet] | Refused:
    """Returns the one sheet of a CSV file, whichever separator it was saved with."""
    first: Refused | None = None
    for delimiter in _DELIMITERS:
        layout = CsvFormat(encodings=_ENCODINGS, delimiter=delimiter)
        reader = open_rows(path, layout, limits=limits)
        if isinstance(reader, Refused):
            first = first or reader
        elif mark in (names := tuple(name.strip(BLANKS) for name in reader.header)):
            # A column without a name has no cells: a row with something in it is malformed.
            return _rows_of_csv(reader, tuple(name for name in names if name))
    return first or []


def _rows_of_csv(reader: RowReader, names: tuple[str, ...]) -> list[MarkedSheet] | Refused:
    twice = _twice(names)
    if twice is not None:
        return Refused(Reason.SCHEMA_DRIFT, f"the file has the column {twice!r} more than once")
    tables = []
    for chunk in reader:
        fixed = [chunk.table[name] for name in ("line", "text", "malformed")]
        own = tuple(name.strip(BLANKS) for name in chunk.columns)
        cells = [_present(chunk.table[f"c{own.index(name)}"]) for name in names]
        tables.append(pa.Table.from_arrays([*fixed, *cells], ["line", "text", "malformed", *names]))
    if not tables:
        empty = {name: pa.array([], pa.string()) for name in names}
        tables = [_table([], [], [], empty)]
    return [MarkedSheet("", names, pa.concat_tables(tables))]


def _present(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _problem(row: SheetRow) -> str | None:
    if row.problem is not None:
        return row.problem
    if not row.problems:
        return None
    place, problem = min(row.problems.items())
    return f"cell {column_name(place)}{row.line}: {problem}"


def _is_blank(row: SheetRow) -> bool:
    if row.problem or row.problems:
        return False
    return not any(map(_filled, row.cells.values()))


def _filled(text: str) -> bool:
    return bool(text.strip(BLANKS))


def _twice(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
