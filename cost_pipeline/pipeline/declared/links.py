"""Addresses of pages of the web UI, within that UI: a click stays on the server that shows it.

They begin at the root of the server. No other address is written into what an asset shows: a page
of another server is gone when that one is stopped, and a browser opens no file from a web page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cost_pipeline.pipeline.declared.names import Key


def asset_page(key: Sequence[str]) -> str:
    """Returns the page of an asset."""
    return f"/assets/{'/'.join(key)}"


def partition_page(key: Key, day: date) -> str:
    """Returns the page of an asset on which one of its partitions is chosen."""
    return f"{asset_page(key)}?view=partitions&partition={day.isoformat()}"
