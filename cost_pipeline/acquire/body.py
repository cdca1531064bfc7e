"""A body as it is received: counted, bounded and hashed.

Content-Encoding is how a body travels: it is undone here, block by block, and the hash of the
packed bytes is kept. A file that itself is gzip is the delivery and is landed verbatim; it is
unpacked only to see that all of it came. In both cases a body that was cut short is found, and a
bomb does not go off.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Final

from cost_pipeline.acquire.attempts import AttemptError
from cost_pipeline.acquire.outcome import Packed
from cost_pipeline.acquire.scratch import Spool

_BLOCK: Final = 1 << 18
GZIP: Final = b"\x1f\x8b"
# No table compresses better than 200 to 1, once it is large enough to matter.
_BOMB_RATIO: Final = 200
_BOMB_SIZE: Final = 64 << 20
_WINDOW: Final = 31  # zlib's way of saying: gzip, with its largest window


class Gunzip:
    """Undoes gzip in small pieces; several members in a row are one body."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_WINDOW)

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Yields the unpacked pieces of a block, each of at most `_BLOCK` bytes.

        Raises:
            AttemptError: If the block is not gzip.
        """
        rest, full = block, False
        while rest or full:
            if self._member.eof:
                rest = rest.lstrip(b"\0")  # padding after the last member is lawful
                if not rest:
                    return
                self._member = zlib.decompressobj(_WINDOW)
            try:
                piece = self._member.decompress(rest, _BLOCK)
            except zlib.error as error:
                raise AttemptError("sent damaged gzip", transient=True) from error
            rest = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            full = len(piece) == _BLOCK and not self._member.eof
            yield piece

    def finish(self) -> None:
        """Checks at the end of the body that it is complete.

        Raises:
            AttemptError: If the end of the body is missing.
        """
        if not self._member.eof:
            raise AttemptError("sent gzip that is cut short: its end is missing", transient=True)


class Intake:
    """Takes the blocks of one body into a spool.

    Args:
        spool: Where the delivery is written.
        encoded: Whether the body is gzip only because of its Content-Encoding, which is undone
            here. A delivery that itself is gzip is landed as it is.
        most: The largest delivery, in bytes.
    """

    def __init__(self, spool: Spool, *, encoded: bool, most: int) -> None:
        self._spool = spool
        self._most = most
        self._way = Gunzip() if encoded else None
        self._file: Gunzip | None = None
        self._seen = 0
        self._start: bytes | None = b""
        self._wire = hashlib.sha256()
        self.received = 0
        """Bytes received, before unpacking."""

    def write(self, block: bytes) -> None:
        """Takes a block in; the caller waits while the block is unpacked and written.

        Raises:
            AttemptError: If it cannot be unpacked, or the delivery is too large.
            EnvironmentFailedError: If the disk is full or fails.
        """
        self.received += len(block)
        self._wire.update(block)
        for piece in self._way.feed(block) if self._way else (block,):
            self._inner(piece)

    def finish(self) -> Packed | None:
        """Ends the body; returns the hash and size of the packed bytes, None if it was not packed.

        Raises:
            AttemptError: If the body is cut short, or the delivery is too large.
        """
        if self._start is not None:
            start, self._start = self._start, None
            self._store(start)
        for layer in (self._way, self._file):
            if layer is not None:
                layer.finish()
        return Packed(self._wire.hexdigest(), self.received) if self._way else None

    def _inner(self, piece: bytes) -> None:
        if self._start is not None:
            self._start += piece
            if len(self._start) < len(GZIP):
                return
            piece, self._start = self._start, None
            if piece.startswith(GZIP):
                self._file = Gunzip()
        if self._file is not None:
            # The file is landed as it is; it is only unpacked to see that all of it came.
            self._seen += sum(map(len, self._file.feed(piece)))
            self._refuse_bomb(self._seen)
        self._store(piece)

    def _store(self, piece: bytes) -> None:
        size = self._spool.size + len(piece)
        if size > self._most:
            raise AttemptError(
                f"sends more than {self._most:,} bytes, the most that one delivery may have",
                transient=False,
            )
        self._refuse_bomb(size)
        self._spool.write(piece)

    def _refuse_bomb(self, size: int) -> None:
        if size > max(_BOMB_SIZE, self.received * _BOMB_RATIO):
            raise AttemptError(
                f"sends gzip that unpacks to over {_BOMB_RATIO} times its size: no table does",
                transient=False,
            )


async def take(blocks: AsyncIterator[bytes], intake: Intake) -> Packed | None:
    """Reads a whole body; returns the hash and size of the packed bytes, None if it was not packed.

    The blocks are unpacked and written in a thread, outside the event loop.

    Raises:
        AttemptError: As `Intake`.
        EnvironmentFailedError: As `Intake`.
    """
    waiting = bytearray()
    try:
        async for block in blocks:
            waiting += block
            if len(waiting) >= _BLOCK:
                full, waiting = bytes(waiting), bytearray()
                await asyncio.to_thread(intake.write, full)
    except Exception:  # whatever ended the body
        intake.write(bytes(waiting))  # what did arrive is evidence
        raise
    await asyncio.to_thread(intake.write, bytes(waiting))
    return intake.finish()
