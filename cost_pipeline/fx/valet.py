"""The Bank of Canada's Valet answers, as CSV or JSON: Canadian dollars for one unit.

The CSV has terms and descriptions above the line `"OBSERVATIONS"`; under it stand `"date"` and a
column for each series, `FXUSDCAD`. In the JSON `observations` are
`{"d": "2024-01-02", "FXUSDCAD": {"v": "1.3316"}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from cost_pipeline.contracts.rate_sources import Source
from cost_pipeline.fx.reading import (
    DayRates,
    check_codes,
    csv_lines,
    day_of,
    json_document,
    table_of_days,
    wrong,
)

_NONE: Final = frozenset({"", "Not available"})
_OBSERVATIONS: Final = "OBSERVATIONS"


def is_table(data: bytes) -> bool:
    """Whether it has the line that begins the observations."""
    return re.search(rb'^"?OBSERVATIONS"?\s*$', data, re.MULTILINE) is not None


def is_json(data: bytes) -> bool:
    """Whether it is an answer with observations."""
    return data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b'"observations"' in data


def parse_table(data: bytes, source: Source, *, where: str = "") -> tuple[DayRates, ...]:
    """Returns the days of a CSV answer, oldest first.

    Raises:
        UsageError: `FX_FILE`, with the line.
    """
    lines = csv_lines(data, where)
    for _, cells in lines:
        if [cell.strip() for cell in cells] == [_OBSERVATIONS]:
            break
    line, header = next(lines, (1, []))
    if not header or header[0].strip() != "date":
        raise wrong(where, line, "there is no `date` under OBSERVATIONS")
    currencies = [_currency(cell.strip(), source, where, line) for cell in header[1:]]
    check_codes(currencies, source.pivot, where, line)
    return table_of_days(_rows(lines, where), currencies, absent=_NONE, where=where)


def parse_json(data: bytes, source: Source, *, where: str = "") -> tuple[DayRates, ...]:
    """Returns the days of a JSON answer, oldest first.

    Raises:
        UsageError: `FX_FILE`.
    """
    document = json_document(data, where)
    observations = document.get("observations") if isinstance(document, dict) else None
    if not isinstance(observations, list) or not all(isinstance(o, dict) for o in observations):
        raise wrong(where, 1, "there is no list `observations` in it")
    series = sorted({name for entry in observations for name in entry if name != "d"})
    currencies = [_currency(name, source, where, 1) for name in series]
    check_codes(currencies, source.pivot, where, 1)
    rows = (
        (
            number,
            day_of(str(entry.get("d", "")), where, number),
            [_value(entry.get(name)) for name in series],
        )
        for number, entry in enumerate(observations, start=1)
    )
    return table_of_days(rows, currencies, absent=_NONE, where=where)


def _value(found: Any) -> str:  # noqa: ANN401 - any JSON
    return str(found.get("v") or "") if isinstance(found, dict) else ""


def _currency(series: str, source: Source, where: str, line: int) -> str:
    match = re.fullmatch(rf"FX([A-Z]{{3}}){source.pivot}", series)
    if match is None:
        raise wrong(where, line, f"{series!r} is not a series such as FXUSD{source.pivot}")
    return match[1]


def _rows(
    lines: Iterator[tuple[int, list[str]]], where: str
) -> Iterator[tuple[int, date, list[str]]]:
    for line, cells in lines:
        yield line, day_of(cells[0].strip(), where, line), cells[1:]
