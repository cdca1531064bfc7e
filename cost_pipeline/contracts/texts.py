"""How texts of a timecard are read where all vendors write them alike: clocks, flags, lists.

Belongs here: one text to one value or to what is wrong with it. Amounts and dates follow a vendor's
own style and are read by `cost_pipeline.validate`; whether a value is allowed is the contract's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cost_pipeline.contracts.card_fields import GrossLine, Written
from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.problems import Problem, shown

Reader = Callable[[str, str], object]
"""Field name and stripped text to a value or a `Problem`."""

_DECIMAL_HOURS: Final = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?")
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::00)?(?:\s*\+([123]))?")
_DATED: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-5][0-9])(?::00)?")
_PLAIN_NUMBER: Final = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,6})?")
_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_TRUE: Final = frozenset({"yes", "y", "true", "1", "x"})
_FALSE: Final = frozenset({"no", "n", "false", "0"})
_LINE_FIELDS: Final = ("category", "quantity", "multiplier", "rate", "amount")
_DAY_MINUTES: Final = 24 * 60


def reader(info: FieldInfo) -> Reader | None:
    """How a field's text is read; None for text as it is, and for amounts and dates."""
    taken = parts(info)
    for note, read in _BY_NOTE.items():
        if note in taken.notes:
            return read
    if taken.base is bool:
        return _flag
    if taken.base is int:
        return _count
    if get_origin(taken.base) is Literal:
        words = {_folded(word): word for word in get_args(taken.base)}
        return lambda _name, text: words.get(_folded(text), text)
    return None


def minutes_of(moment: datetime, work_date: date) -> int:
    """Minutes by the wall clock from the midnight that begins the work date."""
    days = (moment.date() - work_date).days
    return days * _DAY_MINUTES + moment.hour * 60 + moment.minute


def _folded(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.strip().casefold())


def _flag(name: str, text: str) -> bool | Problem:
    word = text.casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    return Problem(name, CostReason.BAD_CODE, f"{shown(text)} is not yes or no", text)


def _count(name: str, text: str) -> int | Problem:
    if _WHOLE.fullmatch(text):
        return int(text)
    return Problem(name, CostReason.BAD_CODE, f"{shown(text)} is not a whole number", text)


def _clock(name: str, text: str) -> int | datetime | Problem:
    """Decimal hours (`25.5`), a clock (`7:30`, `25:30`, `01:30+1`), or a clock with its date."""
    if _DECIMAL_HOURS.fullmatch(text):
        minutes = Decimal(text) * 60
        if minutes == minutes.to_integral_value():
            return int(minutes)
        message = f"{shown(text)} hours are not whole minutes"
        return Problem(name, CostReason.BAD_TIME, message, text)
    if found := _CLOCK.fullmatch(text):
        hours, minute, days = found.groups()
        return int(days or 0) * _DAY_MINUTES + int(hours) * 60 + int(minute)
    if found := _DATED.fullmatch(text):
        day, hours, minute = found.groups()
        try:
            return datetime.fromisoformat(f"{day}T{hours}:{minute}")
        except ValueError:
            pass
    words = "is not a time such as 7:30, 25:30, 01:30+1, 25.5 or 2026-03-01 07:30"
    return Problem(name, CostReason.BAD_TIME, f"{shown(text)} {words}", text)


def _words(name: str, text: str) -> tuple[str, ...] | Problem:
    """A list in any of the usual marks, or a JSON list of texts."""
    if text.startswith("["):
        found = _json(text)
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            return Problem(name, CostReason.BAD_CODE, f"{shown(text)} is not a list of texts", text)
        return tuple(_folded(word) for word in found)
    return tuple(_folded(word) for word in re.split(r"[,;/|]", text) if word.strip())


def _lines(name: str, text: str) -> tuple[GrossLine, ...] | Problem:
    """`category|quantity|multiplier|rate|amount`, joined by `;`, or a JSON list of objects."""
    raw: list[Any]
    if text.startswith("["):
        found = _json(text)
        raw = found if isinstance(found, list) else [None]
    else:
        raw = [_packed(line) for line in text.split(";") if line.strip()]
    lines: list[GrossLine] = []
    for place, entry in enumerate(raw, 1):
        line = _line(entry)
        if line is None:
            words = "is not category|quantity|multiplier|rate|amount"
            message = f"line {place}, {shown(_unpacked(entry))}, {words}"
            return Problem(name, CostReason.BAD_GROSS_LINE, message, text)
        lines.append(line)
    return tuple(lines)


def _packed(line: str) -> dict[str, str] | str:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != len(_LINE_FIELDS):
        return line.strip()
    return {name: cell for name, cell in zip(_LINE_FIELDS, cells, strict=True) if cell}


def _unpacked(entry: object) -> str:
    return entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False)


def _line(entry: object) -> GrossLine | None:
    """The line, or None: what exactly is wrong with it is plain to see in a text so short."""
    if not isinstance(entry, dict):
        return None
    values: dict[str, object] = {}
    for key, value in entry.items():
        if value is None:
            continue
        if not isinstance(value, str):
            return None
        if key == "category":
            values[key] = _folded(value)
        elif _PLAIN_NUMBER.fullmatch(value):
            values[key] = Decimal(value)
        else:
            return None
    try:
        return GrossLine.model_validate(values)
    except ValidationError:
        return None


def _json(text: str) -> object:
    """The JSON value, its numbers as their literal text; None if it is none."""
    try:
        found: object = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (json.JSONDecodeError, RecursionError):
        return None
    return found


_BY_NOTE: Final[dict[Written, Reader]] = {
    Written.CLOCK: _clock,
    Written.WORDS: _words,
    Written.LINES: _lines,
}
