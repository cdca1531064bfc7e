"""The Federal Reserve's H.10 as the CSV of its Data Download Program.

A few lines head the columns, one column a series:

    "Series Description","AUSTRALIA -- SPOT EXCHANGE RATE US$/AUSTRALIAN $ ","BRAZIL -- ..."
    "Unit:","Currency:_Per_AUD","Currency:_Per_USD"
    "Multiplier:","1","1"
    "Currency:","USD","BRL"
    "Unique Identifier: ","H10/H10/RXI$US_N.B.AL","H10/H10/RXI_N.B.BZ"
    "Time Period","RXI$US_N.B.AL","RXI_N.B.BZ"
    2026-10-01,0.6612,5.3301
    2026-10-12,ND,ND

`Unit` says which way round each series is quoted, and it is held against what the source says.
Series that are no exchange rates (the dollar indexes) have another unit and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from cost_pipeline.contracts.rate_sources import Quote, Source
from cost_pipeline.fx.reading import DayRates, check_codes, csv_lines, day_of, table_of_days, wrong

_NONE: Final = frozenset({"ND", "NC", ""})
_UNIT: Final = re.compile(r"Currency:_Per_([A-Z]{3})")
_HEADS: Final = ("unit:", "multiplier:", "currency:", "time period")


def is_table(data: bytes) -> bool:
    """Whether it begins as the Data Download Program's files do."""
    return data.lstrip(b'\xef\xbb\xbf \r\n\t"').startswith(b"Series Description")


def parse_table(data: bytes, source: Source, *, where: str = "") -> tuple[DayRates, ...]:
    """Returns the days of the file, oldest first.

    Raises:
        UsageError: `FX_FILE`, also where a series is quoted otherwise than the source says.
    """
    lines = csv_lines(data, where)
    heads: dict[str, list[str]] = {}
    for _, cells in lines:
        heads[cells[0].strip().lower()] = [cell.strip() for cell in cells[1:]]
        if "time period" in heads:
            break
    missing = [name for name in _HEADS if name not in heads]
    if missing:
        raise wrong(where, 1, f"there is no line {missing[0]!r} above the rates")
    columns = dict(_columns(heads, source, where))
    check_codes(columns.values(), source.pivot, where, 1)
    width = len(heads["time period"])
    return table_of_days(
        _rows(lines, width, list(columns), where),
        list(columns.values()),
        absent=_NONE,
        where=where,
    )


def _columns(heads: dict[str, list[str]], source: Source, where: str) -> Iterator[tuple[int, str]]:
    """Returns position and currency of each series of exchange rates."""
    described = zip(heads["unit:"], heads["currency:"], heads["multiplier:"], strict=False)
    for position, (unit, counted, multiplier) in enumerate(described):
        per = _UNIT.fullmatch(unit)
        if per is None:
            continue
        currency = counted if per[1] == source.pivot else per[1]
        quote = Quote.PER_PIVOT if per[1] == source.pivot else Quote.PER_UNIT
        if source.pivot not in {per[1], counted} or quote is not source.quote_of(currency):
            expected = f"not {source.quote_of(currency)}"
            raise wrong(where, 1, f"{currency} is quoted as {counted} per {per[1]}, {expected}")
        if multiplier != "1":
            raise wrong(where, 1, f"{currency} is quoted times {multiplier}")
        yield position, currency


def _rows(
    lines: Iterator[tuple[int, list[str]]], width: int, positions: list[int], where: str
) -> Iterator[tuple[int, date, list[str]]]:
    for line, cells in lines:
        if len(cells) != width + 1:
            raise wrong(where, line, f"{len(cells) - 1} values under {width} series")
        yield (
            line,
            day_of(cells[0].strip(), where, line),
            [cells[position + 1] for position in positions],
        )
