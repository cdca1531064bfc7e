"""Makes local writes survive a power cut, and tells a full disk from a defect.

deltalake makes no fsync at all (measured with strace), so a finished commit is synced here: its
data files, its log entry, and the folders that name them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError

from cost_pipeline.core.errors import CostPipelineError, EnvironmentFailedError

_SAID = 200
# UnicodeDecodeError: pyarrow of a column whose name is no text any more.
# `ValueError`: what deltalake says of a log in which a value is missing.
_DAMAGED = (pa.ArrowException, OSError, DeltaError, duckdb.Error, ValueError)
# A flipped bit in a file's own schema can rename or retype a column, so a statement that no longer
# fits the file is no proof of a mistake in the statement; these are.
_NOT_DAMAGED = (duckdb.ParserException, duckdb.InterruptException, duckdb.OutOfMemoryException)
_FULL = ("no space left on device", "disk quota exceeded", "database or disk is full")
_READ_ONLY = ("read-only file system", "permission denied")


def sync_file(path: Path) -> None:
    """Flushes a file's bytes to the device."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Flushes a folder's entries, so that a new name survives."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def sync_all(files: Iterable[Path]) -> None:
    """Flushes files and, once each, the folders that hold them."""
    folders = set()
    for file in files:
        sync_file(file)
        folders.add(file.parent)
    for folder in sorted(folders):
        sync_folder(folder)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def storage_failure(error: BaseException, where: str) -> CostPipelineError | None:
    """Returns the clear form of a storage failure, or None if `error` is something else.

    deltalake and SQLite report a full disk as text inside errors of their own, so the text counts
    as well as the number. Causes are followed: Dagster wraps what a step raised.
    """
    visited: set[int] = set()
    seen: BaseException | None = error
    while seen is not None and id(seen) not in visited:
        visited.add(id(seen))  # chains of Dagster's errors can be circular
        if isinstance(seen, CostPipelineError):
            return seen
        text = str(seen).lower()
        number = seen.errno if isinstance(seen, OSError) else None
        if number in (errno.ENOSPC, errno.EDQUOT) or any(words in text for words in _FULL):
            return EnvironmentFailedError(
                "the disk is full; what was being written is not part of the lake",
                where=where,
                remedy="free some space and run the same command again",
                code="DISK_FULL",
            )
        if number in (errno.EROFS, errno.EACCES, errno.EPERM) or any(w in text for w in _READ_ONLY):
            return EnvironmentFailedError(
                f"the lake cannot be written: {seen}",
                where=where,
                remedy="check the folder's owner, its permissions and how it is mounted",
                code="NOT_WRITABLE",
            )
        seen = seen.__cause__ or seen.__context__
    return None


@contextmanager
def clear_read_errors(where: str) -> Iterator[None]:
    """Turns stored bytes that cannot be read any more into their clear error.

    Each library says in a way of its own that a file or a log is not what it should be.

    Raises:
        EnvironmentFailedError: With the file or table, if it is damaged or gone.
    """
    try:
        yield
    except CostPipelineError:
        raise
    except _DAMAGED as error:
        if isinstance(error, _NOT_DAMAGED) or storage_failure(error, where) is not None:
            raise
        first = next(iter(str(error).splitlines()), "")
        raise EnvironmentFailedError(
            f"stored data cannot be read: {first[:_SAID]}",
            where=where,
            remedy="`cost-pipeline ledger verify` names what is damaged; restore it from a copy",
            code="TABLE_DAMAGED",
        ) from error


@contextmanager
def clear_storage_errors(where: str) -> Iterator[None]:
    """Turns a full or unwritable disk inside the block into its clear error.

    The catch is broad because deltalake raises bare `Exception` types for input and output; what is
    not a storage failure goes on unchanged.
    """
    try:
        yield
    except Exception as error:
        clear = storage_failure(error, where)
        if clear is None or clear is error:
            raise
        raise clear from error
