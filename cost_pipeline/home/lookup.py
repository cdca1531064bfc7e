"""One CSV file of a home that settings name: a heading, and rows that know their lines.

Belongs here: reading such a file and telling what is wrong with it as a table. What its columns
mean is known by who asks for it.
"""

from __future__ import annotations

import csv
import functools
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cost_pipeline.core.text import plain_name
from cost_pipeline.home.document import Document, Problem, read_text

_MOST_BYTES: Final = 8 << 20
# What spreadsheets of other countries write between cells; only where the heading has no comma.
_OTHERS: Final = (";", "\t")


@dataclass(frozen=True, slots=True)
class Table:
    """What such a file holds.

    Attributes:
        heading: The names of the columns, as they are compared.
        rows: Line and cells of each row, without outer blanks, as many as there are headings.
    """

    heading: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_table(file: Path, document: Document) -> Table | None:
    """Returns the table in a file; None if it is none, which is then noted in `document`."""
    text = read_text(file, document, _MOST_BYTES)
    if text is None:
        return None
    table, problems = _table(text, document.file)
    document.problems.extend(problems)
    return None if problems else table


# A home is read at each step and each tick of a sensor, mostly with the same texts as before.
@functools.lru_cache(maxsize=32)
def _table(text: str, name: str) -> tuple[Table | None, tuple[Problem, ...]]:
    lines: list[tuple[int, tuple[str, ...]]] = []
    problems: list[Problem] = []
    first = text.lstrip().split("\n", 1)[0]
    delimiter = next((one for one in _OTHERS if one in first and "," not in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                lines.append((line, stripped))
            line = reader.line_num + 1
    except csv.Error as error:
        remedy = "put each row on a line, a cell with a comma or a quote in it in quotes"
        return None, (Problem(name, line, f"is not CSV: {error}", remedy),)
    if not lines:
        return None, (Problem(name, 0, "is empty", "write a heading and the rows below it"),)
    at, heading = lines[0][0], tuple(map(plain_name, lines[0][1]))
    while heading and not heading[-1]:
        heading = heading[:-1]
    for place, title in enumerate(heading):
        if title in heading[:place]:
            message = f"the heading `{title}` stands there twice" if title else "lacks a heading"
            problems.append(Problem(name, at, message, "give each column a heading of its own"))
    rows = []
    for at, row in lines[1:]:
        if any(row[len(heading) :]):
            message = f"the row has {len(row)} cells and the heading {len(heading)}"
            problems.append(Problem(name, at, message, "put a cell with a comma in it in quotes"))
        rows.append((at, (*row, *[""] * len(heading))[: len(heading)]))
    return Table(heading, tuple(rows)), tuple(problems)
