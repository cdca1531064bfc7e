"""Reads a date in its vendor's declared forms, strictly and without a locale.

`strptime` is not used: it takes month names from the machine's locale, and non-ASCII digits. The
forms are its own, of the directives below; month names are English, in any case.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from datetime import date
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.contracts.proofs import has_other
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.reasons import Reason

_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_NAMES: Final = {name: place for place, name in enumerate(_MONTHS, 1)} | {
    name[:3]: place for place, name in enumerate(_MONTHS, 1)
}

_DIRECTIVES: Final = {
    "%d": r"(?P<day>[0-9]{1,2})",
    "%m": r"(?P<month>[0-9]{1,2})",
    "%b": "(?P<name>" + "|".join(name[:3] for name in _MONTHS) + ")",
    "%B": "(?P<name>" + "|".join(_MONTHS) + ")",
    "%Y": r"(?P<year>[0-9]{4})",
    "%y": r"(?P<short>[0-9]{2})",
    "%%": "%",
}
_SHOWN: Final = {
    "%d": "DD", "%m": "MM", "%b": "Mon", "%B": "Month", "%Y": "YYYY", "%y": "YY", "%%": "%"
}  # fmt: skip
"""What people read who have to write such a date."""
# As POSIX: 69 to 99 are of the last century, 00 to 68 of this one.
_PIVOT: Final = 69


class DateReader:
    """The declared forms of one vendor.

    Raises:
        UsageError: If a form holds a directive other than %d %m %b %B %Y %y %%, or one twice.
    """

    def __init__(self, forms: Iterable[str]) -> None:
        self._forms = tuple(forms)
        self._patterns = [_compiled(form) for form in self._forms]
        self._characters = set().union(*map(_characters, self._forms))

    def unreadable(self, texts: pa.Array) -> pa.Array:
        """Which of these texts `read` refuses for certain: those with a character of no form."""
        return has_other(texts, self._characters)

    def read(self, text: str) -> date | Problem:
        """The date of a stripped text, or a problem with reason BAD_DATE or AMBIGUOUS_DATE."""
        found = {day for pattern in self._patterns if (day := _date(pattern, text)) is not None}
        if len(found) == 1:
            return found.pop()
        forms = ", ".join(
            re.sub("%.", lambda found: _SHOWN[found[0]], form) for form in self._forms
        )
        if not found:
            message = f"{shown(text)} is not a date of the form {forms}"
            return Problem("transaction_date", Reason.BAD_DATE, message, text)
        days = " and ".join(map(str, sorted(found)))
        message = f"{shown(text)} can be {days} under the declared forms {forms}"
        return Problem("transaction_date", Reason.AMBIGUOUS_DATE, message, text)


def _characters(form: str) -> set[str]:
    """The characters that a date of this form can have."""
    found = {*string.digits}
    for piece in re.split(r"(%.)", form):
        letters = string.ascii_letters if piece in {"%b", "%B"} else ""
        found |= (
            {*letters} if piece.startswith("%") and piece != "%%" else {*piece.swapcase(), *piece}
        )
    return found


def _compiled(form: str) -> re.Pattern[str]:
    pieces = re.split(r"(%.)", form)
    try:
        pattern = "".join(
            _DIRECTIVES[piece] if piece.startswith("%") else re.escape(piece) for piece in pieces
        )
        return re.compile(pattern, re.IGNORECASE | re.ASCII)
    except (KeyError, re.error):
        raise UsageError(
            f"the date form {form!r} cannot be read",
            where="dates",
            remedy="use each of %d, %m (or %b, %B) and %Y (or %y) once, and plain characters",
        ) from None


def _date(pattern: re.Pattern[str], text: str) -> date | None:
    match = pattern.fullmatch(text)
    if match is None:
        return None
    part = match.groupdict()
    month = int(part["month"]) if "month" in part else _NAMES[part["name"].lower()]
    if "year" in part:
        year = int(part["year"])
    else:
        short = int(part["short"])
        year = short + (1900 if short >= _PIVOT else 2000)
    try:
        return date(year, month, int(part["day"]))
    except ValueError:
        return None
