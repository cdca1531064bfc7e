# ruff: noqa: E501 - a line of an export is as long as it is
"""Invented exports that were written after guessing was done, and that it was not mended for.

What it gets wrong of them stands in `test_guessing_exports.py`.
"""

from cost_pipeline_tests.pipeline.exports import Export, csv_of, xlsx_of

_UBL = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:cac" xmlns:cbc="urn:cbc">
  <cbc:ID>F-881</cbc:ID>
  <cbc:IssueDate>2026-03-02</cbc:IssueDate>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Licht BV</cbc:Name></cac:PartyName></cac:Party></cac:AccountingSupplierParty>
  <cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">1323.56</cbc:LineExtensionAmount></cac:LegalMonetaryTotal>
  <cac:InvoiceLine>
    <cbc:ID>1</cbc:ID>
    <cbc:InvoicedQuantity unitCode="DAY">2</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="EUR">1234.56</cbc:LineExtensionAmount>
    <cac:Item><cbc:Name>Lamps</cbc:Name></cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="EUR">617.28</cbc:PriceAmount></cac:Price>
  </cac:InvoiceLine>
  <cac:InvoiceLine>
    <cbc:ID>2</cbc:ID>
    <cbc:InvoicedQuantity unitCode="C62">1</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="EUR">89.00</cbc:LineExtensionAmount>
    <cac:Item><cbc:Name>Filters</cbc:Name></cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="EUR">89.00</cbc:PriceAmount></cac:Price>
  </cac:InvoiceLine>
</Invoice>
"""

UNSEEN = {
    "business central": Export(
        "Vendor Ledger Entries.xlsx",
        xlsx_of(
            [
                ["Posting Date", "Document Type", "Document No.", "External Document No.", "Vendor No.",
                 "Vendor Name", "Description", "Currency Code", "Original Amount", "Amount",
                 "Amount (LCY)", "Remaining Amount", "Due Date", "Open", "Entry No."],
                ["2026-03-02", "Invoice", "108201", "HR-100", "10000", "Halide Rentals", "Order 6001",
                 "EUR", -1960.17, -1960.17, -2156.19, -1960.17, "2026-04-01", "Yes", 2811],
                ["2026-03-17", "Invoice", "108202", "BX-221", "20000", "Bexley Grip", "Order 6002",
                 "EUR", -89, -89, -97.9, 0, "2026-04-16", "No", 2815],
                ["2026-03-31", "Credit Memo", "109001", "BX-222", "20000", "Bexley Grip", "Return 7001",
                 "EUR", 19, 19, 20.9, 19, "2026-03-31", "Yes", 2819],
            ],
            "Vendor Ledger Entries",
        ),
        "excel", 1, "Posting Date", ["%Y-%m-%d"], ("Amount",), (".", "none"),
    ),
    "concur": Export(
        "extract_attendee_20260331.txt",
        csv_of("""
EXTRACT|2026-03-31|4|2205.46
DETAIL|1|2026-03-30|W-17|REP-1|2026-03-02|Car hire|USD|1960.17|2310
DETAIL|2|2026-03-30|W-17|REP-1|2026-03-17|Fuel|USD|89.00|2310
DETAIL|3|2026-03-31|W-22|REP-2|2026-03-18|Hotel|USD|75.50|2510
DETAIL|4|2026-03-31|W-22|REP-2|2026-03-19|Hotel|USD|80.79|2510
"""),
        "csv", None, "#6", ["%Y-%m-%d"], ("#9",), (".", "none"), {"delimiter": "|"},
    ),
    "a UBL invoice": Export(
        "F-881.xml", _UBL.encode(), "xml", None, "../IssueDate", ["%Y-%m-%d"],
        ("LineExtensionAmount",), (".", "none"), {"records": "Invoice/InvoiceLine"},
    ),
    "optima": Export(
        "rejestr_zakupow.csv",
        csv_of("""
"Rejestr zakupów";"";"";"";"";"";"";""
"Okres: 2026-03";"";"";"";"";"";"";""
"Lp.";"Nr dokumentu";"Data wystawienia";"Kontrahent";"NIP";"Netto";"VAT";"Kwota brutto"
"1";"FV/881/2026";"02.03.2026";"Światło Sp. z o.o.";"0000000000";"1 593,63";"366,54";"1 960,17"
"2";"FV/17/03";"17.03.2026";"Kable SA";"0000000000";"72,36";"16,64";"89,00"
"3";"KOR/3/2026";"31.03.2026";"Kable SA";"0000000000";"-10,00";"-2,30";"-12,30"
"";"";"";"Razem";"";"1 655,99";"380,88";"2 036,87"
""", "cp1250"),
        "csv", 3, "Data wystawienia", ["%d.%m.%Y"], ("Kwota brutto",), (",", "space"),
        {"delimiter": ";"},
    ),
    "abacus": Export(
        "Kreditoren_Journal.txt",
        csv_of("""
Firma Nordlicht Film AG\t\t\t\t\t\t
Kreditoren-Journal 01.03.2026 - 31.03.2026\t\t\t\t\t\t

BelegNr\tBelegDat\tLieferant\tText\tKonto\tWhg\tBetrag
20881\t02.03.2026\tLicht AG\tMiete Lampen\t6100\tCHF\t1'234.55
20882\t17.03.2026\tKabel AG\tKabel\t6105\tCHF\t89.00
20883\t31.03.2026\tKabel AG\tGutschrift\t6105\tCHF\t-12.30
\t\t\tTotal CHF\t\t\t1'311.25
""", "cp1252"),
        "csv", 4, "BelegDat", ["%d.%m.%Y"], ("Betrag",), (".", "apostrophe"), {"delimiter": "\t"},
    ),
    "revolut business": Export(
        "transaction-statement_01-Mar-2026_31-Mar-2026.csv",
        csv_of("""
Date started (UTC),Date completed (UTC),ID,Type,State,Description,Reference,Payer,Card number,Orig currency,Orig amount,Payment currency,Amount,Total amount,Exchange rate,Fee,Fee currency,Balance
2026-03-02,2026-03-03,65e2-01,CARD_PAYMENT,COMPLETED,Halide Rentals,,W-17,0000,USD,-2120.00,EUR,-1960.17,-1960.17,0.92,0.00,EUR,8039.83
2026-03-17,2026-03-17,65e2-02,CARD_PAYMENT,COMPLETED,City Power,,W-17,0000,EUR,-89.00,EUR,-89.00,-89.00,,0.00,EUR,7950.83
2026-03-31,2026-03-31,65e2-03,CARD_REFUND,COMPLETED,Halide Rentals,,W-17,0000,USD,13.30,EUR,12.30,12.30,0.92,0.00,EUR,7963.13
"""),
        "csv", 1, "Date completed (UTC)", ["%Y-%m-%d"], ("Amount",), (".", "none"),
    ),
    "quickbooks desktop": Export(
        "Expenses by Vendor Detail.csv",
        csv_of("""
"","Type","Date","Num","Memo","Account","Clr","Split","Amount","Balance"
"Bexley Grip","","","","","","","","",""
"","Bill","03/17/2026","BX-221","Dolly","6310 - Grip","","2000 - Accounts Payable",89.00,89.00
"","Credit","03/31/2026","BX-222","Returned","6310 - Grip","","2000 - Accounts Payable",-12.30,76.70
"Total Bexley Grip","","","","","","","",76.70,76.70
"Halide Rentals","","","","","","","","",""
"","Bill","03/02/2026","HR-100","Lenses","6305 - Camera","","2000 - Accounts Payable",1960.17,1960.17
"Total Halide Rentals","","","","","","","",1960.17,1960.17
"TOTAL","","","","","","","",2036.87,2036.87
"""),
        "csv", 1, "Date", ["%m/%d/%Y"], ("Amount",), (".", "none"),
    ),
    "coda": Export(
        "aged_creditors.prn",
        csv_of("""
AGED CREDITORS DETAIL                                   Date: 01/04/26  Page: 1
Northern Lights Ltd                                     Time: 08:00

Ref No    Inv Date  Due Date  Supplier          Currency      Amount   Narrative

HR-100    02/03/26  01/04/26  Halide Rentals    GBP         1,960.17   Lenses
BX-221    17/03/26  16/04/26  Bexley Grip       GBP            89.00   Dolly
BX-222    31/03/26  31/03/26  Bexley Grip       GBP            12.30CR Returned
"""),
        "fixed_width", 4, "Inv Date", ["%d/%m/%y"], ("Amount",), (".", ","),
    ),
}  # fmt: skip
