"""By what each delivery was read: the vendor file behind an interpretation, kept for traces.

A vendor file may be changed or removed; what was read by it must be readable for ever. Each is a
file of its own, written before the validation that names its interpretation.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from cost_pipeline.lake.durable import clear_storage_errors, sync_file, sync_folder


class Interpretations:
    """A folder of immutable texts, `ab/abcd....json`.

    Args:
        root: The folder; it is made when something is kept.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, digest: str, text: str) -> None:
        """Keeps what an interpretation was made of; one that is there already is left alone.

        Raises:
            EnvironmentFailedError: If the disk is full or cannot be written.
        """
        place = self._place(digest)
        if place.exists():
            return
        with clear_storage_errors(str(place)):
            place.parent.mkdir(parents=True, exist_ok=True)
            beside = place.with_name(f"{place.name}.{uuid.uuid4().hex}")
            beside.write_text(text, encoding="utf-8")
            sync_file(beside)
            beside.replace(place)
            for folder in (place.parent, self.root, self.root.parent):
                sync_folder(folder)

    def find(self, digest: str) -> str | None:
        """Returns what was kept; None if an earlier version kept nothing."""
        place = self._place(digest)
        return place.read_text(encoding="utf-8") if place.exists() else None

    def _place(self, digest: str) -> Path:
        return self.root / digest[:2] / f"{digest}.json"
