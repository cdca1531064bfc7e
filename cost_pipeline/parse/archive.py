"""The members of a zip archive that a stranger made, within bounds.

Belongs here: what makes an archive refusable as a whole (names that climb, members that claim too
much, encryption) and reading a member in pieces. Nothing is ever written to disk, and what the
members mean is not known here.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse.body import most_unpacked
from cost_pipeline.parse.rows import Limits, Refused

MOST_MEMBERS: Final = 10_000
_PIECE: Final = 1 << 16
_ENCRYPTED: Final = 0x1


class BrokenMemberError(Exception):
    """A member that cannot be read to its end. Does not leave this package."""


class Archive:
    """An archive whose directory has been found harmless."""

    def __init__(self, path: Path, order: tuple[str, ...]) -> None:
        self._path = path
        self.order = order
        self.names = frozenset(order)

    def pieces(self, name: str, most: int = _PIECE) -> Iterator[bytes]:
        """Yields a member in pieces, of never more bytes than its directory entry claims.

        Raises:
            BrokenMemberError: If the member is damaged or lies about its size.
        """
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(name) as member:
                while data := member.read(min(most, _PIECE)):
                    yield data
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,  # a compression that zipfile does not know
            KeyError,
            OSError,
            UnicodeDecodeError,  # its name beside its bytes is no text
        ) as error:
            raise BrokenMemberError(f"its part {name} is damaged: {error}") from error

    def read(self, name: str, most: int) -> bytes:
        """Returns a small member at once.

        Raises:
            BrokenMemberError: If the member is damaged or larger than `most`.
        """
        parts: list[bytes] = []
        size = 0
        for piece in self.pieces(name):
            parts.append(piece)
            size += len(piece)
            if size > most:
                raise BrokenMemberError(f"its part {name} has more than {most} bytes")
        return b"".join(parts)


def open_archive(path: Path, limits: Limits) -> Archive | Refused:
    """Returns an archive that may be read, or why not; reads only its directory."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        return _refused(f"its archive is damaged or cut off: {error}")
    problem = _problem(members, path.stat().st_size, limits)
    if problem is not None:
        return _refused(problem)
    return Archive(path, tuple(member.filename for member in members))


def _problem(members: list[zipfile.ZipInfo], packed: int, limits: Limits) -> str | None:
    if len(members) > MOST_MEMBERS:
        return f"its archive has {len(members)} members, {MOST_MEMBERS} at most are read"
    for member in members:
        if climbs(member.orig_filename):
            shown = member.orig_filename[:100]
            return f"its archive has a member whose path leads out of it: {shown!r}"
        if member.flag_bits & _ENCRYPTED:
            shown = member.orig_filename[:100]
            return f"its member {shown!r} is encrypted; it must be delivered without a password"
    if twice := [name for name, n in Counter(m.filename for m in members).items() if n > 1]:
        return f"its archive has two members of one name: {twice[0][:100]!r}"
    claimed = sum(member.file_size for member in members)
    return bomb_problem(packed, claimed, most_unpacked(packed, limits))


def bomb_problem(packed: int, claimed: int, most: int) -> str | None:
    """Returns what is wrong with an archive that claims to unpack to so much; None if nothing."""
    if claimed <= most:
        return None
    return (
        f"its archive of {packed} bytes claims to unpack to {claimed}, "
        f"{most} at most are read; it may be a bomb"
    )


def climbs(name: str) -> bool:
    """Whether a member's path leads out of its archive, or may on some machine."""
    odd = name.startswith("/") or any(mark in name for mark in ("\\", ":", "\0"))
    return odd or ".." in name.split("/")


def _refused(message: str) -> Refused:
    return Refused(Reason.NOT_THE_FORMAT, message)
