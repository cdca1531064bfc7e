"""ISO 4217 currencies of a cost, with the days on which each was in use.

The data is `data/reference/currencies.csv`; its README says what it was made from. Metals, funds
codes and test codes are not in it: no cost is paid in them.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from datetime import date, timedelta

from cost_pipeline.core.reference import reference_path


@dataclass(frozen=True, slots=True)
class Currency:
    """One currency code.

    Attributes:
        code: Three capital letters.
        name: Its English name.
        minor_units: Decimals of the smallest unit (0 to 4).
        valid_from: First day in use; None if before the first day that this product knows.
        valid_to: Last day in use; None if still in use.
        replaced_by: The code that followed it, or "".
    """

    code: str
    name: str
    minor_units: int
    valid_from: date | None
    valid_to: date | None
    replaced_by: str

    def refusal_on(self, day: date) -> str | None:
        """Returns why an amount of that day cannot be in this currency; None if it can."""
        if self.valid_to is not None and day > self.valid_to:
            if not self.replaced_by:
                return f"{self.code} went out of use after {self.valid_to}"
            since = self.valid_to + timedelta(days=1)
            return f"{self.code} was replaced by {self.replaced_by} on {since}"
        if self.valid_from is not None and day < self.valid_from:
            return f"{self.code} came into use on {self.valid_from}"
        return None


@functools.cache
def currencies() -> dict[str, Currency]:
    """Returns every currency by its code."""
    with reference_path("currencies.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: _currency(row) for row in csv.DictReader(file)}


def _currency(row: dict[str, str]) -> Currency:
    return Currency(
        code=row["code"],
        name=row["name"],
        minor_units=int(row["minor_units"]),
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        replaced_by=row["replaced_by"],
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
