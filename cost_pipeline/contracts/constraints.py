"""A contract's fields taken apart: what the columnar lane is derived from.

Nothing here knows any particular contract. Proofs over whole columns are made in `proofs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from annotated_types import Ge
from pydantic import BaseModel, StringConstraints, TypeAdapter
from pydantic.fields import FieldInfo

from cost_pipeline.contracts.problems import RefusedAs


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
    """Takes a field's annotation apart."""
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


def fields_noted(contract: type[BaseModel], note: object) -> list[str]:
    """Returns the fields of a contract that bear a note, in its order."""
    return [name for name, info in contract.model_fields.items() if note in parts(info).notes]


def settings_of(note: object) -> dict[str, object]:
    """Returns the attributes of a general note that say something."""
    attributes = getattr(note, "__dict__", {"not a general note": note})
    return {name: value for name, value in attributes.items() if value is not None}


@dataclass(frozen=True, slots=True)
class NumberBounds:
    """What the metadata of a number's field allow: a number of so many digits."""

    whole_digits: int
    decimals: int


def number_bounds(info: FieldInfo) -> NumberBounds | None:
    """Returns the bounds of a Decimal field; None if more than digits and sign constrain it."""
    taken = parts(info)
    digits: Any = None
    decimals: Any = None
    for note in taken.notes:
        if isinstance(note, Ge) and note.ge == 0:
            continue
        if isinstance(note, RefusedAs):
            continue
        general = settings_of(note)
        digits = general.pop("max_digits", digits)
        decimals = general.pop("decimal_places", decimals)
        if general not in ({}, {"allow_inf_nan": False}):
            return None
    if digits is None or decimals is None or taken.nullable:
        return None
    return NumberBounds(digits - decimals, decimals)


def number_digits(info: FieldInfo) -> NumberBounds | None:
    """Returns the digits of a Decimal field, whatever else constrains it; None if none are said."""
    said: dict[str, Any] = {}
    for note in parts(info).notes:
        said |= settings_of(note)
    if "max_digits" not in said or "decimal_places" not in said:
        return None
    return NumberBounds(said["max_digits"] - said["decimal_places"], said["decimal_places"])


def field_adapter(contract: type[BaseModel], name: str) -> TypeAdapter[Any]:
    """Returns the model's own validation of one field, for values seen by themselves."""
    info = contract.model_fields[name]
    annotation: Any = info.annotation
    if info.metadata:
        annotation = Annotated[(annotation, *info.metadata)]
    return TypeAdapter(annotation, config=contract.model_config)
