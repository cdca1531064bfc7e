"""Finds which feeds a home has, and what a home is read with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session


def contracts_of(feeds: Sequence[Feed[Session]]) -> Mapping[str, FeedContract]:
    """Returns what each feed says of vendor files and settings, by its name."""
    return {feed.name: feed.contract for feed in feeds}


def feeds_of(home: Home, feeds: Sequence[Feed[Session]]) -> list[Feed[Session]]:
    """Returns the feeds that a home has: those of its vendors.

    A home without vendors has those whose settings it holds, so that it can be looked at before the
    first vendor file is written.
    """
    named = {vendor.feed for vendor in home.vendors}
    if named:
        return [feed for feed in feeds if feed.name in named]
    return [feed for feed in feeds if (home.path / feed.contract.file).exists()]
