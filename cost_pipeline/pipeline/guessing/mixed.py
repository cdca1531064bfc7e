"""Files that mix kinds of records: which cell tells them apart, what each kind is.

Belongs here: texts without a header whose first cell is one of a few codes. What the trailer
declares is found by its value: how many records there were, and what they come to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cost_pipeline.home.draft import Value
from cost_pipeline.pipeline.guessing.tables import Row

_CODE: Final = re.compile(r"[A-Za-z]{1,10}[0-9]{0,3}|[0-9]{1,3}")
_MOST_KINDS: Final = 8
_FEWEST_ROWS: Final = 3
_FEW: Final = 2
_DECIMAL: Final = re.compile(r"-?[0-9][0-9.,' ]*[.,][0-9]{2}")


@dataclass(frozen=True, slots=True)
class Mixed:
    """What the kinds of records of a file are.

    Attributes:
        uses: Kind to its use, as a vendor file says it.
        width: Cells of a row.
        count, counts: The cell of the trailer that declares how many there were, and of what.
        total: The cell of the trailer that declares their sum.
        evidence: What speaks for it.
    """

    uses: dict[str, str]
    width: int
    count: int | None
    counts: str
    total: int | None
    evidence: str

    @property
    def value(self) -> dict[str, Value]:
        """The key `kinds`."""
        found: dict[str, Value] = {"uses": dict(self.uses)}
        if self.count is not None:
            found |= {"count": self.count, "counts": self.counts}
        if self.total is not None:
            found["total"] = self.total
        return found


def find_kinds(rows: Sequence[Row], *, whole: bool) -> Mixed | None:
    """Returns the kinds of records that rows are; None if they are all of one shape.

    Args:
        rows: Without a header.
        whole: Whether they are all rows of the file: only then a trailer is the last one.
    """
    codes = [row.cells[0].strip() for row in rows]
    counts = Counter(codes)
    if len(rows) < _FEWEST_ROWS or not 1 < len(counts) <= _MOST_KINDS:
        return None
    if not all(map(_CODE.fullmatch, counts)):
        return None
    own = counts.most_common(1)[0][0]
    widths = Counter(len(row.cells) for row, code in zip(rows, codes, strict=True) if code == own)
    others = {len(row.cells) for row, code in zip(rows, codes, strict=True) if code != own}
    if counts[own] < _FEW or len(widths) > 1 or others & set(widths):
        return None  # a column of codes in a table of one shape
    uses = {code: _use(code, own, codes, whole=whole) for code in counts}
    trailer = rows[-1].cells if uses[codes[-1]] == "trailer" else ()
    mine = [row.cells for row, code in zip(rows, codes, strict=True) if code == own]
    once = trailer and counts[codes[-1]] == 1
    count, of = _count(trailer, uses, codes, len(mine)) if once else (None, "rows")
    words = ", ".join(f"{number:,} begin with {code!r}" for code, number in counts.items())
    return Mixed(
        uses, next(iter(widths)), count, of, _total(trailer, mine) if once else None, words
    )


def _use(code: str, own: str, codes: Sequence[str], *, whole: bool) -> str:
    if code == own:
        return "row"
    if codes.index(code) < codes.index(own):
        return "header"
    last = len(codes) - 1 - codes[::-1].index(code)
    if whole and last > len(codes) - 1 - codes[::-1].index(own):
        return "trailer"
    return "other"


def _count(
    trailer: Sequence[str], uses: dict[str, str], codes: Sequence[str], rows: int
) -> tuple[int | None, str]:
    """Returns the cell of the trailer that declares how many there were, and of what."""
    records = sum(uses[code] not in {"header", "trailer"} for code in codes)
    for number, of in ((rows, "rows"), (records, "records"), (len(codes), "lines")):
        for place, text in enumerate(trailer[1:], 2):
            if text.strip().isdecimal() and int(text) == number:
                return place, of
    return None, "rows"


def _total(trailer: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """Returns the cell of the trailer that is the sum of a column."""
    sums = {
        sum(map(_minor, column))
        for column in zip(*rows, strict=True)
        if all(_DECIMAL.fullmatch(text.strip()) for text in column)
    }
    for place, text in enumerate(trailer[1:], 2):
        if _DECIMAL.fullmatch(text.strip()) and _minor(text) in sums:
            return place
    return None


def _minor(text: str) -> int:
    """Returns a number with two decimals as a whole number of the hundredth part."""
    return int(re.sub(r"[^0-9-]", "", text))
