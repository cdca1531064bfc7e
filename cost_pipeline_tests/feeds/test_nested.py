"""Nested deliveries from a real server, or a folder, to the ledger, and back from people."""

from __future__ import annotations

import contextlib

import pytest

from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline_tests.feeds.desk import DAY, Desk, row_of

_BILLS = """vendor: api
feed: production
production: P100
record: vendor_invoice
source:
  kind: http
  url: {url}/api
  pages: {{style: page, size: 2, size_parameter: size, more: more, total: total}}
  retry: {{attempts: 1}}
format: {{kind: json, records: "items[].lines[]"}}
key: {{columns: [transaction_id], ordinal: true}}
columns:
  transaction_id: [^.number]
  transaction_date: [^.dates.issued]
  vendor_name: [^.supplier.name]
  amount: [amounts.net.value]
  currency: [amounts.net.currency]
  department_code: ["coding[0]"]
  gl_code: ["coding[1]"]
ignore: [amounts.tax, ^.supplier]
"""


def bill(number: int, *amounts: str, day: str = "2026-04-01") -> dict[str, object]:
    """A bill as the API gives it, with a line for each amount."""
    return {
        "number": f"N{number:03}",
        "dates": {"issued": day},
        "supplier": {"name": "Harbour Lamps", "id": 7},
        "lines": [
            {
                "amounts": {"net": {"value": amount, "currency": "GBP"}, "tax": {"value": "0"}},
                "coding": ["2000", "2000-01"],
            }
            for amount in amounts
        ],
    }


@pytest.fixture
def nested(door, portal, tmp_path):
    """Makes a home behind an API with these bills."""
    with contextlib.ExitStack() as stack:

        def make(*bills):
            api = stack.enter_context(portal.Api(items=bills))
            house = door.House(tmp_path / "home", ())
            house.vendor_file("api", _BILLS.format(url=api.url))
            return house

        yield make


def posted(door, house):
    return sorted(
        (line["transaction_id"], str(line["original_amount"]), line["vendor_name"])
        for line in door.active_lines(house.session())
    )


def test_the_lines_of_bills_are_posted_from_a_real_server(door, nested):
    house = nested(bill(1, "10.00", "20.50"), bill(2), bill(3, "30.00"))
    house.work(DAY)
    assert posted(door, house) == [
        ("N001", "10.0000", "Harbour Lamps"),
        ("N001", "20.5000", "Harbour Lamps"),
        ("N003", "30.0000", "Harbour Lamps"),
    ]
    assert door.open_reasons(house.session()) == {}
    assert door.unlawful(house.session()) == []
    told = [(report.rows, report.account.furniture) for report in door.reports(house.session())]
    assert sorted(told) == [(1, 0), (2, 1)]  # a page each; the bill without lines is told


def test_a_member_that_nobody_knows_is_a_dead_letter_until_somebody_says_what_it_is(door, nested):
    house = nested(bill(1, "10.00") | {"discount": "1.00"})
    house.work(DAY)
    assert posted(door, house) == []
    assert door.open_reasons(house.session()) == {"UNKNOWN_FIELD": 1}
    house.edit_vendor("api", "^.supplier]", "^.supplier, ^.discount]")
    house.work(DAY)
    assert len(posted(door, house)) == 1
    assert door.open_reasons(house.session()) == {}


def test_a_nested_row_goes_out_to_people_and_comes_back(door, nested):
    house = nested(bill(1, "10.00", "ten"), bill(2, "5.00"))
    house.work(DAY)
    assert door.open_reasons(house.session()) == {"BAD_AMOUNT": 1}
    desk = Desk(house, door)
    book = desk.export()
    row = row_of(book, "N001")
    assert "Harbour Lamps" in {cell.value for cell in row.values()}
    row["Amount"].value = "12.00"
    desk.drop(book)
    desk.work()
    assert desk.ledger() == [("N001", "10.0000"), ("N001", "12.0000"), ("N002", "5.0000")]


_STATEMENT = """vendor: bank
feed: production
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/bank, files: "*.xml"}
format: {kind: xml, records: Document/BkToCstmrStmt/Stmt/Ntry}
amount: {sign: {column: [CdtDbtInd], debit: [DBIT], credit: [CRDT]}}
key: [transaction_id]
columns:
  transaction_id: [AcctSvcrRef]
  transaction_date: [BookgDt/Dt]
  amount: [Amt]
  currency: [Amt/@Ccy]
  description: [NtryDtls/TxDtls/RmtInf/Ustrd]
  vendor_name: [NtryDtls/TxDtls/RltdPties/Cdtr/Nm]
  location: [../Id]
ignore: [NtryDtls, .., Sts]
constants: {department_code: "2000", gl_code: "2000-01"}
"""
_ENTRY = """<Ntry><Amt Ccy="GBP">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2026-04-01</Dt></BookgDt><AcctSvcrRef>%s</AcctSvcrRef><NtryDtls><TxDtls>
<RltdPties><Cdtr><Nm>Café Hafen</Nm></Cdtr></RltdPties><RmtInf><Ustrd>Catering</Ustrd></RmtInf>
</TxDtls></NtryDtls></Ntry>"""


def test_a_banks_statement_is_posted_with_its_signs(door, tmp_path):
    house = door.House(tmp_path / "home", ())
    house.vendor_file("bank", _STATEMENT.replace("  location: [../Id]\n", ""))
    entries = [("12.50", "DBIT", "E1"), ("3.00", "CRDT", "E2"), ("x", "DBIT", "E3")]
    text = "".join(_ENTRY % entry for entry in entries)
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><Document xmlns="urn:iso:std:iso:20022">'
        f"<BkToCstmrStmt><Stmt><Id>S-1</Id>{text}</Stmt></BkToCstmrStmt></Document>"
    )
    (house.root / "inbox" / "bank" / "s1.xml").write_text(text, encoding="latin-1")
    house.work(DAY)
    assert posted(door, house) == [("E1", "12.5000", "Café Hafen")]
    assert door.open_reasons(house.session()) == {"BAD_AMOUNT": 1, "NEGATIVE_AMOUNT": 1}
    assert door.unlawful(house.session()) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("../Id", "../../../../Id", "it goes 4 steps up, and the root is 3"),
        ("Document/BkToCstmrStmt/Stmt/Ntry", "Document//Ntry", "is no path"),
        ("{kind: xml, records: Document/BkToCstmrStmt/Stmt/Ntry}", "{kind: jsonl}", None),
    ],
)
def test_a_path_that_cannot_be_followed_is_an_error_of_the_vendor_file(
    door, tmp_path, old, new, words
):
    house = door.House(tmp_path / "home", ())
    house.vendor_file("bank", _STATEMENT.replace(old, new).replace("../Id", "../Id"))
    if words is None:
        house.edit_vendor("bank", "../Id", "^.Id")
        words = "nothing holds a line of `jsonl`"
    with pytest.raises(CostPipelineError) as told:
        house.session()
    assert words in str(told.value)
    assert "bank.yaml" in str(told.value)
