"""Meals: when they were due, and what being late costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cost_pipeline.rules.breaks import MEALS
from cost_pipeline.rules.families.wages import RATE_UNKNOWN
from cost_pipeline.rules.sql import Query, dollars, rounded


def _ladder(count: str) -> str:
    """Returns SQL: the penalty for so many half hours, in ten-thousandths of a dollar."""
    steps = " + ".join(
        f"CASE WHEN {count} >= {n} THEN meal_penalty__{name} ELSE 0 END"
        for n, name in enumerate(("first", "second", "third", "fourth"), 1)
    )
    return f"(100 * ({steps} + greatest(0, {count} - 4) * meal_penalty__after))"


_TIMES: Final = "CASE WHEN meal_penalty__prevailing THEN day_times ELSE 100 END"
_HOUR: Final = (
    f"greatest({rounded(f'rate * 10 * ({_TIMES})', 'rate_tenths * 100')},"
    " 100 * coalesce(meal_penalty__floor, 0))"
)
_DUE: Final = (
    " + ".join(_ladder(f"(halves{n} - over{n})") for n in MEALS)
    + f" + CASE WHEN over > 0 THEN over * {_HOUR} ELSE 0 END"
)

# The agreements say "prevailing rate" and not which: the multiple of the day, or of the hour.
_PREVAILING: Final = "coalesce(over > 0 AND meal_penalty__prevailing, false)"
# The sources speak of French hours for crews, and not for performers.
_FRENCH: Final = "coalesce(french_hours AND NOT meal_due__crew AND halves > 0, false)"
_PENALTY: Final = Query(
    slot="meal_penalty",
    quiet="no meal penalty due and none paid",
    where=f"works AND meal_due__rule IS NOT NULL AND NOT ({_PREVAILING} OR {_FRENCH})",
    # Without the rule that says when a meal is due, none can be said to be in time.
    why=f"CASE WHEN meal_due__why IS NOT NULL THEN meal_due__why"
    f" WHEN over > 0 THEN {RATE_UNKNOWN} END",
    due=f"CASE WHEN halves = 0 THEN 0 ELSE {_DUE} END",
    paid="paid_meal",
    words=(
        "concat(said_meals, CASE WHEN over > 0 THEN '; ' || over || ' past the ' ||"
        f" meal_penalty__limit || ' of a week at ' || {dollars(_HOUR)} || ' each' END)"
    ),
)

QUERIES: Final = (
    Query(
        slot="meal_due",
        where="works",
        broken="halves > 0",
        at_most=True,
        words="said_meals",
    ),
    _PENALTY,
    replace(
        _PENALTY,
        where=f"works AND meal_due__rule IS NOT NULL AND ({_PREVAILING} OR {_FRENCH})",
        words=(
            f"concat({_PENALTY.words}, CASE WHEN {_PREVAILING} THEN"
            f" ' (read as the multiple of the day)' END, CASE WHEN {_FRENCH} THEN"
            " '; nothing if French hours excuse performers, of which no source speaks' END)"
        ),
        at_most=True,
    ),
)
