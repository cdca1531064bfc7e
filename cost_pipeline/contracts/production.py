"""The shape of `productions.yaml`: the productions of a home and how each converts currency."""

from __future__ import annotations

import functools
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, PrivateAttr, StringConstraints, field_validator

from cost_pipeline.contracts.charts import Chart
from cost_pipeline.contracts.cost_vendor import ProductionCode
from cost_pipeline.contracts.general import General
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.sources import HttpSource, NoPages, Source

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class Rounding(StrEnum):
    """How a converted amount that lies half way between two minor units is rounded."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    """Away from zero, so that an amount and its credit cancel."""


class FxPolicy(Section):
    """Which rates a production uses, how old they may be (calendar days), how it rounds.

    `max_age_days` is the source's own where it is not given.
    """

    source: SourceName = "ecb"
    max_age_days: int | None = Field(default=None, ge=0, le=120)
    rounding: Rounding = Rounding.HALF_EVEN


class PlainSource(Section):
    """A source of rates of the home's own, loaded from files `currency,rate` day by day."""

    title: str
    pivot: Currency
    quote: Literal["per_pivot", "per_unit"] = "per_pivot"
    calendar: Literal[
        "target",
        "federal_reserve",
        "bank_of_canada",
        "quarter_ends",
        "weekdays",
        "every_day",
    ] = "weekdays"


TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class RateFetch(Section):
    """Where new rates of a source come from by themselves, and from when on they are out.

    Attributes:
        source: Where the newest rates are; it is asked as a vendor's source is.
        history: Where those of all days are; asked instead if more than one day is missing.
        at: The time of day from which on the rates of a day can be expected.
        time_zone: The zone of that time.
    """

    source: Source
    history: Source | None = None
    at: TimeOfDay | None = None
    time_zone: str | None = None

    @field_validator("source", "history")
    @classmethod
    def _is_one_file(cls, source: Source | None) -> Source | None:
        if isinstance(source, HttpSource) and (
            source.incremental or not isinstance(source.pages, NoPages)
        ):
            raise ValueError("rates come as one file: take `pages` and `incremental` out")
        return source

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        return zone if zone is None else _known(zone)

    def names_the_day(self) -> bool:
        """Whether what is asked for depends on the day."""
        if isinstance(self.source, HttpSource):
            return "{pull_date" in "".join((self.source.url, *self.source.parameters.values()))
        return self.source.dated


class Production(Section):
    """One production: its books' currency, its calendar, its FX policy and its accounts.

    `chart` is a CSV within the home: the accounts that costs may be charged to.
    """

    title: str
    base_currency: Currency
    time_zone: str = "UTC"
    start: date | None = None
    fx: FxPolicy = FxPolicy()
    late_window_days: int = Field(default=7305, ge=0)
    chart: str | None = Field(default=None, min_length=1)
    _accounts: Chart | None = PrivateAttr(default=None)

    @property
    def accounts(self) -> Chart | None:
        """What its chart says; None if it has none, or if nobody has read it."""
        return self._accounts

    def charged_by(self, chart: Chart) -> Production:
        """Returns the production with its chart."""
        one = self.model_copy()
        one._accounts = chart  # noqa: SLF001 - its own
        return one

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        return _known(zone)


def _known(zone: str) -> str:
    if zone not in _time_zones():
        raise ValueError(f"{zone!r} is not an IANA time zone (such as America/Los_Angeles)")
    return zone


@functools.cache
def _time_zones() -> frozenset[str]:
    """Returns the names of all time zones, listed once for the process."""
    return frozenset(available_timezones())


class Productions(General):
    """The whole of `productions.yaml`, which also says what `home.yaml` says of other homes."""

    fx_inbox: str = "inbox/fx"
    fx_sources: dict[SourceName, PlainSource] = Field(default_factory=dict)
    fx_fetch: dict[SourceName, RateFetch] = Field(default_factory=dict)
    productions: dict[ProductionCode, Production]
