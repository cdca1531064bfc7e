# ruff: noqa: E501 - a line of an export is as long as it is
"""Invented exports of ordinary accounting programs, and what a person would say of each.

Their headings are those of the programs; companies, people and numbers are made up.
"""

import io
import json
from dataclasses import dataclass, field

import openpyxl


@dataclass(frozen=True)
class Export:
    """A file and the truth about it.

    Attributes:
        name: The name of the file.
        content: Its bytes.
        kind: The kind of its format.
        header: The line of its header; None where it has none.
        day: The column of the day.
        forms: How it is written; None where the file leaves it open.
        numbers: The columns of the measure: one, or debits and credits.
        style: Decimal sign and thousands separator; None where the file leaves them open.
        more: Other keys of `format` that must be so.
    """

    name: str
    content: bytes
    kind: str
    header: int | None
    day: str
    forms: list[str] | None
    numbers: tuple[str, ...]
    style: tuple[str, str] | None
    more: dict[str, object] = field(default_factory=dict)


def csv_of(text: str, encoding: str = "utf-8") -> bytes:
    return text.lstrip("\n").encode(encoding)


def xlsx_of(rows: list[list[object]], title: str = "Sheet1") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


EXPORTS = {
    "quickbooks": Export(
        "Transaction Detail by Account.csv",
        csv_of("""
Northern Lights Productions Inc (fictional),,,,,,,,
Transaction Detail by Account,,,,,,,,
March 2026,,,,,,,,

,Date,Transaction Type,Num,Name,Memo/Description,Split,Amount,Balance
6305 Camera Rental,,,,,,,,
,03/02/2026,Bill,4411,Halide Rentals,Body and lenses,Accounts Payable,"1,960.17","1,960.17"
,03/16/2026,Bill,4412,Halide Rentals,"Filters, wk 11",Accounts Payable,800.00,"2,760.17"
Total for 6305 Camera Rental,,,,,,,"$2,760.17",
6310 Grip,,,,,,,,
,03/05/2026,Bill,4413,Bexley Grip,Dolly,Accounts Payable,"9,366.95","9,366.95"
Total for 6310 Grip,,,,,,,"$9,366.95",
TOTAL,,,,,,,"$12,127.12",
"""),
        "csv", 5, "Date", ["%m/%d/%Y"], ("Amount",), (".", ","), {"delimiter": ","},
    ),
    "xero": Export(
        "bills.csv",
        csv_of("""
*ContactName,*InvoiceNumber,*InvoiceDate,*DueDate,Description,*Quantity,*UnitAmount,LineAmount,Currency
Halide Rentals,HR-100,01/03/2026,31/03/2026,Lenses,2,96.00,192.00,GBP
Halide Rentals,HR-101,04/03/2026,30/04/2026,Body,1,960.50,960.50,GBP
Bexley Grip,BX-9,05/03/2026,30/04/2026,Dolly,1,75.00,75.00,GBP
""", "utf-8-sig"),
        "csv", 1, "*InvoiceDate", ["%d/%m/%Y"], ("LineAmount",), (".", "none"),
    ),
    "datev": Export(
        "EXTF_Buchungsstapel_2026.csv",
        csv_of("""
"EXTF";700;21;"Buchungsstapel";12;20260401090000000;;"RE";"";"";1001;10001;20260101;4;20260301;20260331;"März";"";1;0;0;"EUR";;;;;;;;;
Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Kurs;Konto;Gegenkonto (ohne BU-Schlüssel);BU-Schlüssel;Belegdatum;Belegfeld 1;Belegfeld 2;Skonto;Buchungstext
1234,56;"S";"EUR";;4940;70001;"";0203;"RE-881";"";;"Lichtmiete Süd"
89,00;"S";"EUR";;4930;70002;"";1703;"RE-882";"";;"Kabel"
12,30;"H";"EUR";;4930;70002;"";3103;"RE-883";"";;"Gutschrift Kabel"
""", "cp1252"),
        "csv", 2, "Belegdatum", ["%d%m"], ("Umsatz (ohne Soll/Haben-Kz)",), (",", "none"),
        {"delimiter": ";", "encodings": ["cp1252"]},
    ),
    "sap list": Export(
        "FBL1N.txt",
        csv_of("""
31.03.2026                  Vendor line items                              1

Vendor       70001
Company code 1000

|St|Assignment|DocumentNo|Type|Doc. Date |S|Amount in local cur.|LCurr|Text           |
|--|----------|----------|----|----------|-|--------------------|-----|---------------|
|  |20260302  |1900000041|KR  |02.03.2026|S|            1.234,56|EUR  |Lichtmiete     |
|  |20260317  |1900000042|KR  |17.03.2026|S|               89,00|EUR  |Kabel          |
|  |20260331  |1700000007|KG  |31.03.2026|H|               12,30-|EUR  |Gutschrift     |
"""),
        "csv", 6, "Doc. Date", ["%d.%m.%Y"], ("Amount in local cur.",), (",", "."),
        {"delimiter": "|"},
    ),
    "sap workbook": Export(
        "export.xlsx",
        xlsx_of(
            [
                ["Document Number", "Document Type", "Document Date", "Posting Date",
                 "Amount in Local Currency", "Local Currency", "Text"],
                ["1900000041", "KR", "2026-03-02", "2026-03-03", 1234.56, "EUR", "Light"],
                ["1900000042", "KR", "2026-03-17", "2026-03-18", 89, "EUR", "Cable"],
                ["1700000007", "KG", "2026-03-31", "2026-03-31", -12.3, "EUR", "Credit"],
            ]
        ),
        "excel", 1, "Document Date", ["%Y-%m-%d"], ("Amount in Local Currency",), (".", "none"),
    ),
    "sage 50": Export(
        "audit_trail.csv",
        csv_of("""
No,Type,Account,Nominal,Dept,Ref,Date,Details,Net,Tax,T/C,Gross
1,PI,ASH001,5000,1,ASH-6100,01/03/2026,Brackets,1633.48,326.69,T1,1960.17
2,PI,BEX001,5000,1,BEX-221,23/03/2026,Resin,7805.79,1561.16,T1,9366.95
3,PC,BEX001,5000,1,BEX-222,25/03/2026,Credit resin,100.00,20.00,T1,120.00
"""),
        "csv", 1, "Date", ["%d/%m/%Y"], ("Gross",), (".", "none"),
    ),
    "german bank": Export(
        "umsaetze.csv",
        csv_of("""
"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"Betrag";"Waehrung";"Info"
"DE00123";"31.03.26";"31.03.26";"ÜBERWEISUNG";"RE-881 Lichtmiete";"Licht Süd GmbH";"DE00999";"-1.234,56";"EUR";"Umsatz gebucht"
"DE00123";"30.03.26";"30.03.26";"LASTSCHRIFT";"Strom";"Stadtwerke";"DE00888";"-89,00";"EUR";"Umsatz gebucht"
"DE00123";"02.03.26";"02.03.26";"GUTSCHRIFT";"Erstattung";"Kabel AG";"DE00777";"12,30";"EUR";"Umsatz gebucht"
""", "cp1252"),
        "csv", 1, "Buchungstag", ["%d.%m.%y"], ("Betrag",), (",", "."),
        {"delimiter": ";", "encodings": ["cp1252"]},
    ),
    "british bank": Export(
        "statement.csv",
        csv_of("""
Account name: Northern Lights Ltd
Account number: 00000000

Date,Type,Description,Paid out,Paid in,Balance
31 Mar 2026,VIS,HALIDE RENTALS,"£1,960.17",,"£10,039.83"
30 Mar 2026,DD,CITY POWER,£89.00,,"£12,000.00"
02 Mar 2026,BP,REFUND,,£12.30,"£12,089.00"
"""),
        "csv", 4, "Date", ["%d %b %Y"], ("Paid out", "Paid in"), (".", ","),
    ),
    "exact online": Export(
        "Inkoopboekingen.csv",
        csv_of("""
Boekstuknummer;Dagboek;Factuurdatum;Vervaldatum;Crediteur;Omschrijving;Grootboekrekening;Bedrag;Valuta
26700001;70;02-03-2026;01-04-2026;Licht BV;Huur lampen;4940;1.234,56;EUR
26700002;70;17-03-2026;16-04-2026;Kabel BV;Kabels;4930;89,00;EUR
26700003;70;31-03-2026;30-04-2026;Kabel BV;Creditnota;4930;-12,30;EUR
"""),
        "csv", 1, "Factuurdatum", ["%d-%m-%Y"], ("Bedrag",), (",", "."), {"delimiter": ";"},
    ),
    "lexware": Export(
        "buchungen.txt",
        csv_of("""
Belegdatum\tBuchungsdatum\tBelegnummer\tBuchungstext\tBuchungsbetrag\tSollkonto\tHabenkonto\tSteuerschlüssel\tKostenstelle 1\tWährung
02.03.2026\t03.03.2026\tRE881\tLichtmiete\t1234,56\t4940\t70001\t9\t\tEUR
17.03.2026\t18.03.2026\tRE882\tKabel\t89,00\t4930\t70002\t9\t\tEUR
""", "cp1252"),
        "csv", 1, "Belegdatum", ["%d.%m.%Y"], ("Buchungsbetrag",), (",", "none"),
        {"delimiter": "\t", "encodings": ["cp1252"]},
    ),
    "freshbooks": Export(
        "expenses.csv",
        csv_of("""
Vendor,Date,Expense Category,Description,Client,Tax Name,Tax Amount,Total,Currency
Halide Rentals,2026-03-02,Equipment,Lenses,Northern Lights,VAT,32.00,192.00,CAD
Bexley Grip,2026-03-17,Equipment,Dolly,Northern Lights,VAT,12.50,75.00,CAD
"""),
        "csv", 1, "Date", ["%Y-%m-%d"], ("Total",), (".", "none"),
    ),
    "stripe payouts": Export(
        "payouts.csv",
        csv_of("""
id,Amount,Created (UTC),Currency,Arrival Date (UTC),Source Type,Status,Method,Description
po_1AAA,1960.17,2026-03-02 10:22,usd,2026-03-04 00:00,card,paid,standard,STRIPE PAYOUT
po_1AAB,89.00,2026-03-17 08:01,usd,2026-03-19 00:00,card,paid,standard,STRIPE PAYOUT
"""),
        "csv", 1, "Created (UTC)", ["%Y-%m-%d %H:%M"], ("Amount",), (".", "none"),
    ),
    "wise": Export(
        "transaction-history.csv",
        csv_of("""
ID,Status,Direction,Created on,Finished on,Source fee amount,Source fee currency,Source name,Source amount (after fees),Source currency,Target name,Target amount (after fees),Target currency,Reference
TRANSFER-1,COMPLETED,OUT,2026-03-02 10:22:01,2026-03-02 10:25:11,1.20,GBP,Northern Lights,1960.17,GBP,Halide Rentals,2280.00,EUR,HR-100
TRANSFER-2,COMPLETED,OUT,2026-03-17 08:01:55,2026-03-17 08:02:00,0.60,GBP,Northern Lights,89.00,GBP,Kabel AG,103.50,EUR,RE-882
"""),
        "csv", 1, "Finished on", ["%Y-%m-%d %H:%M:%S"], ("Source amount (after fees)",),
        (".", "none"),
    ),
    "netsuite": Export(
        "TransactionDetail.csv",
        csv_of("""
"Northern Lights (fictional)"
"Parent Company : Holdings"
"Transaction Detail"
"Mar 2026"
"Options: Show Zeros"
"Date","Document Number","Type","Name","Memo","Account","Amount"
"3/2/2026","BILL881","Bill","Halide Rentals","Lenses","6305 Camera","$1,960.17"
"3/17/2026","BILL882","Bill","Bexley Grip","Dolly","6310 Grip","$89.00"
"3/31/2026","CRED7","Bill Credit","Bexley Grip","Credit","6310 Grip","($12.30)"
"""),
        "csv", 6, "Date", ["%m/%d/%Y"], ("Amount",), (".", ","),
    ),
    "french ledger": Export(
        "000000000FEC20261231.txt",
        csv_of("""
JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\tPieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise
ACH\tAchats\t1\t20260302\t613500\tLocations\t\t\tF-881\t20260302\tLocation éclairage\t1234,56\t0,00\t\t\t20260331\t\t
ACH\tAchats\t2\t20260317\t606300\tPetit matériel\t\t\tF-882\t20260317\tCâbles\t89,00\t0,00\t\t\t20260331\t\t
ACH\tAchats\t3\t20260331\t606300\tPetit matériel\t\t\tA-7\t20260331\tAvoir\t0,00\t12,30\t\t\t20260331\t\t
""", "iso-8859-15"),
        "csv", 1, "EcritureDate", ["%Y%m%d"], ("Debit", "Credit"), (",", "none"),
        {"delimiter": "\t"},
    ),
    "indian bank": Export(
        "OpTransactionHistory.csv",
        csv_of("""
Txn Date,Value Date,Description,Ref No.,Amount,Dr/Cr
02/03/2026,02/03/2026,LIGHT HIRE,N0001,"12,34,567.89",DR
17/03/2026,17/03/2026,CABLES,N0002,"8,900.00",DR
31/03/2026,31/03/2026,REFUND,N0003,"1,12,300.00",CR
"""),
        "csv", 1, "Txn Date", ["%d/%m/%Y"], ("Amount",), (".", ","),
    ),
    "swiss program": Export(
        "Buchungsjournal.csv",
        csv_of("""
Datum;Beleg;Text;Konto Soll;Konto Haben;Betrag CHF
02.03.2026;881;Lichtmiete;6100;2000;1'234.50
17.03.2026;882;Kabel;6100;2000;89.00
"""),
        "csv", 1, "Datum", ["%d.%m.%Y"], ("Betrag CHF",), (".", "apostrophe"), {"delimiter": ";"},
    ),
    "an api": Export(
        "bills.json",
        json.dumps(
            {
                "meta": {"total": 2, "warnings": []},
                "data": {
                    "items": [
                        {"id": "b1", "issue_date": "2026-03-02", "amount": "1960.17",
                         "currency": "USD", "supplier": "Halide Rentals"},
                        {"id": "b2", "issue_date": "2026-03-17", "amount": "89.00",
                         "currency": "USD", "supplier": "Bexley Grip"},
                    ]
                },
            }
        ).encode(),
        "json", None, "issue_date", ["%Y-%m-%d"], ("amount",), (".", "none"),
        {"records": "data.items"},
    ),
    "a ruled listing": Export(
        "aplist.prn",
        csv_of("""
A/P LISTING                     NORTHERN LIGHTS                     PAGE 1

DOC NO    DOC DATE    VENDOR                  AMOUNT  CUR
--------  ----------  --------------------  --------  ---
A-881     03/02/2026  Halide Rentals        1,960.17  USD
A-882     03/17/2026  Bexley Grip              89.00  USD
"""),
        "fixed_width", 3, "DOC DATE", ["%m/%d/%Y"], ("AMOUNT",), (".", ","),
    ),
    "a workbook with a title": Export(
        "journal.xlsx",
        xlsx_of(
            [
                ["Supplier journal"],
                ["Printed 01.04.2026"],
                [],
                ["Beleg", "Belegdatum", "Lieferant", "Betrag", "Währung"],
                ["RE-881", "02.03.2026", "Licht Süd", "1.234,56", "EUR"],
                ["RE-882", "17.03.2026", "Kabel AG", "89,00", "EUR"],
            ],
            "Journal",
        ),
        "excel", 4, "Belegdatum", ["%d.%m.%Y"], ("Betrag",), (",", "."),
    ),
}  # fmt: skip
