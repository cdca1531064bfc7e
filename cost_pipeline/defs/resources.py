"""How a run gets its session: the home by its path, everything else made inside the run."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from cost_pipeline import __version__
from cost_pipeline.home.load import home_of_feed
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session


class HomeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The home of this code location.

    Attributes:
        path: Its folder. Secrets stay in the environment and are read by name when a vendor is
            pulled; they are no part of this configuration.
        debug_loop: Whether the event loop of pulls is watched and what is found is logged.
    """

    path: str
    debug_loop: bool = False

    def session(self, feed: Feed[Session], run_id: str) -> Session:
        """Returns a session of a feed for a step of the run."""
        home = home_of_feed(Path(self.path), feed.contract)
        return Session(
            feed=feed,
            home=home,
            lake=open_lake(home.lake_uri),
            run_id=run_id,
            clock=lambda: datetime.now(UTC),
            environment=os.environ,
            code_version=__version__,
            debug_loop=self.debug_loop,
        )
