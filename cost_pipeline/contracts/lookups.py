"""A CSV file of a home that settings name, as a value: a heading, and rows that know their lines.

Belongs here: the values. Reading such a file is `cost_pipeline.home`'s work; what its columns mean
is known by whoever names the file.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """What such a file holds.

    Attributes:
        heading: The names of the columns, as they are compared.
        rows: Line and cells of each row, without outer blanks, as many as there are headings.
    """

    heading: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class WrongRow:
    """One mistake in such a file.

    Attributes:
        file: The file, as it is named in the settings.
        line: 1-based.
        message: What is wrong.
        remedy: What to do; may be empty.
    """

    file: str
    line: int
    message: str
    remedy: str = ""
