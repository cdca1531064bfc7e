"""What postings are made of: records of costs, their columns, and how their keys are compared."""

from __future__ import annotations

from typing import Final

from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.standing.keys import Keys, candidate_schema, resolved_schema

COST_KEYS: Final = Keys(COSTS)
"""A document is sent once: another one under its key conflicts with it."""

CANDIDATE_SCHEMA: Final = candidate_schema(COSTS)
"""A record with when it came."""

RESOLVED_SCHEMA: Final = resolved_schema(COSTS)
"""A record with its standing."""
