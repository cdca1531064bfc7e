"""The compiler from a contract's fields to the columnar lane.

A field is proven over a whole column by SQL that is derived from its Pydantic metadata, or it has
no proof and is judged value by value. Nothing here knows any particular contract: a constraint that
is not recognised means "no proof", which costs time and never correctness.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from annotated_types import Ge, MaxLen, MinLen
from pydantic import BaseModel, StringConstraints, TypeAdapter
from pydantic.fields import FieldInfo

from cost_pipeline.contracts.problems import RefusedAs

# Rust's regex (Pydantic) and RE2 (DuckDB) agree on patterns made of these; `\d`, `\w` and `\p` mean
# other characters in the two, so a pattern with one of them proves nothing.
_COMMON_PATTERN: Final = re.compile(r"(?:[^\\(.]|\\x\{[0-9a-f]+\}|\\[.\-]|\((?!\?))*")


# SQL of a column's value (VARCHAR, stripped, NULL for empty) to SQL of a condition.
TextProof = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Parts:
    """A field's annotation taken apart.

    Attributes:
        base: The type without `None` and notes.
        nullable: Whether None is allowed.
        notes: All metadata, flattened.
    """

    base: Any
    nullable: bool
    notes: tuple[object, ...]


def parts(info: FieldInfo) -> Parts:
    """Take a field's annotation apart."""
    base, notes = info.annotation, list(info.metadata)
    nullable = False
    while get_origin(base) in {Annotated, Union, UnionType}:
        if get_origin(base) is Annotated:
            base, *inner = get_args(base)
            notes.extend(inner)
            continue
        options = [option for option in get_args(base) if option is not NoneType]
        nullable = nullable or len(options) < len(get_args(base))
        if len(options) != 1:
            return Parts(base, nullable, tuple(notes))
        base = options[0]
    return Parts(base, nullable, tuple(_flat(notes)))


def _flat(notes: list[object]) -> Iterator[object]:
    for note in notes:
        if isinstance(note, FieldInfo):
            yield from _flat(list(note.metadata))
        elif isinstance(note, StringConstraints):
            # Older Pydantic leaves the group whole inside a union; iterating spells it out.
            yield from _flat(list(note))
        else:
            yield note


def text_proof(info: FieldInfo) -> TextProof | None:
    """SQL that is true of a column's value only if the field accepts that text, or None.

    Returns:
        A function from an SQL expression (VARCHAR, stripped, NULL for empty) to a condition. A
        true condition is a proof; false or NULL only means that the model has to look.
    """
    taken = parts(info)
    conditions = [_condition(note) for note in taken.notes if not isinstance(note, RefusedAs)]
    if taken.base is not str or None in conditions:
        return None

    def proof(expression: str) -> str:
        known = [make(expression) for make in conditions if make is not None]
        missing = f"{expression} is {'' if taken.nullable else 'not '}null"
        joiner = " or " if taken.nullable else " and "
        return f"({joiner.join([missing, '(' + ' and '.join(known or ['true']) + ')'])})"

    return proof


def _condition(note: object) -> TextProof | None:
    """The SQL of one constraint on a text, or None if it is not recognised."""
    match note:
        case MinLen(min_length=least):
            return lambda e: f"length({e}) >= {int(least)}"
        case MaxLen(max_length=most):
            return lambda e: f"length({e}) <= {int(most)}"
    pattern = getattr(note, "pattern", None)
    # Pydantic keeps what annotated_types has no name for in one private class of attributes.
    if isinstance(pattern, str) and _set(note) == {"pattern": pattern}:
        if not _COMMON_PATTERN.fullmatch(pattern):
            return None
        literal = pattern.replace("'", "''")
        return lambda e: f"regexp_matches({e}, '{literal}')"
    return None


def _set(note: object) -> dict[str, object]:
    """The attributes of a general note that say something."""
    attributes = getattr(note, "__dict__", {"not a general note": note})
    return {name: value for name, value in attributes.items() if value is not None}


@dataclass(frozen=True, slots=True)
class AmountBounds:
    """What an amount field's metadata allow: a non-negative number of so many digits."""

    whole_digits: int
    decimals: int


def amount_bounds(info: FieldInfo) -> AmountBounds | None:
    """The bounds of a Decimal field; None if its constraints say more than digits and sign."""
    taken = parts(info)
    digits: Any = None
    decimals: Any = None
    for note in taken.notes:
        if isinstance(note, Ge) and note.ge == 0:
            continue
        if isinstance(note, RefusedAs):
            continue
        general = _set(note)
        digits = general.pop("max_digits", digits)
        decimals = general.pop("decimal_places", decimals)
        if general not in ({}, {"allow_inf_nan": False}):
            return None
    if digits is None or decimals is None or taken.nullable:
        return None
    return AmountBounds(digits - decimals, decimals)


def field_adapter(contract: type[BaseModel], name: str) -> TypeAdapter[Any]:
    """The model's own validation of one field, for values seen by themselves."""
    info = contract.model_fields[name]
    annotation: Any = info.annotation
    if info.metadata:
        annotation = Annotated[(annotation, *info.metadata)]
    return TypeAdapter(annotation, config=contract.model_config)
