"""The bytes of a file on an SFTP server, with several reads under way at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final, cast

import asyncssh

_BLOCK: Final = 1 << 18
_AHEAD: Final = 2 << 20


async def blocks_of(
    client: asyncssh.SFTPClient, path: str, size: int, patience: float
) -> AsyncIterator[bytes]:
    """Yields the file's blocks, until a little beyond `size`: a file that grows would not end.

    Several reads are under way at a time, or a distant server would give one block per round trip.
    asyncssh can do that too, but nobody handles the errors of its reads when the connection is
    lost.
    """
    async with asyncio.timeout(patience):
        opened = await client.open(path, "rb", encoding=None, block_size=0)
    # Not `async with`: after a failure, closing would wait for a server that does not answer. The
    # connection is torn down then, and the handle with it.
    offset = asked = 0
    step = min(_BLOCK, client.limits.max_read_len)
    most = _AHEAD // step
    ahead: deque[asyncio.Task[str | bytes]] = deque()
    try:
        while offset <= size:
            asked = asked if ahead else offset
            while asked <= size and len(ahead) < most:
                ahead.append(asyncio.create_task(opened.read(step, asked)))
                asked += step
            async with asyncio.timeout(patience):
                block = cast("bytes", await ahead.popleft())  # opened without an encoding
            if not block:
                break
            offset += len(block)
            yield block
            if len(block) < step and offset < size:
                # The server gives less at a time: what the reads ahead bring is not what follows.
                await _drop(ahead)
                step, asked = len(block), offset
    finally:
        await _drop(ahead)
    async with asyncio.timeout(patience):
        await opened.close()


async def _drop(reads: deque[asyncio.Task[str | bytes]]) -> None:
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    reads.clear()
