"""On which days the ECB publishes reference rates: every weekday that TARGET is open.

With the calendar "no rate because closed" and "no rate because its snapshot is not loaded" are told
apart. The calendar is that of the `holidays` package (`financial_holidays("ECB")`); it agrees with
the ECB's own file on every day from 1999-01-04 to 2026-10-30, and a test keeps it so.
"""

from __future__ import annotations

import functools
from datetime import date, timedelta
from typing import Final

from cost_pipeline.fx.ecb import FIRST_DAY

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def is_publication_day(day: date) -> bool:
    """Whether the ECB publishes (or published) reference rates dated `day`."""
    return day >= FIRST_DAY and day.weekday() < _SATURDAY and day not in _closed(day.year)


def last_publication_day(day: date) -> date | None:
    """The publication day that `day` uses: itself or the last one before; none before the euro."""
    while day >= FIRST_DAY:
        if is_publication_day(day):
            return day
        day -= _ONE_DAY
    return None


def next_publication_day(day: date) -> date:
    """The first publication day after `day`."""
    day = max(day + _ONE_DAY, FIRST_DAY)
    while not is_publication_day(day):
        day += _ONE_DAY
    return day


@functools.cache
def _closed(year: int) -> frozenset[date]:
    # Imported late: the package takes a tenth of a second and most commands need no calendar.
    from holidays import financial_holidays  # noqa: PLC0415

    return frozenset(financial_holidays("ECB", years=year))
