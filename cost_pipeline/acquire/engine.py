"""One pull: many vendors at once, bounded, each isolated from the others.

One task per vendor in one task group. Slots bound what is in flight and serve payroll first; a
vendor's failure, stall or lie ends as a value in its own result. Only what stops the whole pull
(our own disk, cancellation) ends the group, and then no temporary file is left.

Everything bound to an event loop is made inside the running one: a step of the orchestrator calls
`asyncio.run(pull_all(...))`.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import aiohttp

from cost_pipeline.acquire.folder import pull_folder
from cost_pipeline.acquire.http import HttpContext, open_session, pull_http
from cost_pipeline.acquire.outcome import Fetched, FetchFailure, Pulled, PullJob
from cost_pipeline.acquire.policy import PRIORITIES, Policy, Slots
from cost_pipeline.acquire.scratch import Scratch, in_thread
from cost_pipeline.contracts.vendor import FolderSource, HttpSource
from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.core.reasons import Reason

__all__ = ["FetchFailure", "Fetched", "Policy", "PullJob", "Pulled", "pull_all"]

_LOG: Final = logging.getLogger(__name__)
_DEFAULT: Final = Policy()


@dataclass(frozen=True, slots=True)
class _Pull:
    """What the tasks of one pull share."""

    base: Path
    scratch: Path
    environment: Mapping[str, str]
    clock: Callable[[], datetime]
    policy: Policy
    slots: Slots
    session: aiohttp.ClientSession


async def pull_all(
    jobs: Sequence[PullJob],
    *,
    base: Path,
    scratch: Path,
    environment: Mapping[str, str],
    clock: Callable[[], datetime],
    policy: Policy = _DEFAULT,
) -> tuple[Pulled, ...]:
    """Pull every job; results are in the order of the jobs.

    Args:
        jobs: Payroll is started first, then by priority.
        base: The home; relative folders start there.
        scratch: A folder for temporary files, best on the file system where they are landed.
        environment: Where secrets are looked up by name.
        clock: The present instant, UTC.
        policy: Limits and patience.

    Raises:
        CostPipelineError: If this machine is at fault (a full disk). Nothing is left in `scratch`
            then, nor on cancellation.
    """
    order = sorted(
        range(len(jobs)), key=lambda place: PRIORITIES.index(jobs[place].vendor.priority)
    )
    results: dict[int, Pulled] = {}
    ours: list[BaseException] = []
    complete = False

    async def one(place: int, shared: _Pull) -> None:
        results[place] = await _isolated(jobs[place], shared)

    try:
        async with open_session() as session:
            slots = Slots(policy)
            shared = _Pull(base, scratch, environment, clock, policy, slots, session)
            try:
                async with asyncio.TaskGroup() as group:
                    for place in order:
                        group.create_task(one(place, shared))
            except* CostPipelineError as errors:
                ours.extend(errors.exceptions)
        complete = not ours
    finally:
        if not complete:
            for pulled in results.values():
                for fetched in pulled.fetched:
                    fetched.path.unlink(missing_ok=True)
    if ours:
        raise ours[0]
    return tuple(results[place] for place in range(len(jobs)))


async def _isolated(job: PullJob, pull: _Pull) -> Pulled:
    """The job's result whatever becomes of it; only this machine's own failures are raised."""
    scratch = Scratch(pull.scratch)
    task = asyncio.create_task(_fetch(job, pull, scratch))
    try:
        await asyncio.wait({task})
        pulled = _outcome(job, task)
        for fetched in pulled.fetched:
            scratch.hand_over(fetched.path)
        for failure in pulled.failures:
            if failure.received is not None:
                scratch.hand_over(failure.received)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        scratch.close()
    return pulled


def _outcome(job: PullJob, task: asyncio.Task[Pulled]) -> Pulled:
    error = task.exception()
    if error is None:
        return task.result()
    if isinstance(error, CostPipelineError) or not isinstance(error, Exception):
        raise error
    # A defect of an adapter harms its vendor only; the log has the traceback, the vendor's dead
    # letter says so.
    _LOG.error("a defect while pulling %s", job.vendor.vendor, exc_info=error)
    message = f"a defect in cost_pipeline ({type(error).__name__}: {error}); please report it"
    return _failed(job, message, transient=False)


async def _fetch(job: PullJob, pull: _Pull, scratch: Scratch) -> Pulled:
    source = job.vendor.source
    if isinstance(source, HttpSource):
        context = HttpContext(
            session=pull.session,
            slots=pull.slots,
            scratch=scratch,
            environment=pull.environment,
            clock=pull.clock,
            policy=pull.policy,
        )
        return await pull_http(job, source, context)
    work = functools.partial(pull_folder, job, source, pull.base, scratch=scratch, clock=pull.clock)
    patience = pull.policy.folder_timeout
    async with pull.slots.slot(job.vendor.priority, f"folder {source.path}"):
        try:
            async with asyncio.timeout(patience):
                return await in_thread(work)
        except TimeoutError:
            # Its thread may hang for good; it must not write once the drive answers again.
            scratch.close()
            message = f"the folder {source.path} did not answer within {patience:g} s"
            return _failed(job, message, transient=True)


def _failed(job: PullJob, message: str, *, transient: bool) -> Pulled:
    source = job.vendor.source
    where = source.path if isinstance(source, FolderSource) else source.url
    failure = FetchFailure(where, Reason.FETCH_FAILED, message, transient)
    return Pulled(job.vendor.vendor, failures=(failure,))
