"""One module for each family of rules: which cards a rule is for, what is due, and in which words.

A family is data: `Query` values over the facts of cards. None has a loop over cards.
"""

from __future__ import annotations

from typing import Final

from cost_pipeline.rules.families import (
    allowances,
    benefits,
    meals,
    minors,
    premium,
    rest,
    scale,
    wages,
    weekly,
)
from cost_pipeline.rules.sql import Query

QUERIES: Final[tuple[Query, ...]] = (
    *scale.QUERIES,
    *wages.QUERIES,
    *premium.QUERIES,
    *weekly.QUERIES,
    *meals.QUERIES,
    *rest.QUERIES,
    *allowances.QUERIES,
    *benefits.QUERIES,
    *minors.QUERIES,
)
"""Every rule that is evaluated."""
