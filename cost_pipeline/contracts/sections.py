"""What every section of a settings file has in common: strict keys, frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SerializerFunctionWrapHandler,
    model_serializer,
)


@dataclass(frozen=True, slots=True)
class ShortForms:
    """What may be written for a section, beside what its fields say: for the schema of editors.

    Attributes:
        instead: JSON schemas of what may stand in the place of the whole section.
        keys: JSON schemas of what may stand under a key, beside what its type says.
        left_out: Keys that may be left out although the section needs them.
    """

    instead: tuple[Mapping[str, Any], ...] = ()
    keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def _several(given: object) -> object:
    return (given,) if isinstance(given, str) else given


ONE_OR_MORE: Final = BeforeValidator(_several)
"""Lets one text stand for a list of one, in the annotation of a key."""
Texts = Annotated[tuple[str, ...], ONE_OR_MORE]
"""A key that holds one text or several."""


class Section(BaseModel):
    """A part of a settings file: unknown keys are refused, texts lose their outer blanks.

    Models are built when first used: most commands need few of them.

    Attributes:
        short_forms: What a validator of the whole section takes beside its fields.
    """

    short_forms: ClassVar[ShortForms | None] = None

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True
    )


class GrownSection(Section):
    """A section that got keys after lakes had been written.

    A dump leaves out those that have their default: what a file is read as is known by the digest
    of a dump, and a file that does not use a key is read as it was before there was one.

    Attributes:
        later: The names of these keys.
    """

    later: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _as_before(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = dump(self)
        fields = type(self).model_fields
        unused = {name for name in self.later if getattr(self, name) == fields[name].default}
        # Under the name that a file has for it, too, where that is asked for.
        unused |= {fields[name].alias or name for name in unused}
        return {name: value for name, value in found.items() if name not in unused}
