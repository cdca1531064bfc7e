"""The styles in which a text may be a number.

Belongs here: one text, what stands beside its digits, and every style of a vendor file's `numbers`
that reads it. Which style a column has is decided over all its texts, in `columns`.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from cost_pipeline.contracts.number_style import APOSTROPHES, MINUS, SPACES, sides_among


class Style(NamedTuple):
    """A way of writing digits, in the words of a vendor file."""

    decimal: str
    thousands: str = "none"
    grouping: str = "western"


_SEPARATORS: Final = {
    "none": "",
    ",": ",",
    ".": r"\.",
    "space": f"[{SPACES}]",
    "apostrophe": f"[{APOSTROPHES}]",
}


def _pattern(style: Style) -> re.Pattern[str]:
    point, part = re.escape(style.decimal), _SEPARATORS[style.thousands]
    whole = "[0-9]+"
    if style.grouping == "indian":
        whole = f"[0-9]{{1,2}}(?:{part}[0-9]{{2}})*{part}[0-9]{{3}}|[0-9]+"
    elif part:
        whole = f"[0-9]{{1,3}}(?:{part}[0-9]{{3}})+|[0-9]+"
    return re.compile(rf"(?:{whole})(?:{point}[0-9]+)?|{point}[0-9]+")


# The plainest first: of those that read as much the first is taken.
STYLES: Final = (
    *(
        Style(decimal, thousands)
        for thousands in ("none", ",", ".", "space", "apostrophe")
        for decimal in (".", ",")
        if decimal != thousands
    ),
    Style(".", ",", "indian"),
)
_PATTERNS: Final = tuple((style, _pattern(style)) for style in STYLES)
_MINUS: Final = re.escape(MINUS)
_BESIDE: Final = re.compile(
    rf"(?P<open>\()?(?P<minus>[+{_MINUS}])?\s*(?P<before>[^\W\d_]{{1,3}}\$?|[^\w\s.,'+(){_MINUS}]{{1,3}})?"
    rf"\s*(?P<inner>[{_MINUS}])?\s*(?P<digits>[0-9.,][0-9., '\u2019\u00a0\u2009\u202f]*?)\s*"
    rf"(?P<close>\))?(?P<trailing>[{_MINUS}])?\s*"
    rf"(?P<after>[^\W\d_]{{1,3}}\.?\$?|[^\w\s.,'+(){_MINUS}]{{1,3}})?(?P<end>\))?(?P<last>[{_MINUS}])?"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A text that may be a number.

    Attributes:
        styles: The styles that read its digits.
        symbols: What stands beside them: signs of currencies, codes, marks of a side.
        negative: How a minus is written (`leading`, `trailing`, `parentheses`); None without one.
        fraction: Whether something stands behind a decimal sign under every style.
    """

    styles: frozenset[Style]
    symbols: tuple[str, ...] = ()
    negative: str | None = None
    fraction: bool = False


@functools.lru_cache(maxsize=100_000)
def number_of(text: str) -> Number | None:
    """Returns what a text without outer blanks may be as a number; None if it is none."""
    found = _BESIDE.fullmatch(text)
    if found is None or bool(found["open"]) != bool(found["close"] or found["end"]):
        return None
    digits = found["digits"]
    styles = frozenset(style for style, pattern in _PATTERNS if pattern.fullmatch(digits))
    if not styles:
        return None
    symbols = tuple(part for part in (found["before"], found["after"]) if part)
    negative = None
    if found["open"]:
        negative = "parentheses"
    elif (found["minus"] and found["minus"] != "+") or found["inner"]:
        negative = "leading"
    elif found["trailing"] or found["last"]:
        negative = "trailing"
    return Number(styles, symbols, negative, any(point in digits for point in ".,"))


def marks_among(symbols: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns those of the texts beside numbers that say debit, and those that say credit."""
    sides = sides_among(symbols)
    return sides.debit, sides.credit
