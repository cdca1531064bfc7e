"""Paths into nested deliveries, as vendor files write them under `columns`, `ignore` and `records`.

Belongs here: the grammar, whatever the format. `supplier.name` is a member of a member, `tags[0]`
the first part of a list, `^.number` a member of what holds the record, `^.^.x` one further up. In
XML the marks are `Amt/@Ccy`, `Ref[0]`, `../Id`. Opening what was delivered is `parse`'s work.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cost_pipeline.core.text import BLANKS, plain_name

_MOST_PLANS: Final = 1000
_PLACE: Final = re.compile(r"\[\d+\]")
_ENDS: Final = re.compile(r"(?:\[\])*$")


@dataclass(frozen=True, slots=True)
class Marks:
    """How a format's paths are written.

    Attributes:
        separator: Between two steps.
        parent: The step that leads to what holds the record.
    """

    separator: str
    parent: str


JSON_MARKS: Final = Marks(".", "^")
XML_MARKS: Final = Marks("/", "..")


@functools.lru_cache(maxsize=10_000)
def folded(name: str) -> str:
    """Returns a name as header names are compared; names come again in every row."""
    return plain_name(name)


def joined(prefix: str, step: str, marks: Marks) -> str:
    """Returns the path of a step inside what `prefix` leads to."""
    if not prefix or step.startswith("["):
        return prefix + step
    return f"{prefix}{marks.separator}{step.strip(BLANKS)}"


class Paths:
    """Paths that begin at one container, to be matched with what it holds.

    A step that stands literally as a name, dots and all, goes before one that is a path: of the
    names that a container has, the longest that a path begins with is the one that is meant.

    Args:
        paths: As they are compared (`folded`).
        marks: How they are written.
    """

    __slots__ = ("_inner", "_marks", "_paths", "_plans")

    def __init__(self, paths: Iterable[str], marks: Marks) -> None:
        self._paths = tuple(dict.fromkeys(paths))
        self._marks = marks
        self._plans: dict[tuple[str, ...], Mapping[str, Paths]] = {}
        self._inner: dict[tuple[str, ...], Paths] = {}

    def __bool__(self) -> bool:
        return bool(self._paths)

    def leading_to(self, path: str) -> Paths:
        """Returns these with one more path."""
        return Paths((*self._paths, folded(path)), self._marks)

    def opened(self, names: tuple[str, ...]) -> Mapping[str, Paths]:
        """Returns the names among these that lead further, with the paths inside each."""
        plan = self._plans.get(names)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[names] = self._plan(names)
        return plan

    def _plan(self, names: tuple[str, ...]) -> Mapping[str, Paths]:
        by_fold: dict[str, list[str]] = {}
        for name in names:
            by_fold.setdefault(folded(name), []).append(name)
        rests: dict[str, list[str]] = {}
        for path in self._paths:
            for step, rest in _splits(path, self._marks):
                if step in by_fold:
                    if rest:
                        rests.setdefault(step, []).append(rest)
                    break
        return {
            name: self._paths_of(tuple(rest))
            for step, rest in rests.items()
            for name in by_fold[step]
        }

    def _paths_of(self, rests: tuple[str, ...]) -> Paths:
        return self._inner.setdefault(rests, Paths(rests, self._marks))


def _splits(path: str, marks: Marks) -> list[tuple[str, str]]:
    """Returns a path's possible first steps with what is left behind each, the longest first."""
    found = [(path, "")]
    for place in range(len(path) - 1, 0, -1):
        if path[place] == "[":
            found.append((path[:place], path[place:]))
        elif path.startswith(marks.separator, place):
            found.append((path[:place], path[place + len(marks.separator) :]))
    return found


@dataclass(frozen=True, slots=True)
class Names:
    """What a vendor file reads and knows of a nested delivery.

    Attributes:
        levels: The paths inside the record itself, then inside what holds it, and so on up. A
            level that nothing is read of has none.
        known: Every name that is read or ignored, as it is compared.
        ignored: Of these, what is ignored.
        places: What a name gives a place of a list to (`ref[0]`), as it is compared.
    """

    levels: tuple[Paths, ...]
    known: frozenset[str]
    ignored: frozenset[str]
    places: frozenset[str]

    def level(self, up: int) -> Paths | None:
        """Returns the paths inside the record (0), or inside what holds it; None without any."""
        return (self.levels[up] or None) if up < len(self.levels) else None


def names_of(read: Iterable[str], ignored: Iterable[str], marks: Marks) -> Names:
    """Returns what a vendor's names say, by the level that each of them begins at."""
    levels: dict[int, list[str]] = {}
    names = [folded(name) for name in read]
    for name in names:
        level = steps_up(name, marks)
        rest = name[level * len(marks.parent + marks.separator) :]
        if level or marks.separator in rest or "[" in rest:
            levels.setdefault(level, []).append(rest)
    passed = frozenset(map(folded, ignored))
    known = passed | frozenset(names)
    return Names(
        tuple(Paths(levels.get(level, ()), marks) for level in range(max(levels, default=-1) + 1)),
        known,
        passed,
        frozenset(name[: place.end()] for name in known for place in _PLACE.finditer(name)),
    )


def steps_up(name: str, marks: Marks) -> int:
    """Returns how many steps up from the record a path begins."""
    up, level = marks.parent + marks.separator, 0
    while name.startswith(up, level * len(up)):
        level += 1
    return level


def parent_prefix(level: int, marks: Marks) -> str:
    """Returns the path to what holds the record, `level` steps up."""
    return marks.separator.join([marks.parent] * level)


@functools.cache
def list_steps(records: str) -> tuple[tuple[str, ...], ...]:
    """Returns the keys on the way to each list that `records` of a JSON format walks.

    `data.bills[].lines[]` is `(("data", "bills"), ("lines",))`; the brackets of the last one may be
    left out. The first list may be the document itself (`[].lines[]`, or nothing).

    Raises:
        ValueError: If it is no such path.
    """
    groups: list[Sequence[str]] = []
    keys: list[str] = []
    for step in records.split(".") if records else ():
        ends = _ENDS.search(step)
        lists = (len(ends[0]) if ends else 0) // 2
        key = step[: len(step) - 2 * lists]
        if "[" in key or "]" in key:
            raise ValueError(
                f"`{records}` is no path to a list: write keys with dots, and `[]` behind each "
                "list that holds others, such as `data.bills[].lines[]`"
            )
        if key or not lists:
            keys.append(key)
        for _ in range(lists):
            groups.append(keys)
            keys = []
    if keys or not groups:
        groups.append(keys)
    return tuple(tuple(group) for group in groups)
