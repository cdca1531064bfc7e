"""The feeds of this product, imported, and homes of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from cost_pipeline.core.reasons import ReasonText, catalogue
from cost_pipeline.feeds.listed import LISTED
from cost_pipeline.home.document import Problem
from cost_pipeline.home.load import Home, doubts_in, mistakes_in, read_home
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.feeds_of import contracts_of
from cost_pipeline.pipeline.session import Session

FEEDS: Final[tuple[Feed[Session], ...]] = tuple(one.load() for one in LISTED)


def every_reason() -> Mapping[str, ReasonText]:
    """Returns the shared reason codes and those of every feed, with what each means."""
    return catalogue(*(feed.reasons for feed in FEEDS))


def load_home(
    path: Path, feeds: Sequence[Feed[Session]] = FEEDS, *, of: Collection[str] | None = None
) -> Home:
    """Reads a home of these feeds; see `read_home`.

    Raises:
        UsageError: NO_HOME, HOME_TOO_NEW, or BAD_HOME with every mistake in its files.
    """
    return read_home(path, contracts_of(feeds), of=of)


def doubts(path: Path, feeds: Sequence[Feed[Session]] = FEEDS) -> list[Problem]:
    """Returns what is lawful in a home's vendor files and probably not meant."""
    return doubts_in(path, contracts_of(feeds))


def problems(path: Path, feeds: Sequence[Feed[Session]] = FEEDS) -> list[Problem]:
    """Returns every mistake in a home's files, in the order of files and lines.

    Raises:
        UsageError: NO_HOME or HOME_TOO_NEW: there is nothing to check.
    """
    return mistakes_in(path, contracts_of(feeds))
