"""Files that a partner puts onto an SFTP server: only complete ones, and nothing there is touched.

The only module that imports asyncssh, an extra with a licence of its own (EPL-2.0 or GPL-2.0+); the
engine imports this one when a vendor needs it. A server is believed only with the key that the
known-hosts file has for it; nothing of the user's own SSH set-up (agent, config, keys) is used.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final, cast
from urllib.parse import quote

import asyncssh

from cost_pipeline.acquire.attempts import AttemptError, Effort, given_up, persist
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
from cost_pipeline.acquire.scratch import Scratch, in_thread
from cost_pipeline.contracts.sources import Login, SftpSource
from cost_pipeline.core.reasons import Reason

_BLOCK: Final = 1 << 18


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

    def fail(self, name: str, message: str, *, transient: bool) -> None:
        """Note that one file could not be had; the others go on."""
        uri = self.uri(name)
        self.failures[uri] = FetchFailure(uri, Reason.FETCH_FAILED, message, transient)

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
        known_hosts = await in_thread(lambda: _known_hosts(context.base, source))
        async with _login(source, known_hosts, context) as client:
            looks = await _list(visit, client)
            for look in await _complete(visit, client, looks):
                await _fetch(visit, client, look, context, effort)
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise _connection_error(error, source) from error


@asynccontextmanager
async def _login(
    source: SftpSource, known_hosts: asyncssh.SSHKnownHosts, context: SftpContext
) -> AsyncIterator[asyncssh.SFTPClient]:
    secret = await in_thread(lambda: _secret(source.login, context.environment))
    connection: asyncssh.SSHClientConnection | None = None
    try:
        async with asyncio.timeout(source.connect_timeout + source.read_timeout):
            try:
                connection = await asyncssh.connect(
                    source.host,
                    source.port,
                    known_hosts=known_hosts,
                    username=source.login.user,
                    password=secret.password,
                    client_keys=[secret.key] if secret.key else None,
                    agent_path=None,
                    config=None,
                    connect_timeout=source.connect_timeout,
                    login_timeout=source.read_timeout,
                )
            except asyncssh.HostKeyNotVerifiable as error:
                raise _host_key_error(source, known_hosts) from error
            client = await connection.start_sftp_client(path_errors="surrogateescape")
        async with asyncio.timeout(source.total_timeout):
            yield client
    finally:
        if connection is not None:
            connection.abort()


@dataclass(frozen=True, slots=True)
class _Secret:
    """One of the two. It prints as nothing: a watched loop logs results of slow callbacks."""

    password: str | None = field(default=None, repr=False)
    key: asyncssh.SSHKey | None = field(default=None, repr=False)


def _secret(login: Login, environment: Mapping[str, str]) -> _Secret:
    """The password or the key.

    Raises:
        AttemptError: If the environment has none that can be used; names the variable only.
    """

    def must(name: str) -> str:
        if secret := environment.get(name, ""):
            return secret
        raise AttemptError(
            f"the environment variable {name} is not set; it holds this vendor's secret",
            transient=False,
        )

    secret = must(login.env)
    if login.kind == "password":
        return _Secret(password=secret)
    passphrase = must(login.passphrase_env) if login.passphrase_env else None
    try:
        if not secret.lstrip().startswith("-----BEGIN"):
            secret = Path(secret).expanduser().read_text(encoding="ascii")
        return _Secret(key=asyncssh.import_private_key(secret, passphrase))
    except (OSError, ValueError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise AttemptError(
            f"the environment variable {login.env} holds no private key that can be read, nor the "
            "path of one (or `passphrase_env` is missing or wrong)",
            transient=False,
        ) from error


def _known_hosts(base: Path, source: SftpSource) -> asyncssh.SSHKnownHosts:
    file = base / Path(source.known_hosts).expanduser()
    try:
        return asyncssh.import_known_hosts(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AttemptError(
            f"the known-hosts file {file} cannot be read: put the server's public key there, as "
            "the partner tells it (`known_hosts:` in the vendor file)",
            transient=False,
        ) from error


def _host_key_error(source: SftpSource, known: asyncssh.SSHKnownHosts) -> AttemptError:
    keys, *_ = asyncssh.match_known_hosts(known, source.host, "", source.port)
    if keys:
        words = (
            f"the server shows another host key than {source.known_hosts} has for it: ask the "
            "partner whether it was changed, and log in nowhere until they have said so"
        )
    else:
        words = (
            f"{source.known_hosts} has no key for {source.host} (port {source.port}): put the one "
            "there that the partner tells you"
        )
    return AttemptError(words, transient=False)


def _connection_error(error: Exception, source: SftpSource) -> AttemptError:
    if isinstance(error, asyncssh.PermissionDenied):
        words = f"the login is refused: check `user:` and {source.login.env} with the partner"
        return AttemptError(words, transient=False)
    if isinstance(error, TimeoutError):
        words = f"sent nothing for {source.read_timeout:g} s"
        return AttemptError(words, transient=True)
    if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
        words = f"there is no folder {source.path}; mend `path:` in the vendor file"
        return AttemptError(words, transient=False)
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        return AttemptError(f"the folder {source.path} may not be read", transient=False)
    if isinstance(error, asyncssh.Error):
        return AttemptError("broke off the connection", transient=True)
    why = getattr(error, "strerror", None) or type(error).__name__
    return AttemptError(f"no connection: {why}", transient=True)


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
    source, uri = visit.source, visit.uri(look.name)
    visit.at = uri
    began = context.policy.timer()
    spool = context.scratch.open()
    intake = Intake(spool, encoded=False, most=context.policy.most_bytes)
    kept = False
    try:
        path = str(PurePosixPath(source.path, look.name))
        packed = await take(_blocks(client, path, look.size, source.read_timeout), intake)
        if intake.received != look.size or await _look(visit, client, look.name) != look:
            words = "changed while it was read: it is still being written; pull again later"
            visit.fail(look.name, words, transient=True)
            return
        sha256 = spool.close()
        visit.validators[uri] = look.validator
        if not source.dated and (uri, sha256) in visit.job.known:
            visit.unchanged.append(Unchanged(uri, effort.tries))
            return
        fetched = Fetched(
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
        kept = True
        visit.fetched.append(fetched)
    except AttemptError as error:
        if error.again:
            raise
        visit.fail(look.name, error.message, transient=error.transient)
        return
    finally:
        if not kept:
            spool.close()
            context.scratch.remove(spool.path)
    await context.deliver(fetched)


async def _blocks(
    client: asyncssh.SFTPClient, path: str, size: int, patience: float
) -> AsyncIterator[bytes]:
    """The file, up to a little more than the size that was seen: one that grows would not end."""
    async with asyncio.timeout(patience):
        opened = await client.open(path, "rb", encoding=None)
    # Not `async with`: after a failure, closing would wait for a server that does not answer; the
    # connection is torn down then, and the handle with it.
    offset = 0
    while offset <= size:
        async with asyncio.timeout(patience):
            block = await opened.read(_BLOCK, offset)
        if not block:
            break
        offset += len(block)
        yield cast("bytes", block)  # opened without an encoding
    async with asyncio.timeout(patience):
        await opened.close()
