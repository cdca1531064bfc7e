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
    """What tells a vendor, or a later pull, that something has not changed since it was received.

    What the pull read in it is kept beside it, because something unchanged is not read again: a
    walk over unchanged pages must end with the same cursor and the same sum.

    Attributes:
        etag: The ETag as the vendor gave it; for SFTP, size and time of the file.
        last_modified: The Last-Modified as the vendor gave it.
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
        """Returns the validator as a line of JSON, to be stored."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Validator:
        """Returns the validator that `as_json` wrote.

        Raises:
            ValueError: If `as_json` did not write the text.
        """
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError("is not a validator") from error


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What one vendor's pull leaves for its next one. The caller stores it once all is landed.

    Attributes:
        validators: One by the uri of each thing that this pull received or found unchanged.
        cursor: How far the vendor was read (`incremental:`); empty before the first pull.
    """

    validators: Mapping[str, Validator] = field(default_factory=dict)
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class PullJob:
    """One vendor to be pulled for one date.

    Attributes:
        known: (uri, sha256) of what was received before; a plain glob leaves those files alone.
        bookmark: What the pull before left; what is still as it says is not received again.
        one: Whether the first page, or the newest file, is enough, to look at a source.
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
        sha256: The hash of the compressed bytes.
        size: The number of the compressed bytes.
    """

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """One complete delivery, in a temporary file; whoever receives it lands or removes the file.

    Attributes:
        path: The temporary file; where a `land` was given, its bytes are landed already.
        sha256: The hash of the file's bytes.
        size: The number of the file's bytes.
        uri: Where it came from; holds no secret.
        fetched_at: When its last byte arrived, UTC.
        status: The HTTP status; None for files.
        attempts: How often it was asked for, this time included.
        content_type: The type that the vendor declared; empty if it declared none.
        latency: Seconds from the first attempt to the last byte, waits for a slot not counted.
        queued: Seconds of waiting for a slot.
        packed: The hash and size of the packed bytes, where the answer was gzip by its
            Content-Encoding; `path` holds the unpacked ones.
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
        uri: The address that was asked for; it is the same from pull to pull.
        reason: The reason code of its dead letter.
        message: What happened, in plain words, with what to do; holds no secret.
        transient: Whether trying again without a change can help.
        attempts: How often it was tried.
        received: The bytes that did arrive, where the policy keeps them.
        latency: Seconds from the first attempt to giving up, waits for a slot not counted.
        queued: Seconds of waiting for a slot.
        traceback: What the system or a library raised, as types and places only (`core.frames`);
            None if the answer was understood.
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
    """Something that has not changed since it was received, as the vendor says or a look shows."""

    uri: str
    attempts: int = 1
    latency: float = 0.0
    queued: float = 0.0


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file that is there and is no delivery; the pull only reports it."""

    uri: str
    why: Why


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one job brought. All may be empty, as for a dated folder without a file of that date.

    Attributes:
        passed_over: Files that are never deliveries; where no name matched, also some of the names
            that were seen instead.
        bookmark: The bookmark for the next pull; its cursor moved only if nothing failed.
        telemetry: One record per delivery, failure and unchanged one.
    """

    vendor: str
    fetched: tuple[Fetched, ...] = ()
    failures: tuple[FetchFailure, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    bookmark: Bookmark = Bookmark()
    telemetry: tuple[Telemetry, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
