"""The columns of a feed's records, derived from the contracts of its kinds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
from pydantic.fields import FieldInfo

from cost_pipeline.contracts.constraints import number_digits, parts
from cost_pipeline.contracts.record import Record
from cost_pipeline.contracts.tables import DAY, TEXT, Measure, Shape

_TYPES: Final[dict[Any, pa.DataType]] = {date: DAY, bool: pa.bool_(), int: pa.int64()}


def shape_of(
    *contracts: type[Record],
    identity: str,
    day: str,
    scope: str | None = None,
    measure: Measure | None = None,
) -> Shape:
    """Returns a shape with a column for every field of the contracts, in their order.

    A column may be null unless every contract needs its field. Numbers have as many digits as their
    field allows, which all contracts must say alike.

    Raises:
        ValueError: If a field is a number without bounds, or differs between two contracts, or if
            one that has a role is missing.
    """
    columns: dict[str, pa.Field] = {}
    for contract in contracts:
        for name, info in contract.model_fields.items():
            if name == "vendor":
                continue
            column = pa.field(name, _type_of(name, info), nullable=not _is_always(name, contracts))
            if columns.setdefault(name, column).type != column.type:
                raise ValueError(f"`{name}` of a {contract.kind} is not as in the other kinds")
    roles = [identity, day, scope, *((measure.field, measure.unit) if measure else ())]
    if missing := [name for name in roles if name is not None and name not in columns]:
        raise ValueError(f"no contract has the field {', '.join(missing)}")
    return Shape(tuple(columns.values()), identity, day, scope, measure)


def _is_always(name: str, contracts: tuple[type[Record], ...]) -> bool:
    return all(
        name in contract.model_fields and contract.model_fields[name].is_required()
        for contract in contracts
    )


def _type_of(name: str, info: FieldInfo) -> pa.DataType:
    base = parts(info).base
    if base is not Decimal:
        return _TYPES.get(base, TEXT)
    bounds = number_digits(info)
    if bounds is None:
        raise ValueError(f"`{name}` needs max_digits and decimal_places: numbers are held exactly")
    return pa.decimal128(bounds.whole_digits + bounds.decimals, bounds.decimals)
