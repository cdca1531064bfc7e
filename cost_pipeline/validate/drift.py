"""Compares the accepted schema with the one that came, column by column.

Columns are compared by what they are for: those that feed a contract field by the field, whatever
header each had, others by their header. Ordinary variation is told from a change by how many rows
were seen: the fewer, the more they must differ. Pure; which schema is the accepted one is the
feed's matter.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from cost_pipeline.contracts.problems import shown
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.text import among, plain_name
from cost_pipeline.validate.shapes import ColumnShape, Kind, Schema

# Half of the cells are of another kind than before, beyond what chance does to few rows.
_MOVED: Final = 0.5
# Typical lengths about doubled or halved (a thousand is twice); only of what is not free text.
_STRETCHED: Final = 750
_COMPACT: Final = frozenset({"digits", "number", "code"})
# Fewer distinct values say nothing about whose they are.
_TELLING: Final = 8
_SHARED: Final = 0.15
_MUCH_MORE: Final = 3
_RENAMED: Final = 1.2


class Change(StrEnum):
    """What became of a column."""

    NEW = "new"
    MISSING = "missing"
    RENAMED = "renamed"
    RETYPED = "retyped"
    SWAPPED = "swapped"


@dataclass(frozen=True, slots=True)
class Difference:
    """One column that is not as it was accepted.

    Attributes:
        change: What became of it.
        column: Its header in the delivery; in the accepted schema if it is missing.
        field: The contract field that it feeds, if any.
        was: Its header then, if it differed; for a swapped column, the one it changed with.
        before: What its values looked like, in words.
        now: What they look like.
        red: Whether somebody must look. What the vendor file explains is not red.
        decides: Whether the field decides what is posted, in what and where: then another kind of
            value in it stops a posting.
    """

    change: Change
    column: str
    field: str | None = None
    was: str | None = None
    before: str | None = None
    now: str | None = None
    red: bool = True
    decides: bool = False

    @property
    def grave(self) -> bool:
        """Whether numbers, units or dates may be read from another column than they were."""
        return self.decides and self.change in {Change.RETYPED, Change.SWAPPED}

    def as_json(self) -> dict[str, object]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "change": self.change.value,
            "column": self.column,
            "field": self.field,
            "was": self.was,
            "before": self.before,
            "now": self.now,
            "red": self.red,
            "stops_posting": self.grave,
        }

    def words(self) -> str:
        """Says it in one sentence for people."""
        feeds = f" (feeds {self.field})" if self.field else ""
        column, was = shown(self.column), shown(self.was)
        match self.change:
            case Change.NEW if self.field:
                return f"{column} is new and read as {self.field}"
            case Change.NEW:
                known = "" if self.red else " and ignored by the vendor file"
                return f"{column} is new{known}: {self.now}"
            case Change.MISSING:
                return f"{column}{feeds} is missing; it held {self.before}"
            case Change.RENAMED:
                return f"{column} looks like {was}{feeds} renamed: {self.now}"
            case Change.SWAPPED:
                return f"{column}{feeds} holds what {was} held: {self.now}"
            case _:
                return f"{column}{feeds} held {self.before}, and now {self.now}"


def differences(
    before: Schema,
    now: Schema,
    vendor: Vendor,
    *,
    strangers: bool,
    deciding: Collection[str] = (),
) -> list[Difference]:
    """Returns how `now` differs from the accepted schema `before`, the red ones first.

    Args:
        before: The accepted schema.
        now: The schema of a delivery.
        vendor: The vendor file as it is; says what columns are for.
        strangers: Whether columns of `before` that the vendor file does not know are accepted too.
        deciding: The fields that decide what is posted.
    """
    then, here = _Roles.of(before, vendor), _Roles.of(now, vendor)
    found = [*_changed(then, here), *_fields(then, here), *_others(then, here, strangers=strangers)]
    told = [
        replace(one, decides=True) if one.field in deciding else one
        for one in _with_renames(found, then, here)
    ]
    return sorted(told, key=lambda d: not d.red)


@dataclass(frozen=True, slots=True)
class _Roles:
    """The columns of a schema by what they are for."""

    fields: Mapping[str, ColumnShape]
    ignored: Mapping[str, ColumnShape]
    unknown: Mapping[str, ColumnShape]

    @classmethod
    def of(cls, schema: Schema, vendor: Vendor) -> _Roles:
        left = {plain_name(column.name): column for column in schema.columns}
        fields = {}
        for name, aliases in vendor.read_from.items():
            present = [left.pop(p) for alias in aliases if (p := plain_name(alias)) in left]
            if present:  # further aliases of one field are known, and not read
                fields[name] = present[0]
        known = among(left, vendor.ignore)
        ignored = {name: column for name, column in left.items() if name in known}
        unknown = {name: column for name, column in left.items() if name not in known}
        return cls(fields, ignored, unknown)

    @property
    def unread(self) -> Mapping[str, ColumnShape]:
        return {**self.ignored, **self.unknown}


def _fields(then: _Roles, here: _Roles) -> Iterator[Difference]:
    for name, column in then.fields.items():
        if name not in here.fields:
            yield Difference(Change.MISSING, column.name, name, before=column.words())
    for name, column in here.fields.items():
        if name not in then.fields:
            yield Difference(Change.NEW, column.name, name, now=column.words(), red=False)


def _others(then: _Roles, here: _Roles, *, strangers: bool) -> Iterator[Difference]:
    for name, column in here.ignored.items():
        if name not in then.unread:
            yield Difference(Change.NEW, column.name, now=column.words(), red=False)
    for name, column in here.unknown.items():
        if not (strangers and name in then.unread):
            yield Difference(Change.NEW, column.name, now=column.words())
    for name, column in then.unread.items():
        if name not in here.unread:
            yield Difference(Change.MISSING, column.name, before=column.words(), red=False)


def _changed(then: _Roles, here: _Roles) -> Iterator[Difference]:
    """Yields columns that are there in both and hold something else."""
    pairs: list[tuple[str | None, ColumnShape, ColumnShape]] = [
        (name, column, here.fields[name])
        for name, column in then.fields.items()
        if name in here.fields
    ]
    pairs += [
        (None, column, here.unread[name])
        for name, column in then.unread.items()
        if name in here.unread
    ]
    for place, (name, old, new) in enumerate(pairs):
        partner = None
        if _is_doubtful(old, new):
            partner = _partner(old, new, [*pairs[:place], *pairs[place + 1 :]])
        if partner is not None:
            yield Difference(
                Change.SWAPPED, new.name, name, partner, old.words(), new.words(), red=bool(name)
            )
        elif retyped(old, new):
            yield Difference(
                Change.RETYPED, new.name, name, None, old.words(), new.words(), red=bool(name)
            )


def _is_doubtful(old: ColumnShape, new: ColumnShape) -> bool:
    """Whether a column may be another one: most columns are not, and need no looking around."""
    return _likeness(new.sketch, old.sketch) * _MUCH_MORE < 1 or retyped(old, new)


def _partner(
    old: ColumnShape,
    new: ColumnShape,
    others: Sequence[tuple[str | None, ColumnShape, ColumnShape]],
) -> str | None:
    """Returns the header of the column that this one changed places with."""
    for _, other_old, other_new in others:
        by_values = _is_now(old, new, other_old) and _is_now(other_old, other_new, old)
        by_shape = (
            retyped(old, new)
            and retyped(other_old, other_new)
            and not retyped(old, other_new)
            and not retyped(other_old, new)
        )
        if by_values or by_shape:
            return other_old.name
    return None


def _is_now(old: ColumnShape, new: ColumnShape, other: ColumnShape) -> bool:
    """Whether a column's values are clearly those of another column and not its earlier ones."""
    if min(len(old.sketch), len(new.sketch), len(other.sketch)) < _TELLING:
        return False
    shared = _likeness(new.sketch, other.sketch)
    return shared >= _SHARED and shared > _MUCH_MORE * _likeness(new.sketch, old.sketch)


def retyped(old: ColumnShape, new: ColumnShape) -> bool:
    """Whether the values of a column are of another kind than they were."""
    seen = min(old.cells, new.cells)
    if not seen:
        return False
    chance = 1 / math.sqrt(seen)
    if _distance(old, new) > _MOVED + chance:
        return True
    filled = min(old.filled, new.filled)
    if not filled or old.type not in _COMPACT or new.type not in _COMPACT:
        return False
    stretch = abs(old.lengths / old.filled - new.lengths / new.filled)
    return stretch > _STRETCHED + 1000 / math.sqrt(filled)


def _distance(old: ColumnShape, new: ColumnShape) -> float:
    """Returns the share of cells that are of another kind: 0 is alike, 1 has nothing in common."""
    moved = (
        abs(old.kinds.get(kind, 0) / old.cells - new.kinds.get(kind, 0) / new.cells)
        for kind in Kind
    )
    return sum(moved) / 2


def _likeness(one: Sequence[int], other: Sequence[int]) -> float:
    """Returns how many of their distinct values two columns share, estimated from sketches."""
    both = set(one) & set(other)
    if not both:
        return 0.0
    size = min(len(one), len(other))
    smallest = sorted({*one, *other})[:size]
    return sum(value in both for value in smallest) / size


def _with_renames(found: Sequence[Difference], then: _Roles, here: _Roles) -> Iterator[Difference]:
    """Turns a missing column and a new one that look alike into one renamed column."""
    missing = {d.column: d for d in found if d.change is Change.MISSING and d.red}
    new = {d.column: d for d in found if d.change is Change.NEW and d.red}
    olds = {column.name: column for column in then.fields.values()}
    news = {column.name: column for column in here.unknown.values()}
    scores = sorted(
        ((_resemblance(olds[old], news[name]), old, name) for old in missing for name in new),
        key=lambda one: (-one[0], one[1:]),
    )
    for score, old, name in scores:
        if score >= _RENAMED and old in missing and name in new:
            gone, come = missing.pop(old), new.pop(name)
            yield Difference(Change.RENAMED, name, gone.field, old, gone.before, come.now)
    left = {*map(id, missing.values()), *map(id, new.values())}
    for difference in found:
        apart = difference.change in {Change.MISSING, Change.NEW} and difference.red
        if not apart or id(difference) in left:
            yield difference


def _resemblance(old: ColumnShape, new: ColumnShape) -> float:
    """Returns how alike shapes, names and values are, from 0 to 3."""
    if retyped(old, new) or not (old.cells and new.cells):
        return 0.0
    names = SequenceMatcher(None, plain_name(old.name), plain_name(new.name)).ratio()
    return 1 - _distance(old, new) + names + _likeness(old.sketch, new.sketch)
