"""How a run gets its session: from the path of the home; everything else is made inside the run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg

from cost_pipeline import __version__
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.home.load import Home
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.feeds_of import contracts_of
from cost_pipeline.pipeline.homes import keep_last_good, open_home
from cost_pipeline.pipeline.session import Session


class HomeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The home of this code location.

    Attributes:
        path: Its folder. Secrets stay in the environment and are read by name when a vendor is
            pulled; they are no part of this configuration.
        debug_loop: Whether the event loop of pulls is watched and what is found is logged.
        asked: What a sensor asked this run for, as it will know it again: files of a folder, dates,
            a digest of inputs. It is no tag, because tags are for people (`tags`).
        contracts: What its files are read with. Dagster makes a resource anew in each run, from its
            class and its configuration, which is text; so what is not text belongs to the class.
    """

    path: str
    debug_loop: bool = False
    asked: list[str] = []  # noqa: RUF012 - Pydantic copies it for each instance
    contracts: ClassVar[Mapping[str, FeedContract]] = {}

    def session(self, feed: Feed[Session], run_id: str) -> Session:
        """Returns a session of a feed for a step of the run."""
        home = open_home(Path(self.path), self.contracts)
        session = session_of(feed, home, run_id, debug_loop=self.debug_loop)
        keep_last_good(home)
        return session

    def asking(self, words: Sequence[str]) -> dict[str, Any]:
        """Returns the configuration of a run of this home that is asked for something."""
        config = {"path": self.path, "debug_loop": self.debug_loop, "asked": list(words)}
        return {"resources": {"home": {"config": config}}}


def asked_of(run: dg.DagsterRun) -> list[str]:
    """Returns what a run was asked for; nothing if no sensor asked for it."""
    found: Any = run.run_config
    for part in ("resources", "home", "config", "asked"):
        found = found.get(part, {}) if isinstance(found, Mapping) else {}
    return list(found)


def session_of(
    feed: Feed[Session], home: Home, run_id: str, *, debug_loop: bool = False
) -> Session:
    """Returns a session of a feed in a home that was read."""
    return Session(
        feed=feed,
        home=home.of_feed(feed.name),
        lake=open_lake(home.lake_uri),
        run_id=run_id,
        clock=lambda: datetime.now(UTC),
        environment=os.environ,
        code_version=__version__,
        debug_loop=debug_loop,
    )


def resource_of(path: Path, feeds: Sequence[Feed[Session]]) -> HomeResource:
    """Returns the home at a path, as it is read where there are these feeds."""

    class HomeOfFeeds(HomeResource):
        contracts: ClassVar[Mapping[str, FeedContract]] = contracts_of(feeds)

    return HomeOfFeeds(path=str(path))
