"""A file as it was looked at: its format, and what its columns hold.

Belongs here: the values that the steps of guessing hand on, and reading all rows by a format.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.formats import CsvFormat, FileFormat
from cost_pipeline.contracts.listing import place_of
from cost_pipeline.contracts.paths import Marks
from cost_pipeline.core.text import BLANKS
from cost_pipeline.home.draft import Entry
from cost_pipeline.parse import CHUNK_ROWS, Refused, open_rows
from cost_pipeline.parse.rows import ParsedChunk
from cost_pipeline.pipeline.guessing.columns import Column, Odd

# Of rows that are hardly filled the last ones are looked at: totals stand at the end.
_LAST: Final = 40
# Of each set of filled places so many rows are kept, and of so many sets.
_OF_A_FILL: Final = 6
_MOST_FILLS: Final = 300
_NUMBERED: Final = r"\d+"
# A line that only parts the table from its header.
_RULED: Final = r"^[-=+_|*\s]+$"
# Rows with less than this share of the usual cells are headings, totals, remarks.
_SPARSE: Final = 0.4
# Headings and totals may be half of a small listing.
_USUAL: Final = 0.75


@dataclass(frozen=True, slots=True)
class Look:
    """The format of a file.

    Attributes:
        form: How all of it is read for guessing.
        entries: The `format` section of the vendor file.
        names: The columns where the rows are read without their header.
        first_line: Where the rows begin.
        header_line: Where the header is.
        above: The texts of what stands above it.
        top: Lines that its rows begin with in this format and that are none: they are furniture.
        typed: Whether cells may hold numbers and days.
        per_row: Whether rows bring their names.
        marks: How paths into its rows are written; None where they are flat.
    """

    form: FileFormat
    entries: tuple[Entry, ...]
    names: tuple[str, ...] | None = None
    first_line: int = 0
    header_line: int | None = None
    above: tuple[str, ...] = ()
    top: tuple[str, ...] = ()
    typed: bool = False
    per_row: bool = False
    marks: Marks | None = None


Cells = tuple[int, dict[int, str]]
"""A line, and its texts by place."""


@dataclass(slots=True)
class Fill:
    """Rows in which the same places are filled: how many, the first ones, and the last."""

    rows: int = 0
    some: list[Cells] = field(default_factory=list)
    last: Cells | None = None


@dataclass(slots=True)
class Seen:
    """The rows of a file.

    Attributes:
        columns: In order.
        rows: Rows of the table.
        sparse: Rows with few cells filled, such as headings and totals.
        last_sparse: The last of those: line, and text by place.
        headers: Rows that repeat the header.
        malformed: Rows that cannot be cut into so many cells.
        first_malformed: The first of them.
        stopped: Whether reading stopped before the end.
        fills: By which places are filled: how many rows of the table, and some of them.
        ruler: A line of dashes between rows.
        heads: Lines between rows that are no rows by their cells, or that stand above the header
            as well but for numbers: heads of pages.
    """

    columns: list[Column] = field(default_factory=list)
    rows: int = 0
    sparse: int = 0
    last_sparse: deque[Cells] = field(default_factory=lambda: deque(maxlen=_LAST))
    headers: int = 0
    malformed: int = 0
    first_malformed: Odd | None = None
    stopped: bool = False
    fills: dict[bytes, Fill] = field(default_factory=dict)
    ruler: str | None = None
    heads: dict[str, None] = field(default_factory=dict)


def see(path: Path, look: Look, days: Sequence[str], most_rows: int | None) -> Seen | Refused:
    """Returns what the columns of a file hold.

    Args:
        path: The file.
        look: Its format.
        days: Words in the names of columns in which digits alone may be days.
        most_rows: Reading stops after so many rows; None reads all.

    Raises:
        EnvironmentFailedError: If the file cannot be read.
    """
    chunk_rows = CHUNK_ROWS if most_rows is None else min(CHUNK_ROWS, most_rows)
    reader = open_rows(path, look.form, chunk_rows=chunk_rows)
    if isinstance(reader, Refused):
        return reader
    seen = Seen()
    by_name: dict[str, Column] = {}
    for chunk in reader:
        if most_rows is not None and seen.rows >= most_rows:
            seen.stopped = True
            break
        _add(chunk, look, days, seen, by_name)
    seen.columns = list(by_name.values())
    return seen


def _add(
    chunk: ParsedChunk, look: Look, days: Sequence[str], seen: Seen, by_name: dict[str, Column]
) -> None:
    table = chunk.table.filter(pc.greater_equal(chunk.table["line"], look.first_line))
    table = table.filter(pa.array(~_heads(table, look, seen)))
    broken = table.filter(pc.is_valid(table["malformed"]))
    if broken.num_rows:
        seen.malformed += broken.num_rows
        first = Odd(broken["line"][0].as_py(), broken["text"][0].as_py())
        seen.first_malformed = seen.first_malformed or first
    table = table.filter(pc.is_null(table["malformed"]))
    names = look.names or chunk.columns
    cells = [
        pc.utf8_trim(pc.fill_null(table[f"c{place}"], ""), characters=BLANKS)
        for place in range(len(names))
    ]
    filled = [pc.not_equal(column, "").to_numpy() for column in cells]
    counts = np.sum(filled, axis=0) if filled else np.zeros(table.num_rows, dtype=np.int64)
    some = (counts > 0) & ~pc.match_substring_regex(table["text"], _RULED).to_numpy()
    usual = float(np.quantile(counts[some], _USUAL)) if some.any() else 0.0
    sparse = some & (counts < max(2.0, _SPARSE * usual)) & (usual > 2.0)  # noqa: PLR2004 - two cells are a row of a narrow table
    repeats = some & _repeats(cells, names, table.num_rows)
    _note_sparse(table, cells, sparse & ~repeats, seen)
    seen.headers += int(repeats.sum())
    chosen = pa.array(some & ~sparse & ~repeats)
    rows = table.filter(chosen)
    seen.rows += rows.num_rows
    _note_fills(table, cells, filled, np.flatnonzero(some & ~sparse & ~repeats), seen)
    for place, name in enumerate(names):
        own = name.strip(BLANKS) or f"#{place + 1}"
        column = by_name.get(own)
        if column is not None and column.place != place and not look.per_row:
            own = f"{own} #{place + 1}"  # a second column of that name is another column
            column = by_name.get(own)
        if column is None:
            compact = any(word in own.casefold() for word in days)
            column = by_name[own] = Column(own, place, compact)
        column.add(cells[place].filter(chosen), rows["line"])


def _heads(table: pa.Table, look: Look, seen: Seen) -> np.ndarray:
    """Returns which lines are heads of pages or rulers, and takes note of some."""
    none = np.zeros(table.num_rows, dtype=np.bool_)
    if look.typed or look.per_row or not table.num_rows:
        return none
    text = table["text"]
    ruled = pc.match_substring_regex(text, _RULED).to_numpy()
    if ruled.any() and seen.ruler is None:
        seen.ruler = text[int(np.flatnonzero(ruled)[0])].as_py().strip()
    again = none
    above = pa.array([one for one in look.above if one.strip()], pa.string())
    if len(above):
        numbered = [
            pc.replace_substring_regex(_plain(one), _NUMBERED, "0") for one in (text, above)
        ]
        again = pc.is_in(numbered[0], value_set=numbered[1]).to_numpy()
    # A line in which nothing is parted, where rows are.
    alone = none
    if isinstance(look.form, CsvFormat) and look.form.width != 1:
        parted = pc.match_substring(table["text"], look.form.delimiter)
        alone = ~parted.to_numpy() & pc.is_valid(table["malformed"]).to_numpy()
    heads = (again | alone) & ~ruled
    for row in np.flatnonzero(heads)[:_LAST]:
        if len(seen.heads) < _LAST:
            seen.heads[" ".join(text[int(row)].as_py().split())] = None
    found: np.ndarray = heads | ruled
    return found


def _plain(texts: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"\s+", " "))


def _note_fills(
    table: pa.Table,
    cells: list[pa.ChunkedArray],
    filled: list[np.ndarray],
    rows: np.ndarray,
    seen: Seen,
) -> None:
    """Takes note of which places are filled, and of some rows for each such set."""
    if not len(rows):
        return
    packed = np.packbits(np.array([one[rows] for one in filled]), axis=0).T.copy()
    sets, of_row, counts = np.unique(packed, axis=0, return_inverse=True, return_counts=True)
    of_row = of_row.reshape(-1)
    for number, places in enumerate(sets):
        name = places.tobytes()
        if name not in seen.fills and len(seen.fills) >= _MOST_FILLS:
            continue
        fill = seen.fills.setdefault(name, Fill())
        fill.rows += int(counts[number])
        mine = rows[of_row == number]
        fill.some += [_texts(table, cells, int(row)) for row in mine[: _OF_A_FILL - len(fill.some)]]
        fill.last = _texts(table, cells, int(mine[-1]))


def _texts(table: pa.Table, cells: list[pa.ChunkedArray], row: int) -> Cells:
    texts = {place: column[row].as_py() for place, column in enumerate(cells)}
    return table["line"][row].as_py(), {place: text for place, text in texts.items() if text}


def _repeats(cells: list[pa.ChunkedArray], names: Sequence[str], rows: int) -> np.ndarray:
    """Returns which rows hold the names of the columns."""
    plain = [name.strip(BLANKS) for name in names]
    named = [place for place, name in enumerate(plain) if name and place_of(name) is None][:3]
    found = np.ones(rows, dtype=np.bool_)
    for place in named:
        found &= pc.equal(cells[place], names[place].strip(BLANKS)).to_numpy()
    return found if named else np.zeros(rows, dtype=np.bool_)


def _note_sparse(
    table: pa.Table, cells: list[pa.ChunkedArray], sparse: np.ndarray, seen: Seen
) -> None:
    places = np.flatnonzero(sparse)
    seen.sparse += len(places)
    seen.last_sparse += [_texts(table, cells, int(row)) for row in places[-_LAST:]]
