"""The shape of `productions.yaml`: the productions of a home and how each converts currency."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, StringConstraints, field_validator

from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.vendor import ProductionCode

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class FxPolicy(Section):
    """Which rates a production uses, how old they may be (calendar days), how it rounds."""

    source: Literal["ecb"] = "ecb"
    max_age_days: int = Field(default=5, ge=0, le=31)
    rounding: Literal["half_even"] = "half_even"


class Production(Section):
    """One production: its books' currency, its calendar and its FX policy."""

    title: str
    base_currency: Currency
    time_zone: str = "UTC"
    fx: FxPolicy = FxPolicy()
    late_window_days: int = Field(default=45, ge=0)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"{zone!r} is not an IANA time zone (such as America/Los_Angeles)")
        return zone


class AgeLimits(Section):
    """For how many days a dead letter may be open before the check `age` is red, by its class."""

    permanent: int = Field(default=14, ge=0)
    transient: int = Field(default=3, ge=0)


class DeadLetterPolicy(Section):
    """What is expected of the people who look after dead letters."""

    max_age_days: AgeLimits = AgeLimits()


class Productions(Section):
    """The whole of `productions.yaml`."""

    lake: str = "./lake"
    dead_letters: DeadLetterPolicy = DeadLetterPolicy()
    productions: dict[ProductionCode, Production] = Field(min_length=1)
