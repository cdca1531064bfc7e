"""The feeds of this product: the only list of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.core.reasons import ReasonText, catalogue
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.home.document import Problem
from cost_pipeline.home.load import Home, mistakes_in, read_home
from cost_pipeline.pipeline.feed import Feed

FEEDS: Final[tuple[Feed, ...]] = (PRODUCTION,)


def every_reason() -> Mapping[str, ReasonText]:
    """Returns the shared reason codes and those of every feed, with what each means."""
    return catalogue(*(feed.reasons for feed in FEEDS))


def load_home(path: Path, feeds: Sequence[Feed] = FEEDS) -> Home:
    """Read a home of these feeds.

    Raises:
        UsageError: NO_HOME, HOME_TOO_NEW, or BAD_HOME with every mistake in its files.
    """
    return read_home(path, _contracts(feeds))


def problems(path: Path, feeds: Sequence[Feed] = FEEDS) -> list[Problem]:
    """Returns every mistake in a home's files, in the order of files and lines.

    Raises:
        UsageError: NO_HOME or HOME_TOO_NEW: there is nothing to check.
    """
    return mistakes_in(path, _contracts(feeds))


def _contracts(feeds: Sequence[Feed]) -> dict[str, FeedContract]:
    return {feed.name: feed.contract for feed in feeds}
