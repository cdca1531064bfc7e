"""Sums of amounts per currency, on the way and as they are stored: what conservation compares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.money import shown

UNKNOWN: Final = ""
"""The currency of amounts whose currency could not be read."""


@dataclass(slots=True)
class AmountsByCurrency:
    """Running sums, exact."""

    sums: dict[str, Decimal] = field(default_factory=dict)

    def add(self, rows: pa.Table) -> None:
        """Count the amounts of rows that have `amount` and `currency`; null amounts are none."""
        if not rows.num_rows:
            return
        found = query(
            "select coalesce(currency, '') as currency, sum(amount) as total from rows "
            "where amount is not null group by all",
            rows=rows.select(["amount", "currency"]),
        )
        for currency, total in zip(*(c.to_pylist() for c in found.columns), strict=True):
            self.sums[currency] = self.sums.get(currency, Decimal(0)) + total

    def as_json(self) -> str:
        """As it is stored in `validations.amounts`."""
        return json.dumps({name: shown(total) for name, total in sorted(self.sums.items())})


def amounts_from(text: str | None) -> dict[str, Decimal]:
    """The sums of a stored text."""
    found: Mapping[str, str] = json.loads(text) if text else {}
    return {name: Decimal(total) for name, total in found.items()}
