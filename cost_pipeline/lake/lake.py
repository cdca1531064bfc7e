"""A lake: one folder with the delivered bytes and the tables, and the version of its layout."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from cost_pipeline.core.errors import EnvironmentFailedError, UsageError
from cost_pipeline.lake.audit_log import AuditLog
from cost_pipeline.lake.content import ContentStore
from cost_pipeline.lake.delta import Table
from cost_pipeline.lake.durable import clear_storage_errors, sync_file, sync_folder
from cost_pipeline.lake.interpretations import Interpretations
from cost_pipeline.lake.kept import Kept
from cost_pipeline.lake.only_reading import may_write
from cost_pipeline.lake.tables import AUDIT_LOG, TableSpec

FORMAT: Final = 2
_MARKER: Final = "lake.json"
# A run that starts with less than this would only fail half way, if cleanly.
_HEADROOM: Final = 4 << 20

T = TypeVar("T")


class Lake:
    """The tables and bytes under one folder.

    Args:
        root: The lake's folder.
        between: Passed to every table's commits; tests kill the process there.
    """

    def __init__(self, root: Path, *, between: Callable[[str, str], None] | None = None) -> None:
        self.root = root
        self.content = ContentStore(root / "bytes")
        self.interpretations = Interpretations(root / "interpretations")
        self._between = between
        self._tables: dict[str, Table] = {}
        self.audit = AuditLog(self.table(AUDIT_LOG), root / "tables")

    def table(self, spec: TableSpec) -> Table:
        """Returns the table of that spec."""
        if spec.name not in self._tables:
            hook = self._between
            self._tables[spec.name] = Table(
                spec,
                self.root / "tables" / spec.name,
                announcer=self.audit if spec.audited else None,
                between=(lambda step: hook(spec.name, step)) if hook else None,
            )
        return self._tables[spec.name]

    def kept(
        self, name: str, specs: Sequence[TableSpec], make: Callable[[], T], *, given: object = None
    ) -> T:
        """Returns what `make` makes of the tables as they are now; makes it once for each state.

        It is kept for the process, whoever opens this lake again.

        Args:
            name: Names what is made; one thing is kept under each name.
            specs: Every table that `make` reads.
            make: Makes it; if another process commits meanwhile, it is made again.
            given: Whatever else it is made from, compared by equality.
        """
        state = (given, *(self.table(spec).snapshot().identity for spec in specs))
        return self._made(name, state, make)

    def counted(
        self,
        name: str,
        specs: Sequence[TableSpec],
        make: Callable[[], T],
        *,
        also: Sequence[TableSpec] = (),
        given: object = None,
    ) -> T:
        """Returns what `make` counts in tables' data files; counts again once one is touched.

        For checks: they look at what is stored, and a file may be changed without a commit. That
        is noticed as it is before a file is read: by its size and its time.

        Args:
            name: Names what is counted; one thing is kept under each name.
            specs: The tables whose rows `make` counts.
            make: Counts them.
            also: Tables that say which of the rows count.
            given: Whatever else it is counted from, compared by equality.
        """
        touched = [self.table(spec).snapshot().touched() for spec in specs]
        others = [self.table(other).snapshot().identity for other in also]
        return self._made(name, (given, *touched, *others), make)

    def _made(self, name: str, state: object, make: Callable[[], T]) -> T:
        made: T = _KEPT.made((self.root.absolute(), name), state, make)
        return made


# Of a few lakes: there are eight things of each, the largest of them with a row for each credit.
_KEPT: Final = Kept[Any](most=32)


def open_lake(uri: str, *, between: Callable[[str, str], None] | None = None) -> Lake:
    """Returns the lake at a folder, laid out if it is new and may be made.

    Raises:
        UsageError: If it was written by a newer version, or the URI is not a folder.
        EnvironmentFailedError: If the disk is full or cannot be written.
    """
    if "://" in uri:
        raise UsageError(
            "this version keeps a lake in a folder, not in an object store",
            where=uri,
            remedy="name a folder as `lake:` in productions.yaml",
            code="LAKE_URI",
        )
    root = Path(uri)
    marker = root / _MARKER
    with clear_storage_errors(str(root)):
        if marker.exists():
            _check_format(marker)
        if not may_write():
            return Lake(root, between=between)
        if not marker.exists():
            root.mkdir(parents=True, exist_ok=True)
            # Two runs may lay out one lake; each writes a file of its own, and the last name wins.
            beside = root / f"{_MARKER}.{uuid.uuid4().hex}"
            beside.write_text(json.dumps({"format": FORMAT}) + "\n", encoding="utf-8")
            sync_file(beside)
            beside.replace(marker)
            sync_folder(root)
        free = shutil.disk_usage(root).free
    if free < _HEADROOM:
        raise EnvironmentFailedError(
            f"the disk is full: {free:,} bytes are free and a run needs {_HEADROOM:,} to start",
            where=str(root),
            remedy="free some space and run the same command again",
            code="DISK_FULL",
        )
    return Lake(root, between=between)


def _check_format(marker: Path) -> None:
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise EnvironmentFailedError(
            "the lake's marker cannot be read",
            where=str(marker),
            remedy=f'restore it from a copy; a lake of this version holds {{"format": {FORMAT}}}',
            code="LAKE_DAMAGED",
        ) from error
    if not isinstance(found, int) or found > FORMAT:
        raise UsageError(
            f"the lake has format {found} and this program knows formats up to {FORMAT}",
            where=str(marker),
            remedy="use the newer version of cost-pipeline that wrote it",
            code="LAKE_TOO_NEW",
        )
    if found < FORMAT:
        raise UsageError(
            f"the lake has format {found} and this program writes format {FORMAT}",
            where=str(marker),
            remedy="keep it and read it with the version that wrote it; name another folder as "
            "`lake:` in productions.yaml and pull again",
            code="LAKE_TOO_OLD",
        )
