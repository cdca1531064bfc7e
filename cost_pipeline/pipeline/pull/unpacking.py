"""Unpacks archives on their way in: each member that is wanted becomes a delivery of its own.

Belongs here: which members are deliveries, and their addresses. The bytes of an archive are landed
before it is unpacked; it is recorded in one commit with its members, so that a pull that is killed
leaves all of them or none, and the next pull makes it good.

An archive of which anything is wrong brings nothing. It stays a delivery that cannot be read.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote

from cost_pipeline.acquire.engine import Fetched, PassedOver
from cost_pipeline.contracts.file_names import Why, never_a_delivery
from cost_pipeline.contracts.sources import Unpack
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.sql import one_of
from cost_pipeline.lake.durable import clear_storage_errors
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.parse import Refused, RefusedArchiveError, each_member
from cost_pipeline.pipeline.session import Session

INSIDE: Final = "!/"
"""What stands between the address of an archive and the path of a member."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The members of an archive: deliveries in temporary files, and the others with why not."""

    members: tuple[Fetched, ...]
    passed_over: tuple[PassedOver, ...]


def unpacked(path: Path, unpack: Unpack, fetched: Fetched, scratch: Path) -> Unpacked | Refused:
    """Returns the members of a landed archive, or why nothing of it is taken.

    Args:
        path: Its bytes.
        unpack: What the vendor file says.
        fetched: How it came; its members came with it.
        scratch: A folder for temporary files.
    """
    members: list[Fetched] = []
    passed: list[PassedOver] = []
    try:
        for name, pieces in each_member(path, unpack.kind):
            uri = f"{fetched.uri}{INSIDE}{quote(str(PurePosixPath(name)))}"
            why = why_not(name, unpack.files)
            if why is not None:
                passed.append(PassedOver(uri, why))
                for _ in pieces:
                    pass  # one that is damaged is told, wanted or not
                continue
            member = _written(pieces, replace(fetched, uri=uri, content_type=""), scratch)
            if member.size:
                members.append(member)
            else:
                member.path.unlink()
                passed.append(PassedOver(uri, "empty"))
    except RefusedArchiveError as error:
        for member in members:
            member.path.unlink(missing_ok=True)
        return Refused(Reason.NOT_THE_FORMAT, str(error))
    return Unpacked(tuple(members), tuple(passed))


def why_not(name: str, pattern: str) -> Why | None:
    """Returns why a member is no delivery; None if it is one."""
    if why := never_a_delivery(name, pattern):
        return why
    path = PurePosixPath(name)
    fits = path.match(pattern) if "/" in pattern else fnmatchcase(path.name, pattern)
    return None if fits else "no_match"


def _written(pieces: Iterator[bytes], fetched: Fetched, scratch: Path) -> Fetched:
    place = scratch / f"member-{uuid.uuid4().hex}"
    hasher = hashlib.sha256()
    size = 0
    with clear_storage_errors(str(scratch)), place.open("xb") as file:
        for piece in pieces:
            hasher.update(piece)
            size += len(piece)
            file.write(piece)
    return replace(fetched, path=place, sha256=hasher.hexdigest(), size=size)


def refused_archives(session: Session, vendors: Sequence[Vendor]) -> set[tuple[str, str]]:
    """Returns vendor and delivery of what came as an archive and brought nothing."""
    names = sorted(archives_of(vendors))
    if not names:
        return set()
    of_vendors = one_of("vendor", names)
    received = session.lake.table(DELIVERIES).snapshot()
    found = received.query(
        f"select vendor, delivery from {{table}} where role is null and {of_vendors} "
        "group by all having count(parent) = 0"
    )
    return set(zip(*(column.to_pylist() for column in found.columns), strict=True))


def refused_archive(session: Session, vendor: Vendor, delivery: str) -> Refused | None:
    """Returns why a delivery of a source of archives brought nothing; None if it is a member."""
    unpack = vendor.source.unpack
    if unpack is None or (vendor.vendor, delivery) not in refused_archives(session, [vendor]):
        return None
    try:
        for _, pieces in each_member(session.lake.content.open_path(delivery), unpack.kind):
            for _ in pieces:
                pass
    except RefusedArchiveError as error:
        return Refused(Reason.NOT_THE_FORMAT, str(error))
    what = "the archive came before `unpack` was declared"
    return Refused(Reason.NOT_THE_FORMAT, f"{what}; pull its date again")


def archives_of(vendors: Sequence[Vendor]) -> set[str]:
    """Returns the names of the vendors whose files are archives."""
    return {vendor.vendor for vendor in vendors if vendor.source.unpack is not None}
