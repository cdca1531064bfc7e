"""One pull: many vendors at once, bounded, each isolated from the others.

One task per vendor in one task group. Slots bound how many run at a time and serve payroll first; a
vendor's failure, stall or wrong answer becomes a value in its own result. Only what stops the whole
pull (a full disk here, a landing that fails, cancellation) ends the group, and then no temporary
file is left and no delivery is half landed.

Everything that is bound to an event loop is made inside the running one: a step of the orchestrator
calls `asyncio.run(pull_all(...))`.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cost_pipeline.acquire.attempts import AttemptError
from cost_pipeline.acquire.evidence import without_secrets
from cost_pipeline.acquire.folder import pull_folder
from cost_pipeline.acquire.hosts import Hosts
from cost_pipeline.acquire.landing import Land, Landing
from cost_pipeline.acquire.observe import watched
from cost_pipeline.acquire.outcome import (
    Bookmark,
    Fetched,
    FetchFailure,
    PassedOver,
    Pulled,
    PullJob,
    Validator,
)
from cost_pipeline.acquire.policy import PRIORITIES, Policy
from cost_pipeline.acquire.scratch import Scratch, in_thread
from cost_pipeline.acquire.telemetry import Telemetry
from cost_pipeline.contracts.sources import FolderSource, HttpSource, SftpSource
from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.core.frames import frames_of
from cost_pipeline.core.reasons import Reason

if TYPE_CHECKING:
    from cost_pipeline.acquire.http import Web

__all__ = [
    "Bookmark",
    "FetchFailure",
    "Fetched",
    "Land",
    "PassedOver",
    "Policy",
    "PullJob",
    "Pulled",
    "Telemetry",
    "Validator",
    "pull_all",
]

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
    hosts: Hosts
    web: Web | None
    landing: Landing | None


async def pull_all(
    jobs: Sequence[PullJob],
    *,
    base: Path,
    scratch: Path,
    environment: Mapping[str, str],
    clock: Callable[[], datetime],
    policy: Policy = _DEFAULT,
    land: Land | None = None,
) -> tuple[Pulled, ...]:
    """Pulls every job; the results are in the order of the jobs.

    Args:
        jobs: Payroll is started first, the others by their priority.
        base: The home; relative folders start there.
        scratch: A folder for temporary files, best on the file system where they are landed.
        environment: The variables; secrets are looked up in it by name.
        clock: Returns the present instant, UTC.
        policy: The limits, and how long the pull waits.
        land: Takes over deliveries as soon as they are complete, in a thread, while others are
            fetched. Without it, the files are the caller's once the pull is over.

    Raises:
        CostPipelineError: If this machine is at fault (a full disk). Nothing is left in `scratch`
            then, nor after cancellation; whatever was landed is landed whole.
    """
    order = sorted(
        range(len(jobs)), key=lambda place: PRIORITIES.index(jobs[place].vendor.priority)
    )
    results: dict[int, Pulled] = {}
    complete = False

    async def one(place: int, shared: _Pull) -> None:
        results[place] = await _isolated(jobs[place], shared)

    try:
        async with (
            watched(on=policy.debug_loop, slow=policy.slow_callback),
            _network(jobs, environment, policy) as web,
            _landing(land, policy) as landing,
        ):
            shared = _Pull(
                base=base,
                scratch=scratch,
                environment=environment,
                clock=clock,
                policy=policy,
                hosts=Hosts(policy, [job.vendor.source for job in jobs]),
                web=web,
                landing=landing,
            )
            async with asyncio.TaskGroup() as group:
                for place in order:
                    group.create_task(one(place, shared))
        complete = True
    except BaseExceptionGroup as group_error:
        raise _first(group_error) from group_error
    finally:
        if not complete:
            for pulled in results.values():
                _remove(pulled, landed=land is not None)
    return tuple(results[place] for place in range(len(jobs)))


@asynccontextmanager
async def _network(
    jobs: Sequence[PullJob], environment: Mapping[str, str], policy: Policy
) -> AsyncIterator[Web | None]:
    """Opens what the vendors that are asked over a network share; yields None if none is HTTP.

    The libraries take a quarter of a second to import, and a home of folders needs none of them.
    """
    sources = [job.vendor.source for job in jobs]
    async with AsyncExitStack() as stack:
        if not all(isinstance(source, FolderSource) for source in sources):
            from cost_pipeline.acquire.retries import quiet_retries  # noqa: PLC0415

            stack.enter_context(quiet_retries())
        if any(isinstance(source, HttpSource) for source in sources):
            from cost_pipeline.acquire.http import open_web  # noqa: PLC0415

            yield await stack.enter_async_context(open_web(environment, policy))
        else:
            yield None


@asynccontextmanager
async def _landing(land: Land | None, policy: Policy) -> AsyncIterator[Landing | None]:
    """Runs the landing beside the fetching.

    If it fails, the body of the context is cancelled. Yields None if there is no `land`.
    """
    if land is None:
        yield None
        return
    landing = Landing(land, policy.unlanded)
    async with asyncio.TaskGroup() as group:
        runner = group.create_task(landing.run())
        try:
            yield landing
        finally:
            runner.cancel()


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Returns, of the errors that ended the pull, the one that a caller can do something about."""
    leaves = [
        _first(error) if isinstance(error, BaseExceptionGroup) else error
        for error in group.exceptions
    ]
    return next((error for error in leaves if isinstance(error, CostPipelineError)), leaves[0])


def _remove(pulled: Pulled, *, landed: bool) -> None:
    for fetched in () if landed else pulled.fetched:
        fetched.path.unlink(missing_ok=True)
    for failure in pulled.failures:
        if failure.received is not None:
            failure.received.unlink(missing_ok=True)


async def _isolated(job: PullJob, pull: _Pull) -> Pulled:
    """Returns the job's result, a failure included; raises only this machine's own failures."""
    scratch = Scratch(pull.scratch)
    pending: list[asyncio.Future[None]] = []

    async def deliver(fetched: Fetched) -> None:
        if pull.landing:
            pending.append(await pull.landing.bring(job, fetched, scratch))

    task = asyncio.create_task(_fetch(job, pull, scratch, deliver))
    try:
        await asyncio.wait({task})
        pulled = _outcome(job, task)
        if pending:
            await asyncio.wait(pending)
        if not pull.landing:
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
    pulled = replace(pulled, telemetry=measure(job, pulled))
    for record in pulled.telemetry:
        _LOG.info("%s %s %s", record.vendor, record.outcome, record.uri, extra=record.as_fields())
    return pulled


def _outcome(job: PullJob, task: asyncio.Task[Pulled]) -> Pulled:
    error = task.exception()
    if error is None:
        return task.result()
    if isinstance(error, CostPipelineError) or not isinstance(error, Exception):
        raise error
    # A defect of an adapter harms its vendor only; the log has the traceback, and the vendor's dead
    # letter says so.
    _LOG.error("a defect while pulling %s", job.vendor.vendor, exc_info=error)
    message = f"a defect in cost_pipeline ({type(error).__name__}: {error}); please report it"
    return _failed(job, message, transient=False, error=error)


async def _fetch(
    job: PullJob, pull: _Pull, scratch: Scratch, deliver: Callable[[Fetched], Awaitable[None]]
) -> Pulled:
    source = job.vendor.source
    if isinstance(source, HttpSource):
        return await _fetch_http(job, source, pull, scratch, deliver)
    if isinstance(source, SftpSource):
        return await _fetch_sftp(job, source, pull, scratch, deliver)
    pulled = await _fetch_folder(job, source, pull, scratch)
    for fetched in pulled.fetched:
        await deliver(fetched)
    return pulled


async def _fetch_http(
    job: PullJob,
    source: HttpSource,
    pull: _Pull,
    scratch: Scratch,
    deliver: Callable[[Fetched], Awaitable[None]],
) -> Pulled:
    from cost_pipeline.acquire.http import HttpContext, pull_http  # noqa: PLC0415

    if pull.web is None:
        raise AssertionError("a pull with an HTTP source opens what HTTP sources share")
    context = HttpContext(
        web=pull.web,
        hosts=pull.hosts,
        scratch=scratch,
        environment=pull.environment,
        clock=pull.clock,
        policy=pull.policy,
        deliver=deliver,
    )
    pulled = await pull_http(job, source, context)
    secrets = pull.web.tokens.secrets(source)
    failures = [
        await in_thread(functools.partial(without_secrets, failure, secrets, scratch))
        for failure in pulled.failures
    ]
    return replace(pulled, failures=tuple(failures))


async def _fetch_sftp(
    job: PullJob,
    source: SftpSource,
    pull: _Pull,
    scratch: Scratch,
    deliver: Callable[[Fetched], Awaitable[None]],
) -> Pulled:
    # Its library is an extra with a licence of its own: a home without an SFTP vendor needs none.
    try:
        from cost_pipeline.acquire.sftp import SftpContext, pull_sftp  # noqa: PLC0415
    except ImportError:
        message = (
            "SFTP needs the extra `sftp`, which is not installed here: "
            "`pip install 'cost-pipeline[sftp]'`"
        )
        return _failed(job, message, transient=False)
    context = SftpContext(
        hosts=pull.hosts,
        scratch=scratch,
        base=pull.base,
        environment=pull.environment,
        clock=pull.clock,
        policy=pull.policy,
        deliver=deliver,
    )
    return await pull_sftp(job, source, context)


async def _fetch_folder(
    job: PullJob, source: FolderSource, pull: _Pull, scratch: Scratch
) -> Pulled:
    work = functools.partial(pull_folder, job, source, pull.base, scratch=scratch, clock=pull.clock)
    patience = min(pull.policy.folder_timeout, source.timeout)
    async with pull.hosts.local(job.vendor.priority):
        try:
            async with asyncio.timeout(patience):
                return await in_thread(work)
        except TimeoutError as error:
            # Its thread may hang for good; it must not write once the drive answers again.
            scratch.close()
            message = f"the folder {source.path} did not answer within {patience:g} s"
            return _failed(job, message, transient=True, error=error)


def _failed(
    job: PullJob, message: str, *, transient: bool, error: BaseException | None = None
) -> Pulled:
    traceback = frames_of(error, own=AttemptError) if error else None
    failure = FetchFailure(
        _where(job), Reason.FETCH_FAILED, message, transient, traceback=traceback
    )
    return Pulled(job.vendor.vendor, failures=(failure,), bookmark=job.bookmark)


def _where(job: PullJob) -> str:
    source = job.vendor.source
    return source.path if isinstance(source, FolderSource) else source.url


def measure(job: PullJob, pulled: Pulled) -> tuple[Telemetry, ...]:
    """Returns one record per delivery, unchanged page or file, failure and file passed over.

    If nothing came, nothing was unchanged and nothing failed, one more record says so.
    """
    who = functools.partial(Telemetry, job.vendor.vendor, job.pull_date)
    records = [
        who(
            one.uri,
            "delivered",
            attempts=one.attempts,
            latency=one.latency,
            queued=one.queued,
            size=one.size,
            received=one.packed.size if one.packed else one.size,
            sha256=one.sha256,
            status=one.status,
        )
        for one in pulled.fetched
    ]
    records += [
        who(one.uri, "unchanged", attempts=one.attempts, latency=one.latency, queued=one.queued)
        for one in pulled.unchanged
    ]
    records += [
        who(
            one.uri,
            "failed",
            attempts=one.attempts,
            latency=one.latency,
            queued=one.queued,
            reason=one.reason.value,
            transient=one.transient,
        )
        for one in pulled.failures
    ]
    records += [
        who(one.uri, "passed_over", attempts=0, latency=0.0, queued=0.0, reason=one.why)
        for one in pulled.passed_over
    ]
    if not (pulled.fetched or pulled.unchanged or pulled.failures):
        # "Asked, and nothing came" is another thing than "never asked".
        records.append(who(_where(job), "nothing", attempts=1, latency=0.0, queued=0.0))
    return tuple(records)
