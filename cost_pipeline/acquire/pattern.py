"""Names and addresses with the pull date in them: `{pull_date:%Y-%m}.csv`.

Belongs here: what such a pattern is on a date, and which names it asks for on another one.
"""

from __future__ import annotations

import re
from datetime import date
from fnmatch import fnmatchcase
from glob import escape
from typing import Final

_PLACEHOLDER: Final = re.compile(r"\{pull_date(?::([^{}]*))?\}")
_ISO: Final = "%Y-%m-%d"
_DIRECTIVE: Final = re.compile("%(.)")
_DIGIT: Final = "[0-9]"
_DIGITS: Final = {
    **dict.fromkeys("YG", 4 * _DIGIT),
    **dict.fromkeys("mdyVUW", 2 * _DIGIT),
    "j": 3 * _DIGIT,
    "%": "%",
}
"""What stands for the letters of a date's form; anything for the others."""


def on_date(pattern: str, pull_date: date) -> str:
    """Returns the pattern with the pull date filled in, as an ISO date where it names no format."""
    return _PLACEHOLDER.sub(lambda found: pull_date.strftime(found[1] or _ISO), pattern)


def of_some_date(pattern: str, name: str) -> bool:
    """Whether a pattern with the pull date in it asks for a name, if not on this date on another.

    Digits stand where the date has digits: a name that writes its date otherwise is none.
    """
    if _PLACEHOLDER.search(pattern) is None:
        return False
    return fnmatchcase(name, _PLACEHOLDER.sub(lambda found: _shape(found[1] or _ISO), pattern))


def _shape(form: str) -> str:
    """Returns a pattern of what a form of dates gives."""
    pieces = _DIRECTIVE.split(form)
    return "".join(
        _DIGITS.get(piece, "*") if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )
