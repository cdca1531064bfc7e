"""The delivered bytes, verbatim, each file named by its SHA-256.

A file here is never changed: it is written beside its place, synced, and linked into it, so that a
name exists only with all of its bytes. The same bytes twice are one file.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cost_pipeline.core.errors import CheckFailedError, EnvironmentFailedError
from cost_pipeline.lake.durable import clear_storage_errors, sync_file, sync_folder

_BLOCK = 1 << 20
_LOCK = "lock"


class ContentStore:
    """A folder of immutable files, `ab/cd/abcd...`.

    Args:
        root: The folder; made on first use.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Returns where the bytes with this hash lie, whether or not they are there."""
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def has(self, sha256: str) -> bool:
        """Whether the bytes are landed."""
        return self.path(sha256).exists()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Makes a folder of one's own, on the same file system, for files on their way in.

        It is gone afterwards. What a killed process left in its own goes now: nobody holds the lock
        of that folder any more.
        """
        incoming = self.root / "incoming"
        folder = incoming / uuid.uuid4().hex
        with clear_storage_errors(str(incoming)):
            incoming.mkdir(parents=True, exist_ok=True)
            with (incoming / _LOCK).open("w") as door:
                fcntl.flock(door, fcntl.LOCK_EX)  # nobody sweeps a folder that is being made
                _sweep(incoming)
                folder.mkdir()
                lock = (folder / _LOCK).open("w")
                fcntl.flock(lock, fcntl.LOCK_EX)
        with lock:
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def land(self, file: Path, sha256: str) -> Path:
        """Takes a finished file over; returns where it now lies. `file` is gone afterwards.

        Raises:
            CheckFailedError: If its bytes do not have that hash.
            EnvironmentFailedError: If the disk is full or cannot be written.
        """
        place = self.path(sha256)
        with clear_storage_errors(str(place.parent)):
            if hash_file(file) != sha256:
                raise CheckFailedError(
                    "a delivery changed between its fetching and its landing",
                    where=str(file),
                    remedy="pull again",
                    code="LANDING_CHANGED",
                )
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                if file.stat().st_dev != place.parent.stat().st_dev:
                    moved = place.with_name(f"{sha256}.{uuid.uuid4().hex}")
                    shutil.copyfile(file, moved)
                    file.unlink()
                    file = moved
                file.chmod(0o444)
                sync_file(file)
                file.replace(place)
                for folder in (place.parent, place.parent.parent, self.root, self.root.parent):
                    sync_folder(folder)
            file.unlink(missing_ok=True)
        return place

    def open_path(self, sha256: str) -> Path:
        """Returns the path of landed bytes.

        Raises:
            EnvironmentFailedError: If they are gone: nothing in the product ever removes them.
        """
        place = self.path(sha256)
        if not place.exists():
            raise EnvironmentFailedError(
                "the bytes of a delivery are missing from the lake",
                where=str(place),
                remedy="restore the lake's `bytes` folder from a copy; its name is its SHA-256",
                code="BYTES_MISSING",
            )
        return place


def hash_file(path: Path) -> str:
    """Returns SHA-256 of a file's bytes, read in blocks."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            hasher.update(block)
    return hasher.hexdigest()


def _sweep(incoming: Path) -> None:
    """Removes the scratch folders whose process is gone."""
    for folder in incoming.iterdir():
        with contextlib.suppress(OSError), (folder / _LOCK).open("w") as lock:
            # Held by another pull: BlockingIOError, and the folder stays.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
