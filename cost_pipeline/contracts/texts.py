"""How texts are read where all vendors write them alike: flags, whole numbers, words.

Belongs here: one text to one value or to what is wrong with it. Numbers and dates follow a vendor's
own style and are read by `cost_pipeline.validate`; whether a value is allowed is the contract's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.problems import Problem, RefusedAs, shown
from cost_pipeline.core.reasons import Reason

Reader = Callable[[str, str], object]
"""Takes a field name and a stripped text; returns a value or a `Problem`."""

_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_TRUE: Final = frozenset({"yes", "y", "true", "1", "x"})
_FALSE: Final = frozenset({"no", "n", "false", "0"})


@dataclass(frozen=True, slots=True)
class ReadAs:
    """A note in a field's annotation: its text is read so, and not by its type alone."""

    read: Reader


def reader(info: FieldInfo) -> Reader | None:
    """Returns how a field's text is read; None for text as it is, and for numbers and dates."""
    taken = parts(info)
    for note in taken.notes:
        if isinstance(note, ReadAs):
            return note.read
    refused = [note.reason for note in taken.notes if isinstance(note, RefusedAs)]
    code = refused[0] if refused else Reason.BAD_TEXT
    if taken.base is bool:
        return flag(code)
    if taken.base is int:
        return whole_number(code)
    if get_origin(taken.base) is Literal:
        words = {folded(word): word for word in get_args(taken.base)}
        return lambda _name, text: words.get(folded(text), text)
    return None


def folded(text: str) -> str:
    """Returns a word as it is compared: small letters, blanks and hyphens as underscores."""
    return re.sub(r"[\s-]+", "_", text.strip().casefold())


def flag(code: str) -> Reader:
    """Returns a reader of yes and no, which refuses anything else with the code."""

    def read(name: str, text: str) -> bool | Problem:
        word = text.casefold()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        return Problem(name, code, f"{shown(text)} is not yes or no", text)

    return read


def whole_number(code: str) -> Reader:
    """Returns a reader of whole numbers, which refuses anything else with the code."""

    def read(name: str, text: str) -> int | Problem:
        if _WHOLE.fullmatch(text):
            return int(text)
        return Problem(name, code, f"{shown(text)} is not a whole number", text)

    return read
