"""Reads the CSV files of a home that settings name.

Belongs here: reading such a file and telling what is wrong with it as a table. What its columns
mean is known by who asks for it.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cost_pipeline.contracts.lookups import Table
from cost_pipeline.core.text import plain_name
from cost_pipeline.home.document import Document, Problem, Steps, read_text

_MOST_BYTES: Final = 8 << 20
# A few mistakes of one kind show what is wrong with a file; thousands hide it.
_MOST_TOLD: Final = 20
# What spreadsheets of other countries write between cells; only where the heading has no comma.
_OTHERS: Final = (";", "\t")


def read_table(name: str, path: Steps, document: Document, home: Path) -> Table | None:
    """Returns the table in a file; None if it is none, which is then noted in `document`.

    Args:
        name: The file, relative to the home.
        path: The key that names it.
        document: The settings that it is named in.
        home: The folder of the home.
    """
    file = home / Path(name).expanduser()
    if not file.exists():
        message = f"there is no file `{name}` in the home"
        document.complain(path, message, "write its path from the home on")
        return None
    lookup = Document(name)
    text = read_text(file, lookup, _MOST_BYTES)
    table, problems = (None, ()) if text is None else _table(text, name)
    note(document, [*lookup.problems, *problems])
    return None if problems else table


def note(document: Document, problems: Sequence[Problem]) -> None:
    """Notes what is wrong with a lookup file in the settings that name it."""
    document.problems.extend(problems[:_MOST_TOLD])


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
