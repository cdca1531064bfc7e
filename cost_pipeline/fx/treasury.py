"""The US Treasury's reporting rates, as CSV or JSON of fiscaldata.treasury.gov.

Each quarter has one row a currency, in force from its last day. Where a market moves by ten per
cent the Treasury adds a row with a later `effective_date`, in force for the rest of the quarter.
So the snapshot of an amendment's day is the quarter's with the amended rates laid over: it says
what is in force from that day on.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.core.reference import reference_path
from cost_pipeline.fx.reading import (
    DayRates,
    ReadRates,
    csv_lines,
    day_of,
    json_document,
    rate_of,
    wrong,
)

_NEEDED: Final = ("country_currency_desc", "exchange_rate", "effective_date")
# The downloads head their columns for people, the API for programs.
_HEADINGS: Final = {
    "country_-_currency_description": "country_currency_desc",
    "country-currency_description": "country_currency_desc",
}
_DOLLAR: Final = "USD"
_QUARTER_END_MONTHS: Final = (3, 6, 9, 12)

_Row = tuple[int, Mapping[str, str]]


def is_table(data: bytes) -> bool:
    """Whether the first line has the columns of the CSV."""
    first = data.lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0].lower()
    return b"effective" in first and b"exchange" in first and not first.lstrip().startswith(b"{")


def is_json(data: bytes) -> bool:
    """Whether it is an answer of the API."""
    return (
        data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b'"country_currency_desc"' in data
    )


def parse_table(data: bytes, *, where: str = "") -> ReadRates:
    """Returns the snapshots of a CSV file.

    Raises:
        UsageError: `FX_FILE`, with the line.
    """
    lines = csv_lines(data, where)
    line, header = next(lines, (1, []))
    names = [_heading(cell) for cell in header]
    _check_columns(names, where, line)
    return _snapshots(_csv_rows(lines, names, where), where)


def parse_json(data: bytes, *, where: str = "") -> ReadRates:
    """Reads the snapshots of an answer of the API (each of its pages is a file).

    Raises:
        UsageError: `FX_FILE`.
    """
    document = json_document(data, where)
    found = document.get("data") if isinstance(document, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise wrong(where, 1, "there is no list `data` in it")
    rows: list[_Row] = []
    for number, row in enumerate(found, start=1):
        _check_columns(list(row), where, number)
        rows.append((number, {name: str(row[name]) for name in _NEEDED}))
    return _snapshots(rows, where)


def _heading(cell: str) -> str:
    name = re.sub(r"\s+", "_", cell.strip().lower())
    return _HEADINGS.get(name, name)


def _check_columns(names: list[str], where: str, line: int) -> None:
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise wrong(where, line, f"it has no {missing[0]}")


def _csv_rows(
    lines: Iterable[tuple[int, list[str]]], names: list[str], where: str
) -> Iterator[_Row]:
    for line, cells in lines:
        if len(cells) != len(names):
            raise wrong(where, line, f"{len(cells)} cells under {len(names)} headings")
        yield line, dict(zip(names, (cell.strip() for cell in cells), strict=True))


def _snapshots(rows: Iterable[_Row], where: str) -> ReadRates:
    effective: dict[date, dict[str, Decimal]] = {}
    unmapped: set[str] = set()
    for line, row in rows:
        currency = _currencies().get(row["country_currency_desc"].strip().lower())
        if currency is None:
            unmapped.add(row["country_currency_desc"])
            continue
        if currency == _DOLLAR or row["exchange_rate"] in {"", "null", "None"}:
            continue
        day = day_of(row["effective_date"], where, line)
        rates = effective.setdefault(day, {})
        if currency in rates:
            raise wrong(where, line, f"{currency} occurs twice for {day}")
        rates[currency] = rate_of(row["exchange_rate"], currency, where, line)
    return ReadRates(tuple(_in_force(effective, where)), tuple(sorted(unmapped)))


def _in_force(effective: Mapping[date, dict[str, Decimal]], where: str) -> Iterator[DayRates]:
    """Yields the rates in force from each effective date on, within its quarter."""
    quarter: date | None = None
    rates: dict[str, Decimal] = {}
    for day in sorted(effective):
        if _is_quarter_end(day):
            quarter, rates = day, {}
        elif quarter is None or _next_quarter(quarter) <= day:
            raise wrong(
                where, 1, f"it amends rates on {day} and does not hold those of the quarter"
            )
        rates = rates | effective[day]
        yield DayRates(day, rates)


def _is_quarter_end(day: date) -> bool:
    return day.month in _QUARTER_END_MONTHS and day.day in {30, 31} and day == _last_day(day)


def _last_day(day: date) -> date:
    return day.replace(day=31 if day.month in {3, 12} else 30)


def _next_quarter(day: date) -> date:
    """Returns the quarter end after a quarter end."""
    year, month = (day.year + 1, 3) if day.month == 12 else (day.year, day.month + 3)  # noqa: PLR2004
    return _last_day(date(year, month, 1))


@functools.cache
def _currencies() -> dict[str, str]:
    """Returns the ISO code of each of the Treasury's texts, in lower case."""
    with reference_path("fx/treasury_currencies.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["country_currency_desc"].lower(): row["currency"] for row in csv.DictReader(file)
        }
