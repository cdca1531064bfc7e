"""Finds which feeds a home has, and what a home is read with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.text import nearest
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session


def contracts_of(feeds: Sequence[Feed[Session]]) -> Mapping[str, FeedContract]:
    """Returns what each feed says of vendor files and settings, by its name."""
    return {feed.name: feed.contract for feed in feeds}


def feeds_of(home: Home, feeds: Sequence[Feed[Session]]) -> list[Feed[Session]]:
    """Returns the feeds that a home has: those of its vendors, also of those with a wrong file.

    A home without vendors has those whose settings it holds, so that it can be looked at before the
    first vendor file is written.
    """
    named = {vendor.feed for vendor in home.vendors} | {file.feed for file in home.wrong}
    if named:
        return [feed for feed in feeds if feed.name in named]
    return [feed for feed in feeds if (home.path / feed.contract.file).exists()]


def chosen_feed(
    home: Home, feeds: Sequence[Feed[Session]], name: str | None, *, option: str = "--feed"
) -> Feed[Session]:
    """Returns the feed of a home that is meant.

    Args:
        home: The home.
        feeds: Those that there are.
        name: The name that was given; None if the home has only one.
        option: By what it is named where this is asked.

    Raises:
        UsageError: If the home lacks the feed, or has several and none is named.
    """
    found = feeds_of(home, feeds)
    names = [feed.name for feed in found]
    if name is None and len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            "this home has no vendor of any feed",
            where=str(home.path),
            remedy="write a vendor file in vendors/ (docs/interfaces.md)",
            code="NO_SUCH_FEED",
        )
    if name is None:
        raise UsageError(
            f"this home has several feeds: {', '.join(names)}",
            where=option,
            remedy=f"name one of them, such as `{option} {names[0]}`",
            code="WHICH_FEED",
        )
    if name in names:
        return found[names.index(name)]
    every = {one.name for one in feeds}
    raise UsageError(
        f"this home has no vendor of the feed {name}" if name in every else f"no feed {name!r}",
        where=option,
        remedy=f"it has: {', '.join(names)}" if name in every else nearest(name, every),
        code="NO_SUCH_FEED",
    )
