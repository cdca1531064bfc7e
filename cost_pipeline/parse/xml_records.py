"""Reads `xml`: a document whose elements at `format.records` are rows, streaming.

Belongs here: the encoding that a document declares, the cells of an element, and what is broken
where. A child that has children of its own is one cell, its text verbatim, unless a path leads into
it; then each of its parts is a cell by its own path (`Amt`, `Amt/@Ccy`, `Ref[0]` where there are
several). What holds a record is looked at where a path leads there (`../Id`), and may say it behind
its records: the document is read twice then. What breaks half way costs the rest of the document,
which becomes one malformed row; the records before it stand.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from cost_pipeline.contracts.formats import XmlFormat
from cost_pipeline.contracts.paths import (
    XML_MARKS,
    Names,
    Paths,
    folded,
    joined,
    names_of,
    parent_prefix,
)
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.control import control_rules, rows_without_totals
from cost_pipeline.parse.json_items import cut_text
from cost_pipeline.parse.keyed import KeyedRow, filled_keys, keyed_chunks
from cost_pipeline.parse.rows import Limits, ParsedChunk, Refused, RowReader
from cost_pipeline.parse.source import utf8_blocks
from cost_pipeline.parse.xml_parts import local
from cost_pipeline.parse.xml_tree import BrokenXmlError, DoctypeError, Element, Found, Scan

_HEAD: Final = 1024
_DECLARED: Final = re.compile(rb"""\s*<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']""")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_TEXT: Final = "text()"

Cells = dict[str, str | None]


def declared_encoding(body: Body) -> str | Refused:
    """Returns the encoding that a document says it has, by its mark or declaration, or UTF-8."""
    head = next(body.pieces(_HEAD), b"")
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    declared = _DECLARED.match(head)
    name = declared[1].decode("ascii") if declared else "utf-8"
    try:
        "x".encode(name)
    except LookupError:
        what = f"the document declares the encoding {name!r}, which is not known"
        return Refused(Reason.ENCODING, f"{what}: declare `encodings` in the vendor file")
    return name


def open_xml(
    body: Body, form: XmlFormat, encoding: str, limits: Limits, *, chunk_rows: int
) -> RowReader | Refused:
    """Returns a reader of the records of a document in a known encoding."""
    document = _Document(body, form, encoding, limits)
    refused = document.look_around()
    if refused is not None:
        return refused
    rules = control_rules(form, None)

    def chunks(reader: RowReader) -> Iterator[ParsedChunk]:
        rows = rows_without_totals(reader, document.rows(reader), rules, filled_keys)
        return keyed_chunks(reader, rows, limits, chunk_rows)

    return RowReader(encoding, (), chunks)


class _Document:
    """A document in a known encoding."""

    def __init__(self, body: Body, form: XmlFormat, encoding: str, limits: Limits) -> None:
        self._body = body
        self._form = form
        self._encoding = encoding
        self._limits = limits
        names = names_of(form.told.names, form.told.ignored, XML_MARKS)
        self._cells = _Cells(names)
        self._top = len(form.steps) - 1
        self._levels = {
            level: paths
            for level in range(1, self._top + 1)
            if (paths := names.level(level)) is not None
        }
        self._around: dict[tuple[int, int], Cells] = {}
        self._keys: set[str] = set()
        self._broken: BrokenXmlError | None = None

    def _scan(self, keep: frozenset[int] = frozenset()) -> Scan:
        return Scan(self._form.steps, self._limits, keep)

    def _pieces(self) -> Iterator[bytes]:
        return utf8_blocks(self._body, self._encoding, self._limits.block_bytes)

    def look_around(self) -> Refused | None:
        """Reads what holds the records; returns why the document is none of this format."""
        scan = self._scan(frozenset(self._top - level for level in self._levels))
        records = False
        try:
            for found in scan.run(self._pieces()):
                records |= found.element is not None
                if records and not self._levels:
                    return None
        except DoctypeError:
            what = (
                "it has a document type (DTD): bombs and foreign files hide there, so none is read"
            )
            return Refused(Reason.NOT_THE_FORMAT, what)
        except BrokenXmlError as error:
            if not records:
                what = f"it is not XML: {error.message} on line {error.line}"
                return Refused(Reason.NOT_THE_FORMAT, what)
            self._broken = error
        for (depth, number), element in scan.holders.items():
            level = self._top - depth
            prefix = parent_prefix(level, XML_MARKS)
            self._around[depth, number] = self._cells.of(element, self._levels[level], prefix)
        return None if records else self._missing(scan)

    def _missing(self, scan: Scan) -> Refused | None:
        """Returns what stands where the way to the records is lost; None if only they are."""
        for depth, step in enumerate(self._form.steps[:-1]):
            if folded(step) not in map(folded, scan.seen[depth]):
                where = f"`{self._form.steps[depth - 1]}` has" if depth else "the document is"
                shown = ", ".join(f"`{name}`" for name in scan.seen[depth]) or "nothing in it"
                what = f"{where} no `{step}`; there is {shown}"
                return Refused(Reason.NOT_THE_FORMAT, what)
        return None

    def rows(self, reader: RowReader) -> Iterator[KeyedRow]:
        """Yields the records, and what is broken after them."""
        scan = self._scan()
        behind = 0
        try:
            for found in scan.run(self._pieces()):
                if found.element is None and self._form.empty == "counted":
                    reader.furniture_rows += 1
                    continue
                row = self._row(found)
                if row is None and self._broken is not None:
                    raise self._broken
                if row is not None:
                    yield row
                if found.element is not None:
                    behind = found.element.end
        except BrokenXmlError as error:
            yield self._remainder(behind, error)

    def _row(self, found: Found) -> KeyedRow | None:
        """Returns a record as a row; None if something that holds it does not end."""
        cells: Cells = {}
        if found.element is not None:
            cells = self._cells.of(found.element, self._cells.names.level(0), "")
        for depth, number in enumerate(found.holders):
            if self._top - depth in self._levels:
                if (depth, number) not in self._around:
                    return None
                cells |= self._around[depth, number]
        self._keys |= cells.keys()
        if len(self._keys) > self._limits.keys:
            self._keys -= cells.keys()
            problem = f"with its elements the delivery has more than {self._limits.keys} columns"
            return KeyedRow(found.line, found.text, problem, None)
        return KeyedRow(found.line, found.text, None, cells)

    def _remainder(self, behind: int, error: BrokenXmlError) -> KeyedRow:
        """Returns what follows the last sound record, as one malformed row."""
        kept, left, line = b"", behind, 1
        for piece in self._pieces():
            line += piece.count(b"\n", 0, left)
            kept += piece[left : left + self._limits.cut_bytes + 1 - len(kept)]
            left = max(0, left - len(piece))
            if len(kept) > self._limits.cut_bytes:
                break
        text = kept.decode("utf-8", "ignore")
        line += text[: len(text) - len(text.lstrip(BLANKS))].count("\n")
        shown, cut = cut_text(text.strip(BLANKS), self._limits)
        message = f"{error.message} on line {error.line}{cut}"
        return KeyedRow(line, shown, f"the document is broken from here on: {message}", None)


class _Cells:
    """Which parts of an element are cells, by what a vendor file reads and knows."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def of(self, element: Element, paths: Paths | None, prefix: str) -> Cells:
        """Returns the cells of a record, or of what holds it."""
        whole = folded(prefix) in self.names.known
        return {
            name: text
            for name, text in self._parts(element, element, paths, prefix)
            if not whole or folded(name) in self.names.known
        }

    def _parts(
        self, root: Element, element: Element, paths: Paths | None, prefix: str
    ) -> Iterator[tuple[str, str | None]]:
        yield from self._attributes(element, prefix)
        text = element.text
        if text.strip(BLANKS):
            yield joined(prefix, _TEXT, XML_MARKS), text
        steps = self._steps(element, prefix)
        opened: Mapping[str, Paths] = {} if paths is None else paths.opened(tuple(steps))
        for step, child in steps.items():
            name = joined(prefix, step, XML_MARKS)
            yield from self._child(child if child.source else root, child, opened.get(step), name)

    def _child(
        self, root: Element, child: Element, inside: Paths | None, name: str
    ) -> Iterator[tuple[str, str | None]]:
        if not child.children:
            if child.texts or not child.attributes:
                yield name, child.text
            if folded(name) not in self.names.ignored:
                yield from self._attributes(child, name)
            return
        whole = folded(name) in self.names.known
        if inside is None or whole:
            start, end = child.start - root.start, child.end - root.start
            yield name, root.source[start:end].decode()
        if inside is not None:
            parts = self._parts(root, child, inside, name)
            yield from (one for one in parts if not whole or folded(one[0]) in self.names.known)

    def _attributes(self, element: Element, prefix: str) -> Iterator[tuple[str, str]]:
        counts = Counter(map(local, element.attributes))
        for key, text in element.attributes.items():
            name = local(key) if counts[local(key)] == 1 else key
            yield joined(prefix, f"@{name}", XML_MARKS), text

    def _steps(self, element: Element, prefix: str) -> dict[str, Element]:
        """Returns the children by the step that leads to each; one with a rival has a place."""
        counts = Counter(folded(child.name) for child in element.children)
        so_far: Counter[str] = Counter()
        steps: dict[str, Element] = {}
        for child in element.children:
            plain = folded(child.name)
            step = f"{child.name}[{so_far[plain]}]"
            if counts[plain] == 1 and not self._wants_a_place(joined(prefix, step, XML_MARKS)):
                step = child.name
            so_far[plain] += 1
            steps[step] = child
        return steps

    def _wants_a_place(self, name: str) -> bool:
        plain = folded(name)
        return plain in self.names.places and plain.removesuffix("[0]") not in self.names.known
