"""A delivery's bytes in bounded pieces, unpacked if they are gzip.

Belongs here: opening and reading the file, and how much unpacking may make of it. `source` decides
which characters the bytes are; `archive` reads the members of a zip archive.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse.rows import Limits, Refused

GZIP_MAGIC: Final = b"\x1f\x8b"
_PIECE: Final = 1 << 20

Compression = Literal["auto", "gzip", "none"]


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a delivery, to be read as often as needed."""

    path: Path
    unpack: bool = False

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yields the bytes in pieces of at most `size`.

        Raises:
            EnvironmentFailedError: If the file cannot be read.
        """
        try:
            with self._open() as file:
                while data := file.read(size):
                    yield data
        except OSError as error:
            raise EnvironmentFailedError(
                f"the delivery cannot be read: {error.strerror}",
                where=str(self.path),
                remedy="see that the file is there, is a file, and may be read; then run again",
            ) from error

    def exceeds(self, limit: int) -> bool:
        """Whether there are more bytes than `limit`; reads no further than needed."""
        if not self.unpack:
            return self.path.stat().st_size > limit
        size = 0
        for piece in self.pieces(_PIECE):
            size += len(piece)
            if size > limit:
                return True
        return False

    def _open(self) -> BinaryIO:
        if self.unpack:
            return cast("BinaryIO", gzip.open(self.path))
        return self.path.open("rb")


def open_body(path: Path, compression: Compression, limits: Limits) -> Body | Refused:
    """Opens a text delivery, unpacked where it is gzip and the format allows it, or says why not.

    A packed body is unpacked once here without keeping anything, so that a body that is cut off,
    damaged or a bomb is refused before a row of it is read.

    Raises:
        EnvironmentFailedError: If the file cannot be read.
    """
    packed = Body(path)
    is_gzip = next(packed.pieces(len(GZIP_MAGIC)), b"") == GZIP_MAGIC
    if compression == "none" or (compression == "auto" and not is_gzip):
        return packed
    if not is_gzip:
        what = "`compression: gzip` is declared, and it does not begin as gzip does"
        return Refused(Reason.NOT_THE_FORMAT, what)
    problem = _unpacking_problem(path, limits)
    return Refused(Reason.NOT_THE_FORMAT, problem) if problem else Body(path, unpack=True)


def _unpacking_problem(path: Path, limits: Limits) -> str | None:
    size = 0
    most = most_unpacked(path.stat().st_size, limits)
    with path.open("rb") as raw, gzip.open(raw) as file:
        try:
            while data := file.read(_PIECE):
                size += len(data)
                if size > most:
                    return f"the gzip body unpacks to more than {most} bytes; it may be a bomb"
        except EOFError:
            return f"the gzip body is cut off: it ends after {size} unpacked bytes"
        except (gzip.BadGzipFile, zlib.error) as error:
            return f"the gzip body is damaged after {size} unpacked bytes: {error}"
    return None


def most_unpacked(packed: int, limits: Limits) -> int:
    """Returns the most bytes that a file of so many packed bytes may unpack to."""
    return min(limits.unpacked_bytes, max(limits.free_bytes, packed * limits.unpacked_ratio))
