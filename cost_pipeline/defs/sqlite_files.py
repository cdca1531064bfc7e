"""SQLite files that stay open between uses. `event_log` decides what is in them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as db
from sqlalchemy.pool import StaticPool

from cost_pipeline.defs.upstream import SQLITE_BUSY_TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class _Opened:
    engine: db.Engine
    device: int
    inode: int


@dataclass(slots=True)
class OpenFiles:
    """At most two open files: the one that stays open, and the last of the others.

    Closing the last connection to a file moves its write-ahead log into it. So the files that are
    open here are also the ones whose logs take space on a small disk. The caller sees to it that
    one thread at a time asks for a file and uses it.

    Attributes:
        stays: The path of the file that is not closed for another.
    """

    stays: Path
    _process: int = field(default_factory=os.getpid)
    _opened: dict[Path, _Opened] = field(default_factory=dict)
    _of_parent: list[dict[Path, _Opened]] = field(default_factory=list)

    def engine(self, path: Path) -> tuple[db.Engine, bool]:
        """Returns the engine of a file, and whether it is opened just now; makes a missing file."""
        self._leave_to_parent()
        known = self._opened.get(path)
        if known is not None and _is_still(known, path):
            return known.engine, False
        if path != self.stays:
            for other in [other for other in self._opened if other != self.stays]:
                self._close(other)
        self._close(path)
        if not path.exists():
            path.touch(mode=0o644)  # as SQLite makes it
        found = path.stat()
        engine = db.create_engine(
            f"sqlite:///{path}",
            poolclass=StaticPool,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        self._opened[path] = _Opened(engine, found.st_dev, found.st_ino)
        return engine, True

    def let_go(self) -> None:
        """Closes all files."""
        self._leave_to_parent()
        for path in list(self._opened):
            self._close(path)

    def _close(self, path: Path) -> None:
        opened = self._opened.pop(path, None)
        if opened is not None:
            opened.engine.dispose()

    def _leave_to_parent(self) -> None:
        """Forgets the files of the parent after a fork, neither using nor closing them.

        A SQLite connection may be neither used nor closed on the other side of a fork.
        """
        if self._process != os.getpid():
            self._of_parent.append(self._opened)
            self._opened = {}
            self._process = os.getpid()


def _is_still(opened: _Opened, path: Path) -> bool:
    """Whether the open file is the one at the path: a home may be deleted and made anew."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return (found.st_dev, found.st_ino) == (opened.device, opened.inode)
