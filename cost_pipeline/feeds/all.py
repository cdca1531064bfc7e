"""The feeds of this product, imported; `listed` has the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cost_pipeline.core.reasons import ReasonText, catalogue
from cost_pipeline.feeds.listed import LISTED
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session

FEEDS: Final[tuple[Feed[Session], ...]] = tuple(one.load() for one in LISTED)


def every_reason() -> Mapping[str, ReasonText]:
    """Returns the shared reason codes and those of every feed, with what each means."""
    return catalogue(*(feed.reasons for feed in FEEDS))
