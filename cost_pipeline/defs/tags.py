"""The tags of runs: short, and for people. What a run has to know goes into its configuration.

The UI shows tags beside every run, so each says in a few words why the run is there, of which dates
and which vendors. Digests and long lists are in the configuration of the resource `home`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

REASON: Final = "cost_pipeline/reason"
"""Why there is the run: the command, the schedule, or what a sensor saw."""
DATES: Final = "cost_pipeline/dates"
"""Which dates of the book it posts, if they are several."""
VENDORS: Final = "cost_pipeline/vendors"
"""Which vendors it pulls, if not all."""
DELIVERY: Final = "cost_pipeline/delivery"
"""The one delivery that a replay judges again: the beginning of its hash. People set it too."""

LONGEST: Final = 64
BEGINNING: Final = 12
"""How many characters of a hash name a delivery to people."""


def said(words: str) -> str:
    """Returns words as a tag: on one line, and cut where they are too long."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3].rstrip(' ,')}..."


def listed(names: Sequence[str]) -> str:
    """Returns names as a tag; those that have no room are counted."""
    for shown in range(len(names), 0, -1):
        more = len(names) - shown
        words = ", ".join(names[:shown]) + (f" and {more:,} more" if more else "")
        if len(words) <= LONGEST:
            return words
    return said(f"{len(names):,}: {names[0]}" if names else "")


def spanned(dates: Sequence[str]) -> str:
    """Returns dates as a tag: how many, from the first to the last."""
    if len(dates) == 1:
        return dates[0]
    return f"{len(dates):,} from {min(dates)} to {max(dates)}"
