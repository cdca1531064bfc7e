"""A session of the production feed, whichever other feeds a home has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cost_pipeline.commands.common import open_session

if TYPE_CHECKING:
    from cost_pipeline.pipeline.session import Session


def open_production(
    home: Path, *, progress: Callable[[str, int, int], None] | None = None
) -> Session:
    """Returns a session for a command of this feed.

    Raises:
        UsageError: If the home has no vendor of the feed, or is wrong.
    """
    from cost_pipeline.feeds.production.names import NAME

    return open_session(home, NAME, progress=progress)
