"""What in a listing is no row, and what holds for the rows below it: one rule for all formats.

Belongs here: the rule for one row by its filled cells. `listing_tables` finds the rows in columns
that the rule must judge; Excel has it judge each row. `control` looks for control rows later.

- A row that repeats the header is a header: the first name as it is written there, and the same
  names in the same places.
- Furniture is what fits a declared pattern.
- The end of a group has a declared text where its headings stand, and all its cells.
- A heading has nothing but its text, where the vendor says that headings stand. It has all the
  cells of a row, unless a pattern says what it looks like: a damaged row must not be taken for one.
- Where a row is damaged and may have been a heading, nothing is known of the rows below it up to
  the next heading or end: they are malformed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from cost_pipeline.contracts.listing import Group, ListedSection, Patterns, place_of
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS, plain_name
from cost_pipeline.parse.control import Filled
from cost_pipeline.parse.rows import GroupEvent, Refused


class Sort(Enum):
    """What a row of a listing is."""

    ROW = "row"
    HEADER = "header"
    FURNITURE = "furniture"
    HEADING = "heading"
    END = "end"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row is; for a heading or an end, also the place of its group among the declared."""

    sort: Sort
    level: int = -1
    text: str = ""


ROW: Final = Verdict(Sort.ROW)


@dataclass(frozen=True, slots=True)
class Lost:
    """What stands for the text of a heading that cannot be read."""

    line: int

    @property
    def problem(self) -> str:
        """Why the rows below it are malformed."""
        return f"the row on line {self.line} may be the heading of this one and cannot be read"

    @property
    def above(self) -> str:
        """Why a row is malformed that has an empty cell for what stood there."""
        return f"it says the same as the row on line {self.line}, which cannot be read"


Held = str | Lost | None
"""The text of a heading that holds, or None if no heading does."""


@dataclass(frozen=True, slots=True)
class Level:
    """A declared group, applied to a header; its headings stand at the place `source`."""

    group: Group
    source: int
    pattern: Patterns
    ends: Patterns


class ListingRules:
    """What a vendor declares about a listing, applied to a header.

    Args:
        form: The declaration.
        names: What the columns are called; empty where one has no name.
        levels: The declared groups.
        summed: The header names of the column that is summed.
        header: The first cell of the header that has a name, verbatim; None if none is repeated.
        ruler: The line below the header, verbatim, where there is one that may come again, too.
        whole_line: Whether furniture is known by the text of its line and not by its cells.
    """

    def __init__(
        self,
        form: ListedSection,
        names: Sequence[str],
        levels: Sequence[Level],
        summed: Sequence[str],
        *,
        header: str | None,
        ruler: str | None = None,
        whole_line: bool = False,
    ) -> None:
        named = {place: name for place, name in enumerate(names) if name.strip(BLANKS)}
        self.levels = tuple(levels)
        self.furniture = Patterns(form.furniture)
        self.whole_line = whole_line
        self.first = None if header is None else min(named)
        self.verbatim = header
        self.ruler = ruler
        self._header = {place: plain_name(name) for place, name in named.items()}
        wanted = {*map(plain_name, summed)}
        self._summed = {place: n for place, n in named.items() if plain_name(n) in wanted}

    def judge(self, row: Filled, text: str, *, cut: bool = False) -> Verdict:
        """Returns what a row is.

        Args:
            row: The filled cells of the row.
            text: Its text, verbatim.
            cut: Whether it may be only the first part of a row, because its line has no end.
        """
        if self.repeats(row) or (self.ruler is not None and text == self.ruler):
            return Verdict(Sort.HEADER)
        if self.is_furniture(row, text):
            return Verdict(Sort.FURNITURE)
        for place, level in enumerate(self.levels):
            found = row.cells.get(level.source)
            if found is not None and row.whole and level.ends.fit(found):
                return Verdict(Sort.END, place, found.strip(BLANKS))
        for place, level in enumerate(self.levels):
            if {*row.cells} == {level.source}:
                found = row.cells[level.source]
                sure = row.whole or (bool(level.pattern) and not cut)
                if sure and self.is_heading(level, found):
                    return Verdict(Sort.HEADING, place, found.strip(BLANKS))
        return ROW

    def repeats(self, row: Filled) -> bool:
        """Whether a row repeats the header."""
        if self.first is None or row.cells.get(self.first) != self.verbatim:
            return False
        return {place: plain_name(text) for place, text in row.cells.items()} == self._header

    def is_furniture(self, row: Filled, text: str) -> bool:
        """Whether a row fits a declared pattern."""
        if not self.furniture:
            return False
        return self.furniture.fit(" ".join(row.cells.values()) if self._by_cells(row) else text)

    def _by_cells(self, row: Filled) -> bool:
        return bool(row.cells) and not self.whole_line

    @staticmethod
    def is_heading(level: Level, text: str) -> bool:
        """Whether the only text of a row heads a group."""
        return not level.pattern or level.pattern.fit(text)

    def may_head(self, cells: Mapping[int, str]) -> int | None:
        """Returns the outermost group whose heading a damaged row may have been."""
        for place, level in enumerate(self.levels):
            text = cells.get(level.source)
            if text is not None and self.is_heading(level, text):
                return place
        return None

    def event(self, verdict: Verdict, line: int, row: Filled) -> GroupEvent:
        """Returns what a heading or an end says; for an end, also the sums that it declares."""
        declared = None
        if verdict.sort is Sort.END:
            places = (place for place in self._summed if place in row.cells)
            declared = {self._summed[place]: row.cells[place] for place in places}
        return GroupEvent(verdict.level, line, verdict.text, declared)


def after(held: Sequence[Held], verdict: Verdict) -> list[Held]:
    """Returns the texts that hold behind a heading or an end."""
    own = [verdict.text] if verdict.sort is Sort.HEADING else [None]
    return [*held[: verdict.level], *own, *[None] * (len(held) - verdict.level - 1)]


def after_damage(held: Sequence[Held], level: int, line: int) -> list[Held]:
    """Returns the texts that hold behind a row that may have been a heading."""
    return [*held[:level], *[Lost(line)] * (len(held) - level)]


def lost(held: Sequence[Held]) -> str | None:
    """Returns why a row cannot be read, whatever is in it; None if it can."""
    return next((one.problem for one in held if isinstance(one, Lost)), None)


def texts_of(held: Sequence[Held]) -> tuple[str, ...]:
    """Returns the cells that headings fill in a row."""
    return tuple(one if isinstance(one, str) else "" for one in held)


class MissingColumnError(Exception):
    """A header lacks a column that headings stand in. Does not leave this package."""

    @property
    def refused(self) -> Refused:
        """Why the delivery cannot be read."""
        return Refused(Reason.SCHEMA_DRIFT, str(self))


def levels_of(form: ListedSection, names: Sequence[str]) -> list[Level]:
    """Returns the groups of a format, applied to a header.

    Raises:
        MissingColumnError: If the header lacks a column of theirs.
    """
    plain = [plain_name(name) for name in names]
    found = []
    for group in form.groups:
        place = place_of(group.source)
        wanted = plain_name(group.source)
        if wanted in plain:
            source = plain.index(wanted)
        elif place is not None and place <= len(names):
            source = place - 1
        else:
            message = f"the header has no column {group.source!r}, in which headings stand"
            raise MissingColumnError(message)
        patterns = Patterns([group.pattern] if group.pattern is not None else [])
        found.append(Level(group, source, patterns, Patterns(group.ends)))
    return found


def called(names: Sequence[str], passed: frozenset[int], read: frozenset[int]) -> tuple[str, ...]:
    """Returns what the columns of a header are called, given the places that a vendor file names.

    A column without a name that is read by its place is `#3`. So is each of several columns of one
    name, if one of them is read by its place; where one is only passed over, that one is.
    """
    found = list(names)
    by_name: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        by_name.setdefault(plain_name(name), []).append(place)
    for name, places in by_name.items():
        mine = [place for place in places if place + 1 in read]
        if name and len(places) > 1:
            mine = places if mine else [place for place in places if place + 1 in passed]
        elif name:
            continue
        for place in mine:
            found[place] = f"#{place + 1}"
    return tuple(found)
