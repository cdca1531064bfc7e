"""The forms in which a text may be a day.

Belongs here: one text, and every form of a vendor file's `dates` that reads it. Which form a column
has is decided over all its texts, in `columns`.
"""

from __future__ import annotations

import calendar
import functools
import re
from typing import Final, NamedTuple

from cost_pipeline.contracts.date_style import month_names

_TIME: Final = re.compile(
    r"(?P<part>[T ]|, )(?P<hour>\d{1,2}):\d{2}(?P<seconds>:\d{2}(?P<fraction>\.\d{1,9})?)?"
    r"(?P<half> ?[AaPp]\.?[Mm]\.?)?(?P<zone> ?(?:Z|[+-]\d{2}:?\d{2}))?$"
)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/. ]|\. )(\d{1,2})\2(\d{1,2})$")
_NUMBERS: Final = re.compile(r"(\d{1,2})([-/. ]|\. )(\d{1,2})\2(\d{4}|\d{2})$")
_DAY_NAMED: Final = re.compile(
    r"(\d{1,2})([-/. ]|\. )([^\W\d_]{3,12})(\.?)([-/. ]|\. )(\d{4}|\d{2})$"
)
_NAME_FIRST: Final = re.compile(r"([^\W\d_]{3,12})(\.?) (\d{1,2})(,? )(\d{4})$")
_COMPACT: Final = re.compile(r"\d{8}|\d{6}|\d{4}")
_YEARS: Final = range(1990, 2041)
_MONTHS: Final = 12
# Of a compact text: the lengths of its parts under each form.
_COMPACT_FORMS: Final = {
    8: ("%Y%m%d", "%d%m%Y", "%m%d%Y"),
    6: ("%y%m%d", "%d%m%y", "%m%d%y"),
    4: ("%d%m", "%m%d"),
}
_WIDTHS: Final = {"%Y": 4, "%y": 2, "%m": 2, "%d": 2}


class Form(NamedTuple):
    """A form, and the languages whose names of months it needs; none are needed for numbers."""

    form: str
    languages: frozenset[str] = frozenset()


@functools.lru_cache(maxsize=100_000)
def forms_of(text: str, *, compact: bool = False) -> frozenset[Form]:
    """Returns every form that reads a text as a day.

    Args:
        text: Without outer blanks.
        compact: Whether digits alone may be a day; for columns that are named so.
    """
    if not text[:1].isalnum() or not any(c.isdigit() for c in text):
        return frozenset()
    body, time = _without_time(text)
    found = {Form(one.form + time, one.languages) for one in _of_day(body)}
    if compact and not found and _COMPACT.fullmatch(text):
        found = {Form(form) for form in _COMPACT_FORMS[len(text)] if _is_compact(text, form)}
    return frozenset(found)


def _without_time(text: str) -> tuple[str, str]:
    time = _TIME.search(text)
    if time is None:
        return text, ""
    hour = "%I" if time["half"] else "%H"
    form = f"{time['part']}{hour}:%M"
    if time["seconds"]:
        form += ":%S.%f" if time["fraction"] else ":%S"
    if time["half"]:
        form += " %p" if time["half"].startswith(" ") else "%p"
    if time["zone"]:
        form += " %z" if time["zone"].startswith(" ") else "%z"
    return text[: time.start()], form


def _of_day(text: str) -> set[Form]:
    if found := _YEAR_FIRST.match(text):
        year, part, month, day = found.groups()
        return {Form(f"%Y{part}%m{part}%d")} if _is_day(year, month, day) else set()
    if found := _NUMBERS.match(text):
        return _of_numbers(*found.groups())
    if found := _DAY_NAMED.match(text):
        day, first, name, stop, second, year = found.groups()
        short = "%Y" if len(year) > 2 else "%y"  # noqa: PLR2004 - digits of a year
        return _named(name, day, f"%d{first}{{}}{stop}{second}{short}")
    if found := _NAME_FIRST.match(text):
        name, stop, day, part, _ = found.groups()
        return _named(name, day, f"{{}}{stop} %d{part}%Y")
    return set()


def _of_numbers(first: str, part: str, second: str, last: str) -> set[Form]:
    year = "%Y" if len(last) > 2 else "%y"  # noqa: PLR2004 - digits of a year
    found = set()
    if _is_day(last, second, first):
        found.add(Form(f"%d{part}%m{part}{year}"))
    if _is_day(last, first, second):
        found.add(Form(f"%m{part}%d{part}{year}"))
    if year == "%y" and len(first) == 2 and _is_day(first, second, last):  # noqa: PLR2004
        found.add(Form(f"%y{part}%m{part}%d"))
    return found


def _is_day(year: str, month: str, day: str) -> bool:
    whole = int(year) if len(year) > 2 else 2000 + int(year)  # noqa: PLR2004 - digits of a year
    if whole not in _YEARS or not 1 <= int(month) <= _MONTHS:
        return False
    return 1 <= int(day) <= calendar.monthrange(whole, int(month))[1]


def _named(name: str, day: str, form: str) -> set[Form]:
    if not 1 <= int(day) <= 31:  # noqa: PLR2004 - days of the longest month
        return set()
    found = set()
    for length, directive in (("full", "%B"), ("short", "%b")):
        languages = frozenset(
            language
            for language, names in month_names().items()
            if name.casefold() in names[length]
        )
        if languages:
            found.add(Form(form.format(directive).replace(f"{directive}.", directive), languages))
    return found


def _is_compact(text: str, form: str) -> bool:
    parts = {"%Y": "2024", "%y": "24"}
    at = 0
    for directive in re.findall("%.", form):
        width = _WIDTHS[directive]
        parts[directive] = text[at : at + width]
        at += width
    year = parts["%Y"] if "%Y" in form else parts["%y"]
    return _is_day(year, parts["%m"], parts["%d"])
