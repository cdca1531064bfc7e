"""Where each key of a settings file belongs, and what may be written for it: read from the models.

Belongs here: the tree of keys as data. Telling a person of a mistake is `explain`'s work.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel

from cost_pipeline.contracts.sections import ShortForms
from cost_pipeline.core.text import nearest

# So alike a word is misspelt, whatever else is called so elsewhere.
_MISSPELT: Final = 0.85
_FEW: Final = 8


@dataclass(frozen=True, slots=True)
class Place:
    """One key.

    Attributes:
        section: The keys around it, from the top.
        kind: The kind of section that has it, where only some kinds do.
        name: Its name in the file.
    """

    section: tuple[str, ...]
    kind: str | None
    name: str

    def words(self) -> str:
        """Says where it belongs."""
        if not self.section:
            where = "belongs to the top of the file"
        else:
            where = f"belongs under `{'.'.join(self.section)}`"
        return f"{where} of `kind: {self.kind}`" if self.kind else where


def places(model: type[BaseModel], section: tuple[str, ...] = ()) -> Iterator[Place]:
    """Yields every key of a model and of the sections below it."""
    for own, info in model.model_fields.items():
        name = info.alias or own
        yield Place(section, _kind(model) if section else None, name)
        inner = [one for one in models_of(info.annotation) if one is not model]
        for one in inner:
            yield from places(one, (*section, name))


def remedy_for(
    name: str, path: Sequence[int | str], known: set[str], model: type[BaseModel]
) -> str:
    """Returns what to write instead of a key that is not known where it stands.

    Args:
        name: The key.
        path: The section that it stands in, as an error tells it: with the kinds of sections.
        known: The keys that the section may have.
        model: The model of the whole file.
    """
    if difflib.get_close_matches(name, known, n=1, cutoff=_MISSPELT):
        return nearest(name, known)
    here = tuple(step for step in path if isinstance(step, str))
    elsewhere = [one for one in places(model) if one.name == name]
    if elsewhere:
        # The nearest section first: the one that shares most of the way.
        best = max(elsewhere, key=lambda one: (_shared(one.section, here), -len(one.section)))
        kinds = dict.fromkeys(
            one.kind for one in elsewhere if one.section == best.section and one.kind
        )
        if _is_same_section(best.section, here) and kinds:
            return f"it is a key of `kind: {'`, `'.join(kinds)}`"
        own = f"; known here: {', '.join(sorted(known))}" if len(known) <= _FEW else ""
        return f"`{name}` {Place(best.section, None, name).words()}{own}"
    return nearest(name, known)


def _shared(section: tuple[str, ...], here: tuple[str, ...]) -> int:
    return sum(step in here for step in section)


def _is_same_section(section: tuple[str, ...], here: tuple[str, ...]) -> bool:
    """Whether a path leads to a section, its steps that are kinds and not keys left out."""
    return bool(section) and [step for step in here if step in section] == [*section]


def lawful_words(annotation: Any) -> list[str]:  # noqa: ANN401 - any annotation
    """Returns the words that a value may be, where it may only be one of a few."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    if get_origin(annotation) is Literal:
        return [str(getattr(word, "value", word)) for word in get_args(annotation)]
    return [word for argument in get_args(annotation) for word in lawful_words(argument)]


def models_of(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - any annotation
    """Returns the sections that an annotation may mean, each once, as they are listed there."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    every = (found for argument in get_args(annotation) for found in models_of(argument))
    return [*dict.fromkeys(every)]


def keys_at(model: type[BaseModel], path: Sequence[int | str]) -> set[str]:
    """Returns the keys that the section at a path may have."""
    found: set[str] = set()
    for candidate in sections_at(model, path):
        found |= {info.alias or name for name, info in candidate.model_fields.items()}
        short: ShortForms | None = getattr(candidate, "short_forms", None)
        found |= short.keys.keys() if short else set()
    return found


def sections_at(model: type[BaseModel], path: Sequence[int | str]) -> set[type[BaseModel]]:
    """Returns the models that the section at a path may have."""
    candidates = {model}
    for step in path:
        inner = {
            found
            for candidate in candidates
            for name, info in candidate.model_fields.items()
            if step in {name, info.alias}
            for found in models_of(info.annotation)
        }
        tagged = {candidate for candidate in candidates if step in _tags(candidate)}
        candidates = inner or tagged or candidates
    return candidates


def _kind(model: type[BaseModel]) -> str | None:
    tags = _tags(model)
    return str(getattr(tags[0], "value", tags[0])) if tags else None


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind") or model.model_fields.get("style")
    if kind is None or get_origin(kind.annotation) is not Literal:
        return ()
    return get_args(kind.annotation)
