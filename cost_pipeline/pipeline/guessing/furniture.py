"""Rows that are no records: totals, headings of groups, remarks.

Belongs here: what a vendor file says of them, where its format has such rows.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.contracts.date_style import month_names
from cost_pipeline.contracts.listing import ListedSection, Patterns
from cost_pipeline.home.draft import Entry, Value
from cost_pipeline.pipeline.guessing.columns import Column
from cost_pipeline.pipeline.guessing.numbers import number_of
from cost_pipeline.pipeline.guessing.seen import Cells, Fill, Look, Seen
from cost_pipeline.pipeline.guessing.tables import is_value

_RULE: Final = ControlTotal()
_FEW: Final = 2
_DIGITS: Final = re.compile(r"\d[\d.,:/ -]*")
_MOST_PATTERNS: Final = 10
_FEWEST_LETTERS: Final = 3
_RULER: Final = 5
_WILD: Final = re.compile(r"\[[^\]]*\]|[*?]")
_WORD: Final = re.compile(r"\w")
_SPECIAL: Final = re.compile(r"[*?\[]")
_MANY: Final = re.compile(r"\*(?:[ *]*\*)+")
GROUP: Final = "Group"
"""What a draft calls the column that headings fill."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What is known of the rows of a listing.

    Attributes:
        group: The place of headings, as `group_of` finds it.
        total: The line of the control total.
        day: The place of the day, and how often it is empty.
        measures: The places of numbers, of which a row fills one.
    """

    group: int | None
    total: int | None
    day: int | None
    measures: tuple[int, ...]

    def whole(self, cells: dict[int, str]) -> bool:
        """Whether a row has what every row of the table has."""
        day = self.day is None or self.day in cells
        return day and (not self.measures or any(place in cells for place in self.measures))


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
    """Returns the last row that declares a total, if there is one near the end.

    Of several that begin with one word each is the sum of a part.
    """
    some = [*seen.last_sparse, *(row for fill in seen.fills.values() for row in _rows_of(fill))]
    found: dict[str, list[Total]] = {}
    for line, cells in sorted(dict(some).items()):
        rest = [text for place, text in cells.items() if place != measure.place]
        number = cells.get(measure.place, "")
        if number_of(number) and (not rest or (len(rest) < _FEW and _RULE.is_label(rest[0]))):
            total = Total(line, number, rest[0] if rest else None)
            found.setdefault(rest[0].split()[0] if rest else "", []).append(total)
    single = [totals[0] for word, totals in found.items() if len(totals) == 1 or not word]
    return max(single, key=lambda total: total.line, default=None)


def _rows_of(fill: Fill) -> list[Cells]:
    return fill.some if fill.last is None else [*fill.some, fill.last]


def listing_entries(look: Look, seen: Seen, known: Rows) -> Iterator[Entry]:
    """Yields what is said of remarks and headings.

    Args:
        look: The format.
        seen: What its columns hold.
        known: What of its rows is known by now.
    """
    if not _is_listed(look.form):
        return
    ends: list[str] = []
    group = known.group
    if group is not None:
        words = f"column {group + 1} is filled in rows that hold nothing else: headings of groups"
        value: dict[str, Value] = {"column": GROUP, "from": f"#{group + 1}"}
        ends = _ends_of(seen, [cells[group] for cells in _alone(seen) if group in cells], group)
        if ends:
            value["ends"] = ends
        yield Entry(("format", "groups"), [value], (words,))
    patterns = list(_patterns(look, seen, known, Patterns(ends)))
    if patterns:
        words = "such rows are not those of the table: remarks, sums, heads, lines of dashes"
        yield Entry(("format", "furniture"), patterns, (words,))


def _patterns(look: Look, seen: Seen, known: Rows, ends: Patterns) -> Iterator[str]:
    """Yields patterns of rows that are none; such as fit a row of the table are left out."""
    above = {text.split()[0]: _starred(text) for text in look.above if text.strip()}
    texts = [
        _starred(text) if _WORD.search(text) else _ruler_pattern(text)
        for text in look.top
        if text.strip()
    ]
    texts += [_head_pattern(text, above) for text in seen.heads]
    if seen.ruler is not None:
        texts.append(_ruler_pattern(seen.ruler))
    texts += [_pattern_of(cells) for _, cells in _remnants(seen, known, ends)]
    rows = [" ".join(cells.values()) for _, cells in _true_rows(seen, known)]
    for pattern in _fewer(list(dict.fromkeys(texts)))[:_MOST_PATTERNS]:
        fits = Patterns((pattern,)).fit
        if len(_WILD.sub("", pattern).strip()) >= _FEWEST_LETTERS and not any(map(fits, rows)):
            yield pattern


def _remnants(seen: Seen, known: Rows, ends: Patterns) -> Iterator[tuple[int, dict[int, str]]]:
    """Yields rows that are nothing else: sparse ones, and those without a day or a number."""
    last = max((line for line, _ in _true_rows(seen, known)), default=0)
    for line, cells in seen.last_sparse:
        group = known.group
        heading = group is not None and len(cells) == 1 and group in cells and line < last
        if not heading and line != known.total and not _ends(cells, known, ends):
            yield line, cells
    for fill in seen.fills.values():
        for line, cells in _rows_of(fill):
            if not known.whole(cells) and line != known.total and not _ends(cells, known, ends):
                yield line, cells


def _ends(cells: dict[int, str], known: Rows, ends: Patterns) -> bool:
    return known.group is not None and ends.fit(cells.get(known.group, ""))


def _true_rows(seen: Seen, known: Rows) -> Iterator[tuple[int, dict[int, str]]]:
    for fill in seen.fills.values():
        yield from ((line, cells) for line, cells in _rows_of(fill) if known.whole(cells))


def _pattern_of(cells: dict[int, str]) -> str:
    """Returns a pattern of a row: what is a day or a number, and digits, may be others."""
    parts = ("*" if is_value(text) else _starred(text) for text in cells.values())
    return _MANY.sub("*", " ".join(" ".join(parts).split()))


def _head_pattern(text: str, above: Mapping[str, str]) -> str:
    """Returns a pattern of a line: by its first word, where that heads another text above."""
    word, pattern = text.split(maxsplit=1)[0], _starred(text)
    return f"{word} *" if above.get(word, pattern) != pattern else pattern


def _starred(text: str) -> str:
    """Returns a text as a pattern in which numbers and the words of a day may be others."""
    literal = _SPECIAL.sub(r"[\g<0>]", " ".join(text.split()))
    return _MANY.sub("*", _DIGITS.sub("*", _day_words().sub("*", literal)))


@functools.cache
def _day_words() -> re.Pattern[str]:
    """Returns what a day is written in besides numbers: names of months, of weekdays, AM and PM."""
    every = (name for one in month_names().values() for name in (*one["full"], *one["short"]))
    names = "|".join(sorted({*map(re.escape, every)}, key=len, reverse=True))
    weekdays = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    behind = rf"(?<=\d)[ ,.-]*\b(?:{names}|[AP]M)\b"
    before = rf"\b(?:{names})\b(?=[ ,.-]*\d)"
    return re.compile(rf"{behind}|{before}|\b{weekdays}\b", re.IGNORECASE)


def _ruler_pattern(text: str) -> str:
    """Returns a pattern of a line of dashes as a row of cells has it."""
    dashes = " ".join(text.replace("|", " ").split())
    return f"{dashes[:_RULER]}*"


def _fewer(patterns: list[str]) -> list[str]:
    """Returns patterns, of those that begin with the same word for a total one."""
    heads: dict[str, list[str]] = {}
    for pattern in patterns:
        heads.setdefault(pattern.partition(" ")[0], []).append(pattern)
    found: list[str] = []
    for word, alike in heads.items():
        if len(alike) < _FEW or not _RULE.is_label(word):
            found += alike
        else:
            found.append(f"{word} *")
    return found


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
