"""The numbers that rules are written in, and what every kind of amounts has in common.

Hours and money are decimals written as text; a float cannot get in because a pack is read as text.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MINUTES_PER_HOUR = 60
Hours = Annotated[Decimal, Field(ge=0, le=400)]
Minutes = Annotated[int, Field(ge=0, le=6000)]
Multiplier = Annotated[Decimal, Field(ge=0, le=10, decimal_places=2)]
Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=4)]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=3)]


class Amounts(BaseModel):
    """Base of every kind: frozen, and an unknown key is an error; built when first used."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
