"""The temporary files of a pull, hashed while written, and threads that may be left behind."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from cost_pipeline.core.errors import EnvironmentFailedError

_T = TypeVar("_T")
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StoppedError(Exception):
    """The pull was cancelled, or gave this source up; its thread ends here."""


class Spool:
    """One file while it is received."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        with _clear_errors(path):
            self._file: BinaryIO = path.open("xb")

    def write(self, block: bytes) -> None:
        """Appends a block.

        Raises:
            EnvironmentFailedError: If the disk is full or fails: that is ours, not the vendor's.
        """
        with _clear_errors(self.path):
            self._file.write(block)
        self._hash.update(block)
        self.size += len(block)

    def close(self) -> str:
        """Closes the file; returns the SHA-256 of its bytes."""
        with _clear_errors(self.path):
            self._file.close()
        return self._hash.hexdigest()

    def abandon(self) -> None:
        """Closes and removes the file."""
        with contextlib.suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)


class Scratch:
    """The temporary files of one source. One thread at a time uses it; any thread may close it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._live: dict[Path, Spool] = {}
        self._lock = threading.Lock()
        self._closed = False

    def open(self) -> Spool:
        """Makes a new file.

        Raises:
            StoppedError: If the source was given up.
            EnvironmentFailedError: If the file cannot be made.
        """
        with self._lock:
            self.go_on()
            spool = Spool(self._folder / f"pull-{uuid.uuid4().hex}")
            self._live[spool.path] = spool
        return spool

    def go_on(self) -> None:
        """Asks between two blocks whether the source is still wanted.

        Raises:
            StoppedError: If the source was given up.
        """
        if self._closed:
            raise StoppedError

    def remove(self, path: Path) -> None:
        """Removes a file that is not wanted; ignores one that was handed over."""
        with self._lock:
            spool = self._live.pop(path, None)
        if spool is not None:
            spool.abandon()

    def evidence(self, spool: Spool | None, *, wanted: bool) -> Path | None:
        """Closes the file of a failed fetch and returns it; removes it if empty or not wanted."""
        if spool is None:
            return None
        spool.close()
        if wanted and spool.size:
            return spool.path
        self.remove(spool.path)
        return None

    def hand_over(self, path: Path) -> None:
        """Forgets a file, which its receiver lands or removes from now on."""
        with self._lock:
            self._live.pop(path, None)

    def close(self) -> None:
        """Removes every file that was not handed over; a thread that still writes stops."""
        with self._lock:
            self._closed = True
            left, self._live = self._live, {}
        for spool in left.values():
            spool.abandon()


async def in_thread(work: Callable[[], _T]) -> _T:
    """Runs blocking work in a daemon thread of its own, and returns its result.

    The work does not run in the loop's executor, because `asyncio.run` waits for the executor's
    threads, and a read from a network drive that hangs would keep the program from ending. A thread
    that hangs is left behind.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def settle(result: _T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # the work's own result

    def body() -> None:
        result: _T | None = None
        failure: BaseException | None = None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  (carried to the one who waits)
            failure = error
        # The loop may be gone: then nobody waits any more.
        with contextlib.suppress(RuntimeError):
            # Without arguments: a watched loop logs those of a slow callback, and this may be a
            # secret that was read.
            loop.call_soon_threadsafe(lambda: settle(result, failure))

    threading.Thread(target=body, name="acquire", daemon=True).start()
    return await done


@contextlib.contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in _FULL
        raise EnvironmentFailedError(
            "the disk is full" if full else f"a file cannot be written: {error.strerror}",
            where=str(path.parent),
            remedy="free some space and run the same command again"
            if full
            else "check the folder's owner, its permissions and how it is mounted; then run again",
            code="DISK_FULL" if full else "NOT_WRITABLE",
        ) from error
