"""Whether one name can fit two patterns of file names.

Belongs here: `*`, `?`, `[...]` and the pull date's placeholder, as `files` of a source has them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Final

_PLACEHOLDER: Final = re.compile(r"\{pull_date(?::([^{}]*))?\}")
_DIRECTIVE: Final = re.compile(r"%[A-Za-z%]")
# What a date is written as: so many digits; a name of a month is anything.
_DIGITS: Final = {"%Y": 4, "%m": 2, "%d": 2, "%y": 2, "%H": 2, "%M": 2, "%S": 2, "%j": 3}
_PIECE: Final = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)
_DIGIT: Final = "0123456789"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
# What stands for a character that only has to be some character.
_ANY: Final = frozenset(f"{_LETTERS}{_LETTERS.upper()}{_DIGIT}._-+ ()")

Piece = frozenset[str] | None
"""One character of a set, or None for any number of any."""
_END: Final[Piece] = frozenset()


def overlap(one: str, other: str) -> str | None:
    """Returns a name that fits both patterns; None if none can."""
    pair = _pieces(one), _pieces(other)

    @functools.cache
    def both(i: int, j: int) -> str | None:
        """Returns a text that fits what is left of both from these places on."""
        first = pair[0][i] if i < len(pair[0]) else _END
        second = pair[1][j] if j < len(pair[1]) else _END
        if first is _END and second is _END:
            return ""
        if first is None or second is None:
            return _starred(first, second, both, (i, j))
        common = first & second
        rest = both(i + 1, j + 1) if common else None
        return None if rest is None else min(common) + rest

    return both(0, 0)


def _starred(
    first: Piece, second: Piece, both: Callable[[int, int], str | None], at: tuple[int, int]
) -> str | None:
    """Returns a text where a star stands in one or both: for nothing, or for one more character."""
    i, j = at
    nothing = both(i + 1, j) if first is None else both(i, j + 1)
    if nothing is not None:
        return nothing
    if first is None and second is None:
        return both(i, j + 1)
    other = second if first is None else first
    if not other:  # the other pattern is at its end
        return None
    rest = both(i, j + 1) if first is None else both(i + 1, j)
    return None if rest is None else min(other) + rest


def _pieces(pattern: str) -> tuple[Piece, ...]:
    plain = _PLACEHOLDER.sub(lambda found: _date(found[1] or "%Y-%m-%d"), pattern)
    return tuple(_piece(text) for text in _PIECE.findall(plain))


def _date(form: str) -> str:
    return _DIRECTIVE.sub(
        lambda found: "%" if found[0] == "%%" else "[0-9]" * _DIGITS.get(found[0], 0) or "*", form
    )


def _piece(text: str) -> Piece:
    if text.startswith("*"):
        return None
    if text == "?":
        return _ANY
    if text.startswith("[") and len(text) > 2:  # noqa: PLR2004 - brackets with something in them
        return _set(text[1:-1])
    return frozenset({text})


def _set(inner: str) -> frozenset[str]:
    inverted = inner.startswith("!")
    inner = inner.removeprefix("!")
    found: set[str] = set()
    for part in re.findall(r".-.|.", inner, re.DOTALL):
        if len(part) > 1:
            found.update(map(chr, range(ord(part[0]), ord(part[2]) + 1)))
        else:
            found.add(part)
    return _ANY - found if inverted else frozenset(found)
