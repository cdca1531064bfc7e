"""A source of rates as data: who publishes, against which pivot, which way round, on which days.

The sources that come with the product are in `data/reference/fx/sources.toml`; a home may add
plain ones. How a file of a source is read is `fx.files`' matter.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from enum import StrEnum
from typing import Any, Final

from cost_pipeline.contracts.production import Productions
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.reference import ECB, reference_path

PLAIN: Final = "plain"
"""The layout of the sources that a home defines: `currency,rate`."""


class Quote(StrEnum):
    """Which way round a rate is quoted."""

    PER_PIVOT = "per_pivot"
    """Units of the currency for one unit of the pivot: 1.0811 dollars for a euro."""
    PER_UNIT = "per_unit"
    """Units of the pivot for one unit of the currency: 1.3652 Canadian dollars for a dollar."""

    @property
    def other(self) -> Quote:
        """The other way round."""
        return Quote.PER_UNIT if self is Quote.PER_PIVOT else Quote.PER_PIVOT


@dataclass(frozen=True, slots=True)
class Source:
    """One publisher of rates.

    Attributes:
        name: Its name in productions and postings.
        title: Its name in messages.
        pivot: The currency against which every rate is quoted.
        quote: Which way round it quotes.
        calendar: The name of a calendar of `fx.calendar`.
        layouts: The names of the layouts of `fx.files` in which it publishes.
        first_day: The day of its first rates.
        max_age_days: The limit for productions that set none.
        attribution: The words by which it asks to be named.
        exceptions: Currencies that are quoted the other way round.
        published_at: The time of day from which on its rates of a day can be expected.
        time_zone: The zone of that time.
        days_later: How many days after the day of the rates that is.
        address: Where it publishes, for people; empty if nobody says.
    """

    name: str
    title: str
    pivot: str
    quote: Quote
    calendar: str
    layouts: tuple[str, ...]
    first_day: date
    max_age_days: int
    attribution: str
    exceptions: frozenset[str] = frozenset()
    published_at: time = time(18)
    time_zone: str = "UTC"
    days_later: int = 0
    address: str = ""

    def quote_of(self, currency: str) -> Quote:
        """Returns which way round the source quotes this currency."""
        return self.quote.other if currency in self.exceptions else self.quote


@functools.cache
def published_sources() -> Mapping[str, Source]:
    """Returns the sources that come with the product, by name."""
    with reference_path("fx/sources.toml").open("rb") as file:
        return {name: _source(name, entry) for name, entry in tomllib.load(file).items()}


def sources_of(productions: Productions) -> dict[str, Source]:
    """Returns the sources that a home may use: those of the product and its own plain ones."""
    own = {
        name: Source(
            name=name,
            title=plain.title,
            pivot=plain.pivot,
            quote=Quote(plain.quote),
            calendar=plain.calendar,
            layouts=(PLAIN,),
            first_day=_FIRST_DAY,
            max_age_days=_QUARTER if plain.calendar == "quarter_ends" else _WEEKEND,
            attribution=plain.title,
        )
        for name, plain in productions.fx_sources.items()
    }
    known = {**published_sources(), **own}
    return {name: _expected(source, productions) for name, source in known.items()}


def _expected(source: Source, productions: Productions) -> Source:
    """Returns the source with the time at which a home expects its rates."""
    told = productions.fx_fetch.get(source.name)
    if told is None:
        return source
    return replace(
        source,
        published_at=time.fromisoformat(told.at) if told.at else source.published_at,
        time_zone=told.time_zone or source.time_zone,
    )


_FIRST_DAY: Final = date(1999, 1, 1)
_QUARTER: Final = 92
_WEEKEND: Final = 5


def source_named(name: str, sources: Mapping[str, Source]) -> Source:
    """Returns the source of that name.

    Raises:
        UsageError: `FX_SOURCE` with the names that there are.
    """
    if name not in sources:
        raise UsageError(
            f"there is no source of exchange rates {name!r}",
            remedy=f"name one of {', '.join(sorted(sources))}, or define it under `fx_sources` "
            "in productions.yaml",
            code="FX_SOURCE",
        )
    return sources[name]


def ecb() -> Source:
    """Returns the source whose history comes with the product."""
    return published_sources()[ECB]


def _source(name: str, entry: Mapping[str, Any]) -> Source:
    return Source(
        name=name,
        title=entry["title"],
        pivot=entry["pivot"],
        quote=Quote(entry["quote"]),
        calendar=entry["calendar"],
        layouts=tuple(entry["layouts"]),
        first_day=entry["first_day"],
        max_age_days=entry["max_age_days"],
        attribution=entry["attribution"],
        exceptions=frozenset(entry.get("quoted_the_other_way", ())),
        published_at=entry["published_at"],
        time_zone=entry["time_zone"],
        days_later=entry["days_later"],
        address=entry["address"],
    )
