"""Files that a partner puts onto an SFTP server: only complete ones, and nothing there is touched.

Only this module and `sftp_login` import asyncssh, an extra with a licence of its own (EPL-2.0 or
GPL-2.0+); the engine imports them when a vendor needs it.
"""

from __future__ import annotations

import asyncio
import stat
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final, cast
from urllib.parse import quote

import asyncssh

from cost_pipeline.acquire.attempts import AttemptError, Effort, behind, given_up
from cost_pipeline.acquire.body import Intake, take
from cost_pipeline.acquire.hosts import Hosts
from cost_pipeline.acquire.outcome import (
    Bookmark,
    Fetched,
    FetchFailure,
    Pulled,
    PullJob,
    Unchanged,
    Validator,
)
from cost_pipeline.acquire.pattern import on_date
from cost_pipeline.acquire.policy import Policy
from cost_pipeline.acquire.retries import persist
from cost_pipeline.acquire.scratch import Scratch, Spool, in_thread
from cost_pipeline.acquire.sftp_login import connection_error, logged_in, read_known_hosts
from cost_pipeline.contracts.sources import SftpSource
from cost_pipeline.core.reasons import Reason

_BLOCK: Final = 1 << 18
_AHEAD: Final = 2 << 20


@dataclass(frozen=True, slots=True)
class SftpContext:
    """What a pull lends to its SFTP sources."""

    hosts: Hosts
    scratch: Scratch
    base: Path
    environment: Mapping[str, str]
    clock: Callable[[], datetime]
    policy: Policy
    deliver: Callable[[Fetched], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Look:
    """A file as it was seen."""

    name: str
    size: int
    mode: int
    time: int

    @property
    def validator(self) -> Validator:
        return Validator(etag=f"{self.size}-{self.time}")


@dataclass(slots=True)
class _Visit:
    """A pull on its way from file to file; what one session brought, the next does not repeat."""

    job: PullJob
    source: SftpSource
    at: str
    fetched: list[Fetched] = field(default_factory=list)
    unchanged: list[Unchanged] = field(default_factory=list)
    failures: dict[str, FetchFailure] = field(default_factory=dict)
    validators: dict[str, Validator] = field(default_factory=dict)

    def uri(self, name: str = "") -> str:
        """Where a file lies; the folder itself without a name."""
        return f"{self.source.url}/{quote(name)}" if name else self.source.url

    def fail(
        self,
        name: str,
        message: str,
        *,
        transient: bool,
        received: Path | None = None,
        traceback: str | None = None,
    ) -> None:
        """Note that one file could not be had; the others go on."""
        uri = self.uri(name)
        self.failures[uri] = FetchFailure(
            uri, Reason.FETCH_FAILED, message, transient, received=received, traceback=traceback
        )

    def end(self) -> Pulled:
        """What was brought."""
        return Pulled(
            self.job.vendor.vendor,
            tuple(self.fetched),
            tuple(self.failures.values()),
            tuple(self.unchanged),
            Bookmark(self.validators, self.job.bookmark.cursor),
        )


async def pull_sftp(job: PullJob, source: SftpSource, context: SftpContext) -> Pulled:
    """The files of a pull date, or every one that is not known, over as few sessions as it takes.

    Raises:
        EnvironmentFailedError: If the bytes cannot be written on this machine.
    """
    visit = _Visit(job, source, "")
    visit.at = visit.uri()
    retry, policy = source.retry, context.policy
    effort = Effort(retry, policy.timer)

    async def attempt() -> None:
        async with context.hosts.of(source).call(job.vendor.priority, effort):
            visit.at = visit.uri()
            await _session(visit, context, effort)

    try:
        await persist(attempt, effort, retry, policy, visit.uri())
    except AttemptError as error:
        visit.failures[visit.at] = given_up(visit.at, error, effort)
    return visit.end()


async def _session(visit: _Visit, context: SftpContext, effort: Effort) -> None:
    source = visit.source
    visit.failures.clear()
    try:
        known_hosts = await in_thread(lambda: read_known_hosts(context.base, source))
        async with logged_in(source, known_hosts, context.environment) as client:
            looks = await _list(visit, client)
            for look in await _complete(visit, client, looks):
                await _fetch(visit, client, look, context, effort)
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise connection_error(error, source) from error


async def _list(visit: _Visit, client: asyncssh.SFTPClient) -> list[_Look]:
    """The files of the folder that are meant, as they are at the first look."""
    source = visit.source
    pattern = on_date(source.files, visit.job.pull_date)
    looks: dict[str, _Look] = {}
    async with asyncio.timeout(source.total_timeout):
        names = [str(name) for name in await client.listdir(source.path)]
    for name in sorted(names):
        hidden = name.startswith(".") and not pattern.startswith(".")
        if hidden or name.endswith(".part") or not fnmatchcase(name, pattern):
            continue
        if "/" in name or "\0" in name or "\\" in name:
            visit.fail(name, "has a name that no file may have", transient=False)
        elif look := await _look(visit, client, name):
            looks[name] = look
    if source.control is None:
        return list(looks.values())
    control = {name: _control_name(source.control, name) for name in looks}
    complete = []
    for name, look in looks.items():
        if name in control.values():
            continue  # a control file is not a delivery
        if control[name] not in names:
            words = f"its control file {control[name]} is not there yet; pull again later"
            visit.fail(name, words, transient=True)
        else:
            complete.append(look)
    return complete


def _control_name(control: str, name: str) -> str:
    return control.replace("{name}", name).replace("{stem}", PurePosixPath(name).stem)


async def _look(visit: _Visit, client: asyncssh.SFTPClient, name: str) -> _Look | None:
    path = str(PurePosixPath(visit.source.path, name))
    try:
        async with asyncio.timeout(visit.source.read_timeout):
            seen = await client.stat(path)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        return None  # gone between listing and looking
    except asyncssh.SFTPPermissionDenied:
        visit.fail(name, "may not be read; ask the partner for the right to", transient=False)
        return None
    look = _Look(name, seen.size or 0, seen.permissions or 0, seen.mtime or 0)
    if not stat.S_ISREG(look.mode):
        if visit.source.files != "*":
            visit.fail(name, "is no regular file where a file should be", transient=False)
        return None
    return look


async def _complete(visit: _Visit, client: asyncssh.SFTPClient, looks: list[_Look]) -> list[_Look]:
    """Of the files seen, those that are wanted and that nobody is still writing."""
    have = {one.uri for one in visit.fetched} | {one.uri for one in visit.unchanged}
    wanted = []
    for look in looks:
        uri = visit.uri(look.name)
        if visit.job.bookmark.validators.get(uri) == look.validator and uri not in have:
            visit.unchanged.append(Unchanged(uri))
            visit.validators[uri] = look.validator
        elif uri not in have and uri not in visit.validators:
            wanted.append(look)
    if visit.source.control is not None or not wanted:
        return wanted
    await asyncio.sleep(visit.source.settle)
    complete = []
    for look in wanted:
        if await _look(visit, client, look.name) == look:
            complete.append(look)
        elif visit.uri(look.name) not in visit.failures:
            words = "is still being written: it changed between two looks; pull again later"
            visit.fail(look.name, words, transient=True)
    return complete


async def _fetch(
    visit: _Visit,
    client: asyncssh.SFTPClient,
    look: _Look,
    context: SftpContext,
    effort: Effort,
) -> None:
    visit.at = visit.uri(look.name)
    spool = context.scratch.open()
    try:
        fetched = await _receive(visit, client, look, spool, context, effort)
    except (AttemptError, asyncssh.Error, OSError, TimeoutError) as error:
        failed = connection_error(error, visit.source)
        failed.received = context.scratch.evidence(spool, wanted=context.policy.keep_received)
        if failed.again:
            raise failed from error
        visit.fail(
            look.name,
            failed.message,
            transient=failed.transient,
            received=failed.received,
            traceback=behind(failed),
        )
        return
    if fetched is None:
        context.scratch.remove(spool.path)
        return
    visit.fetched.append(fetched)
    await context.deliver(fetched)


async def _receive(
    visit: _Visit,
    client: asyncssh.SFTPClient,
    look: _Look,
    spool: Spool,
    context: SftpContext,
    effort: Effort,
) -> Fetched | None:
    """The file, whole; None if it is known.

    Raises:
        AttemptError: If it changes while it is read, or is refused.
        asyncssh.Error: If the connection breaks.
    """
    source, uri = visit.source, visit.uri(look.name)
    began = context.policy.timer()
    intake = Intake(spool, encoded=False, most=context.policy.most_bytes)
    path = str(PurePosixPath(source.path, look.name))
    packed = await take(_blocks(client, path, look.size, source.read_timeout), intake)
    if intake.received != look.size or await _look(visit, client, look.name) != look:
        words = "changed while it was read: it is still being written; pull again later"
        raise AttemptError(words, transient=True, again=False)
    sha256 = spool.close()
    visit.validators[uri] = look.validator
    if not source.dated and (uri, sha256) in visit.job.known:
        visit.unchanged.append(Unchanged(uri, effort.tries))
        return None
    return Fetched(
        path=spool.path,
        sha256=sha256,
        size=spool.size,
        uri=uri,
        fetched_at=context.clock(),
        status=None,
        attempts=effort.tries,
        content_type="",
        latency=context.policy.timer() - began,
        queued=effort.queued,
        packed=packed,
    )


async def _blocks(
    client: asyncssh.SFTPClient, path: str, size: int, patience: float
) -> AsyncIterator[bytes]:
    """The file, up to a little more than the size that was seen: one that grows would not end.

    Some reads are under way ahead of the one that is waited for, or a distant server would give one
    block per round trip. asyncssh can do that too, and leaves the reads that fail with a lost
    connection to nobody.
    """
    async with asyncio.timeout(patience):
        opened = await client.open(path, "rb", encoding=None, block_size=0)
    # Not `async with`: after a failure, closing would wait for a server that does not answer; the
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
                # The server gives less at a time: what was asked for beyond is not what follows.
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
