"""Opens a home for reading."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.lake.only_reading import only_reading
from cost_pipeline.notebook.frame import Frame
from cost_pipeline.pipeline.asking import connected, place
from cost_pipeline.pipeline.feeds_of import chosen_feed, contracts_of
from cost_pipeline.pipeline.homes import look_at_home
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.views import views_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cost_pipeline.pipeline.feed import Feed


class OpenHome:
    """A home that is open for reading: a method for each view of its feed, which returns a frame.

    Every feed has `records(kind)`, `dead_letters()` and `deliveries()`; production has
    `ledger(as_of=...)`, `findings()` and `costs(as_of=...)` too.

    Args:
        session: The home, its feed and its lake.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._views = views_of(session)
        self._connection = connected()
        self._placed = 0

    @property
    def path(self) -> Path:
        """Where the home lies."""
        return self._session.home.path

    @property
    def feed(self) -> str:
        """The name of the feed whose views these are."""
        return self._session.feed.name

    def __repr__(self) -> str:
        methods = ", ".join(f"{view.name}({view.option})" for view in self._views.values())
        return f"<home {self.path}, feed {self.feed}: {methods}>"

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._views]

    def __getattr__(self, name: str) -> Callable[..., Frame]:
        if name.startswith("_") or name not in self._views:
            known = ", ".join(self._views) if not name.startswith("_") else "no such name"
            raise AttributeError(f"a home of the feed {self.feed} has no {name!r}; it has: {known}")
        return partial(self._frame, name)

    def _frame(self, name: str, /, *chosen: object, **named: object) -> Frame:
        view = self._views[name]
        unknown = named.keys() - {view.option}
        if unknown or len(chosen) + len(named) > bool(view.option):
            takes = f"`{view.option}`" if view.option else "nothing"
            raise TypeError(f"{name}() takes {takes}")
        values = [*chosen, *named.values()]
        with only_reading():
            rows = view.rows(self._session, values[0] if values else None)
        self._placed += 1
        placed = f"{name}_{self._placed}"
        place(self._connection, placed, rows)
        return Frame(
            name,
            view.words,
            rows.schema,
            str(self.path),
            partial(self._connection.view, placed),
        )


def open_home(
    path: str | os.PathLike[str],
    *,
    feed: str | None = None,
    feeds: Sequence[Feed[Session]] = FEEDS,
) -> OpenHome:
    """Returns a home for reading; nothing in it is changed, not even what is derived.

    Args:
        path: The home: the folder with `productions.yaml` or `home.yaml`.
        feed: Which feed, where the home has several.
        feeds: Those that there are.

    Raises:
        UsageError: NO_HOME, HOME_TOO_NEW, BAD_HOME, or a feed that it lacks.
    """
    loaded = look_at_home(Path(path), contracts_of(feeds))
    chosen = chosen_feed(loaded, feeds, feed, option="feed")
    with only_reading():
        lake = open_lake(loaded.lake_uri)
    return OpenHome(
        Session(
            feed=chosen,
            home=loaded.of_feed(chosen.name),
            lake=lake,
            run_id="notebook",  # nothing is written that would bear it, nor the version
            clock=lambda: datetime.now(UTC),
            environment=os.environ,
            code_version="notebook",
        )
    )
