"""The ECB's files: the history as CSV, one day as CSV, and XML of one day or many.

All of them hold units of a currency for one euro. The history drops trailing zeros that the one-day
file keeps, so rates are compared as numbers and never as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from xml.parsers import expat

from cost_pipeline.fx.reading import (
    DayRates,
    check_codes,
    csv_lines,
    day_of,
    rate_of,
    table_of_days,
    wrong,
)

EURO: Final = "EUR"
_NONE: Final = frozenset({"", "N/A"})
_DAILY_HEADER: Final = re.compile(rb"\s*(\xef\xbb\xbf)?date\s*,", re.IGNORECASE)
_LONG_DAY: Final = re.compile(r"[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}")


def parse_history(data: bytes, *, where: str = "") -> tuple[DayRates, ...]:
    """Returns the days of `eurofxref-hist.csv`, or the one of `eurofxref.csv`, oldest first.

    The history writes `2026-10-30` and `1.1172`, the one-day file `30 October 2026` and ` 1.1172`.
    `N/A` and empty cells are no rate; the trailing comma of the ECB's lines is not a column.

    Args:
        data: The file's bytes, UTF-8 with or without a byte order mark.
        where: The file's name, for messages.

    Raises:
        UsageError: `FX_FILE`, with the line, for anything else than such a file.
    """
    lines = csv_lines(data, where)
    line, header = next(lines, (1, []))
    names = [cell.strip() for cell in _without_trailing_cell(header)]
    if len(names) < 2 or names[0].lower() != "date":  # noqa: PLR2004 - a day and one currency
        raise wrong(where, line, "the first line is not `Date,USD,JPY,...`")
    check_codes(names[1:], EURO, where, line)
    return table_of_days(_rows(lines, where), names[1:], absent=_NONE, where=where)


def is_table(data: bytes) -> bool:
    """Whether the bytes begin as the ECB's CSV files do."""
    return _DAILY_HEADER.match(data) is not None


def is_xml(data: bytes) -> bool:
    """Whether the bytes are the ECB's XML."""
    return data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"eurofxref" in data


def parse_xml(data: bytes, *, where: str = "") -> tuple[DayRates, ...]:
    """Returns the days of `eurofxref-daily.xml`, `-hist.xml` or `-hist-90d.xml`, oldest first.

    A document type is refused before anything in it is read, so that no entity is ever expanded.

    Raises:
        UsageError: `FX_FILE` for anything else than such a file.
    """
    cubes = _Cubes(where)
    parser = cubes.parser
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as error:
        raise wrong(where, error.lineno, f"it is not XML: {error}") from None
    if not cubes.days:
        raise wrong(where, 1, "there is no <Cube time=...> in it")
    return tuple(cubes.days[day] for day in sorted(cubes.days) if cubes.days[day].rates)


class _Cubes:
    """What expat finds: <Cube time> opens a day, <Cube currency rate> is a rate of it."""

    def __init__(self, where: str) -> None:
        self.days: dict[date, DayRates] = {}
        self._where = where
        self._open: DayRates | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_declared: object) -> None:
        raise wrong(self._where, self._line, "a document type or an entity is declared in it")

    @property
    def _line(self) -> int:
        return self.parser.CurrentLineNumber

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] != "Cube":
            return
        if "time" in attributes:
            day = day_of(attributes["time"], self._where, self._line)
            if day in self.days:
                raise wrong(self._where, self._line, f"{day} occurs twice")
            self._open = self.days[day] = DayRates(day, {})
        elif "currency" in attributes:
            self._rate(attributes)

    def _rate(self, attributes: dict[str, str]) -> None:
        if self._open is None:
            raise wrong(self._where, self._line, "a rate stands outside of a day")
        currency = attributes["currency"]
        check_codes([*self._open.rates, currency], EURO, self._where, self._line)
        text = attributes.get("rate", "")
        if text not in _NONE:
            self._open.rates[currency] = rate_of(text, currency, self._where, self._line)


def _rows(
    lines: Iterator[tuple[int, list[str]]], where: str
) -> Iterator[tuple[int, date, list[str]]]:
    for line, cells in lines:
        kept = _without_trailing_cell(cells)
        yield line, _day(kept[0].strip(), where, line), kept[1:]


def _day(text: str, where: str, line: int) -> date:
    if _LONG_DAY.fullmatch(text):
        try:
            return datetime.strptime(text, "%d %B %Y").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            raise wrong(where, line, f"{text!r} is not a day") from None
    return day_of(text, where, line)


def _without_trailing_cell(cells: list[str]) -> list[str]:
    return cells[:-1] if cells and not cells[-1].strip() else cells
