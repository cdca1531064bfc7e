"""A first vendor file as text: each value with its evidence, and what a person has to decide.

Belongs here: how a draft is written. What is guessed, and why, is the caller's. A key that is left
open has no value, so that the file is refused at that very line until somebody gives it one.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cost_pipeline.core.text import printable

_WIDTH: Final = 80
DECIDE: Final = "decide:"
"""What a comment begins with that leaves something to a person."""
# What YAML and people read as this very text.
_PLAIN: Final = re.compile(r"[^\W\d][\w/-]*(?: [\w/-]+)*")
_SPECIAL: Final = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "none"}

Value = str | int | bool | Sequence["Value"] | Mapping[str, "Value"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One key.

    Attributes:
        path: The key, perhaps within a section: `("format", "delimiter")`.
        value: The value; None where a person has to give it.
        evidence: What speaks for it; a line of comment each.
        decide: What a person has to decide here; empty if the evidence is enough.
    """

    path: tuple[str, ...]
    value: Value | None
    evidence: tuple[str, ...] = ()
    decide: str = ""


def draft_yaml(head: Sequence[str], entries: Sequence[Entry]) -> str:
    """Returns a vendor file.

    Args:
        head: Comments at its top.
        entries: The keys in order; those of a section follow each other.
    """
    lines = [line for text in head for line in _comment("", text)]
    section = ""
    for entry in entries:
        if len(entry.path) == 1:
            section = ""
        elif entry.path[0] != section:
            section = entry.path[0]
            lines.append(f"{section}:")
        indent = "  " if section else ""
        for evidence in entry.evidence:
            lines += _comment(indent, evidence)
        if entry.decide:
            lines += _comment(indent, f"{DECIDE} {entry.decide}")
        written = "" if entry.value is None else f" {written_value(entry.value)}"
        lines += _wrapped(f"{indent}{_text(entry.path[-1])}:{written}", entry.value, indent)
    return "\n".join(lines) + "\n"


def _wrapped(line: str, value: Value | None, indent: str) -> list[str]:
    """Returns a key in one line, or a long list in several."""
    if len(line) <= _WIDTH or not isinstance(value, list | tuple):
        return [line]
    head, _, _ = line.partition(": [")
    lines, current = [], f"{head}: ["
    for place, item in enumerate(value):
        part = f"{written_value(item)}{',' if place < len(value) - 1 else ']'}"
        if len(current) + len(part) + 1 > _WIDTH:
            lines.append(current.rstrip())
            current = f"{indent}  "
        current += f"{part} "
    return [*lines, current.rstrip()]


def _comment(indent: str, text: str) -> list[str]:
    """Returns a comment in lines that fit a screen; only the first may say `decide:`."""
    mark = f"{indent}# "
    return textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=mark,
        subsequent_indent=f"{mark}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def written_value(value: Value) -> str:
    """Returns a value as YAML on one line, such that it is read again as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inner = (f"{_text(key)}: {written_value(one)}" for key, one in value.items())
        return f"{{{', '.join(inner)}}}"
    return f"[{', '.join(map(written_value, value))}]"


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.casefold() not in _SPECIAL:
        return text
    if text.isprintable() and "'" not in text:
        return f'"{text}"' if not {"\\", '"'} & {*text} else f"'{text}'"
    return _quoted(text)


def _quoted(text: str) -> str:
    r"""Returns a text in double quotes, what cannot be seen as `\uXXXX`."""
    out = []
    for character in text:
        if character in '\\"':
            out.append(f"\\{character}")
        elif character.isprintable():
            out.append(character)
        elif ord(character) > 0xFFFF:  # noqa: PLR2004 - what four digits can say
            out.append(f"\\U{ord(character):08x}")
        else:
            out.append(f"\\u{ord(character):04x}")
    return f'"{"".join(out)}"'
