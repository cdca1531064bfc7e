"""The code location: `build_definitions()` for the home that COST_PIPELINE_HOME names.

Without that variable the home is `data/var/demo`, and an empty location if there is none yet, so
that a fresh checkout loads.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from cost_pipeline.defs.build import build_definitions

_DEMO = Path(__file__).resolve().parent.parent / "data" / "var" / "demo"


@dg.definitions
def defs() -> dg.Definitions:
    """Everything Dagster knows of this home."""
    named = os.environ.get("COST_PIPELINE_HOME")
    if named:
        return build_definitions(Path(named))
    if (_DEMO / "productions.yaml").exists():
        return build_definitions(_DEMO)
    return dg.Definitions()
