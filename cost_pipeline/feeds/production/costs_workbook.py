"""The cost summary as a workbook: accounts with live formulas, the lines behind, and postings.

Belongs here: what stands in which cell. Every figure of the first sheet is a formula over the
second, so that whoever changes or filters a line sees what it does; the result is written beside it
for those who only look. Numbers are the exact decimals; a spreadsheet computes with floats from
there on.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeAlias
from xml.sax.saxutils import escape

import pyarrow as pa

from cost_pipeline.core.money import shown
from cost_pipeline.feeds.production.cost_rows import CostReport
from cost_pipeline.feeds.production.costs_sheets import (
    AMOUNT,
    BLANK,
    CONTENT_TYPES,
    COUNT,
    DAY,
    HEAD,
    NOTE,
    PLAIN,
    RELATIONS,
    ROOT_RELATIONS,
    STYLES,
    TITLE,
    TOTAL,
    TOTAL_NAME,
    WORKBOOK,
    XML,
)
from cost_pipeline.quarantine.workbook import column_letters, writable

UNKNOWN: Final = "unknown"
NOT_YET: Final = "not known yet"
MOST_POSTINGS: Final = 100_000
"""Postings in the drill-down sheet; of more, it has none and says where they are."""

_FIRST: Final = 6  # the row of the first account
_TEXTS: Final = ("production", "gl_code", "department_code", "vendor", "currency", "base_currency")
_HEADS: Final = {
    "gl_code": "Account",
    "department_code": "Department",
    "posting_id": "Posting",
    "po_number": "PO number",
    "commitments_base": "Commitments open, in base currency",
}
_NARROW: Final = 11
_WIDE: Final = 15
_HEAD_HEIGHT: Final = 40
# Columns of the lines; the accounts have those in base currency.
_BASE: Final = (
    "posted_to_date", "posted_in_period", "posted_later", "commitments_base", "fx_effect",
    "reported_before", "movement",
)  # fmt: skip
_LINES: Final = (
    *_TEXTS, "postings", "original_to_date", *_BASE, "commitments_open", "at_risk", "at_risk_rows",
    "unreadable",
)  # fmt: skip
_COUNTS: Final = frozenset({"postings", "at_risk_rows", "unreadable"})
_LATER: Final = ("Budget", "Estimate to complete", "Estimate at completion", "Variance")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, and what it comes to."""

    text: str
    value: Decimal


Cell: TypeAlias = "tuple[str | int | Decimal | date | Formula | None, int]"
"""A value and its style; None is an empty cell."""


def write_workbook(report: CostReport, postings: Iterable[pa.Table] | None, file: Path) -> None:
    """Writes the workbook; the same report makes the same bytes.

    Args:
        report: The report.
        postings: Pieces of the lines of the ledger behind it (`costs.lines_behind`); None if there
            are more than a sheet should hold.
        file: Where to.
    """
    rows = report.rows.to_pylist()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in (
            ("[Content_Types].xml", CONTENT_TYPES),
            ("_rels/.rels", ROOT_RELATIONS),
            ("xl/workbook.xml", WORKBOOK),
            ("xl/_rels/workbook.xml.rels", RELATIONS),
            ("xl/styles.xml", STYLES),
        ):
            _write(archive, name, [text])
        _write(archive, "xl/worksheets/sheet1.xml", _sheet(_accounts(report, rows), _FIRST - 1, 3))
        _write(archive, "xl/worksheets/sheet2.xml", _sheet(_lines(rows), 1, len(_TEXTS) + 1))
        _write(archive, "xl/worksheets/sheet3.xml", _sheet(_postings(report, postings), 1, 0))


def _accounts(report: CostReport, rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Cell]]:
    """Yields the first sheet: what each account comes to, by formulas over the lines."""
    before = report.earlier
    yield [(f"Cost summary to {report.report_date}", TITLE)]
    yield [(f"As known at {report.as_of:%Y-%m-%d %H:%M:%S.%f} UTC; period {report.period}.", NOTE)]
    since = (
        f"since the report of {before.report_date}"
        if before
        else "is not known: no report of an earlier date was kept"
    )
    yield [(f"Amounts are in the base currency of each production. Movement {since}.", NOTE)]
    yield [("Figures are formulas over the sheet Lines; budget and estimates follow later.", NOTE)]
    heads = [*(_head(name) for name in ("production", "gl_code", "base_currency", *_BASE)), *_LATER]
    yield [(head, HEAD) for head in heads]
    names = ("production", "gl_code", "base_currency")
    places = list(dict.fromkeys(tuple(row[name] for name in names) for row in rows))
    end = len(rows) + 1
    for number, place in enumerate(places, _FIRST):
        mine = [row for row in rows if tuple(row[name] for name in names) == place]
        yield [
            *((text or UNKNOWN, PLAIN) for text in place),
            *(_account(name, number, end, mine) for name in _BASE),
            *((NOT_YET, BLANK) for _ in _LATER),
        ]
    last = _FIRST + len(places) - 1
    for code in sorted({str(place[2]) for place in places if place[2]}):
        mine = [row for row in rows if row["base_currency"] == code]
        yield [
            ("Total", TOTAL_NAME), (None, TOTAL_NAME), (code, TOTAL_NAME),
            *(_total(name, at, last, code, mine) for at, name in enumerate(_BASE, 4)),
        ]  # fmt: skip


def _account(name: str, number: int, end: int, mine: Sequence[Mapping[str, Any]]) -> Cell:
    """Returns the sum of a column of the lines of an account.

    Compared cell by cell: SUMIFS would take an account such as 2000-01 for a month.
    """
    value = _sum(name, mine)
    if value is None:
        return ("not known", BLANK)
    of = "*".join(
        f"({_range(column, end)}=${letter}{number})"
        for column, letter in (("production", "A"), ("gl_code", "B"), ("base_currency", "C"))
    )
    return (Formula(f"SUMPRODUCT({of}*{_range(name, end)})", value), AMOUNT)


def _total(name: str, at: int, last: int, code: str, mine: Sequence[Mapping[str, Any]]) -> Cell:
    value = _sum(name, mine)
    if value is None:
        return ("not known", BLANK)
    letter = column_letters(at)
    text = f'SUMIF($C${_FIRST}:$C${last},"{code}",{letter}${_FIRST}:{letter}${last})'
    return (Formula(text, value), TOTAL)


def _sum(name: str, rows: Sequence[Mapping[str, Any]]) -> Decimal | None:
    values = [row[name] for row in rows]
    return None if None in values else sum(values, Decimal(0))


def _range(name: str, end: int) -> str:
    letter = column_letters(_LINES.index(name) + 1)
    return f"Lines!${letter}$2:${letter}${end}"


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Cell]]:
    yield [(_head(name), HEAD) for name in _LINES]
    for row in rows:
        yield [
            (row[name] or UNKNOWN, PLAIN)
            if name in _TEXTS
            else ("not known", BLANK)
            if row[name] is None
            else (row[name], COUNT if name in _COUNTS else AMOUNT)
            for name in _LINES
        ]


def _postings(report: CostReport, postings: Iterable[pa.Table] | None) -> Iterator[list[Cell]]:
    if postings is None:
        yield [("Postings", HEAD)]
        words = f"There are more than {MOST_POSTINGS:,} postings, which would make this file slow."
        yield [(words, NOTE)]
        instant = report.as_of.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        yield [(f"cost-pipeline ledger as-of {instant} --lines FILE.parquet has them all.", NOTE)]
        return
    named = False
    for piece in postings:
        if not named:
            yield [(_head(name), HEAD) for name in piece.schema.names]
            named = True
        for row in piece.to_pylist():
            yield [_posting(value) for value in row.values()]


def _posting(value: str | int | Decimal | date | None) -> Cell:
    if isinstance(value, Decimal):
        return (value, AMOUNT)
    return (value, DAY if isinstance(value, date) else PLAIN)


def _head(name: str) -> str:
    return _HEADS.get(name, name.replace("_", " ").capitalize().replace("Fx ", "FX "))


def _sheet(rows: Iterator[list[Cell]], head: int, narrow: int) -> Iterator[str]:
    """Yields a sheet.

    Args:
        rows: Its rows.
        head: The row of the header, which stays in sight with those above.
        narrow: How many columns, from the left, are of short texts.
    """
    widths = "".join(
        f'<col min="{first}" max="{last}" width="{width}" customWidth="1"/>'
        for first, last, width in ((1, narrow, _NARROW), (narrow + 1, 30, _WIDE))
        if first <= last
    )
    yield (
        f'{XML}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0">'
        f'<pane ySplit="{head}" topLeftCell="A{head + 1}" activePane="bottomLeft" '
        f'state="frozen"/></sheetView></sheetViews><cols>{widths}</cols><sheetData>'
    )
    for number, cells in enumerate(rows, 1):
        tall = f' ht="{_HEAD_HEIGHT}" customHeight="1"' if number == head else ""
        yield f'<row r="{number}"{tall}>{"".join(map(_cell, cells))}</row>'
    yield (
        '</sheetData><pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" '
        'footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToWidth="1" '
        'fitToHeight="0"/></worksheet>'
    )


def _cell(cell: Cell) -> str:
    value, style = cell
    match value:
        case None:
            return f'<c s="{style}"/>'
        case Formula():
            return f'<c s="{style}"><f>{escape(value.text)}</f><v>{shown(value.value, 0)}</v></c>'
        case Decimal():
            return f'<c s="{style}"><v>{shown(value, 0)}</v></c>'
        case date():
            return f'<c s="{style}"><v>{(value - _EPOCH).days}</v></c>'
        case int():
            return f'<c s="{style}"><v>{value}</v></c>'
    text = escape(writable(value))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


_EPOCH: Final = date(1899, 12, 30)


def _write(archive: zipfile.ZipFile, name: str, pieces: Iterable[str]) -> None:
    # A date of its own would make two workbooks of the same report differ.
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w") as member:
        for piece in pieces:
            member.write(piece.encode())
