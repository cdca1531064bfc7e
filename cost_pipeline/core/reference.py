"""Finds the reference data: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cost_pipeline.core.errors import EnvironmentFailedError

ECB: Final = "ecb"
"""The source of rates whose history is part of the reference data."""


def reference_path(name: str) -> Path:
    """Returns the path of a file or folder under `data/reference/`.

    Raises:
        EnvironmentFailedError: If the installation lacks it.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_reference", package.parent / "data" / "reference"):
        if (folder / name).exists():
            return folder / name
    raise EnvironmentFailedError(
        f"the reference data {name!r} is not part of this installation",
        where=str(package),
        remedy="install the package again; its wheel carries data/reference",
        code="INSTALLATION",
    )
