"""The reason codes of all feeds together, for whoever serves several of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cost_pipeline.contracts.cost_reasons import COST_REASONS
from cost_pipeline.core.reasons import ReasonList, ReasonText, catalogue

LISTS: Final[tuple[ReasonList, ...]] = (COST_REASONS,)
"""What each feed declares."""


def every_reason() -> Mapping[str, ReasonText]:
    """Returns the shared codes and those of every feed, with what each means."""
    return catalogue(*LISTS)
