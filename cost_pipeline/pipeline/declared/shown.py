"""What an asset or a check shows about its work: numbers, words, small tables, pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from cost_pipeline.core.people import money


@dataclass(frozen=True, slots=True)
class Table:
    """A small table.

    Attributes:
        columns: Name of each column to the type of its values: `string`, `int`, or `number` for one
            that is written as people read it.
        rows: One mapping a row, with a value for each column.
    """

    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, str | int]]


@dataclass(frozen=True, slots=True)
class Markdown:
    """Text in Markdown; a picture is a data URI in it."""

    text: str


Shown: TypeAlias = "Table | Markdown | str | int | float | bool | Sequence[object]"


def counts(name: str, numbers: Mapping[str, int]) -> Table:
    """Returns counts by name, largest first.

    Args:
        name: What is counted: the name of the first column.
        numbers: Name to count.
    """
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return Table(
        {name: "string", "count": "int"}, [{name: key, "count": count} for key, count in ordered]
    )


def sums(unit: str, measure: str, totals: Mapping[str, Decimal]) -> Table:
    """Returns exact sums by unit, as people read them: `12,500.00 EUR`.

    Args:
        unit: Name of the first column, such as `currency`.
        measure: Name of the second.
        totals: Unit to sum.
    """
    return Table(
        {unit: "string", measure: "string"},
        [
            {unit: key, measure: f"{money(total)} {key}".rstrip()}
            for key, total in sorted(totals.items())
        ],
    )
