"""Writes a workbook of refused rows column by column: Arrow tables in, an `.xlsx` out.

Belongs here: the parts of the file, how a text becomes a cell, protection, drop-downs and filters.
Which columns there are and what they say is the feed's work.

The XML of a row is one SQL expression over the columns, so that a hundred thousand rows cost no
loop. Every cell is text with the format "text": nothing in it can become a formula, and what a
person types over it stays as typed (docs/adr/0022).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.sql import literal
from cost_pipeline.quarantine.workbook_parts import (
    BIG,
    BOLD,
    CONTENT_TYPES,
    COUNT,
    HEAD,
    HEAD_OPEN,
    LOCKED,
    OPEN,
    PARAGRAPH,
    RIGHT,
    ROOT_RELS,
    STYLES,
    WHY,
    WRONG,
    content_type,
    relations,
    workbook,
)

MOST_CHARACTERS: Final = 32_000
"""Excel keeps 32,767 characters of a cell; longer texts are cut before they are written."""
MOST_ROWS: Final = 1_000_000

_ROWS_AT_ONCE: Final = 1 << 14
_MARGINS: Final = (
    '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
)
_LEVEL: Final = 1  # deflate: 9 takes four times as long for a tenth less
_XML: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# What XML cannot hold or would change, and what a reader would take for such an escape.
_UNWRITABLE: Final = "[\\x00-\\x08\\x0b-\\x1f\\ufffe\\uffff]|_(?=x[0-9A-Fa-f]{4}_)"
_UNWRITABLE_IN_RE2: Final = "[\\x00-\\x08\\x0b-\\x1f\\x{fffe}\\x{ffff}]|_x[0-9A-Fa-f]{4}_"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet.

    Attributes:
        name: Its header.
        width: Its width in characters.
        editable: Whether people may write into it; the others are protected.
        explains: Whether it says what is wrong with the column before it.
        choices: The name of the list that its drop-down offers.
        hidden: Whether it is folded away: no row has anything in it. People may show and fill it.
    """

    name: str
    width: int
    editable: bool = False
    explains: bool = False
    choices: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class LetterSheet:
    r"""A sheet of rows.

    Attributes:
        name: At most 31 characters, none of `[]:*?/\`.
        columns: Their order.
        cells: A string column for each, by name; null is an empty cell.
        wrong: A boolean column by name for cells to be highlighted; a column may be absent.
        frozen: So many columns stay in sight.
    """

    name: str
    columns: tuple[Column, ...]
    cells: pa.Table
    wrong: pa.Table
    frozen: int = 0


@dataclass(frozen=True, slots=True)
class Cover:
    """The first sheet: lines of cells, each with the number of its style."""

    widths: tuple[int, ...]
    lines: list[list[tuple[str | int, int]]] = field(default_factory=list)

    def title(self, text: str) -> None:
        """Writes a large line."""
        self.lines.append([(text, BIG)])

    def heads(self, *texts: str) -> None:
        """Writes a line of column heads, after an empty one."""
        self.lines.extend([[], [(text, HEAD) for text in texts]])

    def line(self, *values: str | int) -> None:
        """Writes a line. Numbers are counts; a text that stands alone may be long."""
        self.lines.append([(v, COUNT if isinstance(v, int) else PARAGRAPH) for v in values])

    def totals(self, text: str, *values: str | int) -> None:
        """Writes a line in bold whose texts are aligned to the right after the first."""
        rest = [(v, COUNT if isinstance(v, int) else RIGHT) for v in values]
        self.lines.append([(text, BOLD), *rest])


def write_workbook(
    file: IO[bytes], cover: Cover, sheets: Sequence[LetterSheet], lists: Mapping[str, Sequence[str]]
) -> None:
    """Writes the workbook.

    Args:
        file: Where to; need not be seekable.
        cover: The first sheet.
        sheets: The sheets of rows.
        lists: Name of a drop-down to what it offers.
    """
    offered = {name: list(values) for name, values in lists.items() if values}
    names = ["Cover", *(sheet.name for sheet in sheets), "Lists"]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        count = len(names)
        _write(archive, "[Content_Types].xml", [content_type(CONTENT_TYPES, count)])
        _write(archive, "_rels/.rels", [ROOT_RELS])
        _write(archive, "xl/workbook.xml", [workbook(names, _titles(sheets))])
        _write(archive, "xl/_rels/workbook.xml.rels", [relations(count)])
        _write(archive, "xl/styles.xml", [STYLES])
        _write_bytes(archive, "xl/worksheets/sheet1.xml", _cover(cover))
        for number, sheet in enumerate(sheets, 2):
            _write_bytes(archive, f"xl/worksheets/sheet{number}.xml", _sheet(sheet, offered))
        _write_bytes(archive, f"xl/worksheets/sheet{count}.xml", _lists(offered))


def _titles(sheets: Sequence[LetterSheet]) -> list[tuple[int, str]]:
    """Returns, for each sheet of rows, its place and the range of its header."""
    return [(place, f"'{sheet.name}'!$1:$1") for place, sheet in enumerate(sheets, 1)]


def _write(archive: zipfile.ZipFile, name: str, pieces: Sequence[str]) -> None:
    _write_bytes(archive, name, (piece.encode() for piece in pieces))


def _write_bytes(archive: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> None:
    # A date of its own would make two exports of the same rows differ.
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=True) as member:
        for piece in pieces:
            member.write(piece)


def _sheet(sheet: LetterSheet, lists: Mapping[str, Sequence[str]]) -> Iterator[bytes]:
    rows = sheet.cells.num_rows
    last = column_letters(len(sheet.columns))
    yield _opening(sheet).encode()
    yield _header(sheet.columns).encode()
    yield from _rows(sheet)
    yield "".join(
        [
            "</sheetData>",
            '<sheetProtection sheet="1" objects="1" scenarios="1" formatColumns="0"',
            ' formatRows="0" autoFilter="0" sort="0"/>',
            f'<autoFilter ref="A1:{last}{rows + 1}"/>',
            _validations(sheet.columns, rows, lists),
            _MARGINS,
            '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>',
            "</worksheet>",
        ]
    ).encode()


def _opening(sheet: LetterSheet) -> str:
    corner = f"{column_letters(sheet.frozen + 1)}2"
    across = f'xSplit="{sheet.frozen}" ' if sheet.frozen else ""
    pane = "bottomRight" if sheet.frozen else "bottomLeft"
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{c.width}" customWidth="1" style="{_style(c)}" '
        f'hidden="{int(c.hidden)}"/>'
        for n, c in enumerate(sheet.columns, 1)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_XML}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView workbookViewId="0"><pane {across}ySplit="1" '
        f'topLeftCell="{corner}" activePane="{pane}" state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>'
    )


def _header(columns: Sequence[Column]) -> str:
    cells = "".join(_cell(c.name, HEAD_OPEN if c.editable else HEAD) for c in columns)
    return f'<row r="1" ht="30" customHeight="1">{cells}</row>'


def _rows(sheet: LetterSheet) -> Iterator[bytes]:
    """Yields the XML of the rows, in order, as the bytes of the column that SQL makes.

    Nothing is written for a hidden column; the cell behind one says its own place.
    """
    expressions = []
    tables = {}
    for number, column in enumerate(sheet.columns):
        if column.hidden:
            continue
        after_gap = number > 0 and sheet.columns[number - 1].hidden
        letters = column_letters(number + 1) if after_gap else None
        tables[f"c{number}"] = _writable(sheet.cells[column.name])
        style = literal(_style(column))
        if column.name in sheet.wrong.column_names:
            tables[f"w{number}"] = sheet.wrong[column.name]
            style = f"if(w{number}, {literal(WRONG)}, {literal(_style(column))})"
        expressions.append(_cell_sql(f"c{number}", style, letters))
    cells = pa.table(tables)
    joined = ", ".join(expressions)
    for start in range(0, cells.num_rows, _ROWS_AT_ONCE):
        made = query(
            f"select concat('<row r=\"', line, "
            f'\'" ht="38" customHeight="1">\', {joined}, \'</row>\') as xml '
            f"from (select *, {start + 2} + row_number() over () - 1 as line from cells)",
            cells=cells.slice(start, _ROWS_AT_ONCE),
        )
        for chunk in made["xml"].chunks:
            yield _bytes_of(chunk)


def _bytes_of(texts: pa.Array) -> bytes:
    """Joins the texts, without a Python string for each."""
    whole = pa.concat_arrays([texts])
    wide = pa.types.is_large_string(whole.type)
    _, offsets, data = whole.buffers()
    bounds = memoryview(offsets).cast("q" if wide else "i")
    first, last = bounds[whole.offset], bounds[whole.offset + len(whole)]
    return bytes(memoryview(data)[first:last]) if data is not None else b""


def _cell_sql(name: str, style: str, letters: str | None) -> str:
    place = "'<c s=\"'" if letters is None else f"'<c r=\"{letters}', line, '\" s=\"'"
    text = f"replace(replace(replace({name}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"
    return (
        f'{place}, {style}, if({name} is null, \'"/>\', concat(\'" t="inlineStr"><is>'
        f"<t xml:space=\"preserve\">', {text}, '</t></is></c>'))"
    )


def _style(column: Column) -> int:
    if column.editable:
        return OPEN
    return WHY if column.explains else LOCKED


def _writable(texts: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """Returns the texts as XML can hold them; `parse.xlsx_book.plain_text` undoes it."""
    found = pc.match_substring_regex(texts, _UNWRITABLE_IN_RE2)
    if not pc.any(found).as_py():
        return texts
    return pa.array([None if t is None else writable(t) for t in texts.to_pylist()], pa.string())


def writable(text: str) -> str:
    """Returns a text with `_xHHHH_` for what XML cannot hold."""
    return re.sub(_UNWRITABLE, lambda mark: f"_x{ord(mark[0]):04X}_", text)


def _validations(columns: Sequence[Column], rows: int, lists: Mapping[str, Sequence[str]]) -> str:
    places = list(lists)
    found = [
        # A warning and no stop: a new code may be right, and the contract judges it anyway.
        f'<dataValidation type="list" errorStyle="warning" allowBlank="1" showErrorMessage="1" '
        f'errorTitle="Not in the list" error="This is not in the list. Keep it if it is right." '
        f'sqref="{column_letters(n)}2:{column_letters(n)}{max(rows, 1) + 1}"><formula1>'
        f"Lists!${column_letters(places.index(c.choices) + 1)}$2:"
        f"${column_letters(places.index(c.choices) + 1)}${len(lists[c.choices]) + 1}"
        "</formula1></dataValidation>"
        for n, c in enumerate(columns, 1)
        if c.choices is not None and c.choices in lists
    ]
    if not found:
        return ""
    return f'<dataValidations count="{len(found)}">{"".join(found)}</dataValidations>'


def _cover(cover: Cover) -> Iterator[bytes]:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in enumerate(cover.widths, 1)
    )
    yield (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_XML}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>'
        '<sheetView workbookViewId="0" showGridLines="0" tabSelected="1"/></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>'
    ).encode()
    merged = []
    for number, line in enumerate(cover.lines, 1):
        cells = "".join(_cell(value, style) for value, style in line)
        height = ""
        if len(line) == 1 and line[0][1] == PARAGRAPH:
            merged.append(
                f'<mergeCell ref="A{number}:{column_letters(len(cover.widths))}{number}"/>'
            )
            wide = sum(cover.widths)
            height = f' ht="{15 * (1 + len(str(line[0][0])) // wide)}" customHeight="1"'
        yield f'<row r="{number}"{height}>{cells}</row>'.encode()
    merges = f'<mergeCells count="{len(merged)}">{"".join(merged)}</mergeCells>' if merged else ""
    yield (
        '</sheetData><sheetProtection sheet="1" objects="1" scenarios="1" formatColumns="0"/>'
        f'{merges}<pageMargins left="0.5" right="0.5" top="0.5" bottom="0.5" header="0.3" '
        'footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToWidth="1" '
        'fitToHeight="0"/></worksheet>'
    ).encode()


def _lists(lists: Mapping[str, Sequence[str]]) -> Iterator[bytes]:
    yield (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_XML}">'
        "<sheetData>"
    ).encode()
    yield ("<row>" + "".join(_cell(name, HEAD) for name in lists) + "</row>").encode()
    for place in range(max(map(len, lists.values()), default=0)):
        cells = (v[place] if place < len(v) else None for v in lists.values())
        yield ("<row>" + "".join(_cell(cell, LOCKED) for cell in cells) + "</row>").encode()
    yield b'</sheetData><sheetProtection sheet="1"/></worksheet>'


def _cell(value: str | int | None, style: int) -> str:
    if value is None:
        return f'<c s="{style}"/>'
    if isinstance(value, int):
        return f'<c s="{style}"><v>{value}</v></c>'
    text = escape(writable(value[:MOST_CHARACTERS]))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def column_letters(number: int) -> str:
    """Returns the letters of a 1-based column."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
