"""Text that is UTF-8 and is read as an encoding of one byte a character: `CafÃ©` for `Café`.

Belongs here: finding that in bytes. An encoding such as cp1252 fits any bytes at all, so that it
fitted says nothing. Where most characters beyond ASCII are spelled as UTF-8 spells them, the file
is UTF-8 with a few damaged places, and is refused; where a few are, they came so from the vendor's
own system, and are told. So is text of a UTF-8 file that was spoilt before it was sent: `CafÃ©`
in the vendor's own UTF-8, or the mark that stands for what somebody could not read (U+FFFD).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.rows import Misread, Refused

# Encodings whose bytes 0x80 to 0xBF are mostly signs, so that words hardly look like UTF-8. In
# those of Thai, of DOS and of the Macintosh letters stand there.
_LATIN: Final = frozenset(
    {
        *("cp1250", "cp1252", "cp1254", "cp1257", "iso8859-1", "iso8859-2", "iso8859-3"),
        *("iso8859-4", "iso8859-9", "iso8859-10", "iso8859-13", "iso8859-14", "iso8859-15"),
        "iso8859-16",
    }
)
# A Greek or Cyrillic capital before a quote is one such place: only many of them say something.
_OTHERS: Final = frozenset({"cp1251", "cp1253", "iso8859-7"})
# First bytes of letters and signs that Western, Greek and Cyrillic texts are full of.
_USUAL_LEADS: Final = np.array([0xC2, 0xC3, 0xC4, 0xC5, 0xCE, 0xCF, 0xD0, 0xD1, 0xE2], np.uint8)
_MOST_FOLLOWING: Final = 3
_LONGEST_RUN: Final = 4096
_FEW: Final = 3

_UTF_8: Final = frozenset({"utf-8", "utf-8-sig"})
# In UTF-8 that was read as cp1252 and written as UTF-8 again, letters with marks begin with one of
# these two, and typographic signs with the third.
_SPOILT: Final = re.compile(
    "(?:[\u00c2\u00c3][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014"
    "\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]|\u00e2\u20ac|\ufffd)"
)
_SIGNS: Final = ("\u00c2", "\u00c3", "\u00e2\u20ac", "\ufffd")
_BEGINNINGS: Final = ("\u00c2", "\u00c3", "\u00e2")

Bytes = npt.NDArray[np.uint8]


def find_misread(
    body: Body, encoding: str, block: int, line_of: Callable[[int], int]
) -> Misread | Refused:
    """Returns where a body that fits an encoding is visibly UTF-8; refuses it if most of it is.

    Args:
        body: The delivery.
        encoding: The encoding that fitted.
        block: Bytes that are read at a time.
        line_of: Returns the line of an offset.
    """
    name = codecs.lookup(encoding).name
    if name in _UTF_8:
        return _spoilt(body, block, line_of)
    if name not in _LATIN | _OTHERS:
        return Misread()
    found = _Places()
    kept = b""
    for data in body.pieces(block):
        if not kept and data.isascii():
            found.offset += len(data)
            continue
        whole = kept + data
        kept = _unfinished(whole)
        found.add(whole[: len(whole) - len(kept)])
    found.add(kept)
    if found.first is None:
        return Misread()
    line = line_of(found.first)
    if found.good >= found.stray and (found.usual or found.good >= _FEW):
        return Refused(
            Reason.ENCODING,
            f"read as {encoding} it holds UTF-8 in {found.good} places, the first on line {line}, "
            f"and {found.stray} other characters beyond ASCII: it is UTF-8 that was damaged, or "
            "that `encodings` does not name",
        )
    return Misread(found.usual, line) if found.usual and name in _LATIN else Misread()


def _spoilt(body: Body, block: int, line_of: Callable[[int], int]) -> Misread:
    """Returns where UTF-8 holds text that was spoilt before it was encoded."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    decode, getstate = decoder.decode, decoder.getstate
    places, first, offset, kept = 0, None, 0, ""
    for data in body.pieces(block):
        if not kept and data.isascii() and not getstate()[0]:
            offset += len(data)
            continue
        text = kept + decode(data)
        # A pair may go on in the next piece.
        kept = text[-1:] if text.endswith(_BEGINNINGS) else ""
        whole = text.removesuffix(kept) if kept else text
        if any(sign in whole for sign in _SIGNS):
            found = [match.start() for match in _SPOILT.finditer(whole)]
            if found and first is None:
                first = offset + len(whole[: found[0]].encode())
            places += len(found)
        offset += len(whole.encode())
    return Misread() if first is None else Misread(places, line_of(first))


class _Places:
    """Counts characters as UTF-8 spells them, and bytes beyond ASCII that are none."""

    def __init__(self) -> None:
        self.good = 0
        self.usual = 0
        self.stray = 0
        self.first: int | None = None
        self.offset = 0

    def add(self, data: bytes) -> None:
        """Takes in bytes that end with a whole character."""
        if not data.isascii():
            self._count(np.frombuffer(data, np.uint8))
        self.offset += len(data)

    def _count(self, data: Bytes) -> None:
        high = np.flatnonzero(data >= 0x80)  # noqa: PLR2004 - what is not ASCII
        padded = np.concatenate((data, np.zeros(_MOST_FOLLOWING, np.uint8)))
        following = [(padded[high + k] & 0xC0) == 0x80 for k in range(1, _MOST_FOLLOWING + 1)]  # noqa: PLR2004
        lead = data[high]
        two = (lead >= 0xC2) & (lead <= 0xDF) & following[0]  # noqa: PLR2004
        three = (lead & 0xF0 == 0xE0) & following[0] & following[1]  # noqa: PLR2004
        four = (lead >= 0xF0) & (lead <= 0xF4) & following[0] & following[1] & following[2]  # noqa: PLR2004
        sizes = np.where(two, 2, np.where(three, 3, np.where(four, 4, 0)))
        good = sizes > 0
        usual = good & np.isin(lead, _USUAL_LEADS)
        self.good += int(good.sum())
        self.usual += int(usual.sum())
        self.stray += int(len(high) - sizes.sum())
        if self.first is None and good.any():
            self.first = self.offset + int(high[np.flatnonzero(usual if usual.any() else good)[0]])


def _unfinished(data: bytes) -> bytes:
    """Returns the bytes beyond ASCII at the end of a piece, which the next one may go on with."""
    high = np.frombuffer(data[-_LONGEST_RUN:], np.uint8) >= 0x80  # noqa: PLR2004
    ascii_places = np.flatnonzero(~high)
    if not len(ascii_places):
        return data[-_MOST_FOLLOWING:]
    return data[len(data) - (len(high) - 1 - int(ascii_places[-1])) :]
