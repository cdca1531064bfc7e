"""Logging in to an SFTP server: its host key, our secret, and what a broken connection means.

A server is believed only with the key that the known-hosts file has for it; the user's own SSH
set-up (agent, config, keys) is not used.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncssh

from cost_pipeline.acquire.attempts import AttemptError
from cost_pipeline.acquire.scratch import in_thread
from cost_pipeline.contracts.sources import Login, SftpSource


@asynccontextmanager
async def logged_in(
    source: SftpSource, known_hosts: asyncssh.SSHKnownHosts, environment: Mapping[str, str]
) -> AsyncIterator[asyncssh.SFTPClient]:
    """Opens a session for at most the source's `total_timeout`.

    The connection is torn down at the end, without waiting for the server.

    Raises:
        AttemptError: If the host key or the secret is not what it should be.
        asyncssh.Error: If the login fails.
    """
    secret = await in_thread(lambda: _secret(source.login, environment))
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
    """A password or a key. Its repr hides both: a watched loop logs results of callbacks."""

    password: str | None = field(default=None, repr=False)
    key: asyncssh.SSHKey | None = field(default=None, repr=False)


def _secret(login: Login, environment: Mapping[str, str]) -> _Secret:
    """Returns the password or the key.

    Raises:
        AttemptError: If the environment has none that can be used; it names only the variable.
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


def read_known_hosts(base: Path, source: SftpSource) -> asyncssh.SSHKnownHosts:
    """Returns the host keys that are believed; it blocks.

    Raises:
        AttemptError: If the file cannot be read.
    """
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


def connection_error(error: Exception, source: SftpSource) -> AttemptError:
    """Returns the failure that a failed login, listing or transfer means."""
    if isinstance(error, AttemptError):
        return error
    for kind, words, transient in _CONNECTION:
        if isinstance(error, kind):
            text = words.format(
                patience=source.read_timeout, path=source.path, env=source.login.env
            )
            return AttemptError(text, transient=transient)
    why = getattr(error, "strerror", None) or type(error).__name__
    return AttemptError(f"no connection: {why}", transient=True)


# The first kind that fits counts. The texts of libraries are not shown to users.
_CONNECTION: Final[tuple[tuple[type[BaseException], str, bool], ...]] = (
    (
        asyncssh.PermissionDenied,
        "the login is refused: check `user:` and {env} with the partner",
        False,
    ),
    (TimeoutError, "sent nothing for {patience:g} s", True),
    (asyncssh.SFTPNoSuchFile, "there is no folder {path}; mend `path:` in the vendor file", False),
    (asyncssh.SFTPNoSuchPath, "there is no folder {path}; mend `path:` in the vendor file", False),
    (asyncssh.SFTPPermissionDenied, "the folder {path} may not be read", False),
    (asyncssh.Error, "broke off the connection", True),
)
