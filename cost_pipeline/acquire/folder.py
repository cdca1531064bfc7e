"""Files that somebody puts into a folder: copied with their hash, never moved or changed.

Everything here blocks and runs in a thread of its own.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from cost_pipeline.acquire.attempts import AttemptError
from cost_pipeline.acquire.choosing import GROWING, choose, newest, unmatched, waits_for
from cost_pipeline.acquire.outcome import Fetched, FetchFailure, PassedOver, Pulled, PullJob
from cost_pipeline.acquire.pattern import on_date
from cost_pipeline.acquire.scratch import Scratch
from cost_pipeline.contracts.vendor import FolderSource
from cost_pipeline.core.frames import frames_of
from cost_pipeline.core.reasons import Reason

_BLOCK: Final = 1 << 20
_NANO: Final = 1_000_000_000
_NAP: Final = 0.2
# Errors of a network drive that is away for a moment; all others stay until somebody acts.
_PASSING: Final = {
    errno.EIO,
    errno.ESTALE,
    errno.ETIMEDOUT,
    errno.ENOTCONN,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.EAGAIN,
    errno.EBUSY,
}


def pull_folder(
    job: PullJob,
    source: FolderSource,
    base: Path,
    *,
    scratch: Scratch,
    clock: Callable[[], datetime],
) -> Pulled:
    """Copies the files of a pull date, or every file that is not known yet.

    No file of a pull date is not a failure: vendors have days without one.

    Args:
        job: The vendor and the pull date.
        source: The job's source.
        base: The home; a relative path starts there.
        scratch: Where the copies are written.
        clock: Returns the present instant, UTC.

    Raises:
        EnvironmentFailedError: If the copies cannot be written.
    """
    folder = base / Path(source.path).expanduser()
    vendor = job.vendor.vendor
    pattern = on_date(source.files, job.pull_date)
    fetched: list[Fetched] = []
    try:
        names = list(_matching(folder, pattern))
        seen = {} if names else unmatched(_files_in(folder), source.files)
    except OSError as error:
        return Pulled(vendor, failures=(_unreadable(folder, error, "folder"),))
    chosen = choose(names, pattern, source.control, lambda name: (folder / name).exists())
    if job.one:
        chosen.wanted[:] = newest(chosen.wanted, lambda name: _look(folder / name))
    failures = [
        _failure(folder / name, waits_for(control), transient=True)
        for name, control in chosen.waiting.items()
    ]
    growing = _growing(folder, chosen.wanted, source, scratch, clock)
    for name in chosen.wanted:
        file = folder / name
        if name in growing:
            failures.append(_failure(file, GROWING, transient=True))
            continue
        found = _copy(file, folder, scratch=scratch, clock=clock)
        if found is None:
            chosen.passed_over[name] = "empty"
        elif isinstance(found, FetchFailure):
            failures.append(found)
        elif not source.dated and (found.uri, found.sha256) in job.known:
            scratch.remove(found.path)
        else:
            fetched.append(found)
    left = [
        PassedOver(_uri(folder / name), why) for name, why in {**chosen.passed_over, **seen}.items()
    ]
    return Pulled(vendor, tuple(fetched), tuple(failures), passed_over=tuple(left))


def _matching(folder: Path, pattern: str) -> Iterator[str]:
    """Yields the names that match, sorted, as paths inside the folder.

    Raises:
        OSError: If the folder is missing, is none, or may not be listed.
    """
    if not stat.S_ISDIR(folder.stat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    os.scandir(folder).close()  # glob takes a folder that may not be listed for an empty one
    last = pattern.rsplit("/", 1)[-1]
    for file in sorted(folder.glob(pattern)):
        # `*` means only files; where a longer pattern matches a folder, the user is told.
        if not (last == "*" and file.is_dir()):
            yield file.relative_to(folder).as_posix()


def _files_in(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        yield from (entry.name for entry in entries if entry.is_file())


def _growing(
    folder: Path,
    names: Sequence[str],
    source: FolderSource,
    scratch: Scratch,
    clock: Callable[[], datetime],
) -> set[str]:
    """Returns the names of files that somebody is still writing.

    A vendor's control files, where it has any, have said already that these files are complete.
    """
    if source.control is not None or not source.settle:
        return set()
    first = {name: _look(folder / name) for name in names}
    # A folder of old files is not waited for.
    touched = clock().timestamp() - source.settle
    if not any(look and look[1] > touched * _NANO for look in first.values()):
        return set()
    until = time.monotonic() + source.settle
    while (left := until - time.monotonic()) > 0:
        scratch.go_on()
        time.sleep(min(left, _NAP))
    return {name for name, look in first.items() if _look(folder / name) != look}


def _look(file: Path) -> tuple[int, int] | None:
    """Returns size and time of change; None if the file is gone, or cannot be looked at."""
    try:
        seen = file.stat()
    except OSError:
        return None  # copying it says what is wrong
    return seen.st_size, seen.st_mtime_ns


def _copy(
    file: Path, folder: Path, *, scratch: Scratch, clock: Callable[[], datetime]
) -> Fetched | FetchFailure | None:
    """Returns the copied file, why it could not be copied, or None if the file is empty."""
    started = time.monotonic()
    try:
        # Not `resolve`: a link to itself is an answer here, not an exception.
        if not _real(file).is_relative_to(_real(folder)):
            message = "is a link that leaves the folder; put the file itself there"
            return _failure(file, message, transient=False)
        mode = file.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            return _failure(file, f"is {what} where a file should be", transient=False)
        with file.open("rb") as opened:
            before = os.fstat(opened.fileno())
            if not before.st_size:
                return None
            spool = scratch.open()
            for block in _blocks(opened):
                scratch.go_on()
                spool.write(block)
                if spool.size > before.st_size:
                    break  # it grows: a log that is appended to for ever would never end
            after = os.fstat(opened.fileno())
    except OSError as error:
        return _unreadable(file, error, "file")
    sha256 = spool.close()
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not same or spool.size != after.st_size:
        scratch.remove(spool.path)
        message = "changed while it was read: it is still being written; pull again later"
        return _failure(file, message, transient=True)
    return Fetched(
        path=spool.path,
        sha256=sha256,
        size=spool.size,
        uri=_uri(file),
        fetched_at=clock(),
        status=None,
        attempts=1,
        content_type="",
        latency=time.monotonic() - started,
    )


def _real(place: Path) -> Path:
    return Path(os.path.realpath(place))


def _blocks(opened: BinaryIO) -> Iterator[bytes]:
    while block := opened.read(_BLOCK):
        yield block


def _words(error: OSError, kind: str) -> tuple[str, bool]:
    """Returns what happened, and whether it may pass."""
    if error.errno == errno.ENOENT:
        return f"there is no such {kind}; put it there, or mend `path:` in the vendor file", False
    if error.errno == errno.ENOTDIR:
        return "is a file where a folder should be; mend `path:` in the vendor file", False
    if error.errno == errno.EACCES:
        return "may not be read; let the user that runs cost-pipeline read it", False
    return f"cannot be read: {error.strerror}", error.errno in _PASSING


def _unreadable(place: Path, error: OSError, kind: str) -> FetchFailure:
    message, transient = _words(error, kind)
    failure = _failure(place, message, transient=transient)
    if message.startswith("cannot be read"):
        return replace(failure, traceback=frames_of(error, own=AttemptError))
    return failure


def _failure(place: Path, message: str, *, transient: bool) -> FetchFailure:
    shown = os.fsencode(place).decode("utf-8", "backslashreplace")  # a name may be no UTF-8
    return FetchFailure(_uri(place), Reason.FETCH_FAILED, f"{shown}: {message}", transient)


def _uri(place: Path) -> str:
    return place.absolute().as_uri()
