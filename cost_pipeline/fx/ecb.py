"""Reading rate files: the ECB's history CSV, and the project's own file of corrected rates.

Here text becomes exact decimals or a message with the line. What a snapshot is, and how it is kept,
is `fx.snapshots`' matter; where a file comes from is nobody's here.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.core.errors import UsageError

SOURCE: Final = "ecb"
FIRST_DAY: Final = date(1999, 1, 4)
"""The day of the first ECB reference rates; there is no euro before 1999-01-01."""

EURO: Final = "EUR"
RATE_SCALE: Final = 10
RATE_QUANTUM: Final = Decimal(1).scaleb(-RATE_SCALE)

SUCCESSORS: Final = {
    "TRL": ("TRY", date(2005, 1, 3)),
    "ROL": ("RON", date(2005, 7, 1)),
    "SIT": ("EUR", date(2007, 1, 1)),
    "CYP": ("EUR", date(2008, 1, 1)),
    "MTL": ("EUR", date(2008, 1, 1)),
    "SKK": ("EUR", date(2009, 1, 1)),
    "EEK": ("EUR", date(2011, 1, 1)),
    "LVL": ("EUR", date(2014, 1, 1)),
    "LTL": ("EUR", date(2015, 1, 1)),
    "HRK": ("EUR", date(2023, 1, 1)),
    "BGN": ("EUR", date(2026, 1, 1)),
}
"""Currencies whose rates ended because another took their place: a hint for the person who asks."""

# 18 digits before the point and 10 after are what decimal128(28, 10) holds.
_RATE: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,10})?")
_CODE: Final = re.compile(r"[A-Z]{3}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class DayRates:
    """The rates that one source gave for one day: units of each currency for one euro."""

    reference_date: date
    rates: dict[str, Decimal]


def parse_history(data: bytes, *, where: str = "") -> tuple[DayRates, ...]:
    """The days of an ECB history CSV (`eurofxref-hist.csv`), oldest first.

    Rates come back with ten decimals; `N/A` and empty cells are no rate. A day without any rate is
    no day. The trailing comma of the ECB's lines is not a column.

    Args:
        data: The file's bytes, UTF-8 with or without a byte order mark.
        where: The file's name, for messages.

    Raises:
        UsageError: `FX_FILE`, with the line, for anything else than such a file.
    """
    lines = _lines(data, where)
    line, header = next(lines, (1, []))
    currencies = _without_trailing_cell(header)[1:]
    if not header or header[0].strip().lower() != "date" or not currencies:
        raise _wrong(where, line, "the first line is not `Date,USD,JPY,...`")
    _check_codes(currencies, where, line)
    days: dict[date, DayRates] = {}
    for line, cells in lines:
        found = _day(_without_trailing_cell(cells), currencies, where, line)
        if found.reference_date in days:
            raise _wrong(where, line, f"{found.reference_date} occurs twice")
        days[found.reference_date] = found
    return tuple(days[day] for day in sorted(days) if days[day].rates)


def parse_correction(data: bytes, *, where: str = "") -> dict[str, Decimal]:
    """The rates of a correction file: CSV with the header `currency,rate`, one line per currency.

    The day that they correct is not in the file; whoever applies the file names it.

    Raises:
        UsageError: `FX_FILE`, with the line, if it is not such a file or holds no rate.
    """
    lines = _lines(data, where)
    line, header = next(lines, (1, []))
    if [cell.strip().lower() for cell in header] != ["currency", "rate"]:
        raise _wrong(where, line, "the first line is not `currency,rate`")
    rates: dict[str, Decimal] = {}
    for line, cells in lines:
        if len(cells) != len(header):
            raise _wrong(where, line, f"{len(cells)} cells instead of a currency and its rate")
        currency = cells[0].strip()
        _check_codes([*rates, currency], where, line)
        rates[currency] = _rate(cells[1].strip(), currency, where, line)
    if not rates:
        raise _wrong(where, line, "there is no rate in it")
    return rates


def _lines(data: bytes, where: str) -> Iterator[tuple[int, list[str]]]:
    """The non-blank lines as (line number, cells)."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong(where, 1, "it is not UTF-8 text") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise _wrong(where, reader.line_num, str(error)) from None


def _without_trailing_cell(cells: list[str]) -> list[str]:
    return cells[:-1] if cells and not cells[-1].strip() else cells


def _check_codes(currencies: list[str], where: str, line: int) -> None:
    for position, currency in enumerate(currencies):
        if not _CODE.fullmatch(currency):
            raise _wrong(where, line, f"{currency!r} is not a currency code (three capitals)")
        if currency == EURO:
            raise _wrong(where, line, "EUR is always 1 and has no rate of its own")
        if currency in currencies[:position]:
            raise _wrong(where, line, f"{currency} occurs twice")


def _day(cells: list[str], currencies: list[str], where: str, line: int) -> DayRates:
    # The last currencies of a line may be N/A but never absent: a cut line is not a day.
    if len(cells) != len(currencies) + 1:
        message = f"{len(cells) - 1} rates under {len(currencies)} currencies"
        raise _wrong(where, line, message)
    text = cells[0].strip()
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise _wrong(where, line, f"{text!r} is not a day written as YYYY-MM-DD")
    pairs = zip(currencies, (cell.strip() for cell in cells[1:]), strict=True)
    return DayRates(
        reference_date=day,
        rates={name: _rate(cell, name, where, line) for name, cell in pairs if cell not in _NONE},
    )


_NONE: Final = frozenset({"", "N/A"})


def _rate(text: str, currency: str, where: str, line: int) -> Decimal:
    """The rate with ten decimals, read from text alone: the file drops trailing zeros."""
    if not _RATE.fullmatch(text):
        raise _wrong(where, line, f"{text!r} is not a rate for {currency} (such as 1.0811)")
    rate = Decimal(text).quantize(RATE_QUANTUM)
    if not rate:
        raise _wrong(where, line, f"the rate for {currency} is zero")
    return rate


def _wrong(where: str, line: int, what: str) -> UsageError:
    return UsageError(
        f"this is not a file of exchange rates: {what}",
        where=f"{where}:{line}" if where else f"line {line}",
        remedy="give the ECB's eurofxref-hist.csv, or a CSV `currency,rate` for a correction",
        code="FX_FILE",
    )
