"""Writes a first vendor file: the commented example, under a name of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.core.errors import EnvironmentFailedError, UsageError
from cost_pipeline.home import templates
from cost_pipeline.home.load import Home

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")


def write_vendor(home: Home, name: str, feeds: Mapping[str, FeedContract]) -> Path:
    """Writes a first file of a vendor, and makes the folder that it names; returns the file.

    Args:
        home: The home.
        name: The name of the vendor.
        feeds: What each feed says of vendor files and settings.

    Raises:
        UsageError: If no vendor can be called so, or there is such a file.
        EnvironmentFailedError: If it cannot be written.
    """
    file, inbox = home.path / "vendors" / f"{name}.yaml", home.path / "inbox" / name
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"a vendor cannot be called {name!r}",
            where=name,
            remedy="begin with a small letter, and go on with small letters, digits and _",
        )
    if file.exists():
        raise UsageError("this vendor has a file", where=str(file), remedy="take another name")
    try:
        inbox.mkdir(parents=True, exist_ok=True)
        file.parent.mkdir(exist_ok=True)
        file.write_text(_text(home, name, feeds), encoding="utf-8")
    except OSError as error:
        raise EnvironmentFailedError(
            f"the vendor file cannot be written: {error.strerror}",
            where=str(file),
            remedy="free some space, or let this user write there",
            code="HOME_NOT_WRITTEN",
        ) from error
    return file


def _text(home: Home, name: str, feeds: Mapping[str, FeedContract]) -> str:
    """Returns the example with the name, the folder, and whose records they are."""
    lines = templates.EXAMPLE_VENDOR.splitlines()
    body = [line for line in lines if not line.startswith("# An example that works")]
    text = "\n".join(line for line in body if not line.startswith("# Copy it")) + "\n"
    text = text.replace("example_rentals", name).replace("inbox/example ", f"inbox/{name} ")
    for feed, contract in feeds.items():
        scopes = sorted(contract.scopes(home.settings[feed])) if feed in home.settings else []
        if scopes and contract.shape.scope:
            text = re.sub(rf"(?m)^({contract.shape.scope}:) \w+", rf"\1 {scopes[0]}", text)
    return text
