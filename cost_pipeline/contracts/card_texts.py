"""How texts of a timecard are read: clocks and lists of words, as all vendors write them.

Belongs here: one text to one value or to what is wrong with it. Gross lines are `gross`'s.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.contracts.texts import folded
from cost_pipeline.core.reasons import Reason

_DECIMAL_HOURS: Final = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?")
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::00)?(?:\s*\+([123]))?")
_DATED: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-5][0-9])(?::00)?")
_DAY_MINUTES: Final = 24 * 60


def minutes_of(moment: datetime, work_date: date) -> int:
    """Returns minutes by the wall clock from the midnight that begins the work date."""
    days = (moment.date() - work_date).days
    return days * _DAY_MINUTES + moment.hour * 60 + moment.minute


def clock(name: str, text: str) -> int | datetime | Problem:
    """Reads decimal hours (`25.5`), a clock (`7:30`, `25:30`, `01:30+1`), or one with its date."""
    if _DECIMAL_HOURS.fullmatch(text):
        minutes = Decimal(text) * 60
        if minutes == minutes.to_integral_value():
            return int(minutes)
        message = f"{shown(text)} hours are not whole minutes"
        return Problem(name, Reason.BAD_TIME, message, text)
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
    return Problem(name, Reason.BAD_TIME, f"{shown(text)} {words}", text)


def words(name: str, text: str) -> tuple[str, ...] | Problem:
    """Reads a list in any of the usual marks, or a JSON list of texts."""
    if text.startswith("["):
        found = json_value(text)
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            return Problem(name, CostReason.BAD_CODE, f"{shown(text)} is not a list of texts", text)
        return tuple(folded(word) for word in found)
    return tuple(folded(word) for word in re.split(r"[,;/|]", text) if word.strip())


def json_value(text: str) -> object:
    """Returns the JSON value, its numbers as their literal text; None if it is none."""
    try:
        found: object = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (json.JSONDecodeError, RecursionError):
        return None
    return found
