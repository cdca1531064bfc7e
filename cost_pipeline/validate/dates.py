"""Reads a day in its vendor's declared forms, strictly and without a locale.

`strptime` is not used: it takes month names from the machine's locale, and non-ASCII digits. The
forms consist of the directives below; month names are those of the declared languages, in any
case, with or without a full stop. Two directives with nothing between them take exactly two digits
each: a leading zero that was lost would make another day of the rest.
"""

from __future__ import annotations

import calendar
import itertools
import re
import string
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import pyarrow as pa

from cost_pipeline.contracts.date_style import DateStyle, month_names
from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.contracts.proofs import has_other
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.reasons import Reason

_ENGLISH: Final = "en"
_DIRECTIVES: Final = {
    "%d": r"(?P<day>[0-9]{1,2})",
    "%m": r"(?P<month>[0-9]{1,2})",
    "%Y": r"(?P<year>[0-9]{4})",
    "%y": r"(?P<short>[0-9]{2})",
    "%H": r"(?P<hour>[0-9]{1,2})",
    "%I": r"(?P<twelve>[0-9]{1,2})",
    "%M": r"(?P<minute>[0-9]{2})",
    "%S": r"(?P<second>[0-9]{2})",
    "%f": r"(?P<fraction>[0-9]{1,9})",
    "%p": r"(?P<half>[ap])\.?m\.?",
    "%z": r"(?P<zone>z|[+-][0-9]{2}(?::?[0-9]{2})?)",
    "%%": "%",
}
_NUMERIC: Final = frozenset({"%d", "%m", "%Y", "%y", "%H", "%I", "%M", "%S", "%f"})
_SHOWN: Final = {
    "%d": "DD", "%m": "MM", "%b": "Mon", "%B": "Month", "%Y": "YYYY", "%y": "YY", "%%": "%",
    "%H": "HH", "%I": "HH", "%M": "MM", "%S": "SS", "%f": "FFF", "%p": "AM", "%z": "+HH:MM",
}  # fmt: skip
"""What people read who have to write such a date."""
# As POSIX: 69 to 99 are of the last century, 00 to 68 of this one.
_PIVOT: Final = 69
# What reading a workbook or a Parquet file makes of a cell that holds a day or a moment.
_TYPED: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f")
# Other letters that are the same as a plain one in any case.
_LOOKALIKES: Final = re.compile("[\u017f\u212a]")
_LAST: Final = {"hour": 23, "twelve": 12, "minute": 59, "second": 59}
_LEAP_YEARS_APART: Final = 8
_MONTHS: Final = 12


class DateReader:
    """The declared forms of one vendor.

    Args:
        style: What the vendor file declares, or just forms.
        zone: The time zone (IANA) of whoever's records they are.
        typed: Whether the format has cells that hold a day, which need no form.
        pulled: The pull date, for days without a year.
        name: The address or name of the file, where it says something.

    Raises:
        UsageError: If a form holds a directive that is not one, or one twice.
    """

    def __init__(
        self,
        style: DateStyle | Iterable[str],
        *,
        zone: str = "UTC",
        typed: bool = False,
        pulled: date | None = None,
        name: str | None = None,
    ) -> None:
        self._style = style if isinstance(style, DateStyle) else _of_forms(tuple(style))
        self._zone = zone
        self._pulled = pulled
        languages = self._style.languages or (_ENGLISH,)
        forms = (*self._style.forms, *(_TYPED if typed else ()))
        self._patterns = [
            pattern
            for form in dict.fromkeys(forms)
            for pattern in _compiled(form, languages, anything=False)
        ]
        named = self._style.file_name
        self._named = _compiled(named, languages, anything=True) if named else []
        above = self._style.header
        self._above = _apart(above, languages) if above else []
        self._plain = not self._style.languages
        self._characters = set().union(*map(_characters, forms))
        self._name = None if name is None else file_name_of(name)

    def unreadable(self, texts: pa.Array) -> pa.Array:
        """Returns which of these texts `read` refuses for certain, by a character of no form."""
        if not self._plain:
            return pa.repeat(pa.scalar(value=False), len(texts))
        return has_other(texts, self._characters)

    def read(self, text: str) -> date | Problem:
        """Returns the day of a stripped text, or a problem: BAD_DATE or AMBIGUOUS_DATE."""
        found = set(self._days(text, self._patterns))
        if len(found) == 1:
            return found.pop()
        forms = ", ".join(
            re.sub("%.", lambda found: _SHOWN[found[0]], form) for form in self._style.forms
        )
        if not found:
            message = f"{shown(text)} is not a date of the form {forms}"
            return Problem("transaction_date", Reason.BAD_DATE, message, text)
        days = " and ".join(map(str, sorted(found)))
        message = f"{shown(text)} can be {days} under the declared forms {forms}"
        return Problem("transaction_date", Reason.AMBIGUOUS_DATE, message, text)

    def of_file(self) -> date | Problem:
        """Returns the day that the name of the file says, or a problem with reason BAD_DATE."""
        name = self._name or ""
        found = set(self._days(name, self._named))
        if len(found) == 1:
            return found.pop()
        message = f"the name of the file, {shown(name)}, has no day as {self._style.file_name}"
        return Problem("transaction_date", Reason.BAD_DATE, message, name)

    def of_header(self, lines: Iterable[str]) -> date | Problem:
        """Returns the day that the lines above the header say, or a problem with BAD_DATE."""
        found: dict[date, str] = {}
        for line in lines:
            words = " ".join(line.split())
            for pattern in [] if _LOOKALIKES.search(words) else self._above:
                for match in pattern.regex.finditer(words):
                    day = self._day(pattern, match.groupdict())
                    if day is not None:
                        found.setdefault(day, match[0])
        if len(found) == 1:
            return next(iter(found))
        if not found:
            message = f"no line above the header has a day as {self._style.header}"
            return Problem("transaction_date", Reason.BAD_DATE, message)
        said = " and ".join(shown(text) for text in found.values())
        message = f"the lines above the header contradict each other: {said}"
        return Problem("transaction_date", Reason.BAD_DATE, message, said)

    def _days(self, text: str, patterns: Iterable[_Pattern]) -> Iterator[date]:
        if _LOOKALIKES.search(text):
            return
        for pattern in patterns:
            match = pattern.regex.fullmatch(text)
            day = None if match is None else self._day(pattern, match.groupdict())
            if day is not None:
                yield day

    def _day(self, pattern: _Pattern, part: dict[str, str]) -> date | None:
        month = int(part["month"]) if "month" in part else pattern.names[_folded(part["name"])]
        if not 1 <= month <= _MONTHS or not _is_a_time(part):
            return None
        for year in self._years(part, month):
            last = calendar.monthrange(year, month)[1] if year else 0
            period = last if self._style.day == "last" else 1
            day = int(part["day"]) if "day" in part else period
            if 1 <= day <= last:
                return self._in_zone(date(year, month, day), part)
            if "year" in part or "short" in part:
                return None
        return None

    def _years(self, part: dict[str, str], month: int) -> Iterator[int]:
        """Yields the years that a day may be of; the one that counts comes first."""
        if "year" in part:
            yield int(part["year"])
        elif "short" in part:
            short = int(part["short"])
            yield short + (1900 if short >= _PIVOT else 2000)
        elif isinstance(self._style.year, int):
            yield self._style.year
        elif self._style.year == "file_name":
            for pattern in self._named:
                match = pattern.regex.fullmatch(self._name or "")
                named = {} if match is None else match.groupdict()
                if named.keys() & _YEARS:
                    yield from self._years(named, month)
        elif self._pulled is not None:
            yield from self._years_about(self._pulled, month, int(part.get("day", 1)))

    def _years_about(self, pulled: date, month: int, day: int) -> Iterator[int]:
        around = range(pulled.year + 1, pulled.year - _LEAP_YEARS_APART - 1, -1)
        lasts = ((year, calendar.monthrange(year, month)[1]) for year in around)
        days = [date(year, month, day) for year, last in lasts if 1 <= day <= last]
        if self._style.year == "past":
            days = [found for found in days if found <= pulled]
        else:
            days.sort(key=lambda found: (abs(found - pulled), found))
        yield from (found.year for found in days)

    def _in_zone(self, day: date, part: dict[str, str]) -> date | None:
        if self._style.zone != "local" or "zone" not in part:
            return day
        written = part["zone"].replace(":", "")
        offset = timedelta(0)
        if written.lower() != "z":
            minutes = 60 * int(written[1:3]) + int(written[3:] or 0)
            offset = timedelta(minutes=-minutes if written[0] == "-" else minutes)
        try:
            moment = datetime(
                day.year, day.month, day.day, _hour(part), int(part.get("minute", 0)),
                int(part.get("second", 0)), tzinfo=timezone(offset),
            )  # fmt: skip
            return moment.astimezone(ZoneInfo(self._zone)).date()
        except (ValueError, OverflowError):
            return None


class _Pattern:
    """A form in one language: its regular expression, and the months of the names in it."""

    def __init__(self, regex: re.Pattern[str], names: dict[str, int]) -> None:
        self.regex = regex
        self.names = names


_YEARS: Final = frozenset({"year", "short"})


def _of_forms(forms: tuple[str, ...]) -> DateStyle:
    """Returns forms by themselves: what they hold is told when they are compiled."""
    return DateStyle.model_construct(forms=forms)


def two_digits_are_meant(form: str) -> bool:
    """Whether a day or month of the form has another number right beside it."""
    pieces = [piece for piece in re.split(r"(%.)", form) if piece]
    beside = map(set, itertools.pairwise(pieces))
    return any(pair <= _NUMERIC and pair & {"%d", "%m"} for pair in beside)


def file_name_of(address: str) -> str:
    """Returns the name of a file from its address: without folders, query and escapes.

    Of a member of an archive (`https://host/a.zip?v=1!/b.csv`) it is its own.
    """
    address = address.rpartition("!/")[2]
    path = urlsplit(address).path if "://" in address else address
    return unquote(PurePosixPath(path.replace("\\", "/")).name)


def _folded(name: str) -> str:
    return name.rstrip(".").lower()


def _hour(part: dict[str, str]) -> int:
    if "twelve" not in part:
        return int(part.get("hour", 0))
    late = part.get("half", "a").lower() == "p"
    return int(part["twelve"]) % 12 + (12 if late else 0)


def _is_a_time(part: dict[str, str]) -> bool:
    if part.get("twelve") == "0" or part.get("twelve") == "00":
        return False
    return all(int(part[name]) <= most for name, most in _LAST.items() if name in part)


def _characters(form: str) -> set[str]:
    """Returns the characters that a date of this form can have."""
    found = {*string.digits}
    for piece in re.split(r"(%.)", form):
        if piece in {"%b", "%B"}:
            found |= {*string.ascii_letters, "."}
        elif piece in {"%p", "%z"}:
            found |= {*"aApPmM.zZ+-:"}
        elif not piece.startswith("%"):
            found |= {*piece.swapcase(), *piece}
        elif piece == "%%":
            found.add("%")
    return found


def _compiled(form: str, languages: Iterable[str], *, anything: bool) -> list[_Pattern]:
    """Returns the form in each of the languages; in one if it names no month.

    Args:
        form: The form as it is declared.
        languages: The languages whose months it may name.
        anything: Whether `*` in it stands for anything.
    """
    pieces = [piece for piece in re.split(r"(%.)", form) if piece]
    which = {"%b": "short", "%B": "full"}
    lengths = [which[piece] for piece in pieces if piece in which]
    found = []
    for language in languages if lengths else [_ENGLISH]:
        names = {n: m for length in lengths for n, m in month_names()[language][length].items()}
        try:
            pattern = "".join(
                _piece(pieces, place, names, anything=anything) for place in range(len(pieces))
            )
            flags = re.IGNORECASE | re.ASCII if pattern.isascii() else re.IGNORECASE
            found.append(_Pattern(re.compile(pattern, flags), names))
        except (KeyError, re.error):
            raise UsageError(
                f"the date form {form!r} cannot be read",
                where="dates",
                remedy="use each of %d, %m (or %b, %B) and %Y (or %y) once, and plain characters;"
                " of a time of day %H (or %I with %p), %M, %S, %f and %z",
            ) from None
    return found


def _apart(form: str, languages: Iterable[str]) -> list[_Pattern]:
    """Returns the form as it is looked for within a line: it neither begins nor ends in a number.

    Otherwise 31/03/2026 would be the third of a form that begins with a day, too.
    """
    whole = _compiled(" ".join(form.split()), languages, anything=True)
    return [
        _Pattern(re.compile(rf"(?<![0-9]){one.regex.pattern}(?![0-9])", one.regex.flags), one.names)
        for one in whole
    ]


def _piece(pieces: list[str], place: int, names: dict[str, int], *, anything: bool) -> str:
    piece = pieces[place]
    if piece in {"%b", "%B"}:
        longest = sorted(names, key=len, reverse=True)
        return f"(?P<name>(?:{'|'.join(map(re.escape, longest))})\\.?)"
    if not piece.startswith("%"):
        return re.escape(piece).replace(r"\*", ".*" if anything else r"\*")
    pattern = _DIRECTIVES[piece]
    beside = [pieces[p] for p in (place - 1, place + 1) if 0 <= p < len(pieces)]
    if piece in _NUMERIC and any(other in _NUMERIC for other in beside):
        return pattern.replace("{1,2}", "{2}")
    return pattern
