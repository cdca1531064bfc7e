"""The answer to a statement as people read it: within the width, money apart, no number cut."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape

from cost_pipeline.commands.common import columns, plain
from cost_pipeline.core.people import money
from cost_pipeline.core.text import printable

MOST: Final = 100
"""Rows that people are shown; `--csv` and `--json` have all."""
_MOST_WHOLE: Final = 10
"""Rows that are shown one below the other, where they have too many columns for the width."""
_WIDTH: Final = 80
_LEAST: Final = 8
_LEAST_HEAD: Final = 6
_GAP: Final = 2


def as_text(value: object) -> str:
    """Returns a value as a machine reads it: all digits, instants in UTC, lists as JSON."""
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime():
            instant = value if value.tzinfo is None else value.astimezone(UTC)
            return instant.strftime("%Y-%m-%dT%H:%M:%S.%f") + ("Z" if value.tzinfo else "")
        case bytes():
            return value.hex()
        case bool() | list() | dict() | tuple():
            return json.dumps(value, ensure_ascii=False, default=as_text)
        case _:
            return str(value)


def show(names: Sequence[str], kinds: Sequence[pa.DataType], rows: Sequence[Sequence[Any]]) -> None:
    """Prints rows as a table; each below the other where the columns are too many for the width.

    Args:
        names: The columns.
        kinds: Their types.
        rows: At most one more than `MOST`, which says that there are more.
    """
    out = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    cells = [
        [_for_people(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in rows
    ]
    kept = [_keeps(kind) for kind in kinds]
    layout = _layout(names, cells[:MOST], kept, out.width)
    shown = MOST if layout else _MOST_WHOLE
    if layout:
        _table(out, names, cells[:shown], kept, layout)
    else:
        _one_below_the_other(out, names, cells[:shown])
    if not rows:
        out.print("no rows")
    elif len(rows) > shown:
        out.print(f"... only the first {shown} rows are shown; --csv and --json have all")


def _for_people(value: object, kind: pa.DataType) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return money(value) if kind.scale else f"{value:,f}"
    if isinstance(value, datetime):
        return as_text(value).replace("T", " ").partition(".")[0]
    return printable(as_text(value))


def _keeps(kind: pa.DataType) -> bool:
    """Whether a column of this type is a number: to the right, and never cut."""
    return bool(
        pa.types.is_decimal(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
    )


def _layout(
    names: Sequence[str], cells: Sequence[Sequence[str]], kept: Sequence[bool], width: int
) -> tuple[list[int], int] | None:
    """Returns the width of each column and the gap; None if they do not fit.

    Heads give way first, folded at their underscores and then anywhere, and texts last.
    """
    values = [max((cell_len(row[at]) for row in cells), default=0) for at in range(len(names))]
    parts = [max(map(len, name.split("_"))) + 1 for name in names]
    for heads, gap in (
        ([*map(len, names)], _GAP),
        ([min(len(name), part) for name, part in zip(names, parts, strict=True)], _GAP),
        ([min(len(name), _LEAST_HEAD) for name in names], 1),
    ):
        room = width - gap * (len(names) - 1)
        widths = [max(pair) for pair in zip(values, heads, strict=True)]
        least = [
            size if keep else min(size, max(head, _LEAST))
            for size, head, keep in zip(widths, heads, kept, strict=True)
        ]
        if sum(least) <= room:
            while sum(widths) > room:  # the widest text gives way
                loose = (at for at, size in enumerate(widths) if size > least[at])
                widths[max(loose, key=widths.__getitem__)] -= 1
            return widths, gap
    return None


def _table(
    out: Console,
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    kept: Sequence[bool],
    layout: tuple[Sequence[int], int],
) -> None:
    widths, gap = layout
    heads = [_folded(name, width) for name, width in zip(names, widths, strict=True)]
    table = columns(*heads, gap=gap)
    for column, keep in zip(table.columns, kept, strict=True):
        column.justify = "right" if keep else "left"
    for row in cells:
        table.add_row(*(plain(_cut(cell, w)) for cell, w in zip(row, widths, strict=True)))
    out.print(table)


def _folded(name: str, width: int) -> str:
    """Returns a head in lines of at most so many characters, broken at underscores if possible."""
    lines = [""]
    for part in re.findall(r"[^_]*_|[^_]+", printable(name)):
        pieces = [part[at : at + width] for at in range(0, len(part), width)]
        if len(lines[-1]) + len(pieces[0]) <= width:
            lines[-1] += pieces.pop(0)
        lines += pieces
    return escape("\n".join(line for line in lines if line))


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def _one_below_the_other(
    out: Console, names: Sequence[str], cells: Sequence[Sequence[str]]
) -> None:
    widest = max(map(len, names))
    for number, row in enumerate(cells, start=1):
        out.print(plain(f"row {number}", style="bold"))
        for name, cell in zip(names, row, strict=True):
            if cell:
                room = max(out.width - widest - 2 * _GAP, _LEAST)
                out.print(plain(f"  {name:<{widest}}  {_cut(cell, room)}"), soft_wrap=True)
