"""The feeds of this product: the only list of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cost_pipeline.core.reasons import ReasonText, catalogue
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.pipeline.feed import Feed

FEEDS: Final[tuple[Feed, ...]] = (PRODUCTION,)


def every_reason() -> Mapping[str, ReasonText]:
    """Returns the shared reason codes and those of every feed, with what each means."""
    return catalogue(*(feed.reasons for feed in FEEDS))
