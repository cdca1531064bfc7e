"""Contractual holidays: which day each falls on in a year, before anyone moves it off a weekend."""

from __future__ import annotations

import functools
from datetime import date, timedelta
from typing import Final

from dateutil.easter import easter

_MONDAY: Final = 0
_THURSDAY: Final = 3
_SATURDAY: Final = 5
_SUNDAY: Final = 6


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday(year: int, month: int) -> date:
    end = date(year, month + 1, 1) - timedelta(days=1)
    return end - timedelta(days=(end.weekday() - _MONDAY) % 7)


@functools.cache
def holidays_of(year: int) -> dict[date, str]:
    """Returns the name of each holiday, as rule packs write it, by its day."""
    thanksgiving = _nth(year, 11, _THURSDAY, 4)
    return {
        date(year, 1, 1): "new_year",
        _nth(year, 1, _MONDAY, 3): "mlk",
        _nth(year, 2, _MONDAY, 3): "presidents",
        easter(year) - timedelta(days=2): "good_friday",
        _last_monday(year, 5): "memorial",
        date(year, 6, 19): "juneteenth",
        date(year, 7, 4): "independence",
        _nth(year, 9, _MONDAY, 1): "labor",
        thanksgiving: "thanksgiving",
        thanksgiving + timedelta(days=1): "day_after_thanksgiving",
        date(year, 12, 25): "christmas",
    }


def holiday_kept(day: date, *, saturday_kept: bool = False) -> str | None:
    """Returns the holiday that is kept on a day; None if there is none.

    One that falls on a Saturday is kept on Friday, one that falls on a Sunday on Monday.

    Args:
        day: Any date.
        saturday_kept: Whether one that falls on a Saturday is kept on that day.
    """
    weekday = day.weekday()
    own = holidays_of(day.year).get(day)
    if own and weekday != _SUNDAY and (weekday != _SATURDAY or saturday_kept):
        return own
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    if before.weekday() == _SUNDAY and (moved := holidays_of(before.year).get(before)):
        return moved
    if after.weekday() == _SATURDAY and not saturday_kept:
        return holidays_of(after.year).get(after)
    return None
