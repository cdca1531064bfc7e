"""The gross lines of a timecard: what they are, and how their text is read."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cost_pipeline.contracts.card_texts import json_value
from cost_pipeline.contracts.cost_fields import Amount
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.problems import Problem, RefusedAs, shown
from cost_pipeline.contracts.texts import ReadAs, folded
from cost_pipeline.core.reasons import Reason

_MOST_LINES: Final = 100
_PLAIN_NUMBER: Final = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,6})?")
_LINE_FIELDS: Final = ("category", "quantity", "multiplier", "rate", "amount")

Rate = Annotated[
    Decimal,
    Field(ge=0, max_digits=14, decimal_places=4, allow_inf_nan=False),
    RefusedAs(Reason.BAD_NUMBER, "is not a rate of at most 10 digits before and 4 after the point"),
]
Hours = Annotated[
    Decimal,
    Field(ge=0, max_digits=8, decimal_places=4, allow_inf_nan=False),
    RefusedAs(Reason.BAD_NUMBER, "is not a number of hours or units, 0 to 9999.9999"),
]

CategoryWord = Literal[
    "straight",
    "overtime",
    "double",
    "gold",
    "premium",
    "holiday",
    "guarantee",
    "travel",
    "meal_penalty",
    "rest_penalty",
    "night_premium",
    "adjustment",
    "allowance",
    "per_diem",
    "mileage",
    "benefits",
    "other",
]
Category = Annotated[
    CategoryWord,
    RefusedAs(CostReason.BAD_CODE, f"is not one of {', '.join(get_args(CategoryWord))}"),
]


class GrossLine(BaseModel):
    """One line of the gross as paid: so much of a category, times a multiplier, at a rate."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    category: Category
    quantity: Hours | None = None
    multiplier: Hours | None = None
    rate: Rate | None = None
    amount: Amount


def _as_tuple(value: Any) -> Any:  # noqa: ANN401 - whatever was read; the model judges it
    return tuple(value) if isinstance(value, list) else value


def read_lines(name: str, text: str) -> tuple[GrossLine, ...] | Problem:
    """Reads `category|quantity|multiplier|rate|amount`, joined by `;`, or a JSON list."""
    raw: list[Any]
    if text.startswith("["):
        found = json_value(text)
        raw = found if isinstance(found, list) else [None]
    else:
        raw = [_packed(line) for line in text.split(";") if line.strip()]
    lines: list[GrossLine] = []
    for place, entry in enumerate(raw, 1):
        line = _line(entry)
        if line is None:
            words = "is not category|quantity|multiplier|rate|amount"
            message = f"line {place}, {shown(_unpacked(entry))}, {words}"
            return Problem(name, CostReason.BAD_GROSS_LINE, message, text)
        lines.append(line)
    return tuple(lines)


def _packed(line: str) -> dict[str, str] | str:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != len(_LINE_FIELDS):
        return line.strip()
    return {name: cell for name, cell in zip(_LINE_FIELDS, cells, strict=True) if cell}


def _unpacked(entry: object) -> str:
    return entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False)


def _line(entry: object) -> GrossLine | None:
    """Returns the line, or None: in so short a text anybody sees what is wrong."""
    if not isinstance(entry, dict):
        return None
    values: dict[str, object] = {}
    for key, value in entry.items():
        if value is None:
            continue
        if not isinstance(value, str):
            return None
        if key == "category":
            values[key] = folded(value)
        elif _PLAIN_NUMBER.fullmatch(value):
            values[key] = Decimal(value)
        else:
            return None
    try:
        return GrossLine.model_validate(values)
    except ValidationError:
        return None


GrossLines = Annotated[
    tuple[GrossLine, ...],
    BeforeValidator(_as_tuple),
    Field(max_length=_MOST_LINES),
    ReadAs(read_lines),
    RefusedAs(
        CostReason.BAD_GROSS_LINE,
        "is not a list of gross lines category|quantity|multiplier|rate|amount, whose category is"
        f" one of {', '.join(get_args(CategoryWord))}",
    ),
]
