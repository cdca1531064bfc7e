"""The answer to a statement as people read it: within the width, money apart, no number cut."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.commands.screen import Rows, Screen
from cost_pipeline.core.people import money
from cost_pipeline.core.text import printable

MOST: Final = 100
"""Rows that people are shown; `--csv` and `--json` have all."""
_MOST_WHOLE: Final = 10
"""Rows that are shown one below the other, where they have too many columns for the width."""


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
    out = Screen()
    numbers = [name for name, kind in zip(names, kinds, strict=True) if _is_number(kind)]
    table = Rows(tuple(names), numbers)
    for row in rows[:MOST]:
        table.add_row(*(_for_people(value, kind) for value, kind in zip(row, kinds, strict=True)))
    shown = MOST
    if not table.fits(out.width):
        shown = _MOST_WHOLE
        del table.rows[shown:]
    out.print(table)
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


def _is_number(kind: pa.DataType) -> bool:
    """Whether a column of this type is a number: to the right, and never cut."""
    return bool(
        pa.types.is_decimal(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
    )
