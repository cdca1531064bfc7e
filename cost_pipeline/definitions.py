"""The code location: `build_definitions()` for the home that COST_PIPELINE_HOME names.

Without that variable the home is `data/var/demo`, and an empty location if there is none yet, so
that a fresh checkout loads.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from cost_pipeline.defs.build import build_definitions
from cost_pipeline.feeds.all import FEEDS

_DEMO = Path(__file__).resolve().parent.parent / "data" / "var" / "demo"


@dg.definitions
def defs() -> dg.Definitions:
    """Returns everything that Dagster knows of this home."""
    return definitions_of(os.environ.get("COST_PIPELINE_HOME"), demo=_DEMO)


def definitions_of(named: str | None, *, demo: Path) -> dg.Definitions:
    """Returns the location of the named home, else of the demo's; empty if neither is there.

    Raises:
        UsageError: If the home is wrong, or a named one is not there.
    """
    if named:
        return build_definitions(Path(named), FEEDS)
    if (demo / "productions.yaml").exists():
        return build_definitions(demo, FEEDS)
    return dg.Definitions()
