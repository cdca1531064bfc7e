"""Why a field or a row does not satisfy its contract, as a value.

Belongs here: the value itself, and the notes on a field that say under which reason it is refused.
Which constraints a field has is `cost`'s, which fields must agree is `rules`'.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from cost_pipeline.core.reasons import Reason

SHOWN_CHARACTERS: Final = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a row.

    Attributes:
        field: The contract field, or "" for the row as a whole.
        reason: The stable code.
        message: Plain words, with the value that was found where that is safe to show.
    """

    field: str
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class RefusedAs:
    """A note in a field's annotation: what a broken constraint of this field means to a person.

    Attributes:
        reason: For any constraint that `by_type` does not name.
        words: Follow the shown value: "is not a GL code such as 6305 or 2000-01".
        by_type: Pydantic error types with a reason and words of their own.
        secret: The value is not repeated in messages (a tax id may be a person's).
    """

    reason: Reason
    words: str
    by_type: tuple[tuple[str, Reason, str], ...] = ()
    secret: bool = False

    @property
    def alike(self) -> bool:
        """Whether any constraint is called the same, with the value shown."""
        return not self.by_type and not self.secret

    def problem(self, name: str, error_type: str, value: object) -> Problem:
        """The problem of the field `name`, whose `value` broke a constraint."""
        reason, words = self.reason, self.words
        for special, own_reason, own_words in self.by_type:
            if error_type == special:
                reason, words = own_reason, own_words
        return Problem(name, reason, f"{'it' if self.secret else shown(value)} {words}")


@dataclass(frozen=True, slots=True)
class OneOf:
    """A note in a field's annotation: it takes these upper-case ASCII texts only.

    Any other text is refused as `RefusedAs` says, with nothing but the text in it; only one that is
    known in upper case may be told more.
    """

    texts: Callable[[], Collection[str]]


def shown(value: object) -> str:
    """The value in quotes, printable and of bounded length."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    if not isinstance(value, str):
        text = f"'{value}'"
    if len(text) > SHOWN_CHARACTERS:
        text = f"{text[: SHOWN_CHARACTERS - 4]}...'"
    return text
