"""Columns at fixed places: by a ruler of dashes, or by the blanks that all lines have in common.

Belongs here: where the columns of a text stand. A text with a delimiter is `tables`' work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Final

import numpy as np

from cost_pipeline.contracts.formats import FixedWidthFormat, FormatKind
from cost_pipeline.contracts.layouts import FixedColumn, FixedLayout
from cost_pipeline.core.people import counted
from cost_pipeline.home.draft import Entry, Value
from cost_pipeline.parse.peek import TextHead
from cost_pipeline.pipeline.guessing.seen import Look
from cost_pipeline.pipeline.guessing.tables import Row, find_header

_RULER: Final = re.compile(r"^\s*[-=]{2,}(?:\s+[-=]+)+\s*$")
_DELIMITERS: Final = ",;\t|"
_LOOKED_AT: Final = 400
_FEWEST: Final = 4
# Between columns stand at least so many blanks in every line.
_GAP: Final = 2
_FEWEST_COLUMNS: Final = 3
_FEWEST_NAMES: Final = 3
_HEADER_WITHIN: Final = 60
_CELL: Final = re.compile(r"\S+(?: \S+)*")

Span = tuple[int, int]


def look_at_fixed_width(head: TextHead, known: Callable[[str], bool]) -> Look | None:
    """Returns a text as columns at fixed places; None if it has none."""
    lines = head.text.splitlines()[:_LOOKED_AT]
    ruled = next((n for n, line in enumerate(lines[:60]) if n and _RULER.match(line)), None)
    if ruled is not None:
        spans = [found.span() for found in re.finditer(r"[-=]+", lines[ruled])]
        words = f"line {ruled + 1} is a ruler of dashes over {counted(len(spans), 'column')}"
        minus = _minus_beyond(lines[ruled + 1 :], spans)
        if minus is not None:
            words += f"; in line {ruled + 2 + minus} a minus stands beyond them, so places are said"
        return _look(head, lines, spans, ruled - 1, ruled + 2, words, ruler=minus is None)
    filled = _from_header(lines, known)
    if len(filled) < _FEWEST or _is_delimited([line for _, line in filled]):
        return None
    spans = _spans([line for _, line in filled], {start for start, _ in _cells(filled[0][1])})
    if len(spans) < _FEWEST_COLUMNS:
        return None
    rows = [Row(number + 1, _cut(line, spans), number + 1) for number, line in filled]
    header = find_header(rows, len(spans), known)
    above = None if header is None else header.row.line - 1
    words = f"{counted(len(filled), 'line')} have blanks at the same places"
    first = rows[0].line if header is None else header.row.line + 1
    return _look(head, lines, spans, above, first, words)


def _minus_beyond(lines: Sequence[str], spans: Sequence[Span]) -> int | None:
    """Returns the first line with a minus behind a number that its column has no place for."""
    for number, line in enumerate(lines):
        for _, stop in spans[:-1]:
            if line[stop : stop + 1] == "-" and line[stop - 1].isdigit():
                return number
    return None


def _is_delimited(lines: Sequence[str]) -> bool:
    """Whether most lines have the same number of some delimiter."""
    for delimiter in _DELIMITERS:
        counts = [line.count(delimiter) for line in lines]
        most = max(set(counts), key=counts.count)
        if most and counts.count(most) * 2 > len(counts):
            return True
    return False


def _from_header(lines: Sequence[str], known: Callable[[str], bool]) -> list[tuple[int, str]]:
    """Returns the filled lines from the one on that has the most known names; all without one."""
    filled = [(number, line) for number, line in enumerate(lines) if line.strip()]
    names = [sum(known(line[a:b]) for a, b in _cells(line)) for _, line in filled[:_HEADER_WITHIN]]
    best = max(names, default=0)
    if best < _FEWEST_NAMES:
        return filled
    rows = filled[names.index(best) :]
    least = len(_cells(rows[0][1])) / 2
    return [row for row in rows if len(_cells(row[1])) >= least]


def _cells(line: str) -> list[Span]:
    """Returns what two or more blanks part."""
    return [found.span() for found in _CELL.finditer(line)]


def _spans(lines: Sequence[str], starts: Collection[int] = ()) -> list[Span]:
    """Returns where something stands, between gaps that all lines share.

    Args:
        lines: The lines.
        starts: Where names of columns begin: there one blank is a gap, too.
    """
    width = max(map(len, lines))
    taken = np.zeros(width, dtype=np.bool_)
    for line in lines:
        taken[: len(line)] |= np.array([character != " " for character in line], dtype=np.bool_)
    spans: list[Span] = []
    start: int | None = None
    for place in range(width + 1):
        is_taken = place < width and bool(taken[place])
        if is_taken and start is None:
            start = place
        elif not is_taken and start is not None:
            if spans and start - spans[-1][1] < _GAP and start not in starts:
                spans[-1] = (spans[-1][0], place)
            else:
                spans.append((start, place))
            start = None
    return spans


def _cut(line: str, spans: Sequence[Span]) -> list[str]:
    return [line[start:stop].strip() for start, stop in spans]


def _look(
    head: TextHead,
    lines: Sequence[str],
    spans: Sequence[Span],
    header: int | None,
    first_line: int,
    words: str,
    *,
    ruler: bool = False,
) -> Look:
    # A value may be longer than its dashes: a column reaches up to the next one.
    stops = [start for start, _ in spans[1:]] + [max(map(len, lines))]
    whole = [(start, max(stop, end)) for (start, end), stop in zip(spans, stops, strict=True)]
    names = _names(lines[header], whole) if header is not None else [""] * len(whole)
    names = [name or f"#{place}" for place, name in enumerate(names, 1)]
    columns = tuple(
        FixedColumn(name=f"{name} {place}" if name in names[: place - 1] else name,
                    start=start + 1, width=stop - start)
        for place, (name, (start, stop)) in enumerate(zip(names, whole, strict=True), 1)
    )  # fmt: skip
    layout = FixedLayout(columns=columns, ragged_right=True)
    entries = [
        Entry(("format", "kind"), FormatKind.FIXED_WIDTH.value, (words,)),
        Entry(("format", "encodings"), (head.encoding,), (head.evidence,)),
        _layout_entry(layout, ruled=ruler),
    ]
    return Look(
        FixedWidthFormat(encodings=(head.encoding,), layout=layout),
        tuple(entries),
        names=tuple(column.name for column in columns),
        first_line=first_line,
        header_line=None if header is None else header + 1,
        above=tuple(lines[: first_line - 1 if header is None else header]),
        top=() if ruler else tuple(lines[: first_line - 1]),
    )


def _names(line: str, spans: Sequence[Span]) -> list[str]:
    return [" ".join(cell.split()) for cell in _cut(line, spans)]


def _layout_entry(layout: FixedLayout, *, ruled: bool) -> Entry:
    if ruled:
        return Entry(("format", "layout"), {"ruler": True})
    spelled: list[Value] = [
        {"name": column.name, "start": column.start, "width": column.width}
        for column in layout.columns
    ]
    return Entry(("format", "layout"), {"ragged_right": True, "columns": spelled})
