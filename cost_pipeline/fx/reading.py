"""What the readers of rate files share: text to exact decimals, or a message with the line.

What a snapshot is, and how it is kept, is `fx.snapshots`' matter; where a file comes from is
nobody's here.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cost_pipeline.core.errors import UsageError

RATE_SCALE: Final = 10
RATE_QUANTUM: Final = Decimal(1).scaleb(-RATE_SCALE)

# 18 digits before the point and 10 after are what decimal128(28, 10) holds.
_RATE: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,10})?")
_CODE: Final = re.compile(r"[A-Z]{3}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class DayRates:
    """The rates that one source gave for one day, as it quotes them."""

    reference_date: date
    rates: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class ReadRates:
    """What a file holds: its days, oldest first, and names in it that no currency is known for."""

    days: tuple[DayRates, ...]
    unmapped: tuple[str, ...] = ()


def csv_lines(data: bytes, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the non-blank lines of UTF-8 CSV as (line number, cells)."""
    reader = csv.reader(io.StringIO(decoded(data, where), newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise wrong(where, reader.line_num, str(error)) from None


def json_document(data: bytes, where: str) -> Any:  # noqa: ANN401 - any JSON
    """Returns the JSON value; numbers stay the text that they are written as."""
    try:
        return json.loads(decoded(data, where), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise wrong(where, 1, "it is not JSON") from None


def decoded(data: bytes, where: str) -> str:
    """Returns the bytes as UTF-8 text, with or without a byte order mark."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise wrong(where, 1, "it is not UTF-8 text") from None


def day_of(text: str, where: str, line: int) -> date:
    """Returns a day written as YYYY-MM-DD."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise wrong(where, line, f"{text!r} is not a day written as YYYY-MM-DD")
    return day


def rate_of(text: str, currency: str, where: str, line: int) -> Decimal:
    """Returns the rate with ten decimals, read from text alone: files drop trailing zeros."""
    if not _RATE.fullmatch(text):
        raise wrong(where, line, f"{text!r} is not a rate for {currency} (such as 1.0811)")
    rate = Decimal(text).quantize(RATE_QUANTUM)
    if not rate:
        raise wrong(where, line, f"the rate for {currency} is zero")
    return rate


def check_codes(currencies: Iterable[str], pivot: str, where: str, line: int) -> None:
    """Refuses what is no currency code, the pivot, and a currency that occurs twice."""
    seen: set[str] = set()
    for currency in currencies:
        if not _CODE.fullmatch(currency):
            raise wrong(where, line, f"{currency!r} is not a currency code (three capitals)")
        if currency == pivot:
            raise wrong(where, line, f"{pivot} is always 1 and has no rate of its own")
        if currency in seen:
            raise wrong(where, line, f"{currency} occurs twice")
        seen.add(currency)


def table_of_days(
    rows: Iterable[tuple[int, date, list[str]]],
    currencies: list[str],
    *,
    absent: Collection[str],
    where: str,
) -> tuple[DayRates, ...]:
    """Reads a table of days with a column for each currency; a day without any rate is left out.

    Args:
        rows: Line number, day and the cells under the currencies.
        currencies: The columns.
        absent: Cells that say that there is no rate.
        where: The file's name, for messages.
    """
    days: dict[date, DayRates] = {}
    for line, day, cells in rows:
        # The last currencies of a line may be absent but never missing: a cut line is not a day.
        if len(cells) != len(currencies):
            message = f"{len(cells)} rates under {len(currencies)} currencies"
            raise wrong(where, line, message)
        if day in days:
            raise wrong(where, line, f"{day} occurs twice")
        pairs = zip(currencies, (cell.strip() for cell in cells), strict=True)
        rates = {
            name: rate_of(cell, name, where, line) for name, cell in pairs if cell not in absent
        }
        days[day] = DayRates(day, rates)
    return tuple(days[day] for day in sorted(days) if days[day].rates)


def wrong(where: str, line: int, what: str) -> UsageError:
    """Returns the error `FX_FILE`, with what is wrong with a file of rates and in which line."""
    return UsageError(
        f"this is not a file of exchange rates: {what}",
        where=f"{where}:{line}" if where else f"line {line}",
        remedy="give a file of the source as it is published (docs/interfaces.md), or a CSV "
        "`currency,rate`",
        code="FX_FILE",
    )
