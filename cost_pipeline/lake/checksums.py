"""What each file of a table was when it was committed: its SHA-256, one line each, in its folder.

A changed byte of a Parquet file may still decode, to another value: neither Delta nor DuckDB knows.
So each commit notes the hashes of its data files and of its log entry in `_checksums`, and a file
is held to its hash before this process first reads it. The note is no part of the commit: a run
that is killed between the two leaves files without one, which are noted when they are first read. A
line that is damaged itself counts as missing.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.durable import clear_read_errors
from cost_pipeline.lake.only_reading import may_write

_NAME: Final = "_checksums"

# Path, size and time of files whose bytes this process has compared: what is written once is
# compared once.
_COMPARED: Final[set[tuple[str, int, int]]] = set()


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that is not what it was; `found` is None if it is gone."""

    name: str
    expected: str
    found: str | None


class Checksums:
    """The hashes of one table's files.

    Args:
        folder: The table's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / _NAME

    def read(self) -> dict[str, str]:
        """Returns the hash of each file that is known, by its name relative to the folder."""
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        return dict(found for line in text.splitlines() if (found := _parsed(line)))

    def note(self, names: Iterable[str]) -> None:
        """Notes the files as they are now. The caller syncs `path` with them."""
        self._append({name: hash_file(self._folder / name) for name in names})

    def compare(self, files: Sequence[str]) -> None:
        """Holds data files to their hashes, unless this process has done so before.

        Raises:
            EnvironmentFailedError: `TABLE_DAMAGED`, with the first file that is another one.
        """
        known: dict[str, str] | None = None
        new = {}
        for file in files:
            with clear_read_errors(file):
                state = state_of(file)
                if state in _COMPARED:
                    continue
                name, found = name_of(file), hash_file(Path(file))
            if known is None:
                known = self.read()
            if (expected := known.get(name)) is None:
                new[name] = found
            elif found != expected:
                raise EnvironmentFailedError(
                    f"a data file is not as it was written: its SHA-256 is {found[:16]}... and was "
                    f"{expected[:16]}...",
                    where=file,
                    remedy="restore it from a copy; nothing was read from it",
                    code="TABLE_DAMAGED",
                )
            _COMPARED.add(state)
        if new and may_write():
            with suppress(OSError):  # a lake that only may be read
                self._append(new)

    def changed(self, known: Mapping[str, str], listed: Collection[str]) -> Iterator[Changed]:
        """Yields every file that is not as it was.

        Args:
            known: What was noted of files, by `read`.
            listed: The data files that the table reads. Others may be gone, if they are no part of
                the log; a file without a noted hash is passed over.
        """
        for name, expected in sorted(known.items()):
            try:
                found = hash_file(self._folder / name)
            except FileNotFoundError:
                found = None
            may_be_gone = name not in listed and not name.startswith("_delta_log/")
            if found != expected and not (found is None and may_be_gone):
                yield Changed(name, expected, found)

    def _append(self, hashes: Mapping[str, str]) -> None:
        lines = b"".join(_line(name, sha256) for name, sha256 in sorted(hashes.items()))
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            # In front, too: a line that a full disk cut off must not spoil the next.
            os.write(descriptor, b"\n" + lines)
        finally:
            os.close(descriptor)


def name_of(file: str) -> str:
    """Returns the name of a data file relative to its table's folder: its partition and its own."""
    return "/".join(Path(file).parts[-2:])


def state_of(file: str) -> tuple[str, int, int]:
    """Returns what tells that nobody has written to a file: its name, size and time."""
    found = os.stat(file)  # noqa: PTH116 - of thousands of files in a run; a Path takes thrice as long
    return file, found.st_size, found.st_mtime_ns


def _line(name: str, sha256: str) -> bytes:
    said = f"{sha256} {name}".encode()
    return b"%08x %s\n" % (zlib.crc32(said), said)


def _parsed(line: bytes) -> tuple[str, str] | None:
    """Returns name and hash of a line, or None if it is not what was written."""
    check, _, said = line.partition(b" ")
    if check != b"%08x" % zlib.crc32(said):
        return None
    sha256, _, name = said.decode().partition(" ")
    return name, sha256
