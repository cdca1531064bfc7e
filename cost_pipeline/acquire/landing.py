"""A bounded queue between fetching and landing, so that one lands while others fetch.

The caller's `land` runs in a thread, payroll first, and is given everything that has come by then,
because a commit costs the same for one delivery and for a dozen. When more deliveries wait than the
policy allows, their vendors wait too, so that memory and disk stay bounded.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial

from cost_pipeline.acquire.outcome import Fetched, PullJob
from cost_pipeline.acquire.policy import PRIORITIES, PrioritySlots
from cost_pipeline.acquire.scratch import Scratch, in_thread

Land = Callable[[Sequence[tuple[PullJob, Fetched]]], None]
"""Takes over whole deliveries, each with its job; an exception that it raises ends the pull."""


@dataclass(order=True)
class _Waiting:
    rank: int
    turn: int
    job: PullJob = field(compare=False)
    fetched: Fetched = field(compare=False)
    scratch: Scratch = field(compare=False)
    landed: asyncio.Future[None] = field(compare=False)


class Landing:
    """Takes deliveries in and lands them. It is bound to the running loop.

    Args:
        land: Lands deliveries; it blocks.
        most: How many deliveries wait at a time.
    """

    def __init__(self, land: Land, most: int) -> None:
        self._land = land
        self._room = PrioritySlots(most)
        self._waiting: list[_Waiting] = []
        self._turn = itertools.count()
        self._more = asyncio.Event()

    async def bring(self, job: PullJob, fetched: Fetched, scratch: Scratch) -> asyncio.Future[None]:
        """Hands a delivery over once there is room; the future is done when it is landed."""
        rank = PRIORITIES.index(job.vendor.priority)
        await self._room.acquire(rank)
        landed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        turn = next(self._turn)
        self._waiting.append(_Waiting(rank, turn, job, fetched, scratch, landed))
        self._more.set()
        return landed

    async def run(self) -> None:
        """Lands what comes, until cancelled; a landing that has begun is finished even then."""
        while True:
            while not self._waiting:
                self._more.clear()
                await self._more.wait()
            together = sorted(self._waiting)
            self._waiting.clear()
            try:
                # From here on the files are the landing's, whatever becomes of the pull.
                for one in together:
                    one.scratch.hand_over(one.fetched.path)
                pairs = [(one.job, one.fetched) for one in together]
                await _to_the_end(in_thread(partial(self._land, pairs)))
            except Exception:  # whatever it was is the waiting pulls' to hear
                for one in together:
                    one.fetched.path.unlink(missing_ok=True)
                raise
            finally:
                for _ in together:
                    self._room.release()
            for one in together:
                if not one.landed.done():
                    one.landed.set_result(None)


async def _to_the_end(work: Coroutine[None, None, None]) -> None:
    """Waits for the work to end, also when cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        task.exception()  # told to nobody: the pull is over
        raise
