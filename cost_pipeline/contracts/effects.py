"""Notes in a field's annotation that say when nothing reads the key.

Belongs here: the notes. Looking for them in a vendor file is `cost_pipeline.home`'s work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ReadWith:
    """The key is read where another key of its section is given, or has one of some values.

    Attributes:
        key: The other key.
        values: Its values; any that is not empty if there are none.
    """

    key: str
    values: tuple[Any, ...] = ()

    def idle(self, section: Any) -> str | None:  # noqa: ANN401 - any section
        """Returns why nothing reads the key in a section; None if something does."""
        value = getattr(section, self.key)
        if value in self.values if self.values else value not in {None, ""}:
            return None
        if not self.values:
            return f"`{self.key}` is not given"
        return f"`{self.key}` is not {' or '.join(f'`{one}`' for one in self.values)}"


@dataclass(frozen=True, slots=True)
class ReadWithout:
    """The key is read where another key of its section is not given."""

    key: str

    def idle(self, section: Any) -> str | None:  # noqa: ANN401 - any section
        """Returns why nothing reads the key in a section; None if something does."""
        if getattr(section, self.key) in {None, ""}:
            return None
        return f"`{self.key}` takes its place"


@dataclass(frozen=True, slots=True)
class ReadIf:
    """The key is read where something is true of its section.

    Attributes:
        holds: Whether it is.
        otherwise: Why nothing reads the key otherwise.
    """

    holds: Callable[[Any], bool]
    otherwise: str

    def idle(self, section: Any) -> str | None:  # noqa: ANN401 - any section
        """Returns why nothing reads the key in a section; None if something does."""
        return None if self.holds(section) else self.otherwise


EFFECTS = (ReadWith, ReadWithout, ReadIf)
