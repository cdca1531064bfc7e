"""What the page of an asset tells a reader who knows nothing of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The four questions that a reader has, each answered in a sentence without its full stop.

    Attributes:
        row: What one row of it is.
        key: What names a row, and what its partitions are.
        fails: What becomes of it when something is wrong, and what stands all the same.
        next: What is made of it, and what people do with it.
    """

    row: str
    key: str
    fails: str
    next: str


def described(words: str, told: Told | None) -> str:
    """Returns the description of an asset, in Markdown; the first sentence stands for itself."""
    if told is None:
        return words
    lines = {"Row": told.row, "Key": told.key, "If it fails": told.fails, "Next": told.next}
    return "\n".join((words, "", *(f"- **{name}**: {text}." for name, text in lines.items())))
