"""A pull over HTTP that goes from page to page: what came so far, and whether there is more."""

from __future__ import annotations

from dataclasses import dataclass, field

from yarl import URL

from cost_pipeline.acquire.outcome import (
    Bookmark,
    Fetched,
    FetchFailure,
    Pulled,
    PullJob,
    Unchanged,
    Validator,
)
from cost_pipeline.acquire.pages import PageFacts, further, next_address
from cost_pipeline.contracts.sources import HttpSource, NumberedPages, OffsetPages
from cost_pipeline.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Answer:
    """A page that was received, is unchanged, or is empty (None), and what its headers say."""

    page: Fetched | Unchanged | None
    validator: Validator
    link: str = ""


@dataclass(slots=True)
class Walk:
    """One pull over HTTP.

    Attributes:
        cursor: How far the vendor was read.
        contents: The number of each page, by the hash of its bytes.
        items: How many items the pages had so far.
        total: How many items the vendor counts in all; None if it does not say.
    """

    job: PullJob
    source: HttpSource
    cursor: str
    fetched: list[Fetched] = field(default_factory=list)
    unchanged: list[Unchanged] = field(default_factory=list)
    validators: dict[str, Validator] = field(default_factory=dict)
    contents: dict[str, int] = field(default_factory=dict)
    items: int = 0
    total: int | None = None

    def end(self, failure: FetchFailure | None = None) -> Pulled:
        """Returns what the pull brought; its cursor moves only if nothing failed."""
        return Pulled(
            self.job.vendor.vendor,
            tuple(self.fetched),
            (failure,) if failure else (),
            tuple(self.unchanged),
            Bookmark(self.validators, self.job.bookmark.cursor if failure else self.cursor),
        )

    @property
    def unannounced(self) -> bool:
        """Whether pages are asked for by number and no key of them says that there is another."""
        pages = self.source.pages
        return isinstance(pages, NumberedPages | OffsetPages) and pages.more is None

    @property
    def may_be_over(self) -> bool:
        """Whether a 404 to the next page is the end of the list: nothing promised that page."""
        return self.unannounced and bool(self.fetched or self.unchanged)

    def count(self, items: int, total: int | None, increment: str) -> None:
        """Adds up what a page says of its items, of the total, and of how far it got."""
        self.items += items
        self.total = self.total if total is None else total
        if self.source.incremental:
            self.cursor = further(self.cursor, increment, self.source.incremental)

    def pass_over(self, page: Unchanged) -> URL | FetchFailure | None:
        """Counts an unchanged page from the bookmark.

        Returns:
            The next page's address; None after the last; the failure if items are missing then.
        """
        before = self.validators[page.uri] = self.job.bookmark.validators[page.uri]
        facts = PageFacts(before.items, total=before.total)
        # The address is made anew and not taken from the bookmark: the list may have more pages
        # now.
        at, pages = URL(page.uri), self.source.pages
        renewed = next_address(at, pages, facts, "", self.items) if self.unannounced else None
        following = renewed if isinstance(renewed, URL) else None
        if not self.unannounced and before.next:
            following = URL(before.next)
        self.unchanged.append(page)
        self.count(before.items, before.total, before.increment)
        return following or self.over(page.uri)

    def over(self, uri: str) -> FetchFailure | None:
        """Returns, after the last page, a failure if the vendor counts another number of items."""
        if self.total is None or self.total == self.items:
            return None
        words = (
            f"counts {self.total:,} items in all and its pages held {self.items:,}: the list "
            "changed while it was read; pull again"
        )
        return failed(uri, words, transient=True)

    def checked(self, following: URL | FetchFailure | None, most: int) -> URL | FetchFailure | None:
        """Returns the next page's address, None after the last, or why it is not asked for."""
        if not isinstance(following, URL):
            return following
        if str(following) in self.validators:
            return failed(str(following), "was asked already: the pages go in a circle")
        if len(self.validators) >= most:
            return failed(str(following), f"is page {most + 1:,} of an API that does not end")
        return following


def failed(uri: str, message: str, *, transient: bool = False, attempts: int = 1) -> FetchFailure:
    """Returns the failure of a page that could not be fetched."""
    return FetchFailure(uri, Reason.FETCH_FAILED, message, transient, attempts=attempts)
