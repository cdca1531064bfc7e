"""Watching the event loop: slow callbacks, the longest pause, and where memory grew.

It is a debug switch and not a default, because loop debugging and tracemalloc cost time.
"""

from __future__ import annotations

import asyncio
import contextlib
import linecache
import logging
import time
import traceback
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

_LOG: Final = logging.getLogger(__name__)
_TICK: Final = 0.01
_TOP: Final = 10
_TOLD: Final = 3


@dataclass(slots=True)
class Watch:
    """What was seen; filled while the loop is watched, complete afterwards.

    Attributes:
        longest_pause: The most seconds in which the loop was held by one callback.
        growth: Where memory grew the most from beginning to end: (place, bytes).
        peak: The most bytes that Python held at a time.
    """

    longest_pause: float = 0.0
    growth: tuple[tuple[str, int], ...] = ()
    peak: int = 0


@asynccontextmanager
async def watched(*, on: bool, slow: float = 0.1) -> AsyncIterator[Watch]:
    """Watches the running loop if `on`, and logs at the end what it saw.

    asyncio itself logs each callback that is slower than `slow` seconds.
    """
    watch = Watch()
    if not on:
        yield watch
        return
    loop = asyncio.get_running_loop()
    before = loop.get_debug(), loop.slow_callback_duration
    loop.set_debug(enabled=True)
    loop.slow_callback_duration = slow
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    snapshot = await asyncio.to_thread(tracemalloc.take_snapshot)
    beat = asyncio.create_task(_beat(watch))
    try:
        yield watch
    finally:
        beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beat
        watch.peak = tracemalloc.get_traced_memory()[1]
        watch.growth = await asyncio.to_thread(
            lambda: _growth(snapshot, tracemalloc.take_snapshot())
        )
        if not tracing:
            tracemalloc.stop()
        loop.set_debug(before[0])
        loop.slow_callback_duration = before[1]
        _LOG.info(
            "the loop's longest pause was %.3f s; Python held %.1f MB at most; it grew most at %s",
            watch.longest_pause,
            watch.peak / 1e6,
            ", ".join(f"{place} ({size / 1e3:+,.1f} kB)" for place, size in watch.growth[:_TOLD])
            or "no place",
            extra={
                "longest_pause": round(watch.longest_pause, 4),
                "memory_peak": watch.peak,
                "memory_growth": [{"at": place, "bytes": size} for place, size in watch.growth],
            },
        )


async def _beat(watch: Watch) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(_TICK)
        watch.longest_pause = max(watch.longest_pause, time.perf_counter() - began - _TICK)


def _growth(
    before: tracemalloc.Snapshot, after: tracemalloc.Snapshot
) -> tuple[tuple[str, int], ...]:
    ours = [
        tracemalloc.Filter(inclusive=False, filename_pattern=str(module.__file__))
        for module in (tracemalloc, linecache, traceback)  # loop debugging reads source lines
    ]
    found = after.filter_traces(ours).compare_to(before.filter_traces(ours), "lineno")
    return tuple((str(one.traceback), one.size_diff) for one in found[:_TOP] if one.size_diff > 0)
