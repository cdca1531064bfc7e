"""Sums what rows measure per unit, on the way and as stored, so that conservation compares them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import Measure
from cost_pipeline.core.money import shown
from cost_pipeline.core.sql import literal

UNKNOWN: Final = ""
"""The unit of measures whose unit could not be read."""


@dataclass(slots=True)
class SumsByUnit:
    """Running sums, exact; there are none where rows are only counted.

    Attributes:
        measure: What is summed.
        sums: Unit (a currency) to its sum.
    """

    measure: Measure | None
    sums: dict[str, Decimal] = field(default_factory=dict)

    def add(self, rows: pa.Table) -> None:
        """Counts the rows of a table that has the measure and its unit; nulls are left out."""
        if not rows.num_rows or self.measure is None:
            return
        name, unit = self.measure.field, self.measure.unit
        found = query(
            f"select coalesce({unit}, {literal(UNKNOWN)}) as unit, sum({name}) as total from rows "
            f"where {name} is not null group by all",
            rows=rows.select([name, unit]),
        )
        for one, total in zip(*(c.to_pylist() for c in found.columns), strict=True):
            self.sums[one] = self.sums.get(one, Decimal(0)) + total

    def as_json(self) -> str:
        """Returns the sums as a validation keeps them."""
        return json.dumps({name: shown(total) for name, total in sorted(self.sums.items())})


def sums_from(text: str | None) -> dict[str, Decimal]:
    """Returns the sums of a stored text."""
    found: Mapping[str, str] = json.loads(text) if text else {}
    return {name: Decimal(total) for name, total in found.items()}
