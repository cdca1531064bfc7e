"""The invented crew: eight grips of IATSE Local 80 whose days a payroll company reports.

They are paid what they are due, but for one whose meal came late; two more cards have mistakes of
the keyboard. Nobody works on a weekend or on Good Friday. Scale and overtime are those of the Basic
Agreement from 2025-08-03 on: eight hours straight, then time and a half, a meal within six hours.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from cost_pipeline.simulator.costs import GOOD
from cost_pipeline.simulator.truth import DayTruth

CREW: Final = "crew_payroll"
GRIPS: Final = tuple(f"W-{number}" for number in range(20_001, 20_009))
LATE_MEAL: Final = "UNION_MEALS"
UNDERPAID: Final = "GC-260401-03"
"""The card of the late meal."""
_WORKED: Final = tuple(date(2026, 3, 31) + timedelta(days=n) for n in (0, 1, 2, 6))
_MISTAKES: Final = {
    (date(2026, 4, 1), GRIPS[2]): LATE_MEAL,
    (date(2026, 4, 2), GRIPS[5]): "BAD_TIME",
    (date(2026, 4, 6), GRIPS[0]): "GROSS_NOT_THE_SUM",
}
_RATE: Final = Decimal("54.78")
_OVERTIME: Final = (2, 3, 0, 2)
_SATURDAY: Final = 5
_HEAD: Final = (
    *("Card", "Date", "Person", "W/E", "Day", "Call", "Meal out", "Meal in", "Wrap"),
    *("Breakdown", "Gross"),
)

CREW_FILE: Final = """\
# Timecards of the grips: the hours of a day and the gross as paid, judged by the union rules.
vendor: crew_payroll
feed: production
production: P100
record: timecard
source:
  kind: folder
  path: inbox/crew
  files: "{pull_date:%Y-%m-%d}.csv"
format: {kind: csv}
key: [transaction_id]
columns:
  transaction_id: [Card]
  transaction_date: [Date]
  worker_id: [Person]
  week_ending: [W/E]
  workday: [Day]
  call: [Call]
  meal1_out: [Meal out]
  meal1_in: [Meal in]
  wrap: [Wrap]
  gross: [Breakdown]
  amount: [Gross]
constants:
  {currency: USD, department_code: "2500", gl_code: "2502", union_category: IATSE,
   agreement: iatse_basic, local: "80", craft: grip, engagement: daily, rate: "54.78",
   rate_unit: hour, contract_type: theatrical, zone: studio, photography_start: "2026-03-02"}
"""


@dataclass(frozen=True, slots=True)
class Card:
    """One grip's day; eight hours and so many of overtime, with half an hour for the meal."""

    day: date
    worker: str
    overtime: int
    fate: str = GOOD

    @property
    def number(self) -> str:
        """Its transaction id."""
        return f"GC-{self.day:%y%m%d}-{self.worker[-2:]}"

    @property
    def amount(self) -> Decimal:
        """What is paid; as the card says it, also where its lines come to something else."""
        return _RATE * 8 + _RATE * self.overtime * 3 / 2

    def row(self) -> list[str]:
        """Returns the cells of its line."""
        lines = [f"straight|8|1|{_RATE}|{_RATE * 8}"]
        if self.overtime:
            lines.append(
                f"overtime|{self.overtime}|1.5|{_RATE}|{_RATE * self.overtime * 3 / 2:.2f}"
            )
        if self.fate == "GROSS_NOT_THE_SUM":
            lines = lines[:1] + lines[:1]
        meal = 14 if self.fate == LATE_MEAL else 13
        wrap = f"{15 + self.overtime}:30"
        return [
            self.number,
            self.day.isoformat(),
            self.worker,
            (self.day + timedelta(days=_SATURDAY - self.day.weekday())).isoformat(),
            str(self.day.weekday() + 1),
            "7:00",
            f"{meal}:00",
            f"{meal}:30",
            "about six" if self.fate == "BAD_TIME" else wrap,
            ";".join(lines),
            f"{self.amount:.2f}",
        ]


def cards_of(day: date) -> tuple[Card, ...]:
    """Returns the cards of a day, which are reported on that day."""
    if day not in _WORKED:
        return ()
    return tuple(
        Card(day, worker, _OVERTIME[place % len(_OVERTIME)], _MISTAKES.get((day, worker), GOOD))
        for place, worker in enumerate(GRIPS)
    )


def crew_file(cards: tuple[Card, ...]) -> bytes:
    """Returns the payroll company's CSV."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([_HEAD, *(card.row() for card in cards)])
    return out.getvalue().encode()


def crew_truth(day: date, cards: tuple[Card, ...]) -> DayTruth:
    """Returns what must become of a day's cards; a rule refuses one that satisfied the contract."""
    by_reason = Counter(card.fate for card in cards if card.fate != GOOD)
    posted = [card for card in cards if card.fate == GOOD]
    refused_early = sum(count for fate, count in by_reason.items() if fate != LATE_MEAL)
    return DayTruth(
        vendor=CREW,
        pull_date=day,
        deliveries=1,
        duplicate_deliveries=0,
        rows=len(cards),
        blank_rows=0,
        records=len(cards) - refused_early,
        posted=len(posted),
        commitments=0,
        duplicates=0,
        by_reason=dict(by_reason),
        amounts={"USD": sum((card.amount for card in posted), Decimal(0))},
    )
