"""The vendor files of a home as they were when it was last worked on, beside what was made by them.

One file, replaced as a whole. What it says is not known here.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Final

from cost_pipeline.lake.durable import clear_storage_errors, sync_file, sync_folder

_NAME: Final = "vendor_files.json"


def vendor_files(root: Path) -> str | None:
    """Returns what a lake has kept of vendor files.

    None if nothing was ever landed there; empty if the lake was worked on by a version that kept
    nothing, or what it kept cannot be read as text.
    """
    place = root / _NAME
    if not place.exists():
        return "" if (root / "tables" / "deliveries").is_dir() else None
    with clear_storage_errors(str(place)):
        return place.read_bytes().decode("utf-8", "replace")


def keep_vendor_files(root: Path, text: str) -> None:
    """Keeps vendor files as they are; the lake must be there.

    Raises:
        EnvironmentFailedError: If the disk is full or cannot be written.
    """
    place = root / _NAME
    with clear_storage_errors(str(place)):
        if place.exists() and place.read_bytes() == text.encode():
            return
        beside = place.with_name(f"{_NAME}.{uuid.uuid4().hex}")
        beside.write_bytes(text.encode())
        sync_file(beside)
        beside.replace(place)
        sync_folder(root)
