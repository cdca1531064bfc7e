"""Recipes: which faults a simulated vendor has, when, and for whom. Values; nothing happens here.

    seed: 7
    faults:
      - {fault: too_many_requests, form: date, seconds: 2, calls: [1]}
      - {fault: unavailable, calls: [1, 2, 3], where: /northwind/*}
      - {fault: latency, seconds: 0.3, share: 0.2}

A fault says at which calls of a path it strikes (1 is the first), or at which share of them, drawn
from the seed. If several would strike one call, the first one does.
"""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cost_pipeline.core.errors import UsageError


class FaultKind(StrEnum):
    """What can go wrong."""

    LATENCY = "latency"  # the answer comes `seconds` late
    STALL = "stall"  # half of the body, then nothing for `seconds`
    RESET = "reset"  # half of the body, then the connection is torn down
    TRUNCATED_GZIP = "truncated_gzip"  # gzip without its end, with a length that fits
    WRONG_LENGTH = "wrong_length"  # a length that is announced and not kept
    TOO_MANY_REQUESTS = "too_many_requests"  # 429 with Retry-After
    UNAVAILABLE = "unavailable"  # 503, with Retry-After where `seconds` are given
    EXPIRED_TOKEN = "expired_token"  # 401 to a token that was good  # noqa: S105
    REPEATED_PAGE = "repeated_page"  # the page before, once more
    SHUFFLED_PAGES = "shuffled_pages"  # the pages of a pair change places
    CHANGING_PAGE = "changing_page"  # an item went after the page before was read
    HTML = "html"  # a maintenance page with status 200
    DUPLICATE = "duplicate"  # the same content under another name
    CLOCK_SKEW = "clock_skew"  # the vendor's clock is `seconds` off
    # For SFTP only:
    HOST_KEY = "host_key"  # the server shows another key than before
    GROWING = "growing"  # every look shows a larger file


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fault(_Value):
    """One fault.

    Attributes:
        where: Pattern of the paths that it strikes.
        calls: Which calls of a path (1-based); every call if neither this nor `share` is given.
        share: Instead: the share of calls, drawn from the recipe's seed.
        seconds: How long, or by how much; of Retry-After too.
        form: The form of the header Retry-After.
    """

    fault: FaultKind
    where: str = "*"
    calls: tuple[int, ...] | None = None
    share: float | None = Field(default=None, gt=0, le=1)
    seconds: float = 1.0
    form: Literal["seconds", "date"] = "seconds"

    @model_validator(mode="after")
    def _calls_or_share(self) -> Self:
        if self.calls is not None and self.share is not None:
            raise ValueError("give `calls` or `share`, not both")
        return self


class Recipe(_Value):
    """The faults of one simulated vendor, in order of preference."""

    seed: int = 0
    faults: tuple[Fault, ...] = ()

    def strikes(self, path: str, call: int, query: str = "") -> Fault | None:
        """Returns the fault that strikes a call (1-based) of an address; always the same one.

        Pages of one path, which differ in their query, are struck independently of each other.
        """
        for place, fault in enumerate(self.faults):
            if not fnmatchcase(path, fault.where):
                continue
            if fault.calls is not None and call not in fault.calls:
                continue
            # No secret: equal misfortune is the point.
            drawn = Random(f"{self.seed}/{place}/{path}/{query}/{call}").random()  # noqa: S311
            if fault.share is None or drawn < fault.share:
                return fault
        return None

    def has(self, kind: FaultKind) -> Fault | None:
        """Returns the first fault of a kind, for kinds that are a state and not an event."""
        return next((fault for fault in self.faults if fault.fault is kind), None)


def read_recipe(file: Path) -> Recipe:
    """Returns a recipe from a YAML file.

    Raises:
        UsageError: If it cannot be read, or says something that is not known.
    """
    try:
        return Recipe.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    except (OSError, ValueError, yaml.YAMLError) as error:
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            steps = ".".join(map(str, first["loc"])) or "the file"
            words = f"`{steps}`: {first['msg']}"
        else:
            words = str(error)
        raise UsageError(
            f"the recipe cannot be read: {words}",
            where=str(file),
            remedy="known faults: " + ", ".join(FaultKind),
            code="BAD_RECIPE",
        ) from error
