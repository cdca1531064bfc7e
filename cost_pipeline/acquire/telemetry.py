"""One record per delivery that was asked for: how long, how much, how often, with what outcome."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Telemetry:
    """A value, and a line of the structured log.

    Attributes:
        outcome: `delivered`, `unchanged`, `failed`, `passed_over` (a file that is no delivery), or
            `nothing`: the one record of a pull that found nothing at all.
        latency: Seconds from the first attempt to the end of the last, without `queued`.
        queued: Seconds of waiting for a slot of the pull.
        size: Bytes of the delivery.
        received: Bytes that came over the wire, where they were compressed; else the same as
            `size`.
        sha256: The hash of the delivery; empty if there is none.
        reason: The reason code of a failure, or why a file was passed over; else empty.
        transient: Whether a failure may pass by itself.
    """

    vendor: str
    pull_date: date
    uri: str
    outcome: Literal["delivered", "unchanged", "failed", "passed_over", "nothing"]
    attempts: int
    latency: float
    queued: float
    size: int = 0
    received: int = 0
    sha256: str = ""
    status: int | None = None
    reason: str = ""
    transient: bool = False

    def as_fields(self) -> dict[str, object]:
        """Returns the record as plain values, for a log or a table."""
        return {
            **asdict(self),
            "pull_date": self.pull_date.isoformat(),
            "latency": round(self.latency, 6),
            "queued": round(self.queued, 6),
        }
