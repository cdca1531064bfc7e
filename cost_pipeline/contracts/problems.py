"""Why a field or a row does not satisfy its contract, as a value.

Belongs here: the value itself, how it is written as JSON and read again, and the notes on a field
that say under which reason it is refused. `cost_fields` has the constraints, `rules` has what
fields must agree on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final, TypedDict

SHOWN_CHARACTERS: Final = 60

# For one text, `encode` is a single call into C; for anything else it makes an encoder first.
_QUOTED: Final = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a row.

    Attributes:
        field: The contract field, or "" for the row as a whole.
        code: The stable reason code. Programs go by it and by `value`, never by the message.
        message: Plain words, with the value that was found where that is safe to show.
        value: The text that was found, cut to `SHOWN_CHARACTERS`; None where it is secret, and
            where there is none (a field that is empty, a rule that sees no text).
    """

    field: str
    code: str
    message: str
    value: str | None = None

    def __post_init__(self) -> None:
        if self.value is not None and len(self.value) > SHOWN_CHARACTERS:
            # Problems are remembered and stored by the million; a value may be a whole file.
            object.__setattr__(self, "value", f"{self.value[: SHOWN_CHARACTERS - 3]}...")


class FieldError(TypedDict):
    """A problem as it is stored and shown, in `errors` of a dead letter.

    `code` and `value` are None in what version 0.2 stored, which had neither.
    """

    field: str
    code: str | None
    message: str
    value: str | None


def error_json(problem: Problem) -> str:
    """Returns the problem as a JSON object: {"field", "code", "message", "value"}, in order."""
    value = "null" if problem.value is None else _QUOTED(problem.value)
    return (
        f'{{"field": {_QUOTED(problem.field)}, "code": "{problem.code}", '
        f'"message": {_QUOTED(problem.message)}, "value": {value}}}'
    )


def errors_json(problems: Iterable[Problem]) -> str:
    """Returns the problems as the JSON list that a dead letter keeps in `errors`."""
    return f"[{', '.join(map(error_json, problems))}]"


def errors_of(text: str) -> list[FieldError]:
    """Returns the errors of a dead letter, from what it keeps in `errors`."""
    return [
        FieldError(
            field=error["field"],
            code=error.get("code"),
            message=error["message"],
            value=error.get("value"),
        )
        for error in json.loads(text)
    ]


@dataclass(frozen=True, slots=True)
class RefusedAs:
    """A note in a field's annotation: what a broken constraint of this field means to a person.

    Attributes:
        reason: The reason for any constraint that `by_type` does not name.
        words: Follow the shown value: "is not a GL code such as 6305 or 2000-01".
        by_type: Pydantic error types with a reason and words of their own.
        secret: The value is not repeated in messages (a tax id may be a person's).
    """

    reason: str
    words: str
    by_type: tuple[tuple[str, str, str], ...] = ()
    secret: bool = False

    @property
    def alike(self) -> bool:
        """Whether every broken constraint has the same words, with the value shown."""
        return not self.by_type and not self.secret

    def problem(self, name: str, error_type: str, value: object) -> Problem:
        """Returns the problem of the field `name`, whose `value` broke a constraint."""
        reason, words = self.reason, self.words
        for special, own_reason, own_words in self.by_type:
            if error_type == special:
                reason, words = own_reason, own_words
        if self.secret:
            return Problem(name, reason, f"it {words}")
        return Problem(name, reason, f"{shown(value)} {words}", str(value))


@dataclass(frozen=True, slots=True)
class Identifies:
    """A note in a field's annotation: its texts are ids, which have one spelling each."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """A note in a field's annotation: it takes these upper-case ASCII texts only.

    Any other text is refused as `RefusedAs` says, with nothing but the text in it; only one that is
    known in upper case may be told more.
    """

    texts: Callable[[], Collection[str]]


def shown(value: object) -> str:
    """Returns the value in quotes, printable and of bounded length."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    if not isinstance(value, str):
        text = f"'{value}'"
    if len(text) > SHOWN_CHARACTERS:
        text = f"{text[: SHOWN_CHARACTERS - 4]}...'"
    return text
