"""What is wrong with settings that are well-formed, key by key, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass

Step = str | int


@dataclass(frozen=True, slots=True)
class Complaint:
    """One mistake in a settings file.

    Attributes:
        path: The keys and places that lead to it in the file.
        message: What is wrong.
        remedy: What to write instead; may be empty.
        vendor: The vendor whose file it is; None for the settings of a feed.
    """

    path: tuple[Step, ...]
    message: str
    remedy: str = ""
    vendor: str | None = None
