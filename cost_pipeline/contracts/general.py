"""The settings of a home that concern no feed more than another: lake, alerts, dead letters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.sources import Variable


class Alerts(Section):
    """Says where failed runs and red checks are reported.

    Attributes:
        webhook_env: The environment variable that holds the webhook's address.
        warnings: Whether red checks that only warn are reported too.
        body: `full` (text and structure), or `text` for receivers that refuse other keys.
    """

    webhook_env: Variable
    warnings: bool = True
    body: Literal["full", "text"] = "full"


class AgeLimits(Section):
    """The days that a dead letter may be open before the check `age` is red, by its class."""

    permanent: int = Field(default=14, ge=0)
    transient: int = Field(default=3, ge=0)


class DeadLetterPolicy(Section):
    """What is expected of the people who look after dead letters."""

    max_age_days: AgeLimits = AgeLimits()


class General(Section):
    """What `home.yaml` says; a feed's own settings file may say it instead.

    Attributes:
        lake: The folder of the lake, within the home or absolute, or a URI.
        alerts: Where alerts go; nobody is told if it is not given.
        dead_letters: How long they may be open.
    """

    lake: str = "./lake"
    alerts: Alerts | None = None
    dead_letters: DeadLetterPolicy = DeadLetterPolicy()
