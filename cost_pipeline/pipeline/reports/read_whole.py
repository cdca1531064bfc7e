"""The check that nothing of a delivery was left unread, and nothing is visibly misread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final

from cost_pipeline.contracts.problems import shown
from cost_pipeline.pipeline.reports.deliveries import DeliveryReport
from cost_pipeline.pipeline.reports.outcome import Outcome

_SHOWN: Final = 5


def deliveries_are_read_whole(
    reports: Iterable[DeliveryReport], known: Callable[[], Iterable[DeliveryReport]]
) -> Outcome:
    """Whether no sheet or table of a workbook was passed over, and no text cut off or misread.

    Args:
        reports: The deliveries that are looked at.
        known: Gives all deliveries, for how the files of a vendor end otherwise; asked if need be.
    """
    own = [r for r in reports if r.duplicate_of is None]
    found = [words for report in own for words in left_unread(report)]
    cut = [
        f"{r.uri}: its last line has no line end, as the files of {r.vendor} before it had; "
        "perhaps it was cut off"
        for r in _cut(own, known)
    ]
    rows = sum(unread_rows(report) for report in own)
    message = f"{len(own)} deliveries were read whole"
    if found or cut:
        message = "; ".join([*found, *cut][:_SHOWN])
    numbers = {"deliveries": len(own), "rows_not_read": rows, "told": len(found) + len(cut)}
    told = bool(found or cut)
    return Outcome(not told, message, numbers, warning=told)


def _cut(
    own: Iterable[DeliveryReport], known: Callable[[], Iterable[DeliveryReport]]
) -> list[DeliveryReport]:
    """Returns those whose last line has no end while the vendor's files before them had one."""
    ends_open = [r for r in own if r.account is not None and r.account.open_end]
    if not ends_open:
        return []
    first: dict[str, date] = {}
    for report in known():
        if report.account is not None and report.account.lines and not report.account.open_end:
            day = report.pull_date
            first[report.vendor] = min(day, first.get(report.vendor, day))
    return [r for r in ends_open if first.get(r.vendor, r.pull_date) < r.pull_date]


def unread_rows(report: DeliveryReport) -> int:
    """Counts the filled rows of a workbook that were not read, of those that nobody ignores."""
    sheets = report.account.sheets if report.account is not None else ()
    return sum(s.other if s.read else s.filled for s in sheets if s.read or not s.ignored)


def left_unread(report: DeliveryReport) -> Iterator[str]:
    """Says what of a delivery was not read, or is read as what it is not, in a sentence each."""
    account = report.account
    if account is None:
        return
    for sheet in account.sheets:
        name = shown(sheet.name)
        if sheet.read and sheet.other:
            yield (
                f"{report.uri}: another table in the sheet {name}, from row {sheet.other_line} on, "
                f"is not read ({sheet.other} filled rows)"
            )
        elif not sheet.read and not sheet.ignored and sheet.filled:
            kind = "sheet" if sheet.visible else "hidden sheet"
            yield (
                f"{report.uri}: the {kind} {name} is not read ({sheet.filled} filled rows); name "
                "it in `sheets` or in `ignore_sheets`"
            )
    if account.misread:
        yield (
            f"{report.uri}: read as {report.encoding} it holds UTF-8 in {account.misread} places, "
            f"the first on line {account.misread_line}"
        )
