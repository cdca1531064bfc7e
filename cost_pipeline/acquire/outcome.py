"""What a pull is asked for and what it brings: values, never exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class PullJob:
    """One vendor to be pulled for one date.

    Attributes:
        known: (uri, sha256) of what was received before; a plain glob leaves those files alone.
    """

    vendor: Vendor
    pull_date: date
    known: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Fetched:
    """One delivery, complete, in a temporary file that is now the receiver's to land or remove.

    Attributes:
        path: The temporary file.
        sha256: Of its bytes.
        size: In bytes.
        uri: Where it came from; holds no secret.
        fetched_at: When its last byte arrived, UTC.
        status: The HTTP status; None for files.
        attempts: How often it was asked for, this time included.
        content_type: As the vendor declared it; empty if it did not.
        latency: Seconds from the first attempt to the last byte.
    """

    path: Path
    sha256: str
    size: int
    uri: str
    fetched_at: datetime
    status: int | None
    attempts: int
    content_type: str
    latency: float


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """Something that could not be fetched.

    Attributes:
        uri: What was asked for; stable from pull to pull.
        reason: The reason code of its dead letter.
        message: What happened, in plain words, with what to do; holds no secret.
        transient: Whether trying again without a change can help.
        attempts: How often it was tried.
        received: The bytes that did arrive, where the policy keeps them.
    """

    uri: str
    reason: Reason
    message: str
    transient: bool
    attempts: int = 1
    received: Path | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one job brought. Both may be empty: a dated folder without a file for that date."""

    vendor: str
    fetched: tuple[Fetched, ...] = ()
    failures: tuple[FetchFailure, ...] = ()
