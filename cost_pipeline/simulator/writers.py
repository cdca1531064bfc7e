"""How each invented vendor writes its costs: JSON, CSV with a BOM, a printed listing, lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Final

from cost_pipeline.simulator.costs import Cost

LISTING_COLUMNS: Final = (
    *("Account", "LO", "EPI", "SET", "WC", "WS", "F1", "F2", "F3", "F4", "IN", "Tax", "Transfer"),
    *("Description", "Vendor Name", "Trans#", "TT", "JS", "Cur", "Period", "PO Number"),
    *("Document #", "Eff. Date", "PaymentNumber", "Amount"),
)
_LINES_PER_PAGE: Final = 60
_NO_DATE: Final = "2026-02-30"


def to_json(value: object) -> str:
    """Writes JSON with amounts digit by digit as numbers; no float is made."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)}: {to_json(inner)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",\n ".join(map(to_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def rental_invoice(cost: Cost) -> dict[str, object]:
    """Returns an invoice of the equipment rental's API."""
    return {
        "invoice": cost.number,
        "issued": _NO_DATE if cost.fate == "BAD_DATE" else cost.day.isoformat(),
        "net": cost.amount,
        "currency": cost.currency,
        "account": cost.gl_code,
        "department": cost.department,
        "supplier": cost.payee,
        "details": cost.words,
        "po": cost.order,
    }


def payroll_line(cost: Cost) -> dict[str, object]:
    """Returns a line of the guild payroll's API."""
    return {
        "line": cost.number,
        "worked": cost.day.isoformat(),
        "gross": cost.amount,
        "currency": cost.currency,
        "gl": cost.gl_code,
        "dept": cost.department,
        "union": cost.category,
        "worker": cost.payee,
        "hours": cost.words,
    }


def order_lines(costs: Sequence[Cost]) -> bytes:
    """Returns the prop house's purchase orders, one JSON object per line."""
    lines = [
        to_json(
            {
                "order": cost.number,
                "number": cost.order,
                "ordered": cost.day.isoformat(),
                "value": cost.amount,
                "currency": cost.currency,
                "gl": cost.gl_code,
                "supplier": cost.payee,
                "for": cost.words,
            }
        )
        for cost in costs
    ]
    return ("\n".join(lines) + "\n").encode()


def settlements(costs: Sequence[Cost], blank_rows: int) -> bytes:
    """Returns the location vendor's CSV: a BOM, CRLF, commas for thousands, some blank rows."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ["Settlement", "Date", "Place", "Payee", "Tax id", "Account", "Net", "Currency", "Printed"]
    )
    every = max(1, len(costs) // (blank_rows + 1))
    left = blank_rows
    for place, cost in enumerate(costs, 1):
        day = "31/02/2026" if cost.fate == "BAD_DATE" else f"{cost.day:%d/%m/%Y}"
        cells = [cost.number, day, cost.words, cost.payee, cost.tax_id or "", cost.gl_code]
        row = [*cells, f"{cost.amount:,.2f}", cost.currency, "simulated"]
        if cost.fate == "MALFORMED_ROW":
            # Somebody typed a quote into the export: inches, never closed.
            out.write(",".join([*row[:2], '"' + row[2] + ' 12" gate', *row[3:6]]) + "\r\n")
        else:
            writer.writerow(row)
        if left and place % every == 0:
            out.write("\r\n" if left % 2 else ",,,,,,,,\r\n")
            left -= 1
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def listing(costs: Sequence[Cost], printed: date) -> bytes:
    """Returns the studio's ledger as a printed report in a CSV: page heads, sections, totals."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    pages = _Pages(writer.writerow, printed)
    whole = Decimal(0)
    for account, group in groupby(sorted(costs, key=_by_account), key=lambda cost: cost.gl_code):
        total = Decimal(0)
        pages.write([f"Acct: {account} - {_ACCOUNT_NAMES[account]}"])
        for cost in group:
            pages.write(_detail(cost))
            total += cost.amount
        pages.write([f"Acct Total: {account}", *[""] * 23, f"{total:,.2f}"])
        whole += total
    pages.write(["Grand Total", *[""] * 23, f"{whole:,.2f}"])
    return out.getvalue().encode()


class _Pages:
    """Lines of a printed report; every page begins with its head."""

    def __init__(self, write: Callable[[Iterable[str]], object], printed: date) -> None:
        self._write = write
        self._printed = printed
        self._lines = 0

    def write(self, cells: Iterable[str]) -> None:
        if self._lines % _LINES_PER_PAGE == 0:
            self._head(1 + self._lines // _LINES_PER_PAGE)
        self._write(cells)
        self._lines += 1

    def _head(self, page: int) -> None:
        report = "GL 505 - General Ledger List By Account: Detail"
        self._write(["Show:", "Northern Lights"])
        self._write(["Company:", "Aurora Pictures LLC"])
        self._write(["Report:", report, "Page:", str(page)])
        self._write(["Project:", "P100", "Cost Period:", f"17 to {self._printed:%m/%d/%y}"])
        self._write(LISTING_COLUMNS)


_ACCOUNT_NAMES: Final = {
    "6304": "LOCATION SECURITY",
    "6305": "LOCATION POLICE",
    "6307": "LOCATION FIRE",
    "6342": "FEES & PERMITS",
}


def _by_account(cost: Cost) -> tuple[str, str]:
    return cost.gl_code, cost.number


def _detail(cost: Cost) -> list[str]:
    cells = dict.fromkeys(LISTING_COLUMNS, "")
    day = "02/30/2026" if cost.fate == "BAD_DATE" else f"{cost.day:%m/%d/%Y}"
    cells |= {
        "Account": cost.gl_code,
        "LO": "01",
        "EPI": "101",
        "Tax": "QW",
        "Description": f"{cost.day:%m/%d} {cost.words} (101)",
        "Vendor Name": cost.payee,
        "Trans#": cost.number,
        "TT": "AP",
        "Cur": cost.currency,
        "Period": "17",
        "PO Number": cost.order or "",
        "Document #": f"D{cost.number[-9:]}",
        "Eff. Date": day,
        "Amount": f"{cost.amount:,.2f}",
    }
    return list(cells.values())
