"""Which format a file has, by its bytes and its first rows, and how to read all of it for guessing.

Belongs here: one look for each kind of file. What its columns mean is `assigning`'s work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from cost_pipeline.contracts.formats import (
    CsvFormat,
    ExcelFormat,
    FormatKind,
    JsonLinesFormat,
    ParquetFormat,
)
from cost_pipeline.core.people import counted
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.home.draft import Entry
from cost_pipeline.parse.body import Body, open_body
from cost_pipeline.parse.peek import (
    FileKind,
    SheetHead,
    TextHead,
    kind_of_file,
    sheet_heads,
    text_head,
)
from cost_pipeline.parse.rows import Limits, Refused
from cost_pipeline.parse.source import utf8_blocks
from cost_pipeline.pipeline.guessing.fixed import look_at_fixed_width
from cost_pipeline.pipeline.guessing.mixed import Mixed, find_kinds
from cost_pipeline.pipeline.guessing.nested import as_document, look_at_json, look_at_xml
from cost_pipeline.pipeline.guessing.seen import Look
from cost_pipeline.pipeline.guessing.tables import Header, Row, find_delimiter, find_header

_SHEET_ROWS: Final = 60
_HEADER_WITHIN: Final = 20

Names = Callable[[str], bool]


def look_at(path: Path, known: Names) -> Look | Refused:
    """Returns the format of a file.

    Args:
        path: The file.
        known: Whether a text is the name of a field.

    Raises:
        EnvironmentFailedError: If it cannot be read.
    """
    kind = kind_of_file(path)
    match kind:
        case Refused():
            return kind
        case FileKind.WORKBOOK:
            return _look_at_workbook(path, known)
        case FileKind.PARQUET:
            return _look_at_parquet()
        case FileKind.XML:
            return look_at_xml(path, known)
    return _look_at_text(path, kind, known)


def _look_at_parquet() -> Look:
    evidence = ("the file begins with the mark of Parquet",)
    kind = Entry(("format", "kind"), FormatKind.PARQUET.value, evidence)
    return Look(ParquetFormat(floats="shortest"), (kind,), typed=True)


def _look_at_text(path: Path, kind: FileKind, known: Names) -> Look | Refused:
    head = text_head(path)
    if isinstance(head, Refused):
        return head
    if kind is FileKind.JSON and (found := _look_at_json(path, head, known)) is not None:
        return found
    return look_at_fixed_width(head, known) or _look_at_delimited(head, known)


def _look_at_delimited(head: TextHead, known: Names) -> Look | Refused:
    found = find_delimiter(head.text)
    if found is None:
        return _refused("its lines have no delimiter in common, and no columns at fixed places")
    rows = found.rows[1:] if found.said else found.rows
    header = find_header(rows, found.width, known)
    width = found.width if header is None else max(found.width, len(header.row.cells))
    form = CsvFormat(
        encodings=(head.encoding,), delimiter=found.delimiter, header="none", width=width
    )
    entries = [
        Entry(("format", "kind"), FormatKind.CSV.value, (found.evidence,)),
        Entry(("format", "encodings"), (head.encoding,), (head.evidence,)),
        Entry(("format", "delimiter"), found.delimiter),
    ]
    mixed = find_kinds(rows, whole=head.whole)
    if mixed is not None:
        return _look_at_kinds(mixed, head.encoding, found.delimiter, entries)
    if header is None:
        words = "no row looks like names of columns: they are called by their places"
        entries.append(Entry(("format", "header"), "none", (words,)))
        entries.append(Entry(("format", "width"), width))
        names = tuple(f"#{place}" for place in range(1, width + 1))
        return Look(form, tuple(entries), names=names, first_line=rows[0].line)
    if header.row is not rows[0]:
        entries.append(_preamble(header, rows))
    cells = [*header.row.cells, *([""] * (width - len(header.row.cells)))]
    return Look(
        form,
        tuple(entries),
        names=tuple(cell.strip(BLANKS) or f"#{place}" for place, cell in enumerate(cells, 1)),
        first_line=header.row.last + 1,
        header_line=header.row.line,
        above=tuple(" ".join(row.cells) for row in rows if row.line < header.row.line),
    )


def _look_at_kinds(mixed: Mixed, encoding: str, delimiter: str, entries: list[Entry]) -> Look:
    form = CsvFormat.model_validate(
        {
            "encodings": (encoding,),
            "delimiter": delimiter,
            "width": mixed.width,
            "kinds": mixed.value,
        }
    )
    entries.append(Entry(("format", "width"), mixed.width))
    entries.append(Entry(("format", "kinds"), mixed.value, (mixed.evidence,)))
    names = tuple(f"#{place}" for place in range(1, mixed.width + 1))
    return Look(form, tuple(entries), names=names)


def _preamble(header: Header, rows: Sequence[Row]) -> Entry:
    """Returns what is said of a header that does not come first."""
    above = sum(row.line < header.row.line for row in rows)
    words = f"line {header.row.line} names the columns; {counted(above, 'filled row')} above it"
    return Entry(("format", "header_within"), header.row.line, (words,))


def _look_at_workbook(path: Path, known: Names) -> Look | Refused:
    heads = sheet_heads(path, _SHEET_ROWS)
    if isinstance(heads, Refused):
        return heads
    found = [
        (header, place, sheet)
        for place, sheet in enumerate(heads)
        if sheet.visible and (header := _header_of_sheet(sheet, known)) is not None
    ]
    if not found:
        return _refused("no visible sheet has a row that looks like names of columns")
    header, _, sheet = max(found, key=lambda one: (one[0].score, -one[1]))
    names = [cell.strip(BLANKS) for cell in header.row.cells]
    form = ExcelFormat(
        sheet=sheet.name,
        header=tuple(name for name in names if name),
        header_within=max(_HEADER_WITHIN, header.row.line),
    )
    where = f"row {header.row.line} of the sheet {sheet.name!r} names the columns"
    entries = [Entry(("format", "kind"), FormatKind.EXCEL.value, (where,))]
    visible = [one.name for one in heads if one.visible]
    if sheet.name != visible[0] or len(visible) > 1:
        others = ", ".join(repr(name) for name in visible if name != sheet.name)
        words = f"the other sheets ({others}) are told as not read; `sheets` takes several"
        entries.append(Entry(("format", "sheet"), sheet.name, (words,)))
    if header.row.line > _HEADER_WITHIN:
        entries.append(Entry(("format", "header_within"), header.row.line))
    above = (
        " ".join(cells.values()) for line, cells in sheet.rows.items() if line < header.row.line
    )
    return Look(
        form,
        tuple(entries),
        first_line=header.row.line + 1,
        header_line=header.row.line,
        above=tuple(above),
        typed=True,
    )


def _header_of_sheet(sheet: SheetHead, known: Names) -> Header | None:
    if not sheet.rows:
        return None
    width = max(max(cells) for cells in sheet.rows.values()) + 1
    rows = [
        Row(line, [cells.get(place, "") for place in range(width)], line)
        for line, cells in sheet.rows.items()
    ]
    return find_header(rows, width, known)


def _look_at_json(path: Path, head: TextHead, known: Names) -> Look | Refused | None:
    """Returns what kind of JSON it is; None if it only begins as JSON does."""
    encodings = Entry(("format", "encodings"), (head.encoding,), (head.evidence,))
    if _is_lines(head):
        words = "every line is a JSON object"
        kind = Entry(("format", "kind"), FormatKind.JSONL.value, (words,))
        return Look(JsonLinesFormat(encodings=(head.encoding,)), (kind, encodings), per_row=True)
    limits = Limits()
    body = open_body(path, "auto", limits)
    if isinstance(body, Refused):
        return body
    if body.exceeds(limits.json_bytes):
        return _refused(f"a JSON document of more than {limits.json_bytes:,} bytes is not read")
    try:
        document = as_document(_text(body, head.encoding, limits))
    except ValueError:
        return None
    return look_at_json(document, head.encoding, head.evidence, known)


def _is_lines(head: TextHead) -> bool:
    lines = [line for line in head.text.splitlines() if line.strip()]
    try:
        return len(lines) > 1 and all(isinstance(json.loads(line), dict) for line in lines[:50])
    except ValueError:
        return False


def _text(body: Body, encoding: str, limits: Limits) -> str:
    return b"".join(utf8_blocks(body, encoding, limits.block_bytes)).decode("utf-8")


def _refused(message: str) -> Refused:
    return Refused(Reason.NOT_THE_FORMAT, message)
