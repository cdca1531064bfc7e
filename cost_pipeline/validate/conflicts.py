"""Marks cells that cannot be read as one value because of what stands beside them.

Belongs here: how such a cell is marked while it is on its way as one text, and what is wrong with
it. A mark holds a control character, so no field's proof accepts it and both lanes come to read it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.core.reasons import Reason

# Not a blank: stripping leaves it.
_JOINT: Final = "\x02"
_MARK: Final = re.compile(f"(.*?){_JOINT}([a-z]+){_JOINT}(.*)", re.DOTALL)
_WHAT: Final = "columns|sides|code|twice|currency|invisible|unknown|unit|units"
_MARKED: Final = rf"{_JOINT}(?:{_WHAT}){_JOINT}"
_UNKNOWN: Final = f"(?s){_JOINT}unknown{_JOINT}.*"
_NOWHERE: Final = re.compile(_UNKNOWN)
_BESIDE: Final = " | "


class Conflict(StrEnum):
    """The reason why two texts make no value."""

    COLUMNS = "columns"
    SIDES = "sides"
    CODE = "code"
    TWICE = "twice"
    CURRENCY = "currency"
    INVISIBLE = "invisible"
    UNKNOWN = "unknown"
    UNIT = "unit"
    UNITS = "units"


_WORDS: Final = {
    Conflict.COLUMNS: (
        Reason.SCHEMA_DRIFT,
        "two columns of this field are filled, with {0} and {1}; which one counts is unknown",
    ),
    Conflict.SIDES: (Reason.BAD_NUMBER, "{0} is a debit and {1} a credit of one row"),
    Conflict.CODE: (
        Reason.BAD_NUMBER,
        "beside {0} stands {1}, which is no declared code of a debit or a credit",
    ),
    Conflict.TWICE: (
        Reason.BAD_NUMBER,
        "{0} has a sign of its own, and {1} says the side too; which one counts is unknown",
    ),
    Conflict.CURRENCY: (
        Reason.CURRENCY_CONTRADICTED,
        "{0} bears the sign of another currency than {1}",
    ),
    Conflict.UNIT: (
        Reason.BAD_NUMBER,
        "beside {0} stands the unit {1}, which `units` does not name",
    ),
    Conflict.UNITS: (
        Reason.BAD_NUMBER,
        "{0} has a unit of its own, and another than {1} in the column of units",
    ),
    Conflict.INVISIBLE: (
        Reason.BAD_TEXT,
        "{0} holds invisible characters; `clean: [invisible]` takes them out",
    ),
    # What stands behind the mark is no cell, but where the code was looked for.
    Conflict.UNKNOWN: (Reason.UNKNOWN_CODE, "{0} {1}"),
}


def marked(first: pa.Array, why: Conflict, second: Any) -> pa.Array:  # noqa: ANN401 - array or text
    """Returns the pairs of texts as one text each, marked."""
    return pc.binary_join_element_wise(
        pc.fill_null(first, ""), f"{_JOINT}{why}{_JOINT}", second, "", null_handling="replace"
    )


def is_marked(text: str) -> bool:
    """Whether a text is marked."""
    return _JOINT in text and _MARK.fullmatch(text) is not None


def unknown(code: str, where: str) -> str:
    """Returns a code that no table has, marked with the words that say where it was looked for."""
    return f"{code}{_JOINT}{Conflict.UNKNOWN}{_JOINT}{where}"


def keeping_marks(before: pa.Array, after: pa.Array) -> pa.Array:
    """Returns `after`, but the texts of `before` that are marked: cleaning would make text of them.

    Args:
        before: Texts of which some may be marked.
        after: The same texts, cleaned.
    """
    if after is before:
        return after
    had = pc.fill_null(pc.match_substring_regex(before, _MARKED), fill_value=False)
    return pc.if_else(had, before, after) if pc.any(had).as_py() else after


def without_marked(texts: pa.Array) -> pa.Array:
    """Returns the texts, null in the place of those that are marked."""
    had = pc.fill_null(pc.match_substring_regex(texts, _MARKED), fill_value=False)
    return pc.if_else(had, pa.scalar(None, pa.string()), texts)


def conflict(name: str, text: str) -> Problem | None:
    """Returns what is wrong with a marked text; None if it is not marked."""
    found = _MARK.fullmatch(text)
    if found is None or found[2] not in _KNOWN:
        return None
    first, second = found[1].strip(), found[3].strip()
    why = Conflict(found[2])
    reason, words = _WORDS[why]
    if why is Conflict.UNKNOWN:
        return Problem(name, reason, words.format(shown(first), second), first)
    return Problem(name, reason, words.format(shown(first), shown(second)), beside(text))


def beside(text: str) -> str:
    """Returns a marked text as people see it."""
    text = _NOWHERE.sub("", text)
    return re.sub(f"{_JOINT}[a-z]+{_JOINT}", _BESIDE, text).removesuffix(_BESIDE)


def for_people(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Returns cells without marks: the two texts stand beside each other."""
    known = pc.replace_substring_regex(texts, pattern=_UNKNOWN, replacement="")
    joined = pc.replace_substring_regex(known, pattern=f"{_JOINT}[a-z]+{_JOINT}$", replacement="")
    return pc.replace_substring_regex(
        joined, pattern=f"{_JOINT}[a-z]+{_JOINT}", replacement=_BESIDE
    )


_KNOWN: Final = frozenset(Conflict)
