"""A partner's SFTP server on loopback, in a thread of its own, with faults by recipe.

Needs the extra `sftp`. Serves one folder for reading; whatever would change it is refused and
counted, so that a test can show that nobody tried.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Final, cast

import asyncssh

from cost_pipeline.simulator.recipes import Fault, FaultKind, Recipe
from cost_pipeline.simulator.server_thread import ServerThread

_KEY: Final = "ssh-ed25519"


class SftpPortal(ServerThread):
    """Serves a folder while it is open; use it as a context manager.

    Args:
        root: The folder.
        recipe: LATENCY, STALL, RESET and GROWING strike reads of a file by its name; HOST_KEY is a
            server that shows another key than `known_hosts` tells; DUPLICATE lists every file a
            second time, as `copy_of_...`.
        user: Who may log in.
        password: The password with which they log in.
        public_key: Or with what key, in OpenSSH's format.
    """

    def __init__(
        self,
        root: Path,
        recipe: Recipe | None = None,
        *,
        user: str = "studio",
        password: str = "simulated",  # noqa: S107  (opens nothing but the simulator)
        public_key: str = "",
    ) -> None:
        super().__init__("SFTP server", failures=(OSError, asyncssh.Error))
        self.root = root
        self.recipe = recipe or Recipe()
        self.user, self.password, self.public_key = user, password, public_key
        self.calls: Counter[str] = Counter()
        self.refused: list[str] = []
        """What was tried that would have changed something."""
        self.opened: list[IO[bytes]] = []
        """What was opened; a client that is torn down closes nothing, so the portal does."""
        self.port = 0
        self._key = asyncssh.generate_private_key(_KEY)
        self._told = self._key
        if self.recipe.has(FaultKind.HOST_KEY):
            self._told = asyncssh.generate_private_key(_KEY)

    @property
    def known_hosts(self) -> str:
        """What the partner tells of its server's key, as a line of a known-hosts file."""
        key = self._told.export_public_key().decode().strip()
        return f"[127.0.0.1]:{self.port} {key}\n"

    async def _serve(self) -> None:
        server = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: _Door(self),
            server_host_keys=[self._key],
            sftp_factory=lambda channel: _Files(channel, self),
            allow_scp=False,
        )
        try:
            self.port = server.get_port()
            await self._until_closed()
        finally:
            server.close()
            await server.wait_closed()
            for opened in self.opened:
                opened.close()


class _Door(asyncssh.SSHServer):
    """Decides who may log in."""

    def __init__(self, portal: SftpPortal) -> None:
        self._portal = portal

    def begin_auth(self, username: str) -> bool:
        del username
        return True

    def password_auth_supported(self) -> bool:
        return not self._portal.public_key

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (self._portal.user, self._portal.password)

    def public_key_auth_supported(self) -> bool:
        return bool(self._portal.public_key)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        told = asyncssh.import_public_key(self._portal.public_key)
        return username == self._portal.user and key == told


class _Files(asyncssh.SFTPServer):
    """Serves the folder, for reading only."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], portal: SftpPortal) -> None:
        super().__init__(channel, chroot=str(portal.root).encode())
        self._portal = portal
        self._names: dict[int, str] = {}

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Opens for reading only."""
        if pflags & ~asyncssh.FXF_READ:
            self._refuse("open for writing", path)
        opened = super().open(_original(path), pflags, attrs)
        self._names[id(opened)] = _name(path)
        self._portal.opened.append(cast("IO[bytes]", opened))
        return opened

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Reads, with what the recipe has for this read of this file."""
        name = self._names.get(id(file_obj), "")
        self._portal.calls[name] += 1
        fault = self._portal.recipe.strikes(name, self._portal.calls[name])
        if fault and fault.fault in {FaultKind.LATENCY, FaultKind.STALL}:
            await asyncio.sleep(fault.seconds)
        if fault and fault.fault is FaultKind.RESET:
            self.channel.get_connection().abort()
        found = super().read(file_obj, offset, size)
        return found if isinstance(found, bytes) else await found

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """Looks at a file; one that is still being written is larger every time."""
        seen = super().stat(_original(path))
        attrs = asyncssh.SFTPAttrs.from_local(seen)  # type: ignore[arg-type]
        growing = self._fault(FaultKind.GROWING, _name(path))
        if growing and attrs.size is not None:
            self._portal.calls[f"look at {_name(path)}"] += 1
            attrs.size += self._portal.calls[f"look at {_name(path)}"]
        skew = self._fault(FaultKind.CLOCK_SKEW, _name(path))
        if skew and attrs.mtime is not None:
            attrs.mtime = max(0, int(attrs.mtime + skew.seconds))
        return attrs

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """Yields the files, each a second time where the recipe says so."""
        async for entry in super().scandir(path):
            yield entry
            name = entry.filename if isinstance(entry.filename, bytes) else b""
            if name not in {b".", b".."} and self._fault(FaultKind.DUPLICATE, _name(name)):
                yield asyncssh.SFTPName(_COPY + name, attrs=entry.attrs)

    def remove(self, path: bytes) -> None:
        """Refuses."""
        self._refuse("remove", path)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Refuses."""
        del newpath
        self._refuse("rename", oldpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Refuses."""
        del newpath
        self._refuse("rename", oldpath)

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Refuses."""
        del attrs
        self._refuse("mkdir", path)

    def rmdir(self, path: bytes) -> None:
        """Refuses."""
        self._refuse("rmdir", path)

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Refuses."""
        del attrs
        self._refuse("setstat", path)

    def _refuse(self, what: str, path: bytes) -> None:
        self._portal.refused.append(f"{what} {path.decode()}")
        raise asyncssh.SFTPPermissionDenied("this folder is for reading")

    def _fault(self, kind: FaultKind, name: str) -> Fault | None:
        found = [fault for fault in self._portal.recipe.faults if fault.fault is kind]
        return next((f for f in found if Recipe(faults=(f,)).strikes(name, 1)), None)


_COPY: Final = b"copy_of_"


def _original(path: bytes) -> bytes:
    folder, _, name = path.rpartition(b"/")
    return folder + b"/" + name.removeprefix(_COPY)


def _name(path: bytes) -> str:
    return path.rpartition(b"/")[2].decode("utf-8", "surrogateescape")
