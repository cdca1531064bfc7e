"""The first look at a file that nobody has described: which kind it is, and its first rows.

Belongs here: what can be said of bytes without a vendor file. `pipeline.guessing` weighs what
speaks for which format.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from cost_pipeline.contracts.formats import ExcelFormat
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.archive import BrokenMemberError
from cost_pipeline.parse.body import Body, open_body
from cost_pipeline.parse.excel import OLE_MAGIC, ZIP_MAGIC, open_book
from cost_pipeline.parse.rows import Limits, Refused
from cost_pipeline.parse.sheet import BrokenSheetError
from cost_pipeline.parse.source import find_encoding, looks_like_html, marked, utf8_blocks

HEAD_BYTES: Final = 1 << 20
_START: Final = 4096
_BOM: Final = "\ufeff"
# Where a text is not UTF-8: the tables of Windows and of the old PC and Mac.
_ONE_BYTE: Final = ("cp1252", "cp850", "mac_roman", "cp1250")
_WIDE: Final = {"UTF-16": "utf-16", "UTF-32": "utf-32"}
# What stands in words beyond ASCII, in Western languages and those of cp1250. An L or A of Polish
# in capitals is the byte of a pound or yen sign, and is not counted; the signs themselves are.
_LETTERS: Final = frozenset(
    "äöüßÄÖÜéèêëàâçñáíóúîïôûøåæœØÅÆÉÈÀÇÑÁÍÓÚãõìòù£€ąćęłńśźżĆĘŃŚŹŻčďěňřšťůžČĎĚŇŘŠŤŮŽőűŐŰ"
)


class FileKind(StrEnum):
    """What a file is by its first bytes."""

    WORKBOOK = "workbook"
    PARQUET = "parquet"
    JSON = "json"
    XML = "xml"
    TEXT = "text"


_MARKS: Final = (
    ((ZIP_MAGIC, OLE_MAGIC), FileKind.WORKBOOK),
    ((b"PAR1",), FileKind.PARQUET),
)


@dataclass(frozen=True, slots=True)
class TextHead:
    """The beginning of a text.

    Attributes:
        encoding: The encoding that fits the whole file.
        evidence: What speaks for it.
        text: The first characters, up to a line end where the file goes on.
        whole: Whether that is all of it.
    """

    encoding: str
    evidence: str
    text: str
    whole: bool


@dataclass(frozen=True, slots=True)
class SheetHead:
    """The first rows of a sheet: its name, whether people see it, 0-based cells by row number."""

    name: str
    visible: bool
    rows: Mapping[int, Mapping[int, str]]


def kind_of_file(path: Path) -> FileKind | Refused:
    """Returns what a file is, or why nothing can be said of it.

    Raises:
        EnvironmentFailedError: If the file cannot be read.
    """
    head = next(Body(path).pieces(_START), b"")
    if not head:
        return _refused("the file is empty")
    for marks, kind in _MARKS:
        if head.startswith(marks):
            return kind
    body = open_body(path, "auto", Limits())
    return body if isinstance(body, Refused) else _kind_of_text(body)


def _kind_of_text(body: Body) -> FileKind | Refused:
    start = next(body.pieces(_START), b"")
    if looks_like_html(start):
        return _refused("it is an HTML page, perhaps an error page or a login")
    plain = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if plain.startswith(b"<"):
        return FileKind.XML
    return FileKind.JSON if plain.startswith((b"{", b"[")) else FileKind.TEXT


def text_head(path: Path, limits: Limits | None = None) -> TextHead | Refused:
    """Returns the beginning of a text in the encoding that fits all of it.

    Raises:
        EnvironmentFailedError: If the file cannot be read.
    """
    limits = limits or Limits()
    body = open_body(path, "auto", limits)
    if isinstance(body, Refused):
        return body
    found = _encoding_of(body, limits)
    if isinstance(found, Refused):
        return found
    encoding, evidence = found
    data, whole = b"", True
    for block in utf8_blocks(body, encoding, limits.block_bytes):
        data += block
        if len(data) > HEAD_BYTES:
            data, whole = data[:HEAD_BYTES], False
            break
    text = data.decode("utf-8", "ignore").removeprefix(_BOM)
    if not whole:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    return TextHead(encoding, evidence, text, whole)


def _encoding_of(body: Body, limits: Limits) -> tuple[str, str] | Refused:
    mark = marked(body)
    if mark is not None:
        return _WIDE[mark], f"the file begins with the mark of {mark}"
    found = find_encoding(body, ["utf-8-sig"], limits.block_bytes)
    if not isinstance(found, Refused):
        ascii_fits = not isinstance(find_encoding(body, ["ascii"], limits.block_bytes), Refused)
        return found, "every character is ASCII" if ascii_fits else "every byte fits UTF-8"
    if found.reason is not Reason.ENCODING:
        return found
    odd = _odd_bytes(body, limits)
    scores = {name: _letters(odd, name) for name in _ONE_BYTE}
    best = max(scores, key=lambda name: scores[name])  # the first of equals
    fits = find_encoding(body, [best, *_ONE_BYTE], limits.block_bytes)
    if isinstance(fits, Refused):
        return fits
    share = (
        f"{scores[fits]} of {len(odd)} characters beyond ASCII are letters of European languages"
    )
    return fits, f"it is not UTF-8; as {fits} {share}"


def _odd_bytes(body: Body, limits: Limits) -> bytes:
    """Returns the bytes beyond ASCII of the file's beginning."""
    pieces = itertools.islice(body.pieces(limits.block_bytes), 8)
    return b"".join(piece.translate(None, bytes(range(128))) for piece in pieces)


def _letters(odd: bytes, encoding: str) -> int:
    return sum(character in _LETTERS for character in odd.decode(encoding, "replace"))


def sheet_heads(path: Path, most: int) -> Sequence[SheetHead] | Refused:
    """Returns the first rows of every sheet of a workbook.

    Raises:
        EnvironmentFailedError: If the file cannot be read.
    """
    try:
        book = open_book(path, ExcelFormat(), Limits())
        if isinstance(book, Refused):
            return book
        found = []
        for sheet in book.sheets:
            rows: dict[int, dict[int, str]] = {}
            for row in itertools.islice(sheet.open().rows(), most):
                cells = {place: text for place, text in row.cells.items() if text.strip(BLANKS)}
                if cells:
                    rows[row.line] = cells
            found.append(SheetHead(sheet.name, sheet.visible, rows))
    except (BrokenSheetError, BrokenMemberError) as error:
        return _refused(str(error))
    return found


def _refused(message: str) -> Refused:
    return Refused(Reason.NOT_THE_FORMAT, message)
