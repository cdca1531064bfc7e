"""What makes a folder a home: its marker `home.json`, or settings that were written by hand.

Belongs here: the refusal of a folder that is none, or one of a newer version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.core.errors import UsageError

FORMAT: Final = 1
MARKER: Final = "home.json"
GENERAL: Final = "home.yaml"


def refuse_no_home(path: Path, feeds: Mapping[str, FeedContract]) -> None:
    """Refuses a folder that is no home, and a home that this program does not know.

    Raises:
        UsageError: NO_HOME, HOME_DAMAGED or HOME_TOO_NEW.
    """
    marker = path / MARKER
    files = (MARKER, GENERAL, *(feed.file for feed in feeds.values()))
    if not any((path / file).exists() for file in files):
        raise UsageError(
            "there is no home here" if path.is_dir() else "there is no such folder",
            where=str(path),
            remedy=f"make one with `cost-pipeline init {path}`, or name one with --home",
            code="NO_HOME",
        )
    if not marker.exists():
        return  # written by hand: the format this program knows
    try:
        content = json.loads(marker.read_text(encoding="utf-8"))
        found, writer = int(content["format"]), str(content.get("written_by", "unknown"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            "the home's marker cannot be read",
            where=str(marker),
            remedy=f'write {{"format": {FORMAT}}} into it, or restore it from a copy',
            code="HOME_DAMAGED",
        ) from error
    if found > FORMAT:
        raise UsageError(
            f"the home has format {found} (written by version {writer}) and this program knows "
            f"formats up to {FORMAT}",
            where=str(marker),
            remedy="use that version of cost-pipeline or a newer one",
            code="HOME_TOO_NEW",
        )
