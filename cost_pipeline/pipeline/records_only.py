"""Declares feeds whose records are kept and not posted: they leave out all of the book."""

from __future__ import annotations

from typing import Any

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.lake.tables import dead_letters_table, records_table
from cost_pipeline.pipeline.checks import EVERY_FEED
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session


def feed_without_book(contract: FeedContract, **own: Any) -> Feed[Session]:  # noqa: ANN401
    """Returns a feed with tables of its own, all checks that every feed has, and no book.

    Args:
        contract: What its vendor files, settings and rows look like.
        own: Whatever else `Feed` declares.
    """
    records = records_table(f"records_{contract.name}", contract.shape)
    dead_letters = dead_letters_table(f"dead_letters_{contract.name}", contract.shape)
    tables = {"records": records, "dead_letters": dead_letters, "audited": (records, dead_letters)}
    return Feed(**{"contract": contract, **tables, "checks": EVERY_FEED, **own})
