"""How much at once, how patiently: frozen values, and the slots that enforce them."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from cost_pipeline.contracts.sources import Retry

PRIORITIES: Final = ("payroll", "high", "normal", "low")


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of one pull; what a vendor's own host bears is in its vendor file.

    Durations are in seconds.

    Attributes:
        total: Sources and requests in flight, payroll not counted.
        payroll: The same for payroll, which has slots of its own, in all and per host: a full house
            of stalled vendors does not keep it waiting.
        per_host: Requests in flight to one host, where its vendors set no limit.
        unlanded: Deliveries that are fetched and not yet landed; when there are as many, their
            vendors wait.
        backoff: All random waits before a retry are multiplied with it; no test waits.
        longest_retry_after: A vendor that asks for more is given up for this pull.
        folder_timeout: No folder source gets more, whatever it asks for.
        most_pages: No API is followed further: it would not end.
        most_bytes: No delivery is larger: a body that does not end, or a gzip bomb.
        keep_received: Whether the bytes of a failed try are handed over instead of removed.
        debug_loop: Whether the event loop is watched: slow callbacks, pauses, growth of memory.
        slow_callback: What a watched loop calls slow.
        chance: A random number in [0, 1) for the jitter.
        timer: Seconds on a clock that never goes back.
    """

    total: int = 20
    payroll: int = 4
    per_host: int = 6
    unlanded: int = 16
    backoff: float = 1.0
    longest_retry_after: float = 120.0
    folder_timeout: float = 600.0
    most_pages: int = 10_000
    most_bytes: int = 8 << 30
    keep_received: bool = False
    debug_loop: bool = False
    slow_callback: float = 0.1
    chance: Callable[[], float] = field(default=random.random)
    timer: Callable[[], float] = field(default=time.monotonic)

    def wait(self, retry: Retry, attempt: int) -> float:
        """Seconds to wait after the given failed attempt (1-based): full jitter."""
        ceiling = min(retry.max, retry.base * float(2 ** min(attempt, 16)))
        return self.chance() * ceiling * self.backoff


class PrioritySlots:
    """A semaphore whose waiters are served by priority, then in the order in which they came.

    Bound to the running loop on first use; make a new one per pull.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def slot(self, rank: int) -> AsyncIterator[None]:
        """Hold a slot; a lower rank is served first."""
        await self.acquire(rank)
        try:
            yield
        finally:
            self.release()

    async def acquire(self, rank: int) -> None:
        """Take a slot; whoever does gives it back with `release`."""
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            # Cancelled in the moment the slot was handed over: it goes to the next one.
            if turn.done() and not turn.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Give a slot back; the next in line has it."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
