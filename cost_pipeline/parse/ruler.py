"""Finds the columns of a fixed-width listing by the line of dashes below its header.

Belongs here: which line is the ruler, and the layout that it says. `----- --- ------` has three
columns; so has `-----+-----+------`, whose rows have a `|` between two columns.

If there are several such lines, the one counts whose header holds the most of the vendor's names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from cost_pipeline.contracts.control import Told
from cost_pipeline.contracts.layouts import FixedColumn, FixedLayout
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS, plain_name
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.header import names_held
from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.records import read_blocks
from cost_pipeline.parse.rows import Limits, Refused

_RULER: Final = re.compile(r"[\s|+]*[-=]{2,}[-=|+\s]*|[\s|+]*(?:[-=][\s|+]+)+[-=]*[\s|+]*")
_WITHIN: Final = 1000
"""How many lines are searched for a ruler."""
BETWEEN: Final = BLANKS + "|"
"""What may stand between two columns."""


@dataclass(frozen=True, slots=True)
class Top:
    """What is known of a listing before its first row.

    Attributes:
        layout: The columns of the listing.
        gaps: The 0-based characters between them.
        text: The ruler, verbatim; None if there is none.
        first: The first cell of the header with a name, verbatim; None without a header.
        lines: Lines up to the ruler, the ruler included.
        blank: How many of them are blank.
        above: How many stand above the header.
        texts: What they say.
    """

    layout: FixedLayout
    gaps: Positions = field(default_factory=lambda: np.array([], np.int64))
    text: str | None = None
    first: str | None = None
    lines: int = 0
    blank: int = 0
    above: int = 0
    texts: tuple[str, ...] = ()

    @property
    def header_rows(self) -> int:
        """Lines that name the columns."""
        return 0 if self.text is None else 2


def find_ruler(body: Body, encoding: str, told: Told, limits: Limits) -> Top | Refused:
    """Finds the columns of a listing, or says why it has none."""
    wanted = {*map(plain_name, told.names)}
    before, blank, above, most = "", 0, 0, 0
    best: Top | None = None
    lines = _lines(body, encoding, limits)
    for number, line in enumerate(lines, 1):
        found = _ruled(before, line, number, blank, above - 1) if _RULER.fullmatch(line) else None
        if found is not None:
            names = [column.name for column in found.layout.columns]
            held = names_held(wanted, names) if wanted else 1
            if held > most:
                best, most = replace(found, texts=tuple(lines[: number - 2])), held
        blank += not line.strip(BLANKS)
        above += bool(line.strip(BLANKS))
        before = line
    if best is None:
        what = f"no line of dashes below the names of columns in the first {_WITHIN} lines"
        return Refused(Reason.NOT_THE_FORMAT, what)
    return best


def _lines(body: Body, encoding: str, limits: Limits) -> list[str]:
    found: list[str] = []
    for block in read_blocks(body, encoding, limits):
        more = range(min(len(block.starts), _WITHIN - len(found)))
        found += [block.text(at, at, limits).decode("utf-8") for at in more]
        if len(found) == _WITHIN:
            break
    return found


def _ruled(header: str, ruler: str, number: int, blank: int, above: int) -> Top | None:
    """Returns what a line of dashes says; None if no column has a name above it."""
    runs = [run.span() for run in re.finditer(r"[-=]+", ruler)]
    columns = [
        FixedColumn(
            name=header[start:stop].strip(BLANKS) or f"#{place}",
            start=start + 1,
            width=stop - start,
        )
        for place, (start, stop) in enumerate(runs, 1)
    ]
    # Two columns of one name are told as such where rows are judged, so the layout is not asked.
    layout = FixedLayout.model_construct(columns=tuple(columns), ragged_right=True)
    inside = {at for start, stop in runs for at in range(start, stop)}
    gaps = np.array([at for at in range(runs[-1][1]) if at not in inside], np.int64)
    cells = (header[start:stop] for start, stop in runs)
    first = next((cell for cell in cells if cell.strip(BLANKS)), None)
    return None if first is None else Top(layout, gaps, ruler, first, number, blank, above)
