"""Workbooks by the XML of their parts, as no library here writes them, and pieces of a sheet."""

import io
import zipfile

from cost_pipeline.parse.sheet import ValueKind
from cost_pipeline.parse.sheet_block import SheetColumns
from cost_pipeline.parse.xlsx_book import Book
from cost_pipeline.parse.xlsx_scan import Scanner

FORMATS = "http://schemas.openxmlformats.org"
MAIN = f"{FORMATS}/spreadsheetml/2006/main"
OFFICE = f"{FORMATS}/officeDocument/2006/relationships"
LINK = f'<Relationship Id="%s" Type="{OFFICE}/%s" Target="%s"/>'
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
    '<xf numFmtId="20"/><xf numFmtId="46"/></cellXfs></styleSheet>'
)
SHARED = ("id", "Date", "Amount", "Total", "a,b", 'say "x"', "", " ", "é\n2", "€", "a_x000D_b")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def book(sheet: str | bytes, texts: str | None = None) -> bytes:
    """A workbook of one sheet by its parts."""
    shared = "".join(f"<si><t>{escaped(text)}</t></si>" for text in SHARED)
    links = f'<Relationships xmlns="{FORMATS}/package/2006/relationships">%s</Relationships>'
    parts: dict[str, str | bytes] = {
        "_rels/.rels": links % (LINK % ("a", "officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": links
        % (
            LINK % ("a", "worksheet", "sheet.xml")
            + LINK % ("b", "styles", "styles.xml")
            + LINK % ("c", "sharedStrings", "texts.xml")
        ),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/styles.xml": STYLES,
        "xl/texts.xml": f'<sst xmlns="{MAIN}">{shared if texts is None else texts}</sst>',
        "xl/sheet.xml": sheet,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def worksheet(*rows: str, head: str = "", tail: str = "</sheetData></worksheet>") -> str:
    return f'{head}<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}{tail}'


def row(line: int, *cells: str, more: str = "") -> str:
    """A row; `@` in a cell stands for its place."""
    placed = (cell.replace("@", f"{chr(65 + at)}{line}") for at, cell in enumerate(cells))
    return f'<row r="{line}"{more}>{"".join(placed)}</row>'


def inline(text: str) -> str:
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'<c r="@" t="inlineStr"><is><t{space}>{escaped(text)}</t></is></c>'


def number(value: str, style: str = "") -> str:
    return f'<c r="@"{style}><v>{value}</v></c>'


def scanner(*texts: str, longest: int = 1 << 20) -> Scanner:
    styles = [ValueKind.NUMBER, ValueKind.DAY, ValueKind.TIME, ValueKind.ELAPSED]
    return Scanner(Book(texts=list(texts or SHARED), styles=styles), 15, longest)


def scanned(*rows: str, **settings) -> SheetColumns | None:
    return scanner(**settings).columns("".join(rows).encode(), 1)
