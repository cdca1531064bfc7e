"""What a vendor sent when a fetch failed is kept for people, unless it repeats a secret of ours.

Some servers repeat the request in their error pages. A delivery is landed verbatim whatever it
holds; what only shows why a fetch failed is not worth keeping a credential for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Final

from cost_pipeline.acquire.outcome import FetchFailure
from cost_pipeline.acquire.scratch import Scratch

_BLOCK: Final = 1 << 20


def without_secrets(
    failure: FetchFailure, secrets: Collection[bytes], scratch: Scratch
) -> FetchFailure:
    """Returns the failure; received bytes that hold one of the secrets are removed.

    The message says that they were.

    Raises:
        OSError: If the received bytes cannot be read.
    """
    if failure.received is None or not _holds(failure.received, secrets):
        return failure
    scratch.remove(failure.received)
    words = f"{failure.message} (what it sent repeats this vendor's secret and was not kept)"
    return replace(failure, message=words, received=None)


def _holds(path: Path, secrets: Collection[bytes]) -> bool:
    if not secrets:
        return False
    overlap = max(map(len, secrets)) - 1
    before = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            window = before + block
            if any(secret in window for secret in secrets):
                return True
            before = window[-overlap:] if overlap else b""
    return False
