"""The hours of each card by tier, in tenths, and the sums of its week.

A tier is what is left of the day past a threshold, without what is past a dearer one. At each
threshold a part of a tenth counts whole, so that the tiers of a day add up to its hours.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from cost_pipeline.rules.groups import Groups, given, numbered, true, whole
from cost_pipeline.rules.sql import pay, tenths_up


def _after_worked(threshold: str) -> str:
    return f"greatest(0, least(worked, worked_before + worked - {threshold}))"


def _after_elapsed(threshold: str) -> str:
    """Returns SQL: the work past a moment of the day; the meals after it are taken off."""
    point = f"greatest(call_, call_ + {threshold} - elapsed_before)"
    meals = " - ".join(
        f"CASE WHEN off{n} > 0 THEN greatest(0, meal{n}_out_ + off{n} - greatest(meal{n}_out_, {point}))"
        " ELSE 0 END"
        for n in (1, 2)
    )
    return f"greatest(0, greatest(0, end_ - {point}) - {meals})"


def _past(slot: str, number: int) -> str:
    threshold = f"{slot}__from{number}"
    past = (
        f"CASE WHEN {slot}__worked{number} THEN {_after_worked(threshold)}"
        f" ELSE {_after_elapsed(threshold)} END"
    )
    return f"CASE WHEN {threshold} IS NULL THEN 0 ELSE {tenths_up(past)} END"


# Cheapest first; each later one takes its hours from those before.
STEPS: Final = {
    "o1": ("overtime", 1),
    "o2": ("overtime", 2),
    "o3": ("overtime", 3),
    "g1": ("golden", 1),
    "g2": ("golden", 2),
    "g3": ("golden", 3),
    "t1": ("triple", 1),
}


def times_of(step: str) -> str:
    """Returns SQL: the multiple of a step on this kind of day, never less than the day's own."""
    slot, number = STEPS[step]
    by_day = (
        f"CASE day_kind WHEN 'sixth' THEN {slot}__sixth{number}"
        f" WHEN 'normal' THEN {slot}__normal{number} ELSE {slot}__seventh{number} END"
    )
    return f"CASE WHEN {slot}__from{number} IS NOT NULL THEN greatest({by_day}, day_times) END"


_PASTS: Final = ",\n    ".join(
    f"{_past(slot, number)} AS past_{name}" for name, (slot, number) in STEPS.items()
)
_LONG: Final = f"CASE WHEN long_day__after IS NULL THEN 0 ELSE {tenths_up(_after_elapsed('long_day__after'))} END"


def _most(names: list[str]) -> str:
    return "greatest(" + ", ".join(f"past_{name}" for name in names) + ")"


def _tier_list() -> str:
    names = [*STEPS, "long"]
    parts = [f"greatest(0, {tenths_up('worked')} - {_most(names)}) AS tier_0"]
    for place, name in enumerate(STEPS):
        parts.append(f"{_most(names[place:])} - {_most(names[place + 1 :])} AS tier_{name}")
    return ",\n    ".join(parts)


_TIMES: Final = ",\n    ".join(f"{times_of(name)} AS times_{name}" for name in STEPS)
_PLAIN: Final = "works AND day_times = 100"
# A day before the rules has no daily overtime that would take its long hours out of the straight
# ones: it counts as eight hours at most, or the week's limit would be reached too early.
_STRAIGHT: Final = f"""CASE WHEN NOT ({_PLAIN}) THEN 0
    WHEN overtime__why IS NOT NULL THEN least(tier_0, 80) ELSE tier_0 END"""
# A performer's hours past ten, whichever step of the day they are.
_DOUBLE: Final = (
    "CASE WHEN overtime__normal1 = 200 THEN tier_o1 WHEN overtime__normal2 = 200 THEN tier_o2"
    " ELSE 0 END"
)

# The hours past ten that travel caused.
_TRAVELLED: Final = (
    f"CASE WHEN works AND travel_overtime__max_multiplier IS NOT NULL"
    f" THEN least({_DOUBLE}, {tenths_up('travel_inside')}) ELSE 0 END"
)

# The rate counts for a performer's weekly overtime only up to the ceiling.
WEEKLY_RATE: Final = "least(rate, coalesce(overtime__ceiling, rate))"
_OF_WEEK: Final = {
    "straight": f"CASE WHEN {_PLAIN} THEN tier_0 ELSE 0 END",
    "double": f"CASE WHEN works THEN {_DOUBLE} ELSE 0 END",
    "days_worked": "CASE WHEN works THEN 1 ELSE 0 END",
    "days": f"CASE WHEN {_PLAIN} THEN 1 ELSE 0 END",
    "cards": "1",
    "worked": "CASE WHEN works THEN worked + removed ELSE 0 END",
    "adjustment": "adjustment",
    "tenths_150": "tenths_150",
    # What a 6th day is paid at 1.5x is for that day.
    "paid_150": f"CASE WHEN {_PLAIN} OR paid_150 IS NULL THEN paid_150 ELSE 0 END",
    "travel_150": (
        f"CASE WHEN {_PLAIN} AND {_TRAVELLED} > 0 AND paid_150 IS NOT NULL"
        f" THEN least(paid_150, {pay(f'({_TRAVELLED}) * 150', rate=WEEKLY_RATE)}) ELSE 0 END"
    ),
    "paid_wages": "paid_wages",
    "paid_adjustment": "paid_adjustment",
    "at_location": "CASE WHEN rate_type = 'location' THEN 1 ELSE 0 END",
    "holidays": "CASE WHEN works AND is_holiday THEN 1 ELSE 0 END",
    "sixth": "CASE WHEN works AND day_kind = 'sixth' AND day_times > 100 THEN 1 ELSE 0 END",
    "seventh": "CASE WHEN works AND day_kind = 'seventh' THEN 1 ELSE 0 END",
}
"""What is summed over the cards of a week, as `week_<name>`."""

TIERS: Final = f"""
WITH past AS (
    SELECT *, {_TIMES}, {_PASTS}, {_LONG} AS past_long FROM FACTS JOIN TERMS USING (context)),
tiers AS (SELECT *, {_tier_list()} FROM past)
SELECT id, past_long, tier_0, {", ".join(f"tier_{name}, times_{name}" for name in STEPS)},
    {", ".join(f"CAST({what} AS BIGINT) AS of_week_{name}" for name, what in _OF_WEEK.items())},
    {_TRAVELLED} AS travelled,
    {_STRAIGHT} AS straight,
    {_PLAIN} AND tier_o1 > 0 AS long,
    CASE WHEN {_PLAIN} AND group_name = 'hourly' THEN overtime__weekly END AS straight_limit
FROM tiers
"""
"""Hours by tier, `tier_*` (tenths) and `times_*` (hundredths)."""


def summed(facts: pa.Table, weeks: Groups) -> dict[str, pa.Array]:
    """Returns the sums of a person's week; `moved` are straight hours past the week's limit."""
    found = {"week_last": pa.array(weeks.last())}
    for name in _OF_WEEK:
        column = facts[f"of_week_{name}"]
        some = weeks.total(given(column)) > 0
        found[f"week_{name}"] = numbered(weeks.total(whole(column)), pa.int64(), some)
    long = true(facts["long"])
    straight, limit = whole(facts["tier_0"]), facts["straight_limit"]
    past = weeks.sum_before(whole(facts["straight"])) + straight - whole(limit)
    moved = np.maximum(0, np.minimum(straight, past))
    found["long_days"] = pa.array(weeks.sum_before(long) + long)
    found["moved"] = pa.array(np.where(given(limit), moved, 0))
    return found
