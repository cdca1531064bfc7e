"""On which days a source publishes rates: the calendars that sources name.

With a calendar "no rate because closed" and "no rate because its snapshot is not loaded" are told
apart. TARGET's closing days agree with the ECB's own file on every day from 1999-01-04 to
2026-10-30 and with the `holidays` package, and tests keep it so; other holidays are the package's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from dateutil.easter import easter

from cost_pipeline.contracts.rate_sources import Source

_ONE_DAY: Final = timedelta(days=1)
_FRIDAY: Final = 4
_SATURDAY: Final = 5
_QUARTER_ENDS: Final = frozenset({(3, 31), (6, 30), (9, 30), (12, 31)})


def is_publication_day(source: Source, day: date) -> bool:
    """Whether the source publishes (or published) rates dated `day`."""
    return day >= source.first_day and CALENDARS[source.calendar](day)


def last_publication_day(source: Source, day: date) -> date | None:
    """Returns the publication day that `day` uses: itself or the last before; None if none is."""
    while day >= source.first_day:
        if is_publication_day(source, day):
            return day
        day -= _ONE_DAY
    return None


def next_publication_day(source: Source, day: date) -> date:
    """Returns the first publication day after `day`."""
    day = max(day + _ONE_DAY, source.first_day)
    while not is_publication_day(source, day):
        day += _ONE_DAY
    return day


def _weekday(day: date) -> bool:
    return day.weekday() < _SATURDAY


def _target(day: date) -> bool:
    return _weekday(day) and day not in _target_closed(day.year)


def _federal_reserve(day: date) -> bool:
    return _weekday(day) and day not in _fed_closed(day.year)


def _bank_of_canada(day: date) -> bool:
    return _weekday(day) and day not in _boc_closed(day.year)


def _quarter_end(day: date) -> bool:
    return (day.month, day.day) in _QUARTER_ENDS


def _every_day(_day: date) -> bool:
    return True


CALENDARS: Final[Mapping[str, Callable[[date], bool]]] = {
    "target": _target,
    "federal_reserve": _federal_reserve,
    "bank_of_canada": _bank_of_canada,
    "quarter_ends": _quarter_end,
    "weekdays": _weekday,
    "every_day": _every_day,
}
"""Calendar to whether a day is one of its publication days."""


@functools.cache
def _target_closed(year: int) -> frozenset[date]:
    """Returns TARGET's closing days: by the rule of 2002, before that as decided for each year."""
    closed = {date(year, 1, 1), date(year, 12, 25)}
    if year > _FIRST_OF_TARGET:
        sunday = easter(year)
        closed |= {date(year, 5, 1), date(year, 12, 26)}
        closed |= {sunday - timedelta(days=2), sunday + timedelta(days=1)}
    return frozenset(closed | _TARGET_ALSO_CLOSED)


_FIRST_OF_TARGET: Final = 1999
_TARGET_ALSO_CLOSED: Final = frozenset({date(1999, 12, 31), date(2001, 12, 31)})


# The package is imported late: it takes a tenth of a second and most runs ask only for TARGET.
@functools.cache
def _fed_closed(year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415

    federal = country_holidays("US", years=year)
    # The Reserve Banks do not move a holiday from Saturday to Friday.
    return frozenset(
        day
        for day, name in federal.items()
        if not ("(observed)" in name and day.weekday() == _FRIDAY)
    )


@functools.cache
def _boc_closed(year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415

    return frozenset(
        country_holidays("CA", subdiv="ON", years=year, categories=("public", "government"))
    ) | frozenset(_civic_holiday(year))


def _civic_holiday(year: int) -> list[date]:
    """Returns the first Monday of August, when the Bank is closed though no law says so."""
    first = date(year, 8, 1)
    return [first + timedelta(days=(7 - first.weekday()) % 7)]
