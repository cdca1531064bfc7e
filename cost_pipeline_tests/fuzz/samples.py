"""Lawful bytes of every format, and of the corrections that people send back."""

from __future__ import annotations

import io
import warnings
import zipfile
from datetime import date

import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import xlwt

from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.pipeline.dead_letters import sheet
from cost_pipeline.quarantine.workbook import Column, Cover, LetterSheet, write_workbook

RECORD = "vendor_invoice"
HEADER = ("id", "date", "amount", "currency", "text")
ROWS = (
    ("A1", "2026-03-01", "1,238.40", "USD", "hire"),
    ("A2", "01.03.2026", "(9.36)", "GBP", 'of "lamps"'),
    ("A1", "2026-03-02", "7", "ISK", "é, €"),
)


def as_csv(delimiter: str = ",") -> bytes:
    lines = [HEADER, *ROWS]
    cells = (['"' + cell.replace('"', '""') + '"' for cell in line] for line in lines)
    return "".join(delimiter.join(line) + "\r\n" for line in cells).encode()


def as_json() -> list[dict[str, str]]:
    return [dict(zip(HEADER, row, strict=True)) for row in ROWS]


def as_xlsx() -> bytes:
    book = openpyxl.Workbook()
    for line in (HEADER, *ROWS, ("A4", date(2026, 3, 4), 12.5, "USD", None)):
        book.active.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("rows")
    for number, line in enumerate((HEADER, *ROWS)):
        for column, cell in enumerate(line):
            sheet.write(number, column, cell)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(dict(zip(HEADER, zip(*ROWS, strict=True), strict=True))), file)
    return file.getvalue()


def listing() -> bytes:
    heads = (
        "Account,LO,EPI,SET,WC,WS,F1,F2,F3,F4,IN,Tax,Transfer,Description,Vendor Name,Trans#,TT,JS,"
        "Cur,Period,PO Number,Document #,Eff. Date,PaymentNumber,Amount"
    )
    row = '6305,,101,,,,,,,,,,,"10/16 GUARDS",Harbour,T1,AP,,USD,1,,D1,03/01/2026,,"1,238.40"'
    return (
        "Show:,Northern Lights\nReport:,GL 505 - General Ledger List By Account: Detail\n"
        f"Acct: 6305 - LOCATION POLICE\n{heads}\n{row}\n{row}\n\n"
        f"Acct Total: 6305{',' * 24}2476.80\n"
    ).encode()


def ubx() -> bytes:
    cells = ["EXPNS", "2000", "03/01/2026", "PO1", "Doe, J", "grip", "1", "R1", "8", "", "10.0000"]
    row = "\t".join([*cells, *[""] * (30 - len(cells))])
    return f"IMEX\t4\n{row}\n{row}\nSUBGRP\tA\n".encode()


def sag_cards() -> bytes:
    cells = [f"v{i}" for i in range(280)]
    cells[251] = "2/23\x1d2/24"
    line = ",".join('"' + cell + '"' for cell in cells)
    return ("\ufeff" + f"{line}\n{line}\n").encode("utf-16-le")


def _exported() -> pa.Table:
    """Rows as they go out: one for each of `ROWS`, and what only the export knows."""
    fields = COST_CONTRACT.fields_of(RECORD)
    named = dict(zip(("transaction_id", "transaction_date", "amount", "currency", "description"),
                     zip(*ROWS, strict=True), strict=True))  # fmt: skip
    constants = {"department_code": "2000", "gl_code": "2000-01", "production": "P100"}
    cells = {f: pa.array(named.get(f, [constants.get(f)] * 3), pa.string()) for f in fields}
    references = pa.chunked_array([[str(n) * 64 for n in range(3)]])
    marks = sheet.marks_of(
        COST_CONTRACT, references, pa.table({f"f_{f}": c for f, c in cells.items()})
    )
    identity = {
        sheet.VENDOR: pa.array(["fuzz"] * 3),
        sheet.ROW: pa.array(["1", "2", "3"]),
        sheet.REFERENCE: references,
        sheet.EXPORTED: marks,
    }
    return pa.table({**identity, **{sheet.label(COST_CONTRACT, f): c for f, c in cells.items()}})


def _workbook() -> bytes:
    out, rows = io.BytesIO(), _exported()
    columns = tuple(Column(name, 9) for name in rows.column_names)
    write_workbook(out, Cover((9,)), [LetterSheet("Rows", columns, rows, pa.table({}))], {})
    return out.getvalue()


BOOK = _workbook()
_SHEET = "xl/worksheets/sheet2.xml"


def sheet_of_book() -> bytes:
    with zipfile.ZipFile(io.BytesIO(_workbook())) as book:
        return book.read(_SHEET)


def with_sheet(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as book, zipfile.ZipFile(out, "w") as changed:
        for name in book.namelist():
            changed.writestr(name, data if name == _SHEET else book.read(name))
    return out.getvalue()


_SEAM = b"\n=====\n"


def parts_as_saved() -> bytes:
    """The parts of the workbook as a spreadsheet saves it: shared texts, real days and numbers."""
    book, out = openpyxl.load_workbook(io.BytesIO(BOOK)), io.BytesIO()
    rows = book["Rows"]
    names = [cell.value for cell in rows[1]]
    for name, value in (("Transaction date", date(2026, 3, 1)), ("Amount", 12.5)):
        cell = rows.cell(2, names.index(name) + 1)
        cell.value, cell.number_format = value, "General" if name == "Amount" else "yyyy-mm-dd"
    book.save(out)
    with zipfile.ZipFile(out) as saved:
        parts = [name.encode() + b"\n" + saved.read(name) for name in saved.namelist()]
    return _SEAM.join(parts)


def with_parts(data: bytes) -> bytes:
    """A workbook of parts that were bent, lost, renamed or doubled before they were packed."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as book:
        warnings.simplefilter("ignore")  # of names that are there twice
        for part in data.split(_SEAM):
            name, _, body = part.partition(b"\n")
            book.writestr(name[:200].decode("latin-1").partition("\0")[0] or "_", body)
    return out.getvalue()


def exported_csv() -> bytes:
    out = io.BytesIO()
    pa.csv.write_csv(_exported(), out)
    return out.getvalue()
