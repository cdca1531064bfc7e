"""Asks a vendor's real source for its first page or newest file, and shows how it would be read.

Belongs here: fetching into a folder that goes away. Nothing is landed, no bookmark is kept, and
what was pulled before plays no part.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from cost_pipeline.acquire.engine import FetchFailure, Policy, Pulled, PullJob, pull_all
from cost_pipeline.contracts.file_names import Why
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.parse import Refused, RefusedArchiveError, each_member
from cost_pipeline.pipeline.pull.unpacking import INSIDE, unpacked, why_not
from cost_pipeline.pipeline.reads import Reads
from cost_pipeline.pipeline.trying.reading import try_file
from cost_pipeline.pipeline.trying.tried import Tried

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source answered.

    Attributes:
        vendor: The vendor.
        tried: How what came would be read; None if nothing came.
        faults: What went wrong, a sentence each with where.
        seen: Files that are there and are none of the vendor's deliveries, with why.
    """

    vendor: str
    tried: Tried | None
    faults: tuple[tuple[str, str], ...] = ()
    seen: tuple[tuple[str, Why], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "vendor": self.vendor,
            "faults": [{"uri": uri, "message": message} for uri, message in self.faults],
            "seen": [{"uri": uri, "why": why} for uri, why in self.seen],
            "tried": None if self.tried is None else self.tried.as_json(),
        }


def ask_source(
    reads: Reads,
    vendor: Vendor,
    *,
    base: Path,
    environment: Mapping[str, str],
    clock: Callable[[], datetime],
    pull_date: date,
    most_rows: int | None = None,
) -> Asked:
    """Returns what a source has first, and how it would be read.

    Args:
        reads: What the home says of the vendor's feed.
        vendor: The vendor file.
        base: The home; relative folders start there.
        environment: Where secrets are looked up by name.
        clock: The present instant, UTC.
        pull_date: The pull date that is asked for.
        most_rows: Reading stops after so many rows; None reads all that came.

    Raises:
        UsageError: If the vendor file cannot be satisfied by any delivery.
        EnvironmentFailedError: If this machine has no room for what comes.
    """
    with tempfile.TemporaryDirectory(prefix="cost-pipeline-") as folder:
        (pulled,) = asyncio.run(
            pull_all(
                [PullJob(vendor.as_of(pull_date), pull_date, one=True)],
                base=base,
                scratch=Path(folder),
                environment=environment,
                clock=clock,
                policy=Policy(),
            )
        )
        pulled = _first_member(vendor, pulled, Path(folder))
        tried = None
        if pulled.fetched:
            first = pulled.fetched[0]
            tried = try_file(
                reads,
                vendor,
                first.path,
                pull_date=pull_date,
                name=first.uri,
                most_rows=most_rows,
            )
    return _asked(vendor, pulled, tried)


@contextmanager
def first_inside(vendor: Vendor, file: Path) -> Iterator[tuple[Path, str]]:
    """Gives the first member of a file that is an archive of the vendor's, with its name.

    Another file is given as it is: it may be a member that somebody took out.
    """
    unpack = vendor.source.unpack
    with tempfile.TemporaryDirectory(prefix="cost-pipeline-") as folder:
        found = file, file.name
        with contextlib.suppress(RefusedArchiveError):
            for name, pieces in each_member(file, unpack.kind) if unpack else ():
                if unpack is None or why_not(name, unpack.files):
                    continue
                place = Path(folder) / "member"
                with place.open("wb") as written:
                    written.writelines(pieces)
                if place.stat().st_size:
                    found = place, f"{file.name}{INSIDE}{name}"
                    break
        yield found


def _first_member(vendor: Vendor, pulled: Pulled, folder: Path) -> Pulled:
    """Returns what came, in the place of an archive its members."""
    unpack = vendor.source.unpack
    if unpack is None or not pulled.fetched:
        return pulled
    archive = pulled.fetched[0]
    found = unpacked(archive.path, unpack, archive, folder)
    if isinstance(found, Refused):
        failure = FetchFailure(archive.uri, found.reason, found.message, transient=False)
        return replace(pulled, fetched=(), failures=(*pulled.failures, failure))
    passed = (*pulled.passed_over, *found.passed_over)
    return replace(pulled, fetched=found.members, passed_over=passed)


def _asked(vendor: Vendor, pulled: Pulled, tried: Tried | None) -> Asked:
    faults = tuple((failure.uri, failure.message) for failure in pulled.failures)
    seen = tuple((one.uri, one.why) for one in pulled.passed_over[:_SHOWN])
    return Asked(vendor.vendor, tried, faults, seen)
