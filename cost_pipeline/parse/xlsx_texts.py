"""The texts that the cells of an `.xlsx` share, and what its texts are escaped by.

Belongs here: reading the part of shared texts, piece by piece where it is plain (`xlsx_tags`) and
through a parser where it is not: texts of several runs, with reading aids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.parse.archive import Archive
from cost_pipeline.parse.rows import Limits
from cost_pipeline.parse.sheet import BrokenSheetError
from cost_pipeline.parse.slices import slices
from cost_pipeline.parse.xlsx_pieces import has_other_markup, whole_elements
from cost_pipeline.parse.xlsx_tags import ENTITIES, TEXTS, Tag, plain_tags
from cost_pipeline.parse.xml_parts import feed, local, new_parser

# What a text costs to hold besides its characters.
_TEXT_OVERHEAD: Final = 64
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_HALF: Final = re.compile("[\ud800-\udfff]")


def read_texts(archive: Archive, part: str, limits: Limits, *, bulk: bool) -> list[str]:
    """Returns the texts of a part, in order.

    Args:
        archive: The workbook.
        part: Its part of shared texts.
        limits: The bounds.
        bulk: Whether plain texts may be scanned.

    Raises:
        BrokenSheetError: If it is damaged, or there is too much text.
        BrokenMemberError: If it cannot be unpacked.
    """
    try:
        return _read(archive, part, limits, bulk=bulk)
    except BrokenSheetError:
        if not bulk:
            raise
        # What is broken, and where, the parser says that has seen everything before it.
        return _read(archive, part, limits, bulk=False)


def _read(archive: Archive, part: str, limits: Limits, *, bulk: bool) -> list[str]:
    reader = _TextReader()
    pieces = archive.pieces(part, limits.block_bytes)
    for _ in feed(reader.parser, _unscanned(pieces, reader, limits) if bulk else pieces, part):
        if reader.size > limits.shared_bytes:
            raise BrokenSheetError(
                f"its cells share more than {limits.shared_bytes} bytes of text; deliver it as csv"
            )
    return reader.texts


def _unscanned(pieces: Iterator[bytes], reader: _TextReader, limits: Limits) -> Iterator[bytes]:
    """Yields the bytes that have to be parsed, and none for what is scanned."""
    sure = True
    for data, whole in whole_elements(pieces, "si", limits.block_bytes):
        texts = plain_texts(data) if sure and whole and reader.rests else None
        if texts is None:
            sure = sure and not (whole and has_other_markup(data))
            yield data
        else:
            reader.take(texts)
            yield b""


def plain_texts(data: bytes) -> list[str] | None:
    """Returns the texts of whole items, still with escapes, or None if they are not plain."""
    tags = plain_tags(data, TEXTS)
    if tags is None or tags.kinds[0] != Tag.ITEM or tags.kinds[-1] != Tag.ITEM_END:
        return None
    at = np.flatnonzero(tags.kinds == Tag.TEXT)
    found: list[str] = unescaped(slices(data, tags.ends[at] + 1, tags.starts[at + 1])).to_pylist()
    return found


def plain_text(text: str) -> str:
    """Returns a text without the escapes that workbooks use for characters XML cannot hold.

    Two halves of a character (surrogates) are one; a half alone stays the escape that it is.
    """
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    if not _HALF.search(plain):
        return plain
    whole = plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return _HALF.sub(lambda found: f"_x{ord(found[0]):04X}_", whole)


def unescaped(texts: pa.Array) -> pa.Array:
    """Returns the texts with the characters that XML has names for."""
    if not pc.any(pc.match_substring(texts, "&")).as_py():
        return texts
    for name, character in ENTITIES.items():
        texts = pc.replace_substring(texts, name, character)
    return texts


class _TextReader:
    """Gathers shared texts, without the reading aids (`rPh`) of East Asian ones."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.size = 0
        self.parser = new_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self._parts: list[str] = []
        self._aids = 0

    @property
    def rests(self) -> bool:
        """Returns whether it is between texts, with nothing open that it would remember."""
        return self.parser.CharacterDataHandler is None and not self._aids

    def take(self, texts: list[str]) -> None:
        """Takes in texts that somebody else has read, with their escapes; those count as text."""
        self.texts += map(plain_text, texts)
        self.size += sum(map(len, texts)) + _TEXT_OVERHEAD * len(texts)

    def _collect(self, data: str) -> None:
        self._parts.append(data)
        self.size += len(data)

    def _start(self, name: str, _: dict[str, str]) -> None:
        name = local(name)
        if name == "si":
            self._parts.clear()
        elif name == "rPh":
            self._aids += 1
        elif name == "t" and not self._aids:
            self.parser.CharacterDataHandler = self._collect

    def _end(self, name: str) -> None:
        name = local(name)
        if name == "t":
            self.parser.CharacterDataHandler = None
        elif name == "rPh":
            self._aids -= 1
        elif name == "si":
            self.texts.append(plain_text("".join(self._parts)))
            self.size += _TEXT_OVERHEAD
