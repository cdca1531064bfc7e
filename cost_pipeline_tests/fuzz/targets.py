"""What is fuzzed: formats and corrections, from bytes to verdicts, with seeds that are lawful.

A target takes any bytes. It may refuse them or read them, and must account for every row it read:
numbered without gaps, with cells or the reason why there are none, and in the end a record or a
dead letter. Any other ending than that, or one of the product's own clear errors, is a finding.
"""

from __future__ import annotations

import functools
import gzip
import io
import json
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import xlwt

from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.parse import Limits, ParsedChunk, Refused, open_rows
from cost_pipeline.pipeline.dead_letters import sheet
from cost_pipeline.pipeline.dead_letters.correction_rows import (
    as_chunk,
    in_style_of,
    read_correction,
)
from cost_pipeline.quarantine.workbook import Column, Cover, LetterSheet, write_workbook
from cost_pipeline.validate.chunk import validate_chunk
from cost_pipeline.validate.interpreter import Interpreter, compile_interpreter
from cost_pipeline.validate.state import DeliveryState

HEADER = ("id", "date", "amount", "currency", "text")
ROWS = (
    ("A1", "2026-03-01", "1,238.40", "USD", "hire"),
    ("A2", "01.03.2026", "(9.36)", "GBP", 'of "lamps"'),
    ("A1", "2026-03-02", "7", "ISK", "é, €"),
)
PRODUCTIONS = Productions.model_validate(
    {"productions": {"P100": {"title": "Northern Lights", "base_currency": "USD"}}}
)
# Small bounds, so that what a bound does is reached by small inputs.
LIMITS = Limits(
    block_bytes=256, line_bytes=512, record_bytes=128, record_lines=4, cut_bytes=64,
    chunk_bytes=2048, json_bytes=1 << 16, keys=64, free_bytes=1 << 20, shared_bytes=1 << 16,
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One format with its lawful deliveries."""

    form: dict[str, Any]
    seeds: tuple[bytes, ...]
    columns: dict[str, list[str]]

    @functools.cached_property
    def vendor(self) -> Vendor:
        """A vendor that delivers it."""
        constants = {"department_code": "2000", "gl_code": "2000-01", "currency": "USD"}
        given = {name: text for name, text in constants.items() if name not in self.columns}
        return CostVendor.model_validate(
            {
                "vendor": "fuzz",
                "production": "P100",
                "record": "vendor_invoice",
                "source": {"kind": "folder", "path": "inbox"},
                "format": self.form,
                "dates": ["%Y-%m-%d", "%m/%d/%Y"],
                "numbers": {
                    "thousands": ",",
                    "symbols": ["$"],
                    "negatives": ["leading", "trailing", "parentheses"],
                },
                "key": {"columns": ["transaction_id"], "ordinal": True},
                "columns": self.columns,
                "constants": given,
            }
        )

    @functools.cached_property
    def interpreter(self) -> Interpreter:
        """How its rows are judged."""
        return compile_interpreter(self.vendor, COST_CONTRACT, PRODUCTIONS.productions, ())

    def judge(self, data: bytes) -> int | None:
        """Read and validate the bytes; the number of rows, or None if the delivery was refused.

        Raises:
            AssertionError: If a row is unaccounted for. Anything else raised is a finding as well.
        """
        with written(data) as path:
            reader = open_rows(path, self.vendor.format, chunk_rows=3, limits=LIMITS)
            if isinstance(reader, Refused):
                assert reader.message, "a refusal says why"
                return None
            state, seen = DeliveryState(), 0
            for chunk in reader:
                numbers = chunk.table["row"].to_pylist()
                assert numbers == list(range(seen + 1, seen + 1 + len(numbers))), "numbered"
                seen += len(numbers)
                judge_chunk(chunk, self.interpreter, state)
            assert reader.rows == seen == state.records + state.dead_letters
            assert reader.account().balanced, "every line, row and cell is told of"
            return seen


@contextmanager
def written(data: bytes) -> Iterator[Path]:
    """The bytes as a file."""
    with tempfile.NamedTemporaryFile(prefix="fuzz-") as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def judge_chunk(chunk: ParsedChunk, interpreter: Interpreter, state: DeliveryState) -> None:
    """Validate a chunk.

    Raises:
        AssertionError: If a row is not exactly one of record and dead letter.
    """
    chunk.table.validate(full=True)
    judged = validate_chunk(
        chunk, interpreter, delivery="0" * 64, pull_date=date(2026, 4, 1), state=state
    )
    verdicts = [*judged.records["row"].to_pylist(), *judged.dead_letters["row"].to_pylist()]
    assert sorted(verdicts) == chunk.table["row"].to_pylist(), "every row is exactly one of two"


@dataclass(frozen=True)
class Correction:
    """What people send back: rows of a workbook or a CSV, read as their vendor's.

    Attributes:
        seeds: Lawful ones.
        wrap: Makes a file of the bytes that are bent: those of a sheet or of all parts, so that a
            change reaches them, where one of the workbook would only break the archive.
    """

    vendor: Vendor
    seeds: tuple[bytes, ...]
    wrap: Callable[[bytes], bytes] = bytes

    @functools.cached_property
    def interpreter(self) -> Interpreter:
        """How its rows are judged."""
        labels = tuple(
            sheet.label(COST_CONTRACT, name) for name in COST_CONTRACT.fields_of(self.vendor.record)
        )
        return compile_interpreter(
            sheet.corrected_vendor(COST_CONTRACT, self.vendor),
            COST_CONTRACT,
            PRODUCTIONS.productions,
            labels,
        )

    def judge(self, data: bytes) -> int | None:
        """Read the bytes and validate each row; how many, or None if they are no correction.

        Raises:
            AssertionError: If a row is unaccounted for. Anything else raised is a finding as well.
        """
        with written(self.wrap(data)) as path:
            found = read_correction(COST_CONTRACT, path)
        if isinstance(found, Refused):
            assert found.message, "a refusal says why"
            return None
        rows = found.table
        assert rows["row"].to_pylist() == list(range(1, rows.num_rows + 1)), "numbered"
        assert len(found.touched) == rows.num_rows
        if rows.num_rows:
            styled = in_style_of(COST_CONTRACT, self.vendor, rows, found.kinds)
            judge_chunk(
                as_chunk(COST_CONTRACT, self.vendor, styled), self.interpreter, DeliveryState()
            )
        return int(rows.num_rows)


def _csv(delimiter: str = ",") -> bytes:
    lines = [HEADER, *ROWS]
    cells = (['"' + cell.replace('"', '""') + '"' for cell in line] for line in lines)
    return "".join(delimiter.join(line) + "\r\n" for line in cells).encode()


def _json() -> list[dict[str, str]]:
    return [dict(zip(HEADER, row, strict=True)) for row in ROWS]


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    for line in (HEADER, *ROWS, ("A4", date(2026, 3, 4), 12.5, "USD", None)):
        book.active.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("rows")
    for number, line in enumerate((HEADER, *ROWS)):
        for column, cell in enumerate(line):
            sheet.write(number, column, cell)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(dict(zip(HEADER, zip(*ROWS, strict=True), strict=True))), file)
    return file.getvalue()


def _listing() -> bytes:
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


def _ubx() -> bytes:
    cells = ["EXPNS", "2000", "03/01/2026", "PO1", "Doe, J", "grip", "1", "R1", "8", "", "10.0000"]
    row = "\t".join([*cells, *[""] * (30 - len(cells))])
    return f"IMEX\t4\n{row}\n{row}\nSUBGRP\tA\n".encode()


def _sag_cards() -> bytes:
    cells = [f"v{i}" for i in range(280)]
    cells[251] = "2/23\x1d2/24"
    line = ",".join('"' + cell + '"' for cell in cells)
    return ("\ufeff" + f"{line}\n{line}\n").encode("utf-16-le")


_NAMED = {
    "transaction_id": ["id"],
    "transaction_date": ["date"],
    "amount": ["amount"],
    "currency": ["currency"],
    "description": ["text"],
}
_PLACED = {
    "transaction_id": ["#1"],
    "transaction_date": ["#2"],
    "amount": ["#3"],
    "description": ["#5"],
}
_FIXED = {
    "kind": "fixed_width",
    "encodings": ["utf-8-sig", "cp1252"],
    "layout": {
        "columns": [
            {"name": "id", "start": 1, "width": 4},
            {"name": "date", "start": 5, "width": 10},
            {"name": "amount", "start": 15, "width": 10},
            {"name": "text", "start": 25, "width": 6},
        ]
    },
}


def _exported() -> pa.Table:
    """Rows as they go out: one for each of `ROWS`, and what only the export knows."""
    fields = COST_CONTRACT.fields_of(INVOICES.record)
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


_SHEET = "xl/worksheets/sheet2.xml"


def _sheet() -> bytes:
    with zipfile.ZipFile(io.BytesIO(_workbook())) as book:
        return book.read(_SHEET)


def _with_sheet(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_BOOK)) as book, zipfile.ZipFile(out, "w") as changed:
        for name in book.namelist():
            changed.writestr(name, data if name == _SHEET else book.read(name))
    return out.getvalue()


_SEAM = b"\n=====\n"


def _saved() -> bytes:
    """The parts of the workbook as a spreadsheet saves it: shared texts, real days and numbers."""
    book, out = openpyxl.load_workbook(io.BytesIO(_BOOK)), io.BytesIO()
    rows = book["Rows"]
    names = [cell.value for cell in rows[1]]
    for name, value in (("Transaction date", date(2026, 3, 1)), ("Amount", 12.5)):
        cell = rows.cell(2, names.index(name) + 1)
        cell.value, cell.number_format = value, "General" if name == "Amount" else "yyyy-mm-dd"
    book.save(out)
    with zipfile.ZipFile(out) as saved:
        parts = [name.encode() + b"\n" + saved.read(name) for name in saved.namelist()]
    return _SEAM.join(parts)


def _with_parts(data: bytes) -> bytes:
    """A workbook of parts that were bent, lost, renamed or doubled before they were packed."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as book:
        warnings.simplefilter("ignore")  # of names that are there twice
        for part in data.split(_SEAM):
            name, _, body = part.partition(b"\n")
            book.writestr(name[:200].decode("latin-1").partition("\0")[0] or "_", body)
    return out.getvalue()


def _csv_out() -> bytes:
    out = io.BytesIO()
    pa.csv.write_csv(_exported(), out)
    return out.getvalue()


INVOICES = Target({"kind": "csv"}, (), _NAMED).vendor
_BOOK = _workbook()

TARGETS: dict[str, Target | Correction] = {
    "correction, csv": Correction(INVOICES, (_csv_out(), _csv_out().replace(b",", b";"))),
    "correction, sheet": Correction(INVOICES, (_sheet(),), _with_sheet),
    "correction, parts": Correction(INVOICES, (_saved(),), _with_parts),
    "correction, workbook": Correction(INVOICES, (_BOOK,)),
    "csv": Target({"kind": "csv"}, (_csv(), b"\xef\xbb\xbf" + _csv()), _NAMED),
    "csv, encodings and control": Target(
        {
            "kind": "csv",
            "delimiter": ";",
            "encodings": ["utf-8", "utf-16", "cp1252"],
            "control_total": {"column": "amount", "tolerance": "0.00"},
        },
        (_csv(";"), _csv(";") + b";;9.00;;\n", _csv(";").decode().encode("utf-16")),
        _NAMED,
    ),
    "csv without a header": Target(
        {"kind": "csv", "header": "none", "width": 5}, (_csv().split(b"\r\n", 1)[1],), _PLACED
    ),
    "gzip": Target({"kind": "csv"}, (gzip.compress(_csv(), mtime=0),), _NAMED),
    "json": Target({"kind": "json"}, (json.dumps(_json()).encode(), b'{"a": []}'), _NAMED),
    "jsonl": Target(
        {"kind": "jsonl"}, ("\n".join(json.dumps(one) for one in _json()).encode(),), _NAMED
    ),
    "excel, xlsx": Target({"kind": "excel"}, (_xlsx(),), _NAMED),
    "excel, xls": Target({"kind": "excel"}, (_xls(),), _NAMED),
    "parquet": Target({"kind": "parquet"}, (_parquet(),), _NAMED),
    "ep_ledger": Target(
        {"kind": "ep_ledger"},
        (_listing(),),
        {
            "transaction_id": ["Trans#"],
            "transaction_date": ["Eff. Date"],
            "amount": ["Amount"],
            "currency": ["Cur"],
            "description": ["Description"],
        },
    ),
    "fixed_width": Target(
        _FIXED,
        (b"A1  2026-03-01  1,238.40hire  \r\nA2  2026-03-02    (9.36)\xe9t\xe9   \r\n",),
        {name: at for name, at in _NAMED.items() if name != "currency"},
    ),
    "showbiz_ubx": Target(
        {"kind": "showbiz_ubx"},
        (_ubx(),),
        {
            "transaction_id": ["Reference"],
            "transaction_date": ["Week Ending"],
            "amount": ["Total"],
            "description": ["Description"],
        },
    ),
    "showbiz_sag_cards": Target(
        {"kind": "showbiz_sag_cards"},
        (_sag_cards(),),
        {
            "transaction_id": ["Card Id"],
            "transaction_date": ["Week Ending"],
            "amount": ["Gross"],
            "description": ["Category"],
        },
    ),
}
