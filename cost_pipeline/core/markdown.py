"""Markdown whose texts cannot be taken for markup."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from cost_pipeline.core.text import printable

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")


def escaped(text: str) -> str:
    """Returns a text that is shown as it stands: no markup, no link, no second line, no cell."""
    return _PUNCTUATION.sub(r"\\\1", printable(" ".join(text.split())))


def link(text: str, address: str) -> str:
    """Returns a link; the address is one of our own, without blanks or brackets."""
    return f"[{escaped(text)}]({address})"


def code(word: str) -> str:
    """Returns a word as code: a hash or a command, never a vendor's text, without backticks."""
    return f"`{word}`"


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[str] = ()
) -> str:
    """Returns a table.

    Args:
        columns: The heads.
        rows: Cells in Markdown, one for each column.
        numbers: The columns that are set to the right.
    """
    sides = ("--:" if name in numbers else "---" for name in columns)
    lines = [columns, tuple(sides), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
