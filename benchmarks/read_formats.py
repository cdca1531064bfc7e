"""What reading a workbook or a JSON document costs, as a ratio to the fastest plain readers.

    python benchmarks/read_formats.py [--rows 100000] [--rounds 5] [--peers PYTHON]

The same rows of eight columns in every file; a workbook once with shared texts, as Excel and most
libraries write it, and once with a text in each cell, as openpyxl does. Ours is everything that
parsing does: rows with their verbatim text, the account of what stands in the file, chunks of
Arrow. The peers (`peers/read_formats.py`, in a venv of their own: `make peers`) make plain lists of
values and check nothing: python-calamine reads the sheet at once, ijson iterates over the items.
The CSV file with csv.reader is there for reference.

Ours and theirs take turns, each time in a process of its own that reads the file three times;
seconds are of the processor, and the least of each counts: what else runs on the machine, and what
a process does once, is left out of both.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl

from cost_pipeline.contracts.formats import (
    CsvFormat,
    ExcelFormat,
    FileFormat,
    JsonFormat,
    JsonLinesFormat,
)
from cost_pipeline.parse import Refused, open_rows

PEERS_PYTHON = Path(sys.prefix) / "peers" / "bin" / "python"
NAMES = ("id", "date", "dept", "gl", "amount", "cur", "text", "po")
FIRST_DAY = dt.date(1899, 12, 30)
FORMATS = "http://schemas.openxmlformats.org"
MAIN = f"{FORMATS}/spreadsheetml/2006/main"
OFFICE = f"{FORMATS}/officeDocument/2006/relationships"
LINKS = f'<Relationships xmlns="{FORMATS}/package/2006/relationships">%s</Relationships>'
LINK = f'<Relationship Id="%s" Type="{OFFICE}/%s" Target="%s"/>'
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{FORMATS}/package/2006/content-types"/>',
    "_rels/.rels": LINKS % (LINK % ("a", "officeDocument", "xl/workbook.xml")),
    "xl/_rels/workbook.xml.rels": LINKS
    % (
        LINK % ("a", "worksheet", "worksheets/sheet1.xml")
        + LINK % ("b", "styles", "styles.xml")
        + LINK % ("c", "sharedStrings", "sharedStrings.xml")
    ),
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Costs" sheetId="1" r:id="a"/></sheets></workbook>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
    '<xf numFmtId="14"/></cellXfs></styleSheet>',
}
FORMS: dict[str, FileFormat] = {
    "xlsx, shared texts": ExcelFormat(),
    "xlsx, texts in cells": ExcelFormat(),
    "json": JsonFormat(records=""),
    "json, spread over lines": JsonFormat(records="data.items"),
    "jsonl": JsonLinesFormat(),
    "csv": CsvFormat(),
}
READINGS = 3
LIMITS = {"xlsx": 1.5, "json": 2.0}


def row(i: int) -> tuple[str, dt.date, str, str, Decimal, str, str, int]:
    day = dt.date(2026, 3, 1 + i % 28)
    amount = Decimal(i * 7919 % 10**7) / 100
    return f"T{i:08d}", day, "2000", "2000-01", amount, "GBP", f"hire of lamps {i % 977}", i


def items(rows: int) -> Iterator[str]:
    """Each row as an object; amounts are numbers as they stand in books."""
    for i in range(rows):
        cells = dict(zip(NAMES, row(i), strict=True))
        amount = str(cells.pop("amount"))
        yield json.dumps(cells, default=str)[:-1] + f', "amount": {amount}}}'


def write(name: str, path: Path, rows: int) -> None:
    """The file of a name, the same for the same number of rows."""
    if name == "xlsx, texts in cells":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append(NAMES)
        for i in range(rows):
            sheet.append(row(i))
        book.save(path)
    elif name == "xlsx, shared texts":
        write_shared(path, rows)
    elif name == "json":
        path.write_text("[" + ",".join(items(rows)) + "]", encoding="utf-8")
    elif name == "json, spread over lines":
        whole = {"data": {"items": [json.loads(item, parse_float=float) for item in items(rows)]}}
        path.write_text(json.dumps(whole, indent=2), encoding="utf-8")
    elif name == "jsonl":
        path.write_text("\n".join(items(rows)) + "\n", encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(NAMES)
            writer.writerows(row(i) for i in range(rows))


def write_shared(path: Path, rows: int) -> None:
    """A workbook as Excel writes it: of each text one copy, a style for days."""
    texts: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for part, content in PARTS.items():
            book.writestr(part, content)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{MAIN}" xmlns:x14ac="x"><sheetData>'.encode())
            for number in range(rows + 1):
                cells = row(number - 1) if number else NAMES
                sheet.write(_excel_row(number + 1, cells, texts, "1").encode())
            sheet.write(b"</sheetData></worksheet>")
        shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{shared}</sst>')


def _excel_row(line: int, cells: tuple[object, ...], texts: dict[str, int], style: str) -> str:
    parts = []
    for letter, cell in zip("ABCDEFGH", cells, strict=True):
        if isinstance(cell, str):
            place = texts.setdefault(cell, len(texts))
            parts.append(f'<c r="{letter}{line}" t="s"><v>{place}</v></c>')
        elif isinstance(cell, dt.date):
            days = (cell - FIRST_DAY).days
            parts.append(f'<c r="{letter}{line}" s="{style}"><v>{days}</v></c>')
        else:
            parts.append(f'<c r="{letter}{line}"><v>{cell}</v></c>')
    return f'<row r="{line}" spans="1:8" x14ac:dyDescent="0.25">{"".join(parts)}</row>'


def ours(name: str, path: Path) -> int:
    """Everything that parsing does; the chunks are dropped."""
    reader = open_rows(path, FORMS[name])
    assert not isinstance(reader, Refused), reader.message
    for _ in reader:
        pass
    assert reader.account().balanced
    return reader.rows


def measure(name: str, path: Path) -> None:
    """Print what a peer prints: rows, and seconds of each reading."""
    seconds = []
    for _ in range(READINGS):
        started = time.process_time()
        rows = ours(name, path)
        seconds.append(time.process_time() - started)
    print(json.dumps([rows, seconds]))


def run(command: list[str]) -> tuple[int, float]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    rows, seconds = json.loads(done.stdout)
    return rows, min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default=str(PEERS_PYTHON), help="the Python that has the peers")
    parser.add_argument("--only", default="", help="the formats whose name begins so")
    parser.add_argument("--once", nargs=2, metavar=("NAME", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        measure(options.once[0], Path(options.once[1]))
        return
    if not Path(options.peers).is_file():
        sys.exit(f"no peers: {options.peers} is not there; `make peers` installs them")
    peer = str(Path(__file__).parent / "peers" / "read_formats.py")
    with tempfile.TemporaryDirectory() as folder:
        for name in FORMS:
            if not name.startswith(options.only):
                continue
            path = Path(folder) / name.replace(", ", "-").replace(" ", "-")
            write(name, path, options.rows)
            mine = theirs = float("inf")
            for _ in range(options.rounds):
                rows, seconds = run([sys.executable, __file__, "--once", name, str(path)])
                mine = min(mine, seconds)
                found, seconds = run([options.peers, peer, name, str(path)])
                theirs = min(theirs, seconds)
                assert rows == found == options.rows, (rows, found)
            limit = next((most for kind, most in LIMITS.items() if name.startswith(kind)), None)
            told = "" if limit is None else f", at most {limit}"
            print(
                f"{name}: {rows} rows, {mine:.2f} s, the peer {theirs:.2f} s: "
                f"{mine / theirs:.2f} times{told}",
                flush=True,
            )


if __name__ == "__main__":
    main()
