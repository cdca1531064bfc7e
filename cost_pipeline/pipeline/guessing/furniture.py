"""Rows that are no records: totals, headings of groups, remarks.

Belongs here: what a vendor file says of them. A key that this version does not read is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.home.draft import Entry
from cost_pipeline.pipeline.guessing.columns import Column
from cost_pipeline.pipeline.guessing.numbers import number_of
from cost_pipeline.pipeline.guessing.seen import Look, Seen

_RULE: Final = ControlTotal()
_FEW: Final = 2
_DIGITS: Final = re.compile(r"\d[\d.,:/ -]*")
_MOST_PATTERNS: Final = 6


@dataclass(frozen=True, slots=True)
class Total:
    """A row that declares the sum of a column: where it is, its number, the text beside it."""

    line: int
    number: str
    label: str | None

    def entry(self, field: str) -> Entry:
        """Returns the declaration of the control total of a field."""
        beside = f" beside {self.label!r}" if self.label else ""
        words = f"line {self.line} holds nothing but {self.number!r}{beside}"
        return Entry(("format", "control_total"), {"column": field}, (words,))


def find_total(seen: Seen, measure: Column) -> Total | None:
    """Returns the last row that declares a total, if there is one near the end."""
    for line, cells in reversed(seen.last_sparse):
        rest = [text for place, text in cells.items() if place != measure.place]
        number = cells.get(measure.place, "")
        if number_of(number) and (not rest or (len(rest) < _FEW and _RULE.is_label(rest[0]))):
            return Total(line, number, rest[0] if rest else None)
    return None


def grown_entries(look: Look, seen: Seen) -> Iterator[Entry]:
    """Yields what is said of remarks and headings, as far as this version's format reads it."""
    keys = type(look.form).model_fields
    if look.per_row or not seen.last_sparse:
        return
    heads = [cells for _, cells in seen.last_sparse if len(cells) == 1]
    group = _group_of(seen, heads)
    if group is not None and "groups" in keys:
        words = f"column {group + 1} is filled in rows that hold nothing else: headings of groups"
        value = {"column": "Group", "from": f"#{group + 1}"}
        yield Entry(("format", "groups"), [value], (words,))
    elif heads and "furniture" in keys:
        texts = (text for cells in heads for text in cells.values())
        patterns = list(dict.fromkeys(_DIGITS.sub("*", text).strip() for text in texts))
        lawful = [pattern for pattern in patterns if pattern.strip("*")][:_MOST_PATTERNS]
        if lawful:
            words = "these rows hold one text and nothing else"
            yield Entry(("format", "furniture"), lawful, (words,))


def _group_of(seen: Seen, heads: list[dict[int, str]]) -> int | None:
    """Returns the place of headings, which is empty in the rows of the table."""
    for column in seen.columns:
        if not column.filled and sum(column.place in cells for cells in heads) >= _FEW:
            return column.place
    return None
