"""How much at once, how patiently: frozen values, and the slots that enforce them."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

PRIORITIES: Final = ("payroll", "high", "normal", "low")


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of one pull. Durations are in seconds.

    Attributes:
        total: Sources and requests in flight, payroll not counted.
        payroll: The same for payroll, which has slots of its own: a full house of stalled vendors
            does not keep it waiting.
        per_host: Requests in flight to one host.
        backoff: Before the n-th retry a random wait of up to `backoff * 2**n` (full jitter).
        longest_backoff: No such wait is longer.
        longest_retry_after: A vendor that asks for more is given up for this pull.
        folder_timeout: For all files of one folder source (a network drive that hangs).
        most_pages: No API is followed further: it would not end.
        keep_received: Whether the bytes of a failed try are handed over instead of removed.
        chance: A random number in [0, 1) for the jitter.
    """

    total: int = 20
    payroll: int = 4
    per_host: int = 6
    backoff: float = 0.5
    longest_backoff: float = 30.0
    longest_retry_after: float = 120.0
    folder_timeout: float = 600.0
    most_pages: int = 10_000
    keep_received: bool = False
    chance: Callable[[], float] = field(default=random.random)

    def wait(self, attempt: int) -> float:
        """Seconds to wait after the given failed attempt (1-based)."""
        ceiling = min(self.longest_backoff, self.backoff * float(2 ** min(attempt - 1, 16)))
        return self.chance() * ceiling


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
        await self._acquire(rank)
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, rank: int) -> None:
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
                self._release()
            raise

    def _release(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Slots:
    """The slots of one pull: a global cap, payroll's own, and one cap per host."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._all = PrioritySlots(policy.total)
        self._payroll = PrioritySlots(policy.payroll)
        self._hosts: dict[str, PrioritySlots] = {}

    @asynccontextmanager
    async def slot(self, priority: str, host: str) -> AsyncIterator[None]:
        """Hold a slot for one request to a host.

        The host's comes first: waiting for a busy host must not hold a place that others could use.
        """
        rank = PRIORITIES.index(priority)
        per_host = self._hosts.setdefault(host, PrioritySlots(self._policy.per_host))
        overall = self._payroll if rank == 0 else self._all
        async with per_host.slot(rank), overall.slot(rank):
            yield
