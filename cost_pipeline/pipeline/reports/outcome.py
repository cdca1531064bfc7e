"""What a check found: the one shape for Dagster, the command line and the tests."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found.

    Attributes:
        name: The check's name, the same in Dagster and on the command line.
        passed: Whether the invariant holds.
        message: One sentence: what holds, or what does not and where.
        numbers: The counts behind it.
        warning: Whether a failure only warns.
    """

    name: str
    passed: bool
    message: str
    numbers: dict[str, int] = field(default_factory=dict)
    warning: bool = False
