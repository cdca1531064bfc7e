"""Where the table stands in a grid of cells: its header, and how wide it is.

Belongs here: rows of texts, whichever format they come from, and the character that parts them.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cost_pipeline.core.people import counted
from cost_pipeline.pipeline.guessing.days import forms_of
from cost_pipeline.pipeline.guessing.numbers import number_of

_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SEP: Final = re.compile(r'^"?sep=([^\w\s"]|\t)"?$', re.IGNORECASE)
_MOST_ROWS: Final = 2_000
_HEADER_WITHIN: Final = 60
# The share of rows that must have the width of the table; a printed list has heads of pages and
# lines of dashes as well, and no text has bars or tabs by chance.
_ENOUGH: Final = {",": 0.4, ";": 0.4, "\t": 0.15, "|": 0.15}
_ENOUGH_SAID: Final = 0.4

Names = Callable[[str], bool]
Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of texts, and the line that it begins in."""

    line: int
    cells: Cells
    last: int


@dataclass(frozen=True, slots=True)
class Delimited:
    """A text cut at a delimiter.

    Attributes:
        delimiter: The character.
        said: Whether a line `sep=` says so.
        rows: The first rows; blank ones are left out.
        width: The cells of most rows.
        evidence: What speaks for it.
    """

    delimiter: str
    said: bool
    rows: Sequence[Row]
    width: int
    evidence: str


def find_delimiter(text: str) -> Delimited | None:
    """Returns a text cut at the delimiter that gives the most regular table; None if none does."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    said = _SEP.match(first.strip())
    best: Delimited | None = None
    most = 0.0
    for delimiter in (said[1],) if said else _DELIMITERS:
        rows = _rows(text, delimiter)
        widths = Counter(len(row.cells) for row in rows if len(row.cells) > 1)
        if not widths:
            continue
        width = max(widths, key=lambda one: (widths[one] * (one - 1), one))
        share = widths[width] / len(rows)
        score = share * (width - 1) ** 0.5
        if share >= _ENOUGH.get(delimiter, _ENOUGH_SAID) and score > most:
            name = _DELIMITERS.get(delimiter, "delimiter")
            part = f"{widths[width]:,} of {counted(len(rows), 'row')}"
            words = f"{part} have {counted(width, 'cell')} parted by a {name}"
            words += "; the line `sep=` says so" if said else ""
            best, most = Delimited(delimiter, bool(said), rows, width, words), score
    return best


def _rows(text: str, delimiter: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[Row] = []
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append(Row(before + 1, cells, reader.line_num))
            before = reader.line_num
            if len(found) >= _MOST_ROWS:
                break
    except csv.Error:  # a cell without an end; the rows before it say enough
        return found
    return found


@dataclass(frozen=True, slots=True)
class Header:
    """The row that names the columns, and what speaks for it."""

    row: Row
    score: float
    known: int


def find_header(rows: Sequence[Row], width: int, known: Names) -> Header | None:
    """Returns the row that looks most like names of columns; None if no row does.

    Names that a feed knows count most, days and numbers against it.
    """
    best: Header | None = None
    for row in rows[:_HEADER_WITHIN]:
        header = _scored(row, width, known)
        if header is not None and (best is None or header.score > best.score):
            best = header
    return best


def _scored(row: Row, width: int, known: Names) -> Header | None:
    cells = [cell.strip() for cell in row.cells if cell.strip()]
    if len(cells) < min(2, width):
        return None
    values = sum(is_value(cell) for cell in cells)
    names = sum(known(cell) for cell in cells)
    twice = len(cells) - len({cell.casefold() for cell in cells})
    short = max(width - len(row.cells), 0)
    score = len(cells) + 3.0 * names - 4.0 * values - 2.0 * twice - short
    if score <= 0 or (values > names and values * 2 >= len(cells)):
        return None
    return Header(row, score, names)


def is_value(text: str) -> bool:
    """Whether a text is a day or a number, which no column is called."""
    return number_of(text) is not None or bool(forms_of(text))
