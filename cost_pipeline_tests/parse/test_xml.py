"""XML by paths: a bank's statement, an invoice, what is broken, and what bombs try."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse import Limits

STATEMENT = """<?xml version="1.0" encoding="{encoding}"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">
  <BkToCstmrStmt>
    <GrpHdr><MsgId>M-77</MsgId><CreDtTm>2026-04-01T18:00:00</CreDtTm></GrpHdr>
    <Stmt>
      <Id>S-1</Id>
      <Acct><Id><IBAN>XX00TEST0001</IBAN></Id><Ccy>EUR</Ccy></Acct>
      <Bal><Tp>OPBD</Tp><Amt Ccy="EUR">100.00</Amt></Bal>
      <Ntry>
        <Amt Ccy="EUR">12.50</Amt>
        <CdtDbtInd>DBIT</CdtDbtInd>
        <BookgDt><Dt>2026-04-01</Dt></BookgDt>
        <NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs>
          <RmtInf><Ustrd>B&#252;robedarf &amp; Licht</Ustrd><Ustrd>Rechnung 7</Ustrd></RmtInf>
        </TxDtls></NtryDtls>
      </Ntry>
      <Ntry>
        <Amt Ccy="GBP">3</Amt><CdtDbtInd>CRDT</CdtDbtInd>
        <BookgDt><Dt>2026-04-02</Dt></BookgDt>
        <NtryDtls/>
      </Ntry>
      <TxsSummry><NbOfNtries>2</NbOfNtries></TxsSummry>
    </Stmt>
    <Stmt><Id>S-2</Id></Stmt>
  </BkToCstmrStmt>
</Document>
"""
NTRY = "Document/BkToCstmrStmt/Stmt/Ntry"
READ = [
    "Amt",
    "Amt/@Ccy",
    "CdtDbtInd",
    "BookgDt/Dt",
    "NtryDtls/TxDtls/Refs/EndToEndId",
    "NtryDtls/TxDtls/RmtInf/Ustrd[0]",
]


def named(read, row=0):
    """The cells of a row by name, without those that it does not have."""
    cells = zip(read.columns, read.cells[row], strict=True)
    return {name: cell for name, cell in cells if cell is not None}


def statement(door, data=None, *, wanted=READ, ignored=("NtryDtls",), **more):
    data = STATEMENT.format(encoding="UTF-8").encode() if data is None else data
    settings = {"kind": "xml", "records": NTRY, "wanted": wanted, "ignored": ignored} | more
    return door.read(data, **settings)


def test_a_statement_is_read_by_paths(door):
    read = statement(door)
    details = read.columns.index("NtryDtls")
    assert read.cells[0][details].startswith("<NtryDtls><TxDtls>")
    assert named(read) == {
        "Amt": "12.50",
        "Amt/@Ccy": "EUR",
        "CdtDbtInd": "DBIT",
        "BookgDt/Dt": "2026-04-01",
        "NtryDtls": read.cells[0][details],
        "NtryDtls/TxDtls/Refs/EndToEndId": "E1",
        "NtryDtls/TxDtls/RmtInf/Ustrd[0]": "Bürobedarf & Licht",
    }
    assert named(read, 1) == {
        "Amt": "3",
        "Amt/@Ccy": "GBP",
        "CdtDbtInd": "CRDT",
        "BookgDt/Dt": "2026-04-02",
        "NtryDtls": "",
    }
    assert [row[1] for row in read.rows] == [9, 17]
    assert read.texts[1].startswith('<Ntry>\n        <Amt Ccy="GBP">3</Amt>')
    assert read.texts[1].endswith("</Ntry>")
    assert read.furniture_rows == 1  # the statement without entries is told


def test_what_nobody_asked_for_is_seen(door):
    read = statement(door, wanted=["Amt", "NtryDtls/TxDtls/Refs/EndToEndId"], ignored=())
    assert set(named(read)) == {
        "Amt",
        "Amt/@Ccy",
        "CdtDbtInd",
        "BookgDt",
        "NtryDtls/TxDtls/Refs/EndToEndId",
        "NtryDtls/TxDtls/RmtInf",
    }
    assert named(read)["BookgDt"] == "<BookgDt><Dt>2026-04-01</Dt></BookgDt>"


def test_what_holds_a_record_is_read_wherever_it_stands(door):
    wanted = ["Amt", "../Id", "../TxsSummry/NbOfNtries", "../../GrpHdr/MsgId", "../Bal/Amt/@Ccy"]
    read = statement(door, wanted=wanted, ignored=["..", "../.."])
    around = {name: text for name, text in named(read).items() if name.startswith("..")}
    assert around == {
        "../Id": "S-1",
        "../TxsSummry/NbOfNtries": "2",
        "../../GrpHdr/MsgId": "M-77",
        "../Bal/Amt/@Ccy": "EUR",
    }
    assert set(named(statement(door, wanted=["Amt", "../Id"]))) >= {"../Acct", "../Bal", "../Id"}
    whole = named(statement(door, wanted=["../Acct"]))["../Acct"]
    assert whole == "<Acct><Id><IBAN>XX00TEST0001</IBAN></Id><Ccy>EUR</Ccy></Acct>"


def test_what_holds_no_record_is_a_row_where_that_is_declared(door):
    read = statement(door, wanted=["Amt", "../Id"], ignored=[".."], empty="row")
    assert [named(read, row)["../Id"] for row in range(3)] == ["S-1", "S-1", "S-2"]
    assert read.texts[2] == "<Stmt>"


INVOICE = """<inv:Invoice xmlns:inv="urn:invoice" xmlns:cbc="urn:basic" xmlns:cac="urn:aggregate">
<cbc:ID>R-9</cbc:ID><cbc:IssueDate>2026-03-31</cbc:IssueDate>
<cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Harbour Lamps</cbc:Name>
</cac:PartyName></cac:Party></cac:AccountingSupplierParty>
<cac:InvoiceLine><cbc:ID>1</cbc:ID>
<cbc:LineExtensionAmount currencyID="GBP">10.00</cbc:LineExtensionAmount>
<cac:Item><cbc:Name><![CDATA[Lamp <A> & stand]]></cbc:Name></cac:Item></cac:InvoiceLine>
<cac:InvoiceLine><cbc:ID>2</cbc:ID>
<cbc:LineExtensionAmount currencyID="GBP">0.99</cbc:LineExtensionAmount>
<!-- no item --><cac:Item><cbc:Name/></cac:Item></cac:InvoiceLine>
<cac:LegalMonetaryTotal>
<cbc:PayableAmount currencyID="GBP">10.99</cbc:PayableAmount></cac:LegalMonetaryTotal>
</inv:Invoice>"""


@pytest.mark.parametrize("prefixes", ["as they are", "other", "none at all", "undeclared"])
def test_an_invoice_is_read_whatever_its_prefixes(door, prefixes):
    text = INVOICE
    if prefixes == "other":
        text = text.replace("cbc", "n1").replace("cac", "n2")
    elif prefixes == "none at all":
        text = text.replace("cbc:", "").replace("cac:", "").replace("inv:Inv", "Inv")
    elif prefixes == "undeclared":
        text = text.replace(' xmlns:cbc="urn:basic"', "")
    read = door.read(
        text.encode(),
        kind="xml",
        records="cac:Invoice/cac:InvoiceLine",
        wanted=[
            "ID",
            "LineExtensionAmount",
            "lineextensionamount/@currencyid",
            "Item/Name",
            "../ID",
        ],
        ignored=[".."],
    )
    common = {"LineExtensionAmount/@currencyID": "GBP", "../ID": "R-9"}
    assert [named(read, row) for row in range(2)] == [
        {"ID": "1", "LineExtensionAmount": "10.00", "Item/Name": "Lamp <A> & stand", **common},
        {"ID": "2", "LineExtensionAmount": "0.99", "Item/Name": "", **common},
    ]


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252", "UTF-16", "UTF-8", "koi8-r"])
def test_a_document_is_in_the_encoding_that_it_declares(door, encoding):
    name = "Лампа" if encoding == "koi8-r" else "Café"
    text = f'<?xml version="1.0" encoding="{encoding}"?>\r\n<a><b>{name}</b></a>'
    read = door.read(text.encode(encoding), kind="xml", records="a/b")
    assert named(read) == {"text()": name}
    assert read.texts == [f"<b>{name}</b>"]
    assert read.rows[0][1] == 2


def test_a_vendor_file_knows_an_encoding_better(door):
    data = '<?xml version="1.0" encoding="UTF-8"?><a><b>Café</b></a>'.encode("cp1252")
    refusal = door.refusal(data, kind="xml", records="a/b")
    assert (refusal.reason, "utf-8" in refusal.message.lower()) == (Reason.ENCODING, True)
    read = door.read(data, kind="xml", records="a/b", encodings=["cp1252"])
    assert named(read) == {"text()": "Café"}


@pytest.mark.parametrize("data", ["UTF-8 as Latin-1", "unknown"])
def test_an_encoding_that_is_not_so_is_refused(door, data):
    declared = "ISO-8859-1" if data == "UTF-8 as Latin-1" else "klingon"
    text = f'<?xml version="1.0" encoding="{declared}"?><a>' + "<b>Müller größe</b>" * 5 + "</a>"
    assert door.refusal(text.encode(), kind="xml", records="a/b").reason is Reason.ENCODING


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x0 "ha">'
    + "".join(f'<!ENTITY x{i} "{f"&x{i - 1};" * 10}">' for i in range(1, 10))
    + "]><a><b>&x9;</b></a>"
)
FOREIGN = '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/hostname">]><a><b>&f;</b></a>'
BLANK_TYPE = '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a><b>1</b></a>'


@pytest.mark.parametrize("text", [BOMB, FOREIGN, BLANK_TYPE])
def test_a_document_type_is_refused_whatever_is_in_it(door, text):
    refusal = door.refusal(text.encode(), kind="xml", records="a/b")
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert "document type (DTD)" in refusal.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is not XML: no element found on line 1"),
        ("id,amount\n1,2\n", "it is not XML: syntax error on line 1"),
        ("<a><b>1</c></a>", "it is not XML: mismatched tag on line 1"),
        ("<a><b>&nobody;</b></a>", "it is not XML: undefined entity on line 1"),
        ("<c><b>1</b></c>", "the document is no `a`; there is `c`"),
        ("<a><x/><y/></a>", None),
        ("<html><body>Login</body></html>", "it is an HTML page"),
    ],
)
def test_what_is_no_such_document_is_refused_with_what_was_found(door, text, words):
    got = door.outcome(text.encode(), kind="xml", records="a/b")
    if words is None:
        assert (got.rows, got.furniture_rows) == ([], 1)
    else:
        assert got.reason is Reason.NOT_THE_FORMAT
        assert words in got.message
    refusal = door.refusal(b"<a><x/><y/></a>", kind="xml", records="a/b/c")
    assert refusal.message == "`a` has no `b`; there is `x`, `y`"


def test_a_file_that_is_cut_keeps_the_records_before(door):
    whole = STATEMENT.format(encoding="UTF-8").encode()
    for end in range(whole.index(b"</Ntry>") + len(b"</Ntry>"), len(whole) - 12):
        read = statement(door, whole[:end])
        assert named(read)["Amt"] == "12.50"
        assert read.problems[len(read.rows)].startswith("the document is broken from here on")
        assert len(read.rows) == 2 + (b"</Ntry>" in whole[whole.index(b"GBP") : end])
    cut = statement(door, whole[: whole.index(b"<NtryDtls/>")])
    assert cut.texts[1].startswith('<Ntry>\n        <Amt Ccy="GBP">')
    assert cut.rows[1][1] == 17
    assert "no element found on line 20" in cut.problems[2]


def test_a_record_whose_holder_is_cut_is_not_judged_by_half_of_it(door):
    whole = STATEMENT.format(encoding="UTF-8").encode()
    read = statement(door, whole[: whole.index(b"<TxsSummry>")], wanted=["Amt", "../Id"])
    assert len(read.rows) == 1
    assert "the document is broken" in read.problems[1]
    assert read.texts[0].startswith("<?xml")


def test_elements_that_repeat_need_a_place(door):
    data = b"<a><b><r>1</r><r>2</r><s>3</s></b><b><r>4</r></b></a>"
    read = door.read(data, kind="xml", records="a/b", wanted=["r"])
    assert [named(read, row) for row in range(2)] == [
        {"r[0]": "1", "r[1]": "2", "s": "3"},
        {"r": "4"},
    ]
    read = door.read(data, kind="xml", records="a/b", wanted=["r[0]"])
    assert [named(read, row) for row in range(2)] == [
        {"r[0]": "1", "r[1]": "2", "s": "3"},
        {"r[0]": "4"},
    ]
    read = door.read(data, kind="xml", records="a/b", wanted=["r", "r[0]"])
    assert named(read, 1) == {"r": "4"}


@pytest.mark.parametrize(
    "text", ["<b/>", "<b></b>", "<b>/></b>", '<b x=">"/>', "<b><c/></b>", "<b ><c>/></c></b >"]
)
def test_the_text_of_a_record_is_what_was_sent(door, text):
    for data in (f"<a>{text}</a>", f"<a>{text}{text}</a>", f"<a> {text}\n<x/></a>"):
        read = door.read(data.encode(), kind="xml", records="a/b")
        assert set(read.texts) == {text}


def test_elements_without_end_are_bounded(door):
    limits = Limits(line_bytes=100, block_bytes=50, cut_bytes=20)
    data = b"<a><b>1</b><b>" + b"<c/>" * 100 + b"</b></a>"
    read = door.read(data, kind="xml", records="a/b", limits=limits)
    assert named(read) == {"text()": "1"}
    assert "an element has more than 100 bytes" in read.problems[2]
    assert read.texts[1] == "<b><c/><c/><c/><c/><"
    names = "".join(f"<b><n{i}/></b>" for i in range(4))
    read = door.read(f"<a>{names}</a>".encode(), kind="xml", records="a/b", limits=Limits(keys=3))
    assert read.problems == {4: "with its elements the delivery has more than 3 columns"}
    deep = b"<a><b>" + b"<c>" * 50_000 + b"</c>" * 50_000 + b"</b></a>"
    assert len(door.read(deep, kind="xml", records="a/b").rows) == 1


WORDS = st.text(st.sampled_from("aé &<>\"'/\n"), max_size=6)
TREES = st.recursive(
    WORDS.map(lambda text: ("t", {}, text, [])),
    lambda inner: st.tuples(
        st.sampled_from("xyz"),
        st.dictionaries(st.sampled_from("pq"), WORDS, max_size=2),
        st.just(""),
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)


def built(tree):
    name, attributes, text, children = tree
    element = ET.Element(name, attributes)
    element.text = text or None
    element.extend(map(built, children))
    return element


def pieces_of(element, prefix=""):
    """Every text and attribute by its path, with a place for each child."""
    found = {}
    for place, child in enumerate(element):
        same = [other for other in element if other.tag == child.tag]
        at = f"[{same.index(child)}]" if len(same) > 1 else ""
        del place
        path = f"{prefix}{child.tag}{at}"
        found |= {f"{path}/@{name}": text for name, text in child.attrib.items()}
        found |= pieces_of(child, f"{path}/")
        if not len(child):
            found[path] = child.text or ""
    return found


@given(
    st.lists(TREES, max_size=3), st.integers(1, 40), st.sampled_from(["utf-8", "utf-16", "ascii"])
)
def test_any_tree_reads_as_python_reads_it(door, trees, block, encoding):
    root = ET.Element("a")
    for tree in trees:
        ET.SubElement(root, "b").extend([built(tree)])
    data = ET.tostring(root, encoding=encoding, xml_declaration=True)
    again = ET.fromstring(data)  # noqa: S314 - made by this test
    for record, element in enumerate(again):
        wanted = pieces_of(element)
        read = door.read(
            data, kind="xml", records="a/b", wanted=list(wanted), limits=Limits(block_bytes=block)
        )
        got = named(read, record)
        for path, text in wanted.items():
            assert got.get(path, "") == text
        same = ET.fromstring(read.texts[record])  # noqa: S314
        assert pieces_of(same) == wanted
