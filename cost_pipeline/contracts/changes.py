"""Settings of a vendor file that change from a pull date on (`changes:`).

Belongs here: what an entry is, and the whole vendor files that a vendor file with entries stands
for. Each of these is a model of its own, so whatever reads a delivery sees settings without dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import InitErrorDetails

from cost_pipeline.contracts.sections import Section

CHANGES: Final = "changes"
"""The key of a vendor file."""
BEGINNING: Final = date.min
"""Since when the settings hold that no entry has changed yet."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_Model = TypeVar("_Model", bound=BaseModel)


def _as_day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass  # such as 2026-02-30
    raise ValueError(f"must be a day such as 2026-07-01 (it is `{value}`)")


Day = Annotated[
    date, BeforeValidator(_as_day), WithJsonSchema({"type": "string", "format": "date"})
]


class Change(Section):
    """One entry of `changes`: settings of reading that hold from a pull date on.

    Attributes:
        since: The pull date from which they hold.
        why: Why they changed, in words for people.
    """

    since: Day = Field(alias="from")
    why: str = Field(min_length=1)

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    @property
    def settings(self) -> Mapping[str, Any]:
        """The keys that take the place of those before, as they were written."""
        return self.model_extra or {}


def in_force(
    model: type[_Model], plain: Mapping[str, Any], changes: Sequence[Change], lawful: Sequence[str]
) -> tuple[tuple[date, _Model], ...]:
    """Returns the vendor files that a vendor file stands for, each with the date since when.

    Args:
        model: The model of vendor files.
        plain: The vendor file as it was written, without its changes.
        changes: Its changes; each holds on top of those before it.
        lawful: The keys that may change.

    Raises:
        ValidationError: If one of them is wrong; an error in a change is placed inside it.
    """
    found = [(BEGINNING, model.model_validate(plain))]
    wrong: list[InitErrorDetails] = []
    settings, before = dict(plain), BEGINNING
    for place, change in enumerate(changes):
        mistakes = [*_misplaced(model, change, before, lawful)]
        own = {key: given for key, given in change.settings.items() if key in lawful}
        settings, before = {**settings, **own}, change.since
        try:
            found.append((change.since, model.model_validate(settings)))
        except ValidationError as error:
            # What an entry before it has wrong was told there.
            told = [one for one in error.errors() if not wrong or {*one["loc"][:1]} & own.keys()]
            mistakes += map(_again, told)
        wrong += [{**one, "loc": (CHANGES, place, *one["loc"])} for one in mistakes]
    if wrong:
        raise ValidationError.from_exception_data(model.__name__, wrong)
    return tuple(found)


def _misplaced(
    model: type[BaseModel], change: Change, before: date, lawful: Sequence[str]
) -> Iterator[InitErrorDetails]:
    """Yields what is wrong with an entry, whatever its settings are."""
    if change.since <= before:
        yield _mistake(("from",), f"must be later than {before}, that of the entry before it")
    if not change.settings:
        yield _mistake((), f"changes nothing: name one of {', '.join(lawful)}")
    known = {info.alias or name for name, info in model.model_fields.items()}
    for key, given in change.settings.items():
        if key in known and key not in lawful:
            words = f"cannot change on a date; what can is {', '.join(lawful)}"
            yield _mistake((key,), words, given)
        elif key not in known:
            yield InitErrorDetails(type="extra_forbidden", loc=(key,), input=given)


def _mistake(loc: tuple[str, ...], words: str, given: object = "") -> InitErrorDetails:
    context = {"error": ValueError(words)}
    return InitErrorDetails(type="value_error", loc=loc, input=given, ctx=context)


def _again(error: Any) -> InitErrorDetails:  # noqa: ANN401 - the errors of pydantic are untyped here
    """Returns an error of a validation that is over as one of a validation that goes on."""
    kind, context = error["type"], error.get("ctx", {})
    return InitErrorDetails(type=kind, loc=error["loc"], input=error["input"], ctx=context)
