"""The invented world: production P100 "Northern Lights", six vendors, seven pull dates at Easter.

About 20,000 rows, drawn from a seed. 2026-04-03 to 2026-04-06 are days without ECB rates, and one
cost in twenty-five is weeks late, so the ledger's partitions are many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from cost_pipeline.simulator.cast import (
    GUILD,
    LEDGER,
    MAPLE,
    NORTHWIND,
    ORDERS,
    PAGE_SIZES,
)
from cost_pipeline.simulator.costs import AFTER_VALIDATION, DUPLICATE, GOOD, Cost, draw
from cost_pipeline.simulator.crew import cards_of, crew_file, crew_truth
from cost_pipeline.simulator.truth import DayTruth, Truth
from cost_pipeline.simulator.writers import (
    listing,
    order_lines,
    payroll_line,
    rental_invoice,
    settlements,
    to_json,
)

FIRST: Final = date(2026, 3, 31)
DAYS: Final = tuple(FIRST + timedelta(days=place) for place in range(7))
SEED: Final = 20260405
BLANK_ROWS: Final = 3
# On this day the location vendor sends the file of two days before once more, under a new name.
RESENT: Final = date(2026, 4, 4)
_RESENT_OF: Final = date(2026, 4, 2)


@dataclass(frozen=True, slots=True)
class World:
    """What every vendor hands over, and what is true of it.

    Attributes:
        costs: Vendor and pull date to its costs, in the order of its files; the crew's timecards
            are the same in every world.
    """

    costs: Mapping[tuple[str, date], tuple[Cost, ...]]

    def page(self, vendor: str, day: date, number: int, size: int) -> bytes:
        """Returns a page of an API vendor's answer (pages count from 1); empty after the last."""
        costs = self.costs.get((vendor, day), ())
        part = costs[(number - 1) * size : number * size]
        more = number * size < len(costs)
        if vendor == NORTHWIND.name:
            content: dict[str, object] = {
                "page": number,
                "more": more,
                "items": [rental_invoice(cost) for cost in part],
            }
        else:
            lines = [payroll_line(cost) for cost in part]
            content = {"date": day.isoformat(), "data": {"lines": lines, "more": more}}
        return to_json(content).encode()

    def files(self) -> dict[str, bytes]:
        """Returns the dropped files of all pull dates, by their place in a home."""
        found: dict[str, bytes] = {}
        for day in DAYS:
            maple = settlements(self.costs[MAPLE.name, day], BLANK_ROWS)
            found[f"inbox/maple/{day}.csv"] = maple
            found[f"inbox/studio/{day}.csv"] = listing(self.costs[LEDGER.name, day], day)
            found[f"inbox/prop_house/{day}.jsonl"] = order_lines(self.costs[ORDERS.name, day])
            if cards := cards_of(day):
                found[f"inbox/crew/{day}.csv"] = crew_file(cards)
        found[f"inbox/maple/{RESENT}_resent.csv"] = found[f"inbox/maple/{_RESENT_OF}.csv"]
        return found

    def truth(self) -> Truth:
        """Returns what must come out."""
        days = []
        for (vendor, day), costs in self.costs.items():
            true = _day_truth(vendor, day, costs)
            if (vendor, day) == (MAPLE.name, RESENT):
                true = _with_resent(true, _day_truth(vendor, day, self.costs[vendor, _RESENT_OF]))
            days.append(true)
        days += [crew_truth(day, cards) for day in DAYS if (cards := cards_of(day))]
        return Truth(tuple(days))


def make_world(seed: int = SEED) -> World:
    """Returns the world of a seed: the same bytes on every machine."""
    return World(
        {
            (character.name, day): costs
            for character in (NORTHWIND, GUILD, MAPLE, LEDGER, ORDERS)
            for day, costs in draw(character, seed, DAYS).items()
        }
    )


def _day_truth(vendor: str, day: date, costs: tuple[Cost, ...]) -> DayTruth:
    fates = Counter(cost.fate for cost in costs)
    by_reason = {
        fate: count for fate, count in sorted(fates.items()) if fate not in {GOOD, DUPLICATE}
    }
    refused_early = sum(n for fate, n in by_reason.items() if fate not in AFTER_VALIDATION)
    orders = vendor == ORDERS.name
    amounts: dict[str, Decimal] = {}
    for cost in costs:
        if cost.fate == GOOD and not orders:
            amounts[cost.currency] = amounts.get(cost.currency, Decimal(0)) + cost.amount
    size = PAGE_SIZES.get(vendor, len(costs))
    return DayTruth(
        vendor=vendor,
        pull_date=day,
        deliveries=-(-len(costs) // size),
        duplicate_deliveries=0,
        rows=len(costs),
        blank_rows=BLANK_ROWS if vendor == MAPLE.name else 0,
        records=len(costs) - refused_early,
        posted=0 if orders else fates[GOOD],
        commitments=fates[GOOD] if orders else 0,
        duplicates=fates[DUPLICATE],
        by_reason=by_reason,
        amounts=amounts,
    )


def _with_resent(day: DayTruth, resent: DayTruth) -> DayTruth:
    """Returns the day with a delivery of an earlier day again: all of its rows are duplicates."""
    return replace(
        day,
        deliveries=day.deliveries + resent.deliveries,
        duplicate_deliveries=resent.deliveries,
        rows=day.rows + resent.rows,
        blank_rows=day.blank_rows + resent.blank_rows,
        records=day.records + resent.records,
        duplicates=day.duplicates + resent.rows,
    )
