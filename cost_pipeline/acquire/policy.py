"""How much a pull does at a time and how long it waits, as frozen values; and its slots."""

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
    """The limits of one pull; the vendor file says how much the vendor's own host bears.

    Durations are in seconds.

    Attributes:
        total: The most sources and requests under way at a time, payroll not counted.
        payroll: The same for payroll, which has slots of its own, in all and per host, so that it
            does not wait for vendors that stall.
        per_host: The most requests under way to one host, where its vendors set no limit.
        unlanded: The most deliveries that are fetched and not yet landed; beyond that, their
            vendors wait.
        backoff: A factor for all random waits before a retry; with 0, tests do not wait.
        longest_retry_after: The longest wait that a vendor may ask for; one that asks for more is
            given up for this pull.
        folder_timeout: The most that a folder source gets, whatever its vendor file says.
        most_pages: The most pages that are asked of one API; beyond that it is taken to be endless.
        most_bytes: The largest delivery; beyond that a body is taken to be endless or a gzip bomb.
        keep_received: Whether the bytes of a failed try are handed over instead of removed.
        debug_loop: Whether the event loop is watched for slow callbacks, pauses, growth of memory.
        slow_callback: From how many seconds on a watched loop calls a callback slow.
        chance: Returns a random number in [0, 1) for the jitter.
        timer: Returns the seconds on a clock that never goes back.
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
        """Returns the seconds to wait after the given failed attempt (1-based): full jitter."""
        ceiling = min(retry.max, retry.base * float(2 ** min(attempt, 16)))
        return self.chance() * ceiling * self.backoff


class PrioritySlots:
    """A semaphore whose waiters are served by priority, then in the order in which they came.

    It is bound to the running loop on first use; make a new one per pull.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def slot(self, rank: int) -> AsyncIterator[None]:
        """Holds a slot; a waiter of a lower rank is served first."""
        await self.acquire(rank)
        try:
            yield
        finally:
            self.release()

    async def acquire(self, rank: int) -> None:
        """Takes a slot; whoever takes it gives it back with `release`."""
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            # It was cancelled in the moment the slot was handed over: the next one gets the slot.
            if turn.done() and not turn.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Gives a slot back, to the next in line if somebody waits."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
