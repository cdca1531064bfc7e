"""Checks that the tables of a lake are what was committed: every file, every entry of a log.

Reading notices a changed file when it comes to it; this looks at all of them. It believes a table's
log and its checksums only together, and neither is proof against somebody who alters both: that is
what the ledger's heads are for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from deltalake import DeltaTable

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.lake.checksums import Changed, Checksums
from cost_pipeline.lake.durable import clear_read_errors
from cost_pipeline.lake.log import log_entries, misread, names_in, plain_paths


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing in a table that is not as it was committed."""

    message: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Soundness:
    """How many files were held to their hashes, and what is not as it was."""

    files: int
    damages: tuple[Damage, ...]


def soundness(
    tables: Path, leave_out: Collection[str], progress: Callable[[str, int, int], None]
) -> Soundness:
    """Looks at every table in a folder of tables.

    Args:
        tables: The folder.
        leave_out: Names of tables that are verified otherwise.
        progress: Told (phase, done, total).
    """
    files, damages = 0, []
    folders = [
        folder
        for folder in (sorted(tables.iterdir()) if tables.exists() else ())
        if folder.is_dir() and folder.name not in leave_out
    ]
    for number, folder in enumerate(folders):
        checksums = Checksums(folder)
        listed, unread = _listed(folder)
        known = checksums.read()
        changed = list(checksums.changed(known, listed))
        damages += [_changed(folder.name, change) for change in changed]
        damages += unread if not changed else []  # it cannot be read because of them
        files += len(known)
        progress("hashing tables", number + 1, len(folders))
    return Soundness(files, tuple(damages))


def _listed(folder: Path) -> tuple[set[str], list[Damage]]:
    """Returns the data files that a table reads, and why they are not those that its log adds."""
    try:
        with clear_read_errors(str(folder)):
            table = DeltaTable(str(folder))
            paths = plain_paths(folder, table.table_uri, table.file_uris())
            listed = names_in(folder, paths)
        wrong = misread(log_entries(folder, 0, table.version()), listed)
    except EnvironmentFailedError as error:
        return set(), [Damage(f"the table {folder.name} cannot be read", "a table", error.message)]
    if wrong is None:
        return listed, []
    message = f"the files that are read of the table {folder.name} are not those that its log adds"
    return listed, [Damage(message, f"{wrong.added} files", wrong.first)]


def _changed(table: str, change: Changed) -> Damage:
    message = f"the file {change.name} of the table {table} is not as it was written"
    return Damage(message, change.expected, change.found or "no file")
