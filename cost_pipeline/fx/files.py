"""Files of rates: which layout a file of a source has, and the project's own two columns.

The two columns `currency,rate` are what a correction is given in, and what a source of the home's
own publishes. Their day is not in the file; lines that begin with `#` are remarks, and one that
begins with `# reason:` says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.rate_sources import PLAIN, Source
from cost_pipeline.core.errors import UsageError
from cost_pipeline.fx import ecb, h10, treasury, valet
from cost_pipeline.fx.reading import (
    DayRates,
    ReadRates,
    check_codes,
    csv_lines,
    decoded,
    rate_of,
    wrong,
)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a layout is recognised by its first bytes, and read."""

    fits: Callable[[bytes], bool]
    read: Callable[[bytes, Source, str], ReadRates]


def _days(read: Callable[..., tuple[DayRates, ...]]) -> Callable[[bytes, Source, str], ReadRates]:
    return lambda data, _source, where: ReadRates(read(data, where=where))


def _of_source(
    read: Callable[..., tuple[DayRates, ...]],
) -> Callable[[bytes, Source, str], ReadRates]:
    return lambda data, source, where: ReadRates(read(data, source, where=where))


LAYOUTS: Final[Mapping[str, _Layout]] = {
    "ecb_history_csv": _Layout(ecb.is_table, _days(ecb.parse_history)),
    "ecb_daily_csv": _Layout(ecb.is_table, _days(ecb.parse_history)),
    "ecb_xml": _Layout(ecb.is_xml, _days(ecb.parse_xml)),
    "treasury_csv": _Layout(
        treasury.is_table, lambda data, _source, where: treasury.parse_table(data, where=where)
    ),
    "treasury_json": _Layout(
        treasury.is_json, lambda data, _source, where: treasury.parse_json(data, where=where)
    ),
    "h10_csv": _Layout(h10.is_table, _of_source(h10.parse_table)),
    "valet_csv": _Layout(valet.is_table, _of_source(valet.parse_table)),
    "valet_json": _Layout(valet.is_json, _of_source(valet.parse_json)),
}
"""By the name that a source gives in `layouts`."""


def read_rates(data: bytes, source: Source, *, day: date | None = None, where: str) -> ReadRates:
    """Returns what a file of the source holds.

    Args:
        data: The file's bytes.
        source: Whose file it is; one of its layouts must fit.
        day: The day of a file that does not carry it (`currency,rate`).
        where: The file's name, for messages.

    Raises:
        UsageError: `FX_FILE`; `FX_DAY` if a day is needed and not given, or given and not needed.
    """
    if PLAIN in source.layouts:
        if day is None:
            raise UsageError(
                "a file `currency,rate` does not say of which day its rates are",
                where=where,
                remedy="name the day with --date",
                code="FX_DAY",
            )
        plain = parse_two_columns(data, source, where=where)
        return ReadRates((DayRates(day, plain.rates),))
    if day is not None:
        raise UsageError(
            f"files of {source.title} carry their days",
            where=where,
            remedy="leave out --date; to correct a day use `fx correct`",
            code="FX_DAY",
        )
    for name in source.layouts:
        if LAYOUTS[name].fits(data):
            return LAYOUTS[name].read(data, source, where)
    known = ", ".join(source.layouts)
    raise wrong(where, 1, f"it has none of the layouts of {source.title} ({known})")


@dataclass(frozen=True, slots=True)
class TwoColumns:
    """A file `currency,rate`: its rates, the reason that it gives ("" if none), and its word.

    Attributes:
        confirmed: Whether it says that its rates are right however far off they are.
    """

    rates: dict[str, Decimal]
    reason: str
    confirmed: bool = False


def parse_two_columns(data: bytes, source: Source, *, where: str = "") -> TwoColumns:
    """Returns the rates of a CSV with the header `currency,rate`, one line per currency.

    Rates are written as the source quotes them.

    Raises:
        UsageError: `FX_FILE`, with the line, if it is not such a file or holds no rate.
    """
    text = decoded(data, where)
    # Remarks become blank lines, so that the numbers of lines stay.
    kept = re.sub(r"(?m)^[ \t]*#.*$", "", text).encode()
    lines = csv_lines(kept, where)
    line, header = next(lines, (1, []))
    if [cell.strip().lower() for cell in header] != ["currency", "rate"]:
        raise wrong(where, line, "the first line is not `currency,rate`")
    rates: dict[str, Decimal] = {}
    for line, cells in lines:
        if len(cells) != len(header):
            raise wrong(where, line, f"{len(cells)} cells instead of a currency and its rate")
        currency = cells[0].strip()
        check_codes([*rates, currency], source.pivot, where, line)
        rates[currency] = rate_of(cells[1].strip(), currency, where, line)
    if not rates:
        raise wrong(where, line, "there is no rate in it")
    reason = re.search(r"(?mi)^[ \t]*#[ \t]*reason:[ \t]*(.*?)[ \t]*$", text)
    confirmed = re.search(r"(?mi)^[ \t]*#[ \t]*confirm:[ \t]*yes[ \t]*$", text)
    return TwoColumns(rates, reason[1] if reason else "", confirmed is not None)
