"""Every reason code is reached: each has a case here that produces it.

A new code needs a case: a row in ROWS, or a delivery in WHOLE, a function in OTHERS, or a
credit in REVERSED.
"""

from __future__ import annotations

import openpyxl
import pytest

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.sql import Predicate
from cost_pipeline.feeds.all import every_reason
from cost_pipeline.feeds.production.approvals import Credit, Original, drafted, record
from cost_pipeline.feeds.production.periods import OpenPeriod, close
from cost_pipeline.pipeline.dead_letters.corrections import take_in
from cost_pipeline.pipeline.dead_letters.export import export_letters
from cost_pipeline.pipeline.dead_letters.letters import letters_now

DAY, NEXT = "2026-04-01", "2026-04-02"
HEAD = (
    "id",
    "date",
    "amount",
    "currency",
    "text",
    "production",
    "department",
    "gl",
    "union",
    "tax",
)
GOOD = {
    "date": "2026-03-31", "amount": "1.00", "currency": "GBP", "production": "P100",
    "department": "2000", "gl": "2300-01", "union": "IATSE",
}  # fmt: skip

_VENDOR = """vendor: {name}
production: P100
record: {record}
source: {{kind: folder, path: inbox/{name}, files: "{{pull_date:%Y-%m-%d}}*"}}
format: {format}
dates: {dates}
key: {key}
numbers: {{symbols: ["€"]}}
plausible: {{after: any}}
columns:
  transaction_id: [id]
  transaction_date: [date]
  amount: [amount]
  currency: [currency]
  description: [text]
  production: [production]
  department_code: [department]
  gl_code: [gl]
  union_category: [union]
  tax_id: [tax]
"""
_DEFAULT = {
    "record": "payroll_line",
    "format": "{kind: csv}",
    "dates": '["%Y-%m-%d"]',
    "key": "[transaction_id]",
}

ROWS: dict[str, tuple[str, dict[str, str]]] = {
    Reason.MISSING_FIELD: ("payroll", {"amount": ""}),
    Reason.BAD_TEXT: ("payroll", {"text": "a\tb"}),
    Reason.BAD_NUMBER: ("payroll", {"amount": "1.0.0"}),
    CostReason.NEGATIVE_AMOUNT: ("payroll", {"amount": "-1.00"}),
    Reason.BAD_DATE: ("payroll", {"date": "2026-02-30"}),
    Reason.AMBIGUOUS_DATE: ("twoways", {"date": "01/02/2026"}),
    Reason.UNKNOWN_CURRENCY: ("payroll", {"currency": "GBX"}),
    Reason.CURRENCY_CONTRADICTED: ("payroll", {"amount": "€1.00"}),
    Reason.IMPLAUSIBLE_DATE: ("payroll", {"date": "1999-01-04"}),
    Reason.CURRENCY_NOT_VALID_ON_DATE: ("payroll", {"currency": "HRK"}),
    CostReason.UNKNOWN_PRODUCTION: ("payroll", {"production": "P999"}),
    CostReason.BAD_GL_CODE: ("payroll", {"gl": "63O5"}),
    CostReason.BAD_DEPARTMENT: ("payroll", {"department": "art"}),
    CostReason.UNKNOWN_ACCOUNT: ("payroll", {"production": "P200", "gl": "2300-02"}),
    CostReason.UNMAPPED_COST_CODE: ("payroll", {"gl": "9999"}),
    CostReason.UNION_CATEGORY_MISSING: ("payroll", {"union": ""}),
    CostReason.UNION_CATEGORY_MISMATCH: ("payroll", {"union": "DGA"}),
    CostReason.MISSING_TAX_ID: ("places", {"tax": ""}),
    CostReason.BAD_TAX_ID: ("places", {"tax": "GB-VAT:123"}),
    CostReason.FX_RATE_MISSING: ("payroll", {"date": "2026-04-07"}),
    CostReason.FX_RATE_TOO_OLD: (
        "payroll",
        {"currency": "JPY", "date": "2026-04-01", "amount": "5"},
    ),
}
"""Code to the vendor that sends the row, and how the row differs from a good one."""

WHOLE: dict[str, bytes] = {
    Reason.MALFORMED_ROW: (",".join(HEAD) + "\na,b\n").encode(),
    Reason.ENCODING: (",".join(HEAD) + "\n").encode() + b"\xff\xfe\xff\n",
    Reason.NOT_THE_FORMAT: b"<!DOCTYPE html><html><body>please log in</body></html>",
    Reason.SCHEMA_DRIFT: b"id,date\nX,2026-03-31\n",
}
"""Code to the bytes of a delivery."""

NOT_YET = {
    Reason.CONTROL_TOTAL: "a check of the delivery; no row of it is refused",
    CostReason.PERIOD_CLOSED: "what comes late is posted into an open period",
}


ON_CARDS = {
    Reason.BAD_TIME, CostReason.BAD_CODE, CostReason.BAD_GROSS_LINE,
    CostReason.GROSS_NOT_THE_SUM,
    *(reason for reason in CostReason if reason.startswith("UNION_") and "CATEGORY" not in reason),
}  # fmt: skip
"""Of timecards: validate/test_timecards, feeds/test_timecards and test_union_reasons have them."""


def _vendor(house, name, **settings):
    house.vendor_file(name, _VENDOR.format(name=name, **{**_DEFAULT, **settings}))


def _csv(rows):
    lines = [",".join(HEAD)]
    lines += [",".join(f'"{row.get(name, "")}"' for name in HEAD) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def _send_rows(house):
    by_vendor: dict[str, list[dict[str, str]]] = {}
    for reason, (vendor, change) in ROWS.items():
        by_vendor.setdefault(vendor, []).append({**GOOD, "id": reason, **change})
    for vendor, rows in by_vendor.items():
        house.drop(vendor, DAY, _csv(rows))


def _send_whole(house):
    for reason, content in WHOLE.items():
        name = reason.value.lower()
        _vendor(house, name)
        house.drop(name, DAY, content)


def _key_conflict(house):
    rows = [{**GOOD, "id": "K", "amount": amount} for amount in ("1.00", "2.00")]
    house.drop("payroll", NEXT, _csv(rows))


def _unknown_field(house):
    _vendor(house, "items", format="{kind: jsonl}")
    text = ", ".join(f'"{key}": "{value}"' for key, value in {**GOOD, "id": "J"}.items())
    house.drop("items", DAY, ("{" + text + ', "new": "x"}\n').encode())


def _unknown_code(house):
    text = _VENDOR.format(name="coded", **_DEFAULT).replace("  gl_code: [gl]\n", "")
    house.vendor_file("coded", text + 'codes: [{from: gl, table: {"1": {gl_code: 2300-01}}}]\n')
    house.drop("coded", DAY, _csv([{**GOOD, "id": "U", "gl": "2"}]))


def _chart(house):
    """P200 has one account."""
    (house.root / "chart.csv").write_text("gl_code\n2300-01\n", encoding="utf-8")
    settings = house.root / "productions.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("  P200:\n", "  P200:\n    chart: chart.csv\n"), "utf-8")


def _fetch_failed(house):
    _vendor(house, "absent")
    (house.root / "inbox" / "absent").rmdir()


def _corrections(house):
    """Two mended workbooks of one row, a row that was added, and one whose vendor was edited."""
    session = house.session()
    folder = house.root / "inbox" / "corrections"
    folder.mkdir(exist_ok=True)
    for name in ("a", "b"):
        export_letters(session, "vendor = 'payroll'", folder.parent / "out.xlsx")
        book = openpyxl.load_workbook(folder.parent / "out.xlsx")
        sheet = book["Payroll lines"]
        head = {cell.value: cell.column for cell in sheet[1]}
        rows = {row[head["Transaction id"] - 1].value: row for row in sheet.iter_rows(min_row=2)}
        mended = rows["BAD_DATE"]
        mended[head["Transaction date"] - 1].value = "2026-03-31"
        mended[head["Description"] - 1].value = name
        other = rows["BAD_AMOUNT"]
        other[head["Amount"] - 1].value, other[head["Vendor"] - 1].value = "1.00", "places"
        sheet.cell(row=sheet.max_row + 1, column=head["Amount"]).value = "9.00"
        book.save(folder / f"{name}.xlsx")
    take_in(session)


REVERSED = {
    "X1": ("T9", CostReason.REVERSAL_UNKNOWN),
    "X2": ("lodging/L2", CostReason.REVERSAL_AMBIGUOUS),
    "X3": ("T3", CostReason.REVERSAL_NOT_POSTED),
    "X4": ("X1", CostReason.REVERSAL_OF_REVERSAL),
    "X5": ("lodging/L1", CostReason.REVERSAL_OTHER_PRODUCTION),
    "X6": ("T2", CostReason.REVERSAL_OTHER_CURRENCY),
    "X7": ("T1", CostReason.REVERSAL_EXCEEDS),
    "X8": ("M1", CostReason.REVERSAL_PERIOD_CLOSED),
}
"""A negative row to what somebody approved that it takes back, and what comes of that."""
OF_CREDITS = {reason for _, reason in REVERSED.values()} | {
    CostReason.CREDIT_UNMATCHED,
    CostReason.CREDIT_EXCEEDS,
}


def _credits(house):
    """Credits, in a home of their own; the approvals are recorded, not asked for."""
    costs = [
        ("T1", DAY, "5.00", "GBP"),
        ("T2", DAY, "90.00", "USD"),
        ("T3", "2026-04-09", "90.00", "GBP"),  # no rate
        ("M1", "2026-03-31", "90.00", "GBP"),
    ]
    house.drop("rentals", DAY, [*costs, *((name, DAY, "-9.00", "GBP") for name in REVERSED)])
    house.drop("lodging", DAY, [(name, DAY, "9.00", "GBP") for name in ("L1", "L2", "L2")])
    notes = [
        ("I1", DAY, "1.00", "GBP", "", "N1"),
        ("C1", DAY, "-2.00", "GBP", "", "", "N1"),
        ("C2", DAY, "-2.00", "GBP", "", "", "N2"),
    ]
    house.notes(DAY, notes)
    house.work(DAY)
    session = house.session()
    close(session, "2026-03", by="A", reason=None, examine=OpenPeriod)
    for letter in letters_now(session, Predicate("vendor = 'rentals' and amount < 0")).to_pylist():
        named = list(REVERSED)[letter["row"] - len(costs) - 1]
        before, _, after = REVERSED[named][0].rpartition("/")
        credit = Credit(letter["vendor"], letter["fingerprint"], letter["id"])
        original = Original(before or "rentals", transaction_id=after)
        record(session, drafted(session, credit, original, by="A", reason="a test"))


OTHERS = {
    Reason.KEY_CONFLICT: _key_conflict,
    Reason.UNKNOWN_FIELD: _unknown_field,
    Reason.UNKNOWN_CODE: _unknown_code,
    Reason.FETCH_FAILED: _fetch_failed,
}
"""Code to what makes it, before the pull; those of corrections are made by `_corrections`."""
OF_CORRECTIONS = {
    Reason.CORRECTION_UNKNOWN,
    Reason.CORRECTION_IDENTITY,
    Reason.CORRECTION_ANSWERED,
}


@pytest.fixture(scope="module")
def produced(door, tmp_path_factory):
    """The codes of all dead letters that the cases make, in one home."""
    house = door.House(tmp_path_factory.mktemp("reasons") / "home", ())
    house.load_rates({"2026-03-20": {"USD": "1.1", "JPY": "160"}})
    _chart(house)
    _vendor(house, "payroll")
    _vendor(house, "twoways", dates='["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d"]')
    _vendor(house, "places", record="location_settlement")
    _send_rows(house)
    _send_whole(house)
    for make in OTHERS.values():
        make(house)
    house.work(DAY, NEXT)
    _corrections(house)
    door.bring_up_to_date(house.session())
    assert door.unlawful(house.session()) == []
    credited = door.House(tmp_path_factory.mktemp("credits") / "home")
    _credits(credited)
    door.bring_up_to_date(credited.session())
    assert door.unlawful(credited.session()) == []
    letters = [letters_now(one.session())["reasons"].to_pylist() for one in (house, credited)]
    return {reason for found in letters for reasons in found for reason in reasons}


@pytest.mark.parametrize("reason", [one for one in every_reason() if one not in ON_CARDS])
def test_every_reason_code_is_produced_by_a_case(reason, produced):
    has_case = reason in {*ROWS, *WHOLE, *OTHERS, *OF_CORRECTIONS, *OF_CREDITS}
    if reason in NOT_YET:
        assert not has_case
        assert reason not in produced, f"{reason} is reached now: take it out of NOT_YET"
        return
    assert has_case, f"{reason} has no case in this table"
    assert reason in produced, f"the case of {reason} does not produce it"
