"""Which column feeds which field: by its name, and by whether the field takes its values.

Belongs here: the columns of one file and the fields of one kind of record. How days and numbers are
written in the chosen columns is `styles`' work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.number_style import side_of, sides_among
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.record import Record, judge_field
from cost_pipeline.contracts.texts import reader
from cost_pipeline.core.people import counted
from cost_pipeline.pipeline.guessing.columns import Column
from cost_pipeline.pipeline.guessing.names import EXACT, LIKE, Known

# From which share of its values on a column is of a type, or a field takes it.
_MOSTLY: Final = 0.7
_HALF: Final = 0.5
_MOST_SIDES: Final = 3
_CODE: Final = re.compile(r"(?=.*\d)\S+")
_NOT_ZERO: Final = frozenset("123456789")
# What a feed may know other names of, beside its fields: the columns of the two sides.
_SIDES: Final = ("debit", "credit")
# And the codes in a column that says the side.
_CODES: Final = ("debit_code", "credit_code")
_MOST_CODES: Final = 6


@dataclass(slots=True)
class Chosen:
    """The column of a field.

    Attributes:
        column: The column.
        certainty: How surely its name means the field, 0 to 3.
        evidence: What speaks for it.
        rivals: Other columns that could be meant as well.
    """

    column: Column
    certainty: int
    evidence: str
    rivals: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Assigned:
    """The columns of a kind of record.

    Attributes:
        kind: The kind.
        fields: Field to its column.
        sides: The columns of debits and of credits, where there are two.
        sign: The column that says the side, with its texts for debit and for credit.
        missing: Fields that are needed and that no column gives.
    """

    kind: str
    fields: dict[str, Chosen] = field(default_factory=dict)
    sides: tuple[Column, Column] | None = None
    sign: tuple[Column, tuple[str, ...], tuple[str, ...]] | None = None
    missing: tuple[str, ...] = ()

    @property
    def used(self) -> set[str]:
        """The names of the columns that are read."""
        names = {chosen.column.name for chosen in self.fields.values()}
        names |= {column.name for column in self.sides or ()}
        return names | ({self.sign[0].name} if self.sign else set())


def assign(columns: Sequence[Column], contract: FeedContract, kind: str) -> Assigned:
    """Returns the columns of the fields of a kind of record."""
    shape, model = contract.shape, contract.kinds[kind].contract
    fields = tuple(n for n in contract.fields_of(kind) if n != shape.scope)
    known = Known(contract.known_as(), fields)
    measure = shape.measure
    first = [shape.identity, shape.day, *((measure.field, measure.unit) if measure else ())]
    order = [name for name in dict.fromkeys([*first, *fields]) if name in fields]
    found = Assigned(kind)
    taken: set[str] = set()
    found.sign = _sign(columns)
    if found.sign is not None:
        taken.add(found.sign[0].name)
    for name in order:
        if measure is not None and name == measure.field:
            sides = Known(contract.known_as(), _SIDES)
            found.sides = _sides(columns, known, sides, name)
            if found.sides is not None:
                taken |= {column.name for column in found.sides}
                continue
        free = [column for column in columns if column.name not in taken]
        chosen = _choose(
            name, free, model, known, identity=name == shape.identity, likely=name in first
        )
        if chosen is not None and chosen.certainty < LIKE and name not in first:
            chosen = None
        if chosen is None and name in first:
            chosen = _by_shape(name, free, model, identity=name == shape.identity)
        if chosen is not None:
            found.fields[name] = chosen
            taken.add(chosen.column.name)
    if found.sign is None and found.sides is None:
        found.sign = _coded_sign(columns, found, contract)
    found.missing = tuple(
        name
        for name in fields
        if model.model_fields[name].is_required()
        and name not in found.fields
        and not (measure and name == measure.field and found.sides)
    )
    return found


def best_kind(found: Sequence[Assigned], contract: FeedContract, words: str) -> Assigned:
    """Returns the kind that fits best: whose fields are there, and whose name the file says.

    Args:
        found: What each kind of the feed would read.
        contract: The feed.
        words: The name of the file and what stands above its header, in plain words.
    """
    padded = f" {words} "
    said = contract.known_as()

    def score(one: Assigned) -> tuple[int, int]:
        named = any(f" {name} " in padded for name in said.get(one.kind, ()))
        model = contract.kinds[one.kind].contract
        demands = sum(info.is_required() for info in model.model_fields.values())
        return len(one.fields) - 2 * len(one.missing) + 2 * named, -demands

    return max(found, key=score)  # the first of equals


def _choose(
    name: str,
    free: Sequence[Column],
    model: type[Record],
    known: Known,
    *,
    identity: bool,
    likely: bool,
) -> Chosen | None:
    """Returns the column whose name means a field and whose values it takes.

    Args:
        name: The field.
        free: The columns that no other field has.
        model: The contract.
        known: The names of fields.
        identity: Whether the field names rows.
        likely: Whether names that are only like the field's are told as rivals, too.
    """
    ranked: list[tuple[tuple[int, bool, int, int], Column]] = []
    for column in free:
        certainty, place = known.certainty(name, column.name)
        if certainty and _fits(column, name, model, certainty):
            names_rows = identity and column.unique and column.filled > 0
            ranked.append(((certainty, names_rows, place, -column.place), column))
    if not ranked:
        return None
    ranked.sort(key=lambda one: one[0], reverse=True)
    (certainty, *_), column = ranked[0]
    least = LIKE if likely and not identity else EXACT
    rivals = [one.name for (sure, *_), one in ranked[1:] if sure == certainty >= least]
    how = "is called so" if certainty == EXACT else "has a name like it"
    return Chosen(column, certainty, f"{column.name!r} {how}", rivals)


def _by_shape(
    name: str, free: Sequence[Column], model: type[Record], *, identity: bool
) -> Chosen | None:
    """Returns the column that looks like a field, whatever it is called."""
    base = parts(model.model_fields[name]).base
    some = [column for column in free if column.filled]
    if base is date:
        like = [c for c in some if c.days >= _MOSTLY * c.filled]
        what = "of days"
    elif base is Decimal:
        like = [c for c in some if c.numbers >= _MOSTLY * c.filled and c.fractions]
        like = [c for c in like if c.days < _HALF * c.filled]
        what = "of numbers with decimals"
    elif identity:
        like = [c for c in some if c.unique and c.filled > 1 and not c.days and not c.fractions]
        like = [c for c in like if all(map(_CODE.fullmatch, c.samples))]
        what = "of codes in which none comes twice"
    else:
        like = [c for c in some if _accepted(c, name, model) == len(c.samples)]
        what = f"in which every value is a {name}"
    if not like:
        return None
    rivals = [column.name for column in like[1:]]
    how = "the only column" if not rivals else f"the first of {counted(len(like), 'column')}"
    return Chosen(like[0], 0, f"{like[0].name!r} is {how} {what}", rivals)


def _fits(column: Column, name: str, model: type[Record], certainty: int) -> bool:
    base = parts(model.model_fields[name]).base
    if not column.filled:
        return certainty == EXACT and not model.model_fields[name].is_required()
    if base is date:
        return column.days >= _MOSTLY * column.filled
    if base is Decimal:
        return column.numbers >= _MOSTLY * column.filled and column.days < _HALF * column.filled
    return _accepted(column, name, model) >= _HALF * len(column.samples)


def _accepted(column: Column, name: str, model: type[Record]) -> int:
    """Counts the distinct values that the contract takes for a field."""
    read = reader(model.model_fields[name])
    count = 0
    for text in column.samples:
        value = text if read is None else read(name, text)
        if not isinstance(value, Problem):
            count += not isinstance(judge_field(model, name, value), Problem)
    return count


def _sides(
    columns: Sequence[Column], known: Known, sides: Known, measure: str
) -> tuple[Column, Column] | None:
    """Returns the columns of debits and credits, unless another column is the measure by name."""
    numeric = [c for c in columns if c.filled and c.numbers >= _MOSTLY * c.filled]
    if any(known.certainty(measure, column.name)[0] == EXACT for column in numeric):
        return None
    # A column of credits may be empty as yet.
    usable = [c for c in columns if c in numeric or not c.filled]
    found: Mapping[str, list[Column]] = {side: [] for side in _SIDES}
    for column in usable:
        side: str | None = side_of(column.name)
        named = [one for one in _SIDES if sides.certainty(one, column.name)[0] == EXACT]
        if side is not None or named:
            found[side or named[0]].append(column)
    pair = [column for side in _SIDES for column in found[side][:1]]
    rows = max((column.filled for column in columns), default=0)
    if sum(column.filled - _zeros(column) for column in pair) > rows:
        return None  # both are filled in one row: accounts of two sides, perhaps
    if len(pair) != 2 or not any(column.filled for column in pair):  # noqa: PLR2004 - a pair
        return None
    return pair[0], pair[1]


def _zeros(column: Column) -> int:
    return sum(count for text, count in column.samples.items() if not set(text) & _NOT_ZERO)


def _sign(columns: Sequence[Column]) -> tuple[Column, tuple[str, ...], tuple[str, ...]] | None:
    """Returns the column in which every value says debit or credit."""
    for column in columns:
        values = tuple(sorted(column.samples))
        if column.filled < 2 or not 1 < len(values) <= _MOST_SIDES:  # noqa: PLR2004 - no side alone
            continue
        sides = sides_among(values)
        said = {*sides.debit, *sides.credit}
        if sides.debit and sides.credit and said == {*values}:
            return column, sides.debit, sides.credit
    return None


def _coded_sign(
    columns: Sequence[Column], chosen: Assigned, contract: FeedContract
) -> tuple[Column, tuple[str, ...], tuple[str, ...]] | None:
    """Returns a column of codes that a feed knows, where the numbers have no minus of their own."""
    measure = contract.shape.measure
    numbers = chosen.fields.get(measure.field) if measure else None
    if numbers is None or numbers.column.negatives.total():
        return None
    codes = Known(contract.known_as(), _CODES)
    for column in columns:
        values = tuple(sorted(column.samples))
        if column.name in chosen.used or not 1 < len(values) <= _MOST_CODES:
            continue
        sides: dict[str, list[str]] = {name: [] for name in _CODES}
        for value in values:
            for name in _CODES:
                if codes.certainty(name, value)[0] == EXACT:
                    sides[name].append(value)
        debits, credits_ = (tuple(sides[name]) for name in _CODES)
        if debits and credits_ and {*debits, *credits_} == {*values}:
            return column, debits, credits_
    return None
