"""The parts of an `.xlsx` around its sheets: which sheets there are, styles.

Belongs here: finding a sheet's part in the archive and what its cells refer to. The shared texts
are `xlsx_texts`' work, the rows of a sheet `xlsx`'s.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from cost_pipeline.parse.archive import Archive
from cost_pipeline.parse.rows import Limits
from cost_pipeline.parse.sheet import BrokenSheetError, ValueKind, format_kind
from cost_pipeline.parse.xlsx_texts import read_texts
from cost_pipeline.parse.xml_parts import feed, local, new_parser

_SMALL_PART: Final = 32 << 20
_ROOT: Final = "_rels/.rels"


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet: its name, whether people see it, and its part in the archive."""

    name: str
    visible: bool
    part: str


@dataclass(slots=True)
class Book:
    """What the cells of a sheet refer to."""

    sheets: list[SheetPart] = field(default_factory=list)
    since_1904: bool = False
    texts: list[str] = field(default_factory=list)
    styles: list[ValueKind] = field(default_factory=list)
    _array: pa.Array | None = None

    def shared_array(self) -> pa.Array:
        """Returns the texts as an array, which is made once."""
        if self._array is None:
            self._array = pa.array(self.texts, pa.string())
        return self._array


def read_book(archive: Archive, limits: Limits, *, bulk: bool = True) -> Book:
    """Returns the workbook of an archive.

    Args:
        archive: The workbook.
        limits: The bounds.
        bulk: Whether plain shared texts may be scanned.

    Raises:
        BrokenSheetError: If the archive is no workbook of this kind, or a damaged one.
        BrokenMemberError: If a part cannot be unpacked.
    """
    main = next((t for _, kind, t in _links(archive, "") if kind == "officeDocument"), None)
    if main is None or main not in archive.names:
        raise BrokenSheetError("it is a zip archive, but not an Excel workbook (.xlsx)")
    if main.endswith(".bin"):
        raise BrokenSheetError("it is a binary workbook (.xlsb); save it as .xlsx")
    links = {key: (kind, target) for key, kind, target in _links(archive, main)}
    book = Book()
    for name, attributes in _elements(archive, main):
        if name == "workbookPr":
            book.since_1904 = attributes.get("date1904") in {"1", "true"}
        elif name == "sheet":
            link = next((v for k, v in attributes.items() if local(k) == "id" and ":" in k), "")
            kind, target = links.get(link, ("", ""))
            if kind == "worksheet" and target in archive.names:
                visible = attributes.get("state", "visible") == "visible"
                book.sheets.append(SheetPart(attributes.get("name", ""), visible, target))
    if not book.sheets:
        raise BrokenSheetError("the workbook has no sheet with cells")
    parts = {kind: target for kind, target in links.values() if target in archive.names}
    if "styles" in parts:
        book.styles = _styles(archive, parts["styles"])
    if "sharedStrings" in parts:
        book.texts = read_texts(archive, parts["sharedStrings"], limits, bulk=bulk)
    return book


def _elements(archive: Archive, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    parser, found = new_parser(), list[tuple[str, dict[str, str]]]()
    parser.StartElementHandler = lambda name, attributes: found.append((local(name), attributes))
    for _ in feed(parser, [archive.read(part, _SMALL_PART)], part):
        yield from found
        found.clear()


def _links(archive: Archive, part: str) -> Iterator[tuple[str, str, str]]:
    """Yields id, kind and target of everything that a part refers to."""
    folder, name = posixpath.split(part)
    rels = posixpath.join(folder, "_rels", f"{name}.rels") if part else _ROOT
    if rels not in archive.names:
        return
    for element, attributes in _elements(archive, rels):
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            whole = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = attributes.get("Type", "").rpartition("/")[2]
            yield attributes.get("Id", ""), kind, whole


def _styles(archive: Archive, part: str) -> list[ValueKind]:
    codes: dict[int, str] = {}
    kinds: list[ValueKind] = []
    cells = False
    for name, attributes in _elements(archive, part):
        if name == "numFmt":
            codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            cells = name == "cellXfs"
        elif name == "xf" and cells:
            number = _number(attributes.get("numFmtId"))
            kinds.append(format_kind(number, codes.get(number)))
    return kinds


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else 0
