"""Rows that are no records: totals, headings of groups, remarks.

Belongs here: what a vendor file says of them, where its format has such rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.contracts.listing import ListedSection
from cost_pipeline.home.draft import Entry, Value
from cost_pipeline.pipeline.guessing.columns import Column
from cost_pipeline.pipeline.guessing.numbers import number_of
from cost_pipeline.pipeline.guessing.seen import Look, Seen

_RULE: Final = ControlTotal()
_FEW: Final = 2
_DIGITS: Final = re.compile(r"\d[\d.,:/ -]*")
_MOST_PATTERNS: Final = 6
GROUP: Final = "Group"
"""What a draft calls the column that headings fill."""


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


def listing_entries(look: Look, seen: Seen, group: int | None) -> Iterator[Entry]:
    """Yields what is said of remarks and headings.

    Args:
        look: The format.
        seen: What its columns hold.
        group: The place of headings, as `group_of` finds it.
    """
    if not _is_listed(look.form):
        return
    heads = _alone(seen)
    if group is not None:
        words = f"column {group + 1} is filled in rows that hold nothing else: headings of groups"
        value: dict[str, Value] = {"column": GROUP, "from": f"#{group + 1}"}
        ends = _ends_of(seen, [cells[group] for cells in heads if group in cells], group)
        if ends:
            value["ends"] = ends
        yield Entry(("format", "groups"), [value], (words,))
    texts = (text for cells in heads for place, text in cells.items() if place != group)
    patterns = list(dict.fromkeys(_DIGITS.sub("*", text).strip() for text in texts))
    lawful = [pattern for pattern in patterns if pattern.strip("*")][:_MOST_PATTERNS]
    if lawful:
        words = "these rows hold one text and nothing else"
        yield Entry(("format", "furniture"), lawful, (words,))


def group_of(look: Look, seen: Seen) -> int | None:
    """Returns the place of headings, which is empty in the rows of the table; None without any."""
    if not _is_listed(look.form):
        return None
    heads = _alone(seen)
    for column in seen.columns:
        if not column.filled and sum(column.place in cells for cells in heads) >= _FEW:
            return column.place
    return None


def _is_listed(form: object) -> bool:
    return isinstance(form, ListedSection)


def _alone(seen: Seen) -> list[dict[int, str]]:
    return [cells for _, cells in seen.last_sparse if len(cells) == 1]


def _ends_of(seen: Seen, headings: list[str], place: int) -> list[str]:
    """Returns the patterns of texts that sum a group up: they repeat its heading."""
    found: dict[str, None] = {}
    for _, cells in seen.last_sparse:
        text = cells.get(place, "")
        for heading in headings:
            if len(cells) > 1 and heading in text and text != heading:
                found[text.replace(heading, "*")] = None
    return [pattern for pattern in found if pattern.strip("* ")]
