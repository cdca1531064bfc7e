"""The log of a Delta table as it lies in its folder: which entry added which files.

Verification reads the log by itself, because what a library makes of a log is not what is in it: an
entry that is gone or changed must be seen. Entries are kept for ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from cost_pipeline.core.errors import EnvironmentFailedError


@dataclass(frozen=True, slots=True)
class Misread:
    """The files that are read from a table are not those that its log adds.

    Attributes:
        added: How many files the log adds.
        first: The first file that is only read or only added.
    """

    added: int
    first: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One commit.

    Attributes:
        version: Its number, from 0.
        path: The entry's own file, relative to the table's folder.
        added: The data files that it added, relative to the table's folder.
        removed: Those that it took away.
        tokens: The application transactions in it: writer to sequence.
    """

    version: int
    path: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    tokens: dict[str, int]


def log_entries(folder: Path, first: int, last: int) -> Iterator[LogEntry]:
    """Yields the entries of these versions, in order.

    Raises:
        EnvironmentFailedError: If one is missing or is no log entry.
    """
    for version in range(first, last + 1):
        path = entry_path(version)
        try:
            actions = [
                json.loads(line) for line in (folder / path).read_text("utf-8").splitlines() if line
            ]
            yield LogEntry(
                version=version,
                path=path,
                added=tuple(unquote(a["add"]["path"]) for a in actions if "add" in a),
                removed=tuple(unquote(a["remove"]["path"]) for a in actions if "remove" in a),
                tokens={a["txn"]["appId"]: int(a["txn"]["version"]) for a in actions if "txn" in a},
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EnvironmentFailedError(
                "an entry of the table's log is missing or cannot be read",
                where=str(folder / path),
                remedy="restore it from a copy; nothing was changed",
                code="TABLE_DAMAGED",
            ) from error


def plain_paths(folder: Path, root: str, addresses: Iterable[str]) -> list[str]:
    """Returns data files of a table as paths; Delta names them by addresses (`a%20b`).

    Args:
        folder: The table's.
        root: The table's own address.
        addresses: Of files; one that lies elsewhere stays as it is.
    """
    prefix = root.removeprefix("file://").rstrip("/") + "/"
    return [
        str(folder / unquote(one.removeprefix(prefix))) if one.startswith(prefix) else one
        for one in (address.removeprefix("file://") for address in addresses)
    ]


def names_in(folder: Path, files: Iterable[str]) -> set[str]:
    """Returns data files as the log of a table in this folder names them, or by path."""
    prefix = f"{folder}/"
    return {file.removeprefix(prefix) for file in files}


def misread(entries: Iterable[LogEntry], read: set[str]) -> Misread | None:
    """Returns how the read files (as `names_in` gives them) differ from the log's; None if not."""
    added: set[str] = set()
    for entry in entries:
        added.update(entry.added)
        added.difference_update(entry.removed)
    return None if added == read else Misread(len(added), min(added ^ read))


def entry_path(version: int) -> str:
    """Returns where the entry of a version lies in the table's folder."""
    return f"_delta_log/{version:020d}.json"
