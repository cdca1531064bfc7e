"""The tags of a workbook's XML found with numpy, where they are of the few plain kinds.

Belongs here: telling the tags apart, and proving that what follows what is what a plain sheet, or a
plain table of shared texts, has. Whatever else XML allows is a trap: it is `xlsx`'s and
`xlsx_book`'s work, through a parser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from cost_pipeline.parse.lines import Positions

Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


class Tag(IntEnum):
    """The tags that are known."""

    NONE = 0
    ROW = 1
    ROW_END = 2
    ROW_EMPTY = 3
    CELL = 4
    CELL_END = 5
    CELL_EMPTY = 6
    VALUE = 7
    VALUE_END = 8
    INLINE = 9
    INLINE_END = 10
    TEXT = 11
    TEXT_END = 12
    FORMULA = 13
    FORMULA_END = 14
    ITEM = 15
    ITEM_END = 16


_PRESERVING: Final = b'<t xml:space="preserve">'
# By the first two characters, what the whole tag is; with attributes where it may have them.
_WHOLE: Final = {
    b"</row>": Tag.ROW_END,
    b"</c>": Tag.CELL_END,
    b"<v>": Tag.VALUE,
    b"</v>": Tag.VALUE_END,
    b"<is>": Tag.INLINE,
    b"</is>": Tag.INLINE_END,
    b"<t>": Tag.TEXT,
    b"</t>": Tag.TEXT_END,
    b"<f>": Tag.FORMULA,
    b"</f>": Tag.FORMULA_END,
    b"<si>": Tag.ITEM,
    b"</si>": Tag.ITEM_END,
    b"<row ": Tag.ROW,
    b"<c ": Tag.CELL,
}
_EMPTY: Final = {Tag.ROW: Tag.ROW_EMPTY, Tag.CELL: Tag.CELL_EMPTY}

SHEET: Final = {
    Tag.ROW: {Tag.CELL, Tag.CELL_EMPTY, Tag.ROW_END},
    Tag.ROW_END: {Tag.ROW, Tag.ROW_EMPTY},
    Tag.ROW_EMPTY: {Tag.ROW, Tag.ROW_EMPTY},
    Tag.CELL: {Tag.VALUE, Tag.INLINE, Tag.FORMULA, Tag.CELL_END},
    Tag.CELL_END: {Tag.CELL, Tag.CELL_EMPTY, Tag.ROW_END},
    Tag.CELL_EMPTY: {Tag.CELL, Tag.CELL_EMPTY, Tag.ROW_END},
    Tag.VALUE: {Tag.VALUE_END},
    Tag.VALUE_END: {Tag.CELL_END},
    Tag.INLINE: {Tag.TEXT},
    Tag.INLINE_END: {Tag.CELL_END},
    Tag.TEXT: {Tag.TEXT_END},
    Tag.TEXT_END: {Tag.INLINE_END},
    Tag.FORMULA: {Tag.FORMULA_END},
    Tag.FORMULA_END: {Tag.VALUE},
}
TEXTS: Final = {
    Tag.ITEM: {Tag.TEXT},
    Tag.TEXT: {Tag.TEXT_END},
    Tag.TEXT_END: {Tag.ITEM_END},
    Tag.ITEM_END: {Tag.ITEM},
}

_ENTITIES: Final = {
    b"&lt;": "<",
    b"&gt;": ">",
    b"&quot;": '"',
    b"&apos;": "'",
    b"&amp;": "&",
}
ENTITIES: Final = {name.decode(): text for name, text in _ENTITIES.items()}
"""What may stand for a character in a plain part; `&amp;` has to be replaced last."""
_NO_CHARACTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_HOLDS_TEXT: Final = np.isin(np.arange(len(Tag)), [Tag.VALUE, Tag.TEXT, Tag.FORMULA])


def _table(allowed: Mapping[Tag, set[Tag]]) -> Mask:
    table = np.zeros((len(Tag), len(Tag)), np.bool_)
    for tag, followers in allowed.items():
        table[tag, [*followers]] = True
    return table


_FOLLOWERS: Final = {id(allowed): _table(allowed) for allowed in (SHEET, TEXTS)}


def _by_start() -> tuple[Codes, Positions]:
    """Returns the kind of a tag by the two characters behind `<`, and by kind a fixed length."""
    kinds, lengths = np.zeros(1 << 16, np.uint8), np.zeros(len(Tag), np.int64)
    for text, tag in _WHOLE.items():
        kinds[text[1] << 8 | text[2]] = tag
        lengths[tag] = 0 if text.endswith(b" ") else len(text)
    kinds[ord("t") << 8 | ord(" ")] = Tag.TEXT
    return kinds, lengths


_KINDS, _LENGTHS = _by_start()


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a piece, in order.

    Attributes:
        data: The piece.
        codes: Its bytes, and some zeros behind them.
        starts: Where each `<` is.
        ends: Where each `>` is.
        kinds: Which `Tag` each is.
    """

    data: bytes
    codes: Codes
    starts: Positions
    ends: Positions
    kinds: Codes


def plain_tags(data: bytes, allowed: Mapping[Tag, set[Tag]]) -> Tags | None:
    """Returns the tags of a piece, or None if it is not plain.

    Plain is what has only known tags, each behind one that it may follow, nothing but values and
    texts between them, no carriage return (XML makes a line feed of it), and of the references to
    characters only the five that XML has names for.

    Args:
        data: Begins with a tag and ends with one.
        allowed: What may follow each tag (SHEET, TEXTS).
    """
    if not _has_plain_characters(data):
        return None
    codes = np.frombuffer(data + bytes(_AHEAD), np.uint8)
    starts, ends = np.flatnonzero(codes == ord("<")), np.flatnonzero(codes == ord(">"))
    if not len(starts) or len(starts) != len(ends) or starts[0] or ends[-1] != len(data) - 1:
        return None
    between = starts[1:] - ends[:-1]
    if (starts > ends).any() or (between < 1).any():
        return None
    first, second = codes[starts + 1].astype(np.uint16), codes[starts + 2]
    kinds = _KINDS[first << 8 | second]
    if not _are_whole(codes, kinds, starts, ends):
        return None
    kinds = _with_empty(codes, kinds, ends)
    follows = _FOLLOWERS[id(allowed)][kinds[:-1], kinds[1:]] & (
        (between == 1) | _HOLDS_TEXT[kinds[:-1]]
    )
    return Tags(data, codes, starts, ends, kinds) if follows.all() else None


_AHEAD: Final = 32


def _has_plain_characters(data: bytes) -> bool:
    if not data.isascii():
        if any(odd in data for odd in _NO_CHARACTERS):
            return False
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
    if b"&" in data and data.count(b"&") != sum(map(data.count, _ENTITIES)):
        return False
    codes = np.frombuffer(data, np.uint8)
    controls = np.count_nonzero(codes < ord(" "))
    return not controls or controls == data.count(b"\n") + data.count(b"\t")


def _are_whole(codes: Codes, kinds: Codes, starts: Positions, ends: Positions) -> bool:
    """Returns whether each tag is what its first characters promise."""
    if not kinds.all():
        return False
    sizes, expected = ends - starts + 1, _LENGTHS[kinds]
    longer = np.flatnonzero((expected > 0) & (sizes != expected))
    if len(longer):
        if (kinds[longer] != Tag.TEXT).any() or (sizes[longer] != len(_PRESERVING)).any():
            return False
        if not _all_say(codes, starts[longer], _PRESERVING):
            return False
    for text, tag in _WHOLE.items():
        if len(text) > _TOLD and not _all_say(codes, starts[kinds == tag], text):
            return False
    return True


_TOLD: Final = 4  # of a tag of so many characters, two and the length tell the rest


def _all_say(codes: Codes, starts: Positions, text: bytes) -> bool:
    return all(bool((codes[starts + at] == code).all()) for at, code in enumerate(text))


def _with_empty(codes: Codes, kinds: Codes, ends: Positions) -> Codes:
    """Returns the kinds with those tags that close themselves told apart."""
    closed = codes[ends - 1] == ord("/")
    for tag, empty in _EMPTY.items():
        kinds = np.where(closed & (kinds == tag), np.uint8(empty), kinds)
    return kinds
