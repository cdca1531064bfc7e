"""The files in an archive that is delivered as one: `zip` and `tar`, within bounds.

Belongs here: which members there are and reading them in pieces, or why the archive is refused as a
whole. Nothing is written to disk here, and which members are wanted is not known.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast

from cost_pipeline.parse.archive import (
    MOST_MEMBERS,
    BrokenMemberError,
    bomb_problem,
    climbs,
    open_archive,
)
from cost_pipeline.parse.body import GZIP_MAGIC, most_unpacked
from cost_pipeline.parse.rows import Limits, Refused

_PIECE: Final = 1 << 16
# Names and marks of members are short; a longer one would be read whole into memory.
_MOST_HEADER: Final = 1 << 20


_REMEDY: Final = "; ask for the archive again"


class RefusedArchiveError(Exception):
    """An archive of which nothing is read, with why and what to do."""


def each_member(
    path: Path, kind: Literal["zip", "tar"], limits: Limits | None = None
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields each file in an archive with its bytes, which are read before the next one is asked.

    Raises:
        RefusedArchiveError: If it is damaged, encrypted, no such archive or out of bounds; also
            while a member is read.
    """
    limits = limits or Limits()
    members = _of_zip(path, limits) if kind == "zip" else _of_tar(path, limits)
    with _told():
        for name, pieces in members:
            yield name, _each(pieces)


def _each(pieces: Iterator[bytes]) -> Iterator[bytes]:
    # What goes wrong here is raised where the pieces are read, not where members are asked for.
    with _told():
        yield from pieces


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenMemberError as error:
        raise RefusedArchiveError(f"{error}{_REMEDY}") from error
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError) as error:
        message = f"its archive is damaged, cut off or no tar: {error}"
        raise RefusedArchiveError(f"{message}{_REMEDY}") from error


def _of_zip(path: Path, limits: Limits) -> Iterator[tuple[str, Iterator[bytes]]]:
    archive = open_archive(path, limits)
    if isinstance(archive, Refused):
        raise RefusedArchiveError(f"{archive.message}{_REMEDY}")
    for name in archive.order:
        if not name.endswith("/"):
            yield name, archive.pieces(name)


def _of_tar(path: Path, limits: Limits) -> Iterator[tuple[str, Iterator[bytes]]]:
    most = most_unpacked(path.stat().st_size, limits)
    seen: set[str] = set()
    claimed = 0
    with _opened(path) as raw, tarfile.open(fileobj=cast("BinaryIO", raw), mode="r:") as tar:
        while (member := tar.next()) is not None:
            claimed += member.size
            if problem := _problem(member, seen, claimed, most, path):
                raise RefusedArchiveError(f"{problem}{_REMEDY}")
            seen.add(member.name)
            opened = tar.extractfile(member)
            if opened is not None:
                yield member.name, iter(functools.partial(opened.read, _PIECE), b"")
        raw.seek(tar.offset)
        if raw.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("it ends without the mark of its end")


def _problem(
    member: tarfile.TarInfo, seen: set[str], claimed: int, most: int, path: Path
) -> str | None:
    if len(seen) >= MOST_MEMBERS:
        return f"its archive has more than {MOST_MEMBERS} members"
    shown = repr(member.name[:100])
    if climbs(member.name):
        return f"its archive has a member whose path leads out of it: {shown}"
    if not (member.isreg() or member.isdir()) or member.issparse():
        return f"its member {shown} is a link or a device, and no file"
    if member.name in seen:
        return f"its archive has two members of one name: {shown}"
    return bomb_problem(path.stat().st_size, claimed, most)


class _Bounded(io.RawIOBase):
    """Bytes of which never much is read at once: what is long is told in a header of its own."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MOST_HEADER:
            raise tarfile.ReadError("a header of a member is too long")
        return self._raw.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def close(self) -> None:
        self._raw.close()
        super().close()


def _opened(path: Path) -> _Bounded:
    raw = path.open("rb")
    packed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    raw.close()
    return _Bounded(cast("BinaryIO", gzip.open(path)) if packed else path.open("rb"))
