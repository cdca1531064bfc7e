"""Where the physical lines of a block lie and which of them are provably simple, by numpy.

Belongs here: the proof that lets a line go to the bulk lane. A line is simple if splitting it needs
no judgement: it has exactly the header's number of cells, is not empty, and each of its quotes
either opens a cell (right after a delimiter or the line's start) or closes it (right before one or
the line's end), in turns. Everything else is for `records`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_LF: Final = 10
_CR: Final = 13
_QUOTE: Final = 34
# The first byte of a byte order mark in UTF-8, which Arrow would take off the start of its input.
_BOM_START: Final = 0xEF


@dataclass(frozen=True, slots=True)
class Lines:
    """Physical lines of a block: `data[starts[i]:ends[i]]`, without their terminators."""

    starts: Positions
    ends: Positions

    def __len__(self) -> int:
        return len(self.starts)


def find_lines(data: bytes) -> Lines:
    """Finds the lines of a block, ended by CRLF, LF or CR; the last one may lack its end."""
    buffer = np.frombuffer(data, np.uint8)
    crs = data.count(b"\r") if b"\r" in data else 0  # the question alone is much faster
    if not crs or crs == data.count(b"\r\n"):
        feeds = np.flatnonzero(buffer == _LF)
        ends, nexts = feeds, feeds + 1
        if crs:
            # buffer[-1] is looked at for a feed at 0, where it cannot be half of a CRLF.
            ends = feeds - ((buffer[feeds - 1] == _CR) & (feeds > 0))
    else:
        ends, nexts = _mixed_ends(buffer)
    starts = np.concatenate(([0], nexts)).astype(np.int64)
    if starts[-1] < len(data):
        ends = np.append(ends, len(data))
    else:
        starts = starts[:-1]
    return Lines(starts, ends.astype(np.int64))


def line_ends(data: bytes) -> int:
    """Returns how many lines end in a text, with CRLF, LF or CR."""
    feeds = int(np.count_nonzero(np.frombuffer(data, np.uint8) == _LF))
    if b"\r" not in data:
        return feeds
    return feeds + data.count(b"\r") - data.count(b"\r\n")


class LineCount:
    """Counts the lines of a file as its bytes pass by; the readers count what became of them.

    Attributes:
        ended: How many lines so far have an end.
        open_end: Whether the last line so far has no end.
    """

    def __init__(self) -> None:
        self.ended = 0
        self.open_end = False
        self._after_cr = False

    @property
    def lines(self) -> int:
        """All lines so far."""
        return self.ended + self.open_end

    def add(self, data: bytes) -> None:
        """Takes in the next bytes, in UTF-8."""
        if data:
            self.ended += line_ends(data) - (self._after_cr and data.startswith(b"\n"))
            self._after_cr = data.endswith(b"\r")
            self.open_end = not data.endswith((b"\r", b"\n"))


def _mixed_ends(buffer: Bytes) -> tuple[Positions, Positions]:
    feed, carriage = buffer == _LF, buffer == _CR
    second = np.zeros(len(buffer), np.bool_)  # the LF of a CRLF
    second[1:] = feed[1:] & carriage[:-1]
    ends = np.flatnonzero((feed | carriage) & ~second)
    followed = np.zeros(len(buffer) + 1, np.bool_)
    followed[:-1] = second
    return ends, ends + 1 + followed[ends + 1]


def simple_lines(data: bytes, lines: Lines, delimiter: int, width: int, longest: int) -> Flags:
    """Returns which lines are provably simple, for a header of `width` cells."""
    buffer = np.frombuffer(data, np.uint8)
    starts, ends = lines.starts, lines.ends
    delimiters = np.flatnonzero(buffer == delimiter)
    cells = _in_each(delimiters, ends) + 1
    lengths = ends - starts
    simple: Flags = (lengths > 0) & (lengths <= longest)
    if b'"' in data:
        hidden, sound = _quotes(buffer, lines, delimiters, delimiter)
        cells -= hidden
        simple &= sound
    simple &= cells == width
    # Asked for one byte first: looking for three takes fifty times as long.
    if bytes([_BOM_START]) in data and b"\xef\xbb\xbf" in data:
        simple[simple] = buffer[starts[simple]] != _BOM_START
    return simple


def _in_each(marks: Positions, ends: Positions) -> Positions:
    """Returns how many of the marks each line has; no mark lies between two lines."""
    return np.diff(np.searchsorted(marks, ends), prepend=0)


def _quotes(
    buffer: Bytes, lines: Lines, delimiters: Positions, delimiter: int
) -> tuple[Positions, Flags]:
    """Returns, for each line, how many delimiters stand inside quotes, and if the quotes are sound.

    Quotes are sound where each stands at the border of a cell. The first number means nothing where
    they are not.

    The first number means nothing where the second is false.
    """
    quotes = np.flatnonzero(buffer == _QUOTE)
    count = _in_each(quotes, lines.ends)
    sound: Flags = count & 1 == 0
    if not sound.all():
        quotes = quotes[np.repeat(sound, count)]
        count[~sound] = 0
    # Every line has pairs now, so that opening and closing quotes take turns in the whole block.
    opens, closes = quotes[::2], quotes[1::2]
    ends = np.cumsum(count >> 1)
    # A block is a run of whole lines, so what lies beyond either end of it is a border too.
    border = np.zeros(256, np.bool_)
    border[[delimiter, _LF, _CR]] = True
    placed = border[buffer[opens - 1]] | (opens == 0)  # buffer[-1] is looked at for one at 0
    after = np.minimum(closes + 1, len(buffer) - 1)
    placed &= border[buffer[after]] | (closes == len(buffer) - 1)
    sound[np.searchsorted(ends, np.flatnonzero(~placed), side="right")] = False
    within = np.searchsorted(delimiters, closes) - np.searchsorted(delimiters, opens)
    passed = np.concatenate(([0], np.cumsum(within)))[ends]
    return np.diff(passed, prepend=0), sound
