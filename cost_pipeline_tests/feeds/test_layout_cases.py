"""Ordinary exports of accounting programs, connected by a vendor file alone."""

import json
from datetime import date

import pytest

from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.feeds.production.row_fate import row_fate
from cost_pipeline.pipeline.reports.findings import control_totals_hold, rows_are_conserved

PULLED = date(2026, 10, 9)
QBO = """
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/case, files: "*"}
format:
  kind: csv
  header_within: 10
  furniture: ["*day, * GMT*"]
  groups: [{column: Vendor, from: "#1", ends: ["Total for *"]}]
  control_total: {column: amount, required: true}
dates: ["%m/%d/%Y"]
numbers: {decimal: ".", thousands: ",", symbols: ["$"], negatives: [leading, parentheses]}
key: [transaction_id]
columns:
  transaction_id: [Num]
  transaction_date: [Date]
  amount: [Amount Paid]
  description: [Memo]
  invoice_number: [Invoice No]
  vendor_name: [Vendor]
ignore: [Invoice Date, Original Amount]
constants: {currency: USD, department_code: "2000", gl_code: "2000-01"}
"""
BOUND = """
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/case, files: "*"}
key: [transaction_id]
dates: ["%Y-%m-%d"]
constants: {currency: USD, department_code: "2000", gl_code: "2000-01"}
"""
SIMPLE = "columns: {transaction_id: [id], transaction_date: [day], vendor_name: [supplier], "
HEADERS = """
format: {kind: csv, header_within: 5}
columns:
  transaction_id: [Id]
  transaction_date: [Date]
  amount: [Amount, "#3"]
  description: [Text]
ignore: [Cur, "#6"]
"""
SEPARATED = """
format: {kind: csv, delimiter: ";", furniture: ["# *", "(* rows)"]}
columns: {transaction_id: [Id], transaction_date: [Date], amount: [Amount], description: [Text]}
ignore: [Cur]
"""
DATEV = """
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/case, files: "*"}
format: {kind: csv, encodings: [cp1252], delimiter: ";", header_within: 2}
dates: {forms: ["%d%m"], year: 2016}
numbers: {decimal: ",", thousands: ".", negatives: [leading, trailing]}
key: none
columns:
  transaction_date: [Belegdatum]
  amount: ["Umsatz (ohne Soll/Haben-Kz)"]
  description: [Buchungstext]
amount: {sign: {column: Soll/Haben-Kennzeichen, debit: S, credit: H}}
ignore: ["*Umsatz", "Basis*", Kurs, "*onto*", "BU-*", "Belegfeld ?", Skonto]
constants: {currency: EUR, department_code: "2000", gl_code: "2000-01"}
"""
XERO = """
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/case, files: "*"}
format: {kind: csv}
dates: ["%Y-%m-%d"]
key: {columns: [transaction_id], ordinal: true}
columns:
  transaction_id: ["*InvoiceNumber"]
  transaction_date: ["*InvoiceDate"]
  amount: [LineAmount]
  vendor_name: ["*ContactName"]
  description: ["*Description"]
  po_number: [Reference]
  currency: [Currency]
ignore: [EmailAddress, "*Date", Total, InvoiceAmount*, "*Quantity", "*UnitAmount", "*AccountCode"]
constants: {department_code: "2000", gl_code: "2000-01"}
"""
SAGE = """
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/case, files: "*"}
format: {kind: csv, encodings: [cp1252]}
dates: ["%d/%m/%Y"]
key: [transaction_id]
columns:
  transaction_id: [Ref]
  transaction_date: [Date]
  amount: [Gross]
  vendor_name: [Account]
  description: [Details]
amount: {sign: {column: Type, debit: PI, credit: PC}}
ignore: [Net, Tax]
constants: {currency: USD, department_code: "2000", gl_code: "2000-01"}
"""


@pytest.fixture
def cases(project_root):
    folder = project_root.parent / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip(f"the given cases are not here ({folder.name} beside the checkout)")
    return folder


@pytest.fixture
def connected(door, tmp_path):
    """Makes a home with one vendor file and files in its inbox."""

    def make(text, **files):
        house = door.House(tmp_path / "home", ())
        house.vendor_file("case", "vendor: case\n" + text)
        for name, content in files.items():
            put(house, name, content)
        return house

    return make


def put(house, name, content):
    data = content if isinstance(content, bytes) else content.encode()
    (house.root / "inbox" / "case" / name.replace("_", ".")).write_bytes(data)


def read_in(house):
    """Records and dead letters of everything in the inbox, by id."""
    house.pull(PULLED)
    session = house.session()
    rows = session.lake.table(session.feed.records).snapshot().read().to_pylist()
    return session, sorted(rows, key=lambda row: (row["transaction_id"], row["row"]))


def said(rows, *names):
    return [
        tuple(str(row[name]) if row[name] is not None else None for name in names) for row in rows
    ]


GIVEN = {
    "09-headers": (
        BOUND + HEADERS,
        [(f"H{n}", f"{n}.0000") for n in range(1, 7)],
        {"SCHEMA_DRIFT": 1},  # two columns are called Id
    ),
    "47-semicolon-sep": (
        BOUND + SEPARATED,
        [("S1", "1.0000"), ("S2", "2.0000"), ("S3", "3.0000"), ("S4", "4.0000")],
        {},
    ),
    "values-hdrmid": (
        BOUND + "format: {kind: csv}\n" + SIMPLE + "amount: [amount]}\n",
        [("A1", "1.0000"), ("A2", "2.0000")],
        {},
    ),
    "values-headnbsp": (
        BOUND + "format: {kind: csv}\n" + SIMPLE + "amount: [net amount]}\n",
        [("A1", "1.0000")],
        {},
    ),
    "xl-merged": (
        BOUND.replace("key: [transaction_id]", "key: {columns: transaction_id, ordinal: true}")
        + "format: {kind: excel, fill_down: [id]}\n"
        + SIMPLE
        + "amount: [amount]}\n",
        [("A1", "1.5000"), ("A1", "2.5000")],
        {},
    ),
    "xl-totallabel": (
        BOUND + "format: {kind: excel, control_total: {}}\n" + SIMPLE + "amount: [amount]}\n",
        [("A1", "1.5000")],
        {},
    ),
    "xl-trailtext": (
        BOUND
        + 'format: {kind: excel, control_total: {}, furniture: ["Prepared by *"]}\n'
        + SIMPLE
        + "amount: [amount]}\n",
        [("A1", "1.5000")],
        {},
    ),
    "layout-xero": (
        XERO,
        [
            ("ASH-6100", "960.0000"), ("ASH-6100", "1000.1700"), ("BEX-221", "9366.9500"),
            ("CAL-77", "640.0000"), ("CAL-77", "0.0000"),
        ],
        {},
    ),
    "layout-sage": (
        SAGE,
        [("ASH-6100", "1960.1700"), ("BEX-221", "9366.9500"), ("BEX-222", "-120.0000")],
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GIVEN)
def test_a_given_export_is_read_by_its_vendor_file(door, connected, cases, name):
    text, amounts, reasons = GIVEN[name]
    files = {file.name: file.read_bytes() for file in sorted((cases / name / "in").iterdir())}
    session, rows = read_in(connected(text, **files))
    assert said(rows, "transaction_id", "amount") == amounts
    assert door.open_reasons(session) == reasons
    assert rows_are_conserved(door.reports(session)).passed
    assert control_totals_hold(door.reports(session), COSTS.measure).passed


def test_headings_name_the_vendor_of_the_rows_below_them(door, connected, cases):
    file = cases / "layout-qbo" / "in" / "qbo_bill_payment_list.csv"
    session, rows = read_in(connected(QBO, bills_csv=file.read_bytes()))
    assert said(rows, "transaction_id", "transaction_date", "amount", "vendor_name") == [
        ("1001", "2026-09-02", "1960.1700", "Ashby Components"),
        ("1003", "2026-09-05", "9366.9500", "Bexley Plastics"),
        ("1009", "2026-09-16", "800.0000", "Ashby Components"),
    ]
    (report,) = door.reports(session)
    account = report.account
    assert (account.furniture, account.blank, account.control, account.header) == (8, 3, 1, 1)
    assert (account.sums, account.broken_sums) == (2, ())
    outcome = control_totals_hold([report], COSTS.measure)
    assert (outcome.passed, outcome.numbers) == (True, {"declared": 3, "broken": 0})
    assert row_fate(session, "bills.csv:9")["fate"] == "furniture"


def test_a_preamble_says_nothing_and_a_day_without_a_year_is_of_the_declared_one(
    door, connected, cases
):
    file = cases / "layout-datev" / "in" / "EXTF_Buchungsstapel.csv"
    session, rows = read_in(connected(DATEV, extf_csv=file.read_bytes()))
    assert said(rows, "transaction_date", "amount", "description") == [
        ("2016-06-21", "-31.4000", "Kabelsatz für Drehtag 3"),
        ("2016-06-22", "4165.0000", "Lichtmiete Halle Süd"),
    ]
    assert door.reports(session)[0].drift == ()


TWO = """Bills

,Date,Num,Amount Paid,Memo,Invoice No
Ashby,,,,,
,09/02/2026,1,1.00,,
,09/03/2026,2,{second},,
Total for Ashby,,,"3.00",,
Bexley,,,,,
,09/04/2026,3,4.00,,
Total for Bexley,,,{sum},,
"""


@pytest.mark.parametrize(
    ("second", "total", "words"),
    [
        ("2.00", "4.00", None),
        ("2.50", "4.00", "line 7, 'Total for Ashby' declares 3.00 and the rows of its group come"),
        ("x", "4.00", "come to 1.00, 1 of them unreadable"),
        ("2.00", "four", "line 10, 'Total for Bexley' declares a sum that cannot be read"),
    ],
)
def test_a_sum_of_a_group_that_does_not_hold_is_told(door, connected, second, total, words):
    text = QBO.replace(", required: true", "")
    session, _ = read_in(connected(text, a_csv=TWO.format(second=second, sum=total)))
    (report,) = door.reports(session)
    outcome = control_totals_hold([report], COSTS.measure)
    assert outcome.passed is (words is None)
    assert outcome.numbers == {"declared": 2, "broken": int(words is not None)}
    if words:
        assert words in outcome.message
        json.dumps(report.account.as_dict())


def test_rows_below_a_heading_that_cannot_be_read_belong_to_nobody(door, connected):
    text = TWO.format(second="2.00", sum="4.00").replace("Bexley,,,,,", "Bexley, Plastics")
    session, rows = read_in(connected(QBO, a_csv=text))
    assert said(rows, "transaction_id", "vendor_name") == [("1", "Ashby"), ("2", "Ashby")]
    letters = door.open_letters(session)
    assert door.open_reasons(session) == {"MALFORMED_ROW": 2}
    words = [json.loads(letter["errors"])[0]["message"] for letter in letters]
    assert any("the row on line 8 may be the heading of this one" in one for one in words)
    assert not control_totals_hold(door.reports(session), COSTS.measure).passed
