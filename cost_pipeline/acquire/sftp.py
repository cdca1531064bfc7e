"""Files that a partner puts onto an SFTP server: only complete ones, and nothing there is touched.

Only this module and `sftp_login` import asyncssh, an extra with a licence of its own (EPL-2.0 or
GPL-2.0+); the engine imports them when a vendor needs it.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote

import asyncssh

from cost_pipeline.acquire.attempts import AttemptError, Effort, behind, given_up
from cost_pipeline.acquire.body import Intake, take
from cost_pipeline.acquire.choosing import GROWING, choose, newest, unmatched, waits_for
from cost_pipeline.acquire.hosts import Hosts
from cost_pipeline.acquire.outcome import (
    Bookmark,
    Fetched,
    FetchFailure,
    PassedOver,
    Pulled,
    PullJob,
    Unchanged,
    Validator,
)
from cost_pipeline.acquire.pattern import on_date
from cost_pipeline.acquire.policy import Policy
from cost_pipeline.acquire.retries import persist
from cost_pipeline.acquire.scratch import Scratch, Spool, in_thread
from cost_pipeline.acquire.sftp_blocks import blocks_of
from cost_pipeline.acquire.sftp_login import connection_error, logged_in, read_known_hosts
from cost_pipeline.contracts.file_names import Why
from cost_pipeline.contracts.sources import SftpSource
from cost_pipeline.core.reasons import Reason

# If so many files fail one after another, it is the server that fails, and not the files.
_MOST_IN_A_ROW: Final = 10


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
    """A pull that goes from file to file; no session repeats what an earlier one brought.

    Attributes:
        at: The address that is being asked for.
        wanted: The files that the session had still to fetch when it began.
        passed_over: Files that are no deliveries.
        failed: The files that failed in this try and may come in the next one.
        in_a_row: How many files failed since the last one that came.
    """

    job: PullJob
    source: SftpSource
    at: str
    wanted: list[str] = field(default_factory=list)
    passed_over: dict[str, Why] = field(default_factory=dict)
    failed: dict[str, AttemptError] = field(default_factory=dict)
    in_a_row: int = 0
    fetched: list[Fetched] = field(default_factory=list)
    unchanged: list[Unchanged] = field(default_factory=list)
    failures: dict[str, FetchFailure] = field(default_factory=dict)
    validators: dict[str, Validator] = field(default_factory=dict)

    def uri(self, name: str = "") -> str:
        """Returns the address of a file, or of the folder if no name is given.

        A name need not be UTF-8.
        """
        there = quote(name.encode("utf-8", "surrogateescape"))
        return f"{self.source.url}/{there}" if name else self.source.url

    def fail(
        self,
        name: str,
        message: str,
        *,
        transient: bool,
        received: Path | None = None,
        traceback: str | None = None,
    ) -> None:
        """Notes that one file could not be fetched; the others go on."""
        uri = self.uri(name)
        self.failures[uri] = FetchFailure(
            uri, Reason.FETCH_FAILED, message, transient, received=received, traceback=traceback
        )

    def end(self) -> Pulled:
        """Returns what the pull brought."""
        return Pulled(
            self.job.vendor.vendor,
            tuple(self.fetched),
            tuple(self.failures.values()),
            tuple(self.unchanged),
            Bookmark(self.validators, self.job.bookmark.cursor),
            passed_over=tuple(
                PassedOver(self.uri(name), why) for name, why in self.passed_over.items()
            ),
        )

    def done(self) -> set[str]:
        """Returns the addresses of the files that came or are unchanged."""
        return {one.uri for one in self.fetched} | {one.uri for one in self.unchanged}

    def tell_the_rest(self, message: str) -> None:
        """Notes each wanted file that was not reached: one failure must not hide the others."""
        for name in self.wanted:
            if self.uri(name) not in self.done() | self.failures.keys() | self.validators.keys():
                self.fail(name, f"was not reached: the server {message}", transient=True)


async def pull_sftp(job: PullJob, source: SftpSource, context: SftpContext) -> Pulled:
    """Fetches the files of a pull date, or every one that is not known.

    It opens another session only where a file took the one before with it.

    Raises:
        EnvironmentFailedError: If the bytes cannot be written on this machine.
    """
    visit = _Visit(job, source, "")
    visit.at = visit.uri()
    retry, policy = source.retry, context.policy
    effort = Effort(retry, policy.timer)

    async def attempt() -> None:
        async with context.hosts.of(source).call(job.vendor, effort):
            visit.failures.clear()
            visit.failed.clear()
            await _sessions(visit, context, effort)

    try:
        await persist(attempt, effort, retry, policy, visit.uri())
    except AttemptError as error:
        visit.failures[visit.at] = given_up(visit.at, error, effort)
        visit.tell_the_rest(error.message)
    return visit.end()


class _LostError(Exception):
    """A file failed and its session with it: many servers answer one request at a time."""


async def _sessions(visit: _Visit, context: SftpContext, effort: Effort) -> None:
    """Fetches every file once, in as many sessions as needed: one that stalls must not hide others.

    Raises:
        AttemptError: The one of the first file that failed and may come in another try.
    """
    while True:
        visit.at = visit.uri()
        try:
            await _session(visit, context, effort)
        except _LostError:
            if effort.left > 0 and visit.in_a_row < _MOST_IN_A_ROW:
                continue
        if visit.failed:
            name, error = next(iter(visit.failed.items()))
            visit.at = visit.uri(name)
            raise error
        return


async def _session(visit: _Visit, context: SftpContext, effort: Effort) -> None:
    source = visit.source
    try:
        known_hosts = await in_thread(lambda: read_known_hosts(context.base, source))
        async with logged_in(source, known_hosts, context.environment) as client:
            looks = await _complete(visit, client, await _list(visit, client))
            visit.wanted = [look.name for look in looks]
            for look in looks:
                await _fetch(visit, client, look, context, effort)
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise connection_error(error, source) from error


async def _list(visit: _Visit, client: asyncssh.SFTPClient) -> list[_Look]:
    """Returns the files that are wanted by their names, as they are at the first look.

    Notes the failures and the files that are passed over.
    """
    source = visit.source
    pattern = on_date(source.files, visit.job.pull_date)
    async with asyncio.timeout(source.total_timeout):
        listed = {str(name) for name in await client.listdir(source.path)}
    names = sorted(listed - {".", ".."})
    matching = [name for name in names if fnmatchcase(name, pattern)]
    hostile = [name for name in matching if not set("/\0\\").isdisjoint(name)]
    for name in hostile:
        visit.fail(name, "has a name that no file may have", transient=False)
    lawful = [name for name in matching if name not in hostile]
    chosen = choose(lawful, pattern, source.control, set(names).__contains__)
    visit.passed_over = chosen.passed_over | ({} if matching else unmatched(names, source.files))
    for name, control in chosen.waiting.items():
        visit.fail(name, waits_for(control), transient=True)
    looks: list[_Look] = []
    for name in chosen.wanted:
        look = None if name in visit.failed else await _look(visit, client, name)
        if look and not look.size:
            visit.passed_over[name] = "empty"
        elif look:
            looks.append(look)
    if visit.job.one:
        wanted = newest(
            (look.name for look in looks),
            {look.name: (look.size, look.time) for look in looks}.get,
        )
        return [look for look in looks if look.name in wanted]
    return looks


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
    except TimeoutError as error:
        failed = connection_error(error, visit.source)
        _note_lost(visit, name, failed)
        raise _LostError from error
    look = _Look(name, seen.size or 0, seen.permissions or 0, seen.mtime or 0)
    if not stat.S_ISREG(look.mode):
        if visit.source.files != "*":
            visit.fail(name, "is no regular file where a file should be", transient=False)
        return None
    return look


async def _complete(visit: _Visit, client: asyncssh.SFTPClient, looks: list[_Look]) -> list[_Look]:
    """Returns the files that are wanted, not known, and that nobody is still writing.

    Notes the unchanged ones, and those that are still being written.
    """
    have = visit.done()
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
            visit.fail(look.name, GROWING, transient=True)
    return complete


async def _fetch(
    visit: _Visit,
    client: asyncssh.SFTPClient,
    look: _Look,
    context: SftpContext,
    effort: Effort,
) -> None:
    """Fetches a file, or notes why it could not be fetched.

    Raises:
        _LostError: If the session is of no more use; another one may bring the next files.
    """
    visit.at = visit.uri(look.name)
    spool = context.scratch.open()
    try:
        fetched = await _receive(visit, client, look, spool, context, effort)
    except (AttemptError, asyncssh.Error, OSError, TimeoutError) as error:
        failed = connection_error(error, visit.source)
        failed.received = context.scratch.evidence(spool, wanted=context.policy.keep_received)
        _note_lost(visit, look.name, failed)
        if failed.again:
            raise _LostError from error
        return
    visit.in_a_row = 0
    if fetched is None:
        context.scratch.remove(spool.path)
        return
    visit.fetched.append(fetched)
    await context.deliver(fetched)


def _note_lost(visit: _Visit, name: str, failed: AttemptError) -> None:
    visit.fail(
        name,
        failed.message,
        transient=failed.transient,
        received=failed.received,
        traceback=behind(failed),
    )
    if failed.again:
        visit.failed[name] = failed
        visit.in_a_row += 1


async def _receive(
    visit: _Visit,
    client: asyncssh.SFTPClient,
    look: _Look,
    spool: Spool,
    context: SftpContext,
    effort: Effort,
) -> Fetched | None:
    """Returns the whole file; None if its bytes are known.

    Raises:
        AttemptError: If the file changes while it is read, or is refused.
        asyncssh.Error: If the connection breaks.
    """
    source, uri = visit.source, visit.uri(look.name)
    began = context.policy.timer()
    intake = Intake(spool, encoded=False, most=context.policy.most_bytes)
    path = str(PurePosixPath(source.path, look.name))
    packed = await take(blocks_of(client, path, look.size, source.read_timeout), intake)
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
