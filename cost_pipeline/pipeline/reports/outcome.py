"""The outcome of a check, in one shape for Dagster, the command line and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cost_pipeline.pipeline.declared.shown import Shown


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found. Its name is in its declaration (`pipeline/declared/checks.py`).

    Attributes:
        passed: Whether the invariant holds.
        message: One sentence: what holds, or what does not and where.
        numbers: The counts behind it.
        warning: Whether a failure only warns.
        shown: Name to what is shown beside the counts.
    """

    passed: bool
    message: str
    numbers: Mapping[str, int] = field(default_factory=dict)
    warning: bool = False
    shown: Mapping[str, Shown] = field(default_factory=dict)

    def as_warning(self, *, always: bool) -> Outcome:
        """Returns the outcome, as a warning if failures of its check always are."""
        return replace(self, warning=self.warning or always)
