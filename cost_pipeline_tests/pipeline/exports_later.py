# ruff: noqa: E501 - a line of an export is as long as it is
"""Invented exports of programs that nobody had in mind when guessing was written.

They are measured as they are; what guessing could not do is in the test beside its name.
"""

import json

from cost_pipeline_tests.pipeline.exports import Export, csv_of, xlsx_of

_TALLY = """<ENVELOPE>
 <HEADER><TALLYREQUEST>Import Data</TALLYREQUEST></HEADER>
 <BODY><IMPORTDATA>
  <REQUESTDESC><REPORTNAME>Day Book</REPORTNAME></REQUESTDESC>
  <REQUESTDATA>
   <TALLYMESSAGE xmlns:UDF="TallyUDF">
    <VOUCHER VCHTYPE="Purchase" ACTION="Create">
     <DATE>20260302</DATE><VOUCHERNUMBER>P-881</VOUCHERNUMBER>
     <PARTYLEDGERNAME>Halide Rentals</PARTYLEDGERNAME><NARRATION>Lenses</NARRATION>
     <AMOUNT>1960.17</AMOUNT>
    </VOUCHER>
   </TALLYMESSAGE>
   <TALLYMESSAGE xmlns:UDF="TallyUDF">
    <VOUCHER VCHTYPE="Purchase" ACTION="Create">
     <DATE>20260317</DATE><VOUCHERNUMBER>P-882</VOUCHERNUMBER>
     <PARTYLEDGERNAME>Bexley Grip</PARTYLEDGERNAME><NARRATION>Dolly</NARRATION>
     <AMOUNT>89.00</AMOUNT>
    </VOUCHER>
   </TALLYMESSAGE>
   <TALLYMESSAGE xmlns:UDF="TallyUDF">
    <VOUCHER VCHTYPE="Purchase" ACTION="Create">
     <DATE>20260331</DATE><VOUCHERNUMBER>P-883</VOUCHERNUMBER>
     <PARTYLEDGERNAME>Bexley Grip</PARTYLEDGERNAME><NARRATION>Track</NARRATION>
     <AMOUNT>75.50</AMOUNT>
    </VOUCHER>
   </TALLYMESSAGE>
  </REQUESTDATA>
 </IMPORTDATA></BODY>
</ENVELOPE>
"""

_EXPENSES = {
    "cursor": None,
    "reports": [
        {
            "id": "rep_1",
            "submitted": "2026-03-20T10:11:12Z",
            "employee": {"id": 7, "name": "W-17"},
            "expenses": [
                {"id": "exp_1", "spent": {"date": "2026-03-02"}, "merchant": {"name": "Halide Rentals"},
                 "total": {"amount": "1960.17", "currency": "USD"}},
                {"id": "exp_2", "spent": {"date": "2026-03-17"}, "merchant": {"name": "City Power"},
                 "total": {"amount": "89.00", "currency": "USD"}},
            ],
        },
        {
            "id": "rep_2",
            "submitted": "2026-03-31T08:00:00Z",
            "employee": {"id": 9, "name": "W-22"},
            "expenses": [
                {"id": "exp_3", "spent": {"date": "2026-03-30"}, "merchant": {"name": "Bexley Grip"},
                 "total": {"amount": "75.00", "currency": "USD"}},
            ],
        },
    ],
}  # fmt: skip

LATER = {
    "odoo": Export(
        "account.move.xlsx",
        xlsx_of(
            [
                ["Invoice/Bill Date", "Number", "Invoice Partner Display Name", "Reference",
                 "Untaxed Amount", "Total", "Currency", "Payment Status"],
                ["Bexley Grip (2)", None, None, None, 70, 84, None, None],
                ["2026-03-17", "BILL/2026/03/0002", "Bexley Grip", "BX-221", 89, 106.8, "EUR", "Paid"],
                ["2026-03-31", "RBILL/2026/03/0001", "Bexley Grip", "BX-222", -19, -22.8, "EUR", "Not Paid"],
                ["Halide Rentals (1)", None, None, None, 1960.17, 2352.2, None, None],
                ["2026-03-02", "BILL/2026/03/0001", "Halide Rentals", "HR-100", 1960.17, 2352.2, "EUR", "Not Paid"],
            ]
        ),
        "excel", 1, "Invoice/Bill Date", ["%Y-%m-%d"], ("Untaxed Amount",), (".", "none"),
    ),
    "zoho books": Export(
        "Bill.csv",
        csv_of("""
Bill Date,Due Date,Bill ID,Accounts Payable,Vendor Name,Entity Discount Percent,Payment Terms,Bill Number,PurchaseOrder,Currency Code,Exchange Rate,SubTotal,Total,Balance,Bill Status,Item Name,Account,Description,Quantity,Rate,Item Total,Tax Amount
2026-03-02,2026-04-01,4601000000881,Accounts Payable,Halide Rentals,0.00,30,HR-100,PO-7,CAD,1.000000,2760.170,2898.180,2898.180,Open,Body,Camera rental,Body and lenses,1.00,1960.170,1960.170,98.010
2026-03-02,2026-04-01,4601000000881,Accounts Payable,Halide Rentals,0.00,30,HR-100,PO-7,CAD,1.000000,2760.170,2898.180,2898.180,Open,Filters,Camera rental,Filters,4.00,200.000,800.000,40.000
2026-03-17,2026-04-16,4601000000882,Accounts Payable,Bexley Grip,0.00,30,BX-221,,CAD,1.000000,89.000,93.450,0.000,Paid,Dolly,Grip,Dolly,1.00,89.000,89.000,4.450
"""),
        "csv", 1, "Bill Date", ["%Y-%m-%d"], ("Item Total",), (".", "none"),
    ),
    "tally": Export(
        "DayBook.xml", _TALLY.encode(), "xml", None, "DATE", ["%Y%m%d"], ("AMOUNT",), (".", "none"),
        {"records": "ENVELOPE/BODY/IMPORTDATA/REQUESTDATA/TALLYMESSAGE/VOUCHER"},
    ),
    "an expense API": Export(
        "reports.json", json.dumps(_EXPENSES).encode(), "json", None, "spent.date", ["%Y-%m-%d"],
        ("total.amount",), (".", "none"), {"records": "reports[].expenses[]"},
    ),
    "myob": Export(
        "PURCHASE.TXT",
        csv_of("""
{}
Co./Last Name\tFirst Name\tPurchase #\tDate\tSupplier Invoice #\tDescription\tAmount\tInc-Tax Amount\tTax Code\tCurrency Code
Halide Rentals\t\t00000881\t2/03/2026\tHR-100\tLenses\t$1,960.17\t$2,156.19\tGST\tAUD
Halide Rentals\t\t00000881\t2/03/2026\tHR-100\tFilters\t$800.00\t$880.00\tGST\tAUD

Bexley Grip\t\t00000882\t17/03/2026\tBX-221\tDolly\t$89.00\t$97.90\tGST\tAUD

Bexley Grip\t\t00000883\t31/03/2026\tBX-222\tReturned\t-$19.00\t-$20.90\tGST\tAUD
""", "cp1252"),
        "csv", 2, "Date", ["%d/%m/%Y"], ("Amount",), (".", ","), {"delimiter": "\t"},
    ),
    "wave": Export(
        "Account Transactions.csv",
        csv_of("""
Account Transactions
Northern Lights (fictional)
"Date Range: 2026-03-01 to 2026-03-31"
Report Type: Accrual (Paid & Unpaid)
ACCOUNT NUMBER,DATE,DESCRIPTION,DEBIT (In Business Currency),CREDIT (In Business Currency),BALANCE (In Business Currency)
,Camera Rental,,,,
Starting Balance,,,,,$0.00
,2026-03-02,Bill - Halide Rentals - HR-100,"$1,960.17",,"$1,960.17"
,2026-03-17,Bill - Halide Rentals - HR-101,$89.00,,"$2,049.17"
,2026-03-31,Refund - Halide Rentals,,$12.30,"$2,036.87"
Totals and Ending Balance,,,"$2,049.17",$12.30,"$2,036.87"
Balance Change,,,,,"$2,036.87"
,Grip,,,,
Starting Balance,,,,,$0.00
,2026-03-05,Bill - Bexley Grip - BX-9,$75.00,,$75.00
Totals and Ending Balance,,,$75.00,$0.00,$75.00
Balance Change,,,,,$75.00
"""),
        "csv", 5, "DATE", ["%Y-%m-%d"],
        ("DEBIT (In Business Currency)", "CREDIT (In Business Currency)"), (".", ","),
    ),
    "a payroll bureau": Export(
        "Gross to net W13.xlsx",
        xlsx_of(
            [
                ["PAYDAY BUREAU", None, None, None, None, None],
                ["Gross to net by person, week ending 28 March 2026"],
                [],
                ["Person", "Work date", "Account", "Hours", "Rate", "Gross pay"],
                ["W-17", "26/03/2026", "2510", 8, 54.78, "438.24"],
                [None, "27/03/2026", "2510", 2, 82.17, "164.34"],
                ["Total W-17", None, None, 10, None, "602.58"],
                ["W-22", "27/03/2026", "2310", 10, 115, "1,150.00"],
                ["Total W-22", None, None, 10, None, "1,150.00"],
                ["Grand total", None, None, 20, None, "1,752.58"],
                ["Printed 30/03/2026 08:00"],
            ],
            "W13",
        ),
        "excel", 4, "Work date", ["%d/%m/%Y"], ("Gross pay",), (".", ","),
    ),
    "a printed ledger": Export(
        "RX010.LST",
        csv_of("""
MERIDIAN LEDGER                 Supplier Transactions                 Page 1
Company 01 NORTHERN LIGHTS                                    01-APR-26

Supplier   Invoice       Inv Date    Cur           Amount  Narrative
---------- ------------- ----------- --- ---------------- --------------------
HAL001     HR-100        02-MAR-26   GBP         1,960.17 Lenses
HAL001     HR-101        17-MAR-26   GBP            89.00 Filters

MERIDIAN LEDGER                 Supplier Transactions                 Page 2
Company 01 NORTHERN LIGHTS                                    01-APR-26

Supplier   Invoice       Inv Date    Cur           Amount  Narrative
---------- ------------- ----------- --- ---------------- --------------------
BEX001     BX-222        31-MAR-26   GBP            19.00- Credit dolly
                                         ----------------
                                                 2,030.17
*** End of report ***
"""),
        "fixed_width", 4, "Inv Date", ["%d-%b-%y"], ("Amount",), (".", ","),
    ),
    "a sap list": Export(
        "fbl1n.txt",
        csv_of("""
01.04.2026                     Vendor line items display                        1

Vendor                    70001
Company Code              1000

Name                      Licht Süd GmbH
City                      Leipzig

--------------------------------------------------------------------------------
|St|Account|DocumentNo|Type|Doc. Date |  Amount in local cur.|LCurr|Text        |
--------------------------------------------------------------------------------
|  |70001  |1900000041|KR  |02.03.2026|             1.234,56-|EUR  |Lichtmiete  |
|  |70001  |1900000057|KR  |17.03.2026|                89,00-|EUR  |Folien      |
--------------------------------------------------------------------------------
|* |       |          |    |          |             1.323,56-|EUR  |            |
--------------------------------------------------------------------------------

01.04.2026                     Vendor line items display                        2

Vendor                    70002
Company Code              1000

Name                      Kabel AG
City                      Halle

--------------------------------------------------------------------------------
|St|Account|DocumentNo|Type|Doc. Date |  Amount in local cur.|LCurr|Text        |
--------------------------------------------------------------------------------
|  |70002  |1700000007|KG  |31.03.2026|                12,30 |EUR  |Gutschrift  |
--------------------------------------------------------------------------------
|* |       |          |    |          |                12,30 |EUR  |            |
--------------------------------------------------------------------------------
""", "cp1252"),
        "csv", 10, "Doc. Date", ["%d.%m.%Y"], ("Amount in local cur.",), (",", "."),
        {"delimiter": "|"},
    ),
    "a bureau's records": Export(
        "costs-20260331.txt",
        csv_of("""
HDR|20260331|PAYDAY BUREAU|P100
DTL|10001|2026-03-28|W-17|2500|2510|438.24|Week ending 28 March
DTL|10002|2026-03-28|W-22|2300|2310|1,150.00|Week ending 28 March
DTL|10003|2026-03-28|W-23|2300|2310|980.50|Week ending 28 March
TRL|3|2,568.74
"""),
        "csv", None, "#3", ["%Y-%m-%d"], ("#7",), (".", ","),
        {
            "delimiter": "|",
            "kinds": {
                "uses": {"HDR": "header", "DTL": "row", "TRL": "trailer"},
                "count": 2, "counts": "rows", "total": 3,
            },
        },
    ),
}  # fmt: skip
