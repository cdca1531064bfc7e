"""What is true of the simulated deliveries: told by the one who wrote them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class DayTruth:
    """What one vendor hands over on one pull date, and what must become of it.

    `rows = posted + commitments + duplicates + dead_letters`; blank rows are not rows. All rows of
    a delivery that came before, under whatever name, are duplicates, its bad ones included.

    Attributes:
        records: Rows that satisfy their contract, key conflicts and missing rates included.
        by_reason: Dead letters by reason code.
        amounts: Sum by currency of what is to be posted.
    """

    vendor: str
    pull_date: date
    deliveries: int
    duplicate_deliveries: int
    rows: int
    blank_rows: int
    records: int
    posted: int
    commitments: int
    duplicates: int
    by_reason: Mapping[str, int]
    amounts: Mapping[str, Decimal]

    @property
    def dead_letters(self) -> int:
        """Dead letters of all reasons."""
        return sum(self.by_reason.values())


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth of a whole world, by vendor and pull date."""

    days: tuple[DayTruth, ...]

    def total(self, name: str) -> int:
        """Returns the sum of one of the counts over all days."""
        return sum(getattr(day, name) for day in self.days)

    def by_reason(self) -> dict[str, int]:
        """Returns how many dead letters of everything have each reason code."""
        return dict(_added(day.by_reason for day in self.days))

    def amounts(self) -> dict[str, Decimal]:
        """Returns the sum of all that is to be posted, by currency."""
        sums: dict[str, Decimal] = {}
        for day in self.days:
            for currency, amount in day.amounts.items():
                sums[currency] = sums.get(currency, Decimal(0)) + amount
        return sums


def _added(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return total
