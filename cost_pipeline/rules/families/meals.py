"""Meals: when they were due, and what being late costs."""

from __future__ import annotations

from typing import Final

from cost_pipeline.rules.breaks import MEALS
from cost_pipeline.rules.families.wages import RATE_UNKNOWN
from cost_pipeline.rules.sql import Query, dollars, hours, rounded

_NAMES: Final = {1: "1st", 2: "2nd", 3: "3rd"}
_LIMIT: Final = "coalesce(meal_penalty__limit, 1000000)"


def _counted_before(number: int) -> str:
    return " + ".join(["halves_before", *(f"halves{n}" for n in MEALS if n <= number)])


def _over(number: int) -> str:
    """Half hours of a meal past the week's limit: its last ones."""
    return f"greatest(0, least(halves{number}, {_counted_before(number)} - {_LIMIT}))"


def _ladder(count: str) -> str:
    """Ten-thousandths for so many half hours."""
    steps = " + ".join(
        f"CASE WHEN {count} >= {n} THEN meal_penalty__{name} ELSE 0 END"
        for n, name in enumerate(("first", "second", "third", "fourth"), 1)
    )
    return f"(100 * ({steps} + greatest(0, {count} - 4) * meal_penalty__after))"


_OVER_ALL: Final = "(" + " + ".join(_over(n) for n in MEALS) + ")"
_TIMES: Final = "CASE WHEN meal_penalty__prevailing THEN day_times ELSE 100 END"
_HOUR: Final = (
    f"greatest({rounded(f'rate * 10 * ({_TIMES})', 'rate_tenths * 100')},"
    " 100 * coalesce(meal_penalty__floor, 0))"
)
_DUE: Final = (
    " + ".join(_ladder(f"(halves{n} - {_over(n)})") for n in MEALS)
    + f" + CASE WHEN {_OVER_ALL} > 0 THEN {_OVER_ALL} * {_HOUR} ELSE 0 END"
)


def _meal(number: int) -> str:
    begun = {
        1: "CASE WHEN meal1 OR meal2 THEN ' begun ' ELSE ' not had ' END",
        2: "CASE WHEN meal1 AND meal2 THEN ' begun ' ELSE ' not had ' END",
        3: "' not had '",
    }[number]
    after = "the call or non-deductible meal" if number == 1 else "the meal before"
    return (
        f"CASE WHEN halves{number} > 0 THEN '{_NAMES[number]} meal' || {begun} ||"
        f" {hours(f'gap{number}')} || ' after {after}: ' || {hours(f'late{number}')} || ' late, ' ||"
        f" halves{number} || CASE halves{number} WHEN 1 THEN ' half hour' ELSE ' half hours' END END"
    )


_LATE: Final = f"concat_ws('; ', {', '.join(_meal(n) for n in MEALS)})"
_IN_TIME: Final = (
    "CASE WHEN french THEN 'French hours: no meal is due by the clock' ELSE 'meals in time' END"
)

QUERIES: Final = (
    Query(
        slot="meal_due",
        where="works",
        broken="halves > 0",
        at_most=True,
        words=f"CASE WHEN halves = 0 THEN {_IN_TIME} ELSE {_LATE} END",
    ),
    Query(
        slot="meal_penalty",
        quiet="no meal penalty due and none paid",
        where="works AND meal_due__rule IS NOT NULL",
        # Without the rule that says when a meal is due, none can be said to be in time.
        why=f"CASE WHEN meal_due__why IS NOT NULL THEN meal_due__why"
        f" WHEN halves > 0 AND {_OVER_ALL} > 0 THEN {RATE_UNKNOWN} END",
        due=f"CASE WHEN halves = 0 THEN 0 ELSE {_DUE} END",
        paid="paid_meal",
        words=(
            f"CASE WHEN halves = 0 THEN {_IN_TIME} ELSE {_LATE} END ||"
            f" CASE WHEN halves > 0 AND {_OVER_ALL} > 0 THEN '; ' ||"
            f" {_OVER_ALL} || ' past the ' || meal_penalty__limit || ' of a week at ' ||"
            f" {dollars(_HOUR)} || ' each' ELSE '' END"
        ),
    ),
)
