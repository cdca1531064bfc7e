"""What a pull is asked for and what it brings: values, never exceptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path

from cost_pipeline.acquire.telemetry import Telemetry
from cost_pipeline.contracts.file_names import Why
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Validator:
    """By what a vendor can tell that something is as it was when it was last received.

    What the pull read off it is kept beside it, because something that is unchanged is not read
    again: a walk over pages that are as they were must end with the same cursor and the same sum.

    Attributes:
        etag: As the vendor gave it; for SFTP, size and time of the file.
        last_modified: As the vendor gave it.
        next: The address of the page that came after it; empty after the last.
        items: How many items the page had.
        total: How many items the vendor counts in all, where it says so.
        increment: How far the page got (`incremental:`); empty if it says nothing.
    """

    etag: str = ""
    last_modified: str = ""
    next: str = ""
    items: int = 0
    total: int | None = None
    increment: str = ""

    def as_json(self) -> str:
        """For keeping."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Validator:
        """What `as_json` wrote.

        Raises:
            ValueError: If it did not.
        """
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError("is not a validator") from error


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What one vendor's pull leaves for its next one. The caller keeps it, if all was landed.

    Attributes:
        validators: By uri, of what this pull received or found unchanged.
        cursor: How far the vendor was read (`incremental:`); empty before the first pull.
    """

    validators: Mapping[str, Validator] = field(default_factory=dict)
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class PullJob:
    """One vendor to be pulled for one date.

    Attributes:
        known: (uri, sha256) of what was received before; a plain glob leaves those files alone.
        bookmark: What the pull before left; what it says is unchanged is not received again.
        one: Whether the first page, or the newest file, is enough: for a look at a source.
    """

    vendor: Vendor
    pull_date: date
    known: frozenset[tuple[str, str]] = frozenset()
    bookmark: Bookmark = Bookmark()
    one: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """A delivery as it came over the wire, where that was compressed.

    Attributes:
        sha256: Of the compressed bytes.
        size: Of the same.
    """

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """One delivery, complete, in a temporary file that is now the receiver's to land or remove.

    Attributes:
        path: The temporary file; where a `land` was given, its bytes are already landed.
        sha256: Of its bytes.
        size: In bytes.
        uri: Where it came from; holds no secret.
        fetched_at: When its last byte arrived, UTC.
        status: The HTTP status; None for files.
        attempts: How often it was asked for, this time included.
        content_type: As the vendor declared it; empty if it did not.
        latency: Seconds from the first attempt to the last byte, waits for a slot not counted.
        queued: Seconds of waiting for a slot.
        packed: What came, if it was gzip for the way (Content-Encoding); `path` is unpacked.
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
    queued: float = 0.0
    packed: Packed | None = None


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
        latency: Seconds from the first attempt to giving up, waits for a slot not counted.
        queued: Seconds of waiting for a slot.
        traceback: What the system or a library raised, as types and places only (`core.frames`);
            None for an answer that was understood.
    """

    uri: str
    reason: Reason
    message: str
    transient: bool
    attempts: int = 1
    received: Path | None = None
    latency: float = 0.0
    queued: float = 0.0
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Something that the vendor says, or shows, is as it was when it was last received."""

    uri: str
    attempts: int = 1
    latency: float = 0.0
    queued: float = 0.0


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file that is there and is no delivery; it is told, and nothing else becomes of it."""

    uri: str
    why: Why


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one job brought. All may be empty: a dated folder without a file for that date.

    Attributes:
        passed_over: Files that are never deliveries, and where nothing matched, some of the names
            that were seen instead.
        bookmark: For the next pull; its cursor moved only if nothing failed.
        telemetry: One record per delivery, failure and unchanged one.
    """

    vendor: str
    fetched: tuple[Fetched, ...] = ()
    failures: tuple[FetchFailure, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    bookmark: Bookmark = Bookmark()
    telemetry: tuple[Telemetry, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
