"""What the two kinds of Excel files have in common: rows of a sheet, and the texts of its values.

Belongs here: a row as a line of CSV, a stored number as decimal text, a stored day as ISO text, and
which number formats mean a day. Where the values lie in a file is `xlsx`'s and `xls`'s work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final

MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384


class BrokenSheetError(Exception):
    """A workbook, or the rest of a sheet, that cannot be read. Does not leave this package."""


class BadValueError(Exception):
    """A cell's value that has no text. Does not leave this package."""


class ValueKind(Enum):
    """What a number format makes of a number."""

    NUMBER = "number"
    DAY = "day"
    TIME = "time"
    ELAPSED = "elapsed"


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above a row of a sheet.

    Attributes:
        texts: The text of the heading of each declared group; empty where there is none.
        problem: Why the texts are not known; None if they are.
        passed: How many headings and ends came before.
    """

    texts: tuple[str, ...]
    problem: str | None
    passed: int


@dataclass(slots=True)
class SheetRow:
    """A row that has cells.

    Attributes:
        line: Its number in the sheet, 1-based.
        cells: The text of each cell that holds something, by its 0-based column.
        problems: What is wrong with a cell, by its 0-based column; its text is what can be shown.
        problem: What is wrong with the row as a whole.
        kinds: What a number means, by its 0-based column, for cells that hold a number.
        above: What the headings above it say, where the vendor declares groups.
        unknown: Why it is malformed although its cells can be read: nobody knows its kind.
    """

    line: int
    cells: dict[int, str] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    problem: str | None = None
    kinds: dict[int, ValueKind] = field(default_factory=dict)
    above: Above | None = None
    unknown: str | None = None


_MARK: Final = re.compile(r'["\r\n]')


def csv_line(cells: list[str]) -> str:
    """Returns the cells as a line of CSV (RFC 4180), without its terminator."""
    line = ",".join(cells)
    if _MARK.search(line) is None and line.count(",") == len(cells) - 1:
        return line
    return ",".join(map(_quoted, cells))


def _quoted(cell: str) -> str:
    if "," in cell or _MARK.search(cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell


_PLAIN: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_DIGITS_KEPT: Final = 15
_TOO_LONG: Final = 10**_DIGITS_KEPT


def number_text(stored: str | float, digits: int) -> str:
    """Returns the shortest decimal text of a stored number, without an exponent.

    An integer has no point.

    Args:
        stored: The text in the file, or the number itself.
        digits: 17 for the number as stored, 15 for what Excel shows of it.

    Raises:
        BadValueError: If it is no finite number, or an integer of more digits than Excel keeps.
    """
    if isinstance(stored, str) and _PLAIN.fullmatch(stored):
        return "0" if stored == "-0" else stored
    try:
        number = float(stored)
    except ValueError:
        raise BadValueError(f"{str(stored)[:40]!r} is stored as a number and is none") from None
    if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN
        raise BadValueError(f"{str(stored)[:40]!r} is stored as a number and is not finite")
    if abs(number) >= _TOO_LONG and number == int(number):
        raise BadValueError(
            f"a number of more than {_DIGITS_KEPT} digits: Excel has lost the last ones; "
            "such an id must be stored as text"
        )
    shortest = repr(number) if digits > _DIGITS_KEPT else f"{number:.{digits}g}"
    if "e" in shortest:
        shortest = format(Decimal(shortest), "f")
    if "." in shortest:
        shortest = shortest.rstrip("0").rstrip(".")
    return "0" if shortest == "-0" else shortest


_LAST_DAY: Final = 2_958_465  # 9999-12-31 in the calendar of 1900
_DAY_MS: Final = 86_400_000
_NEVER: Final = 60  # 1900-02-29, which Excel believes in


def moment_text(stored: str | float, kind: ValueKind, *, since_1904: bool) -> str:
    """Returns a stored day, moment or time as ISO text, to the millisecond.

    A day without a time of day is `2026-03-01`, with one `2026-03-01T13:30:00`; a time alone is
    `13:30:00`, and an elapsed time counts its hours on (`30:15:00`).

    Raises:
        BadValueError: If it is no day that Excel can show.
    """
    try:
        number = float(stored)
        milliseconds = round(number * _DAY_MS)
        if kind is not ValueKind.ELAPSED and milliseconds // _DAY_MS > number:
            milliseconds -= 1  # a moment just before midnight is of the day that ends
    except (ValueError, OverflowError):
        raise BadValueError(f"{str(stored)[:40]!r} is stored as a day and is none") from None
    days, rest = divmod(milliseconds, _DAY_MS)
    if milliseconds < 0 or days > _LAST_DAY:
        raise BadValueError(f"{str(stored)[:40]!r} is stored as a day and is outside the calendar")
    if kind is ValueKind.ELAPSED:
        return _clock(milliseconds)
    if days == 0 and (rest or kind is ValueKind.TIME) and not since_1904:
        return _clock(rest)
    day = _day(days, since_1904=since_1904).isoformat()
    return f"{day}T{_clock(rest)}" if rest else day


def _day(days: int, *, since_1904: bool) -> date:
    try:
        if since_1904:
            return date(1904, 1, 1) + timedelta(days=days)
        if days in {0, _NEVER}:
            raise BadValueError(f"day {days} of Excel's calendar never was")
        return date(1899, 12, 31 if days < _NEVER else 30) + timedelta(days=days)
    except OverflowError:
        raise BadValueError(f"day {days} is outside the calendar") from None


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{rest:03d}" if rest else text


# Formats that Excel knows by number (ECMA-376 part 1, 18.8.30), among them those of East Asia.
_DAYS: Final = frozenset([*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)])
_TIMES: Final = frozenset([*range(18, 22), *range(32, 36), 45, 47])
_ELAPSED: Final = 46
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.')
_ELAPSED_MARK: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\[[^\]]*\]")


def format_kind(number: int, code: str | None) -> ValueKind:
    """Returns what a number format means, by its number and, where the file has one, its code."""
    if code is None:
        if number == _ELAPSED:
            return ValueKind.ELAPSED
        if number in _DAYS:
            return ValueKind.DAY
        return ValueKind.TIME if number in _TIMES else ValueKind.NUMBER
    shown = _LITERAL.sub("", code.partition(";")[0][:1000])
    if _ELAPSED_MARK.search(shown):
        return ValueKind.ELAPSED
    letters = set(_BRACKETS.sub("", shown).casefold())
    if letters & {"d", "y"} or ("m" in letters and not letters & {"h", "s"}):
        return ValueKind.DAY
    return ValueKind.TIME if letters & {"h", "s"} else ValueKind.NUMBER
