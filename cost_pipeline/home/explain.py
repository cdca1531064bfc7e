"""A model's complaints about a settings file, in plain words, with line and remedy.

Pydantic says where in the values something is wrong; the document knows the line. Only settings
are explained here: what is wrong with a row is `cost_pipeline.validate`'s to say.
"""

from __future__ import annotations

import re
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cost_pipeline.core.text import nearest
from cost_pipeline.home.document import Document

_PATTERNS: Final = {
    r"^[a-z][a-z0-9_]{0,62}$": (
        "must be lower-case letters, digits and underscores, beginning with a letter"
    ),
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$": (
        "must be at most 32 letters, digits, hyphens and underscores"
    ),
    r"^[A-Z]{3}$": "must be a currency code of three capital letters, such as USD",
    r"^[A-Z][A-Z0-9_]*$": (
        "must be the name of an environment variable, in capital letters (never the secret itself)"
    ),
    r"^https?://": "must begin with http:// or https://",
}
_LISTS: Final = {"tuple_type", "list_type"}
_MAPPINGS: Final = {"model_type", "dict_type", "model_attributes_type"}


def explain(error: ValidationError, model: type[BaseModel], document: Document) -> None:
    """Notes every complaint of a model in the document's problems."""
    for complaint in error.errors():
        _note(complaint, model, document)


def _note(complaint: ErrorDetails, model: type[BaseModel], document: Document) -> None:
    path, kind = complaint["loc"], complaint["type"]
    name = f"`{path[-1]}`" if path else "the file"
    context = complaint.get("ctx", {})
    if complaint["input"] is None and document.has(document.known(path)):
        return  # the document complained of the missing value already
    if kind == "missing":
        document.complain(path[:-1], f"{name} is missing", f"add the key {name}")
    elif kind == "extra_forbidden":
        known = _keys(model, path[:-1])
        document.complain(path, f"{name} is not a key that is known here", nearest(name, known))
    elif kind in {"union_tag_not_found", "union_tag_invalid"}:
        _note_tag(complaint, document)
    elif kind in {"literal_error", "enum"}:
        given = str(complaint["input"])
        expected = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        message = f"{_named(path, document)} cannot be `{given}`"
        document.complain(path, message, nearest(given, expected))
    elif kind in _LISTS:
        message = f"{_named(path, document)} must be a list"
        document.complain(path, message, f"write `[{complaint['input']}]`")
    elif kind in _MAPPINGS:
        document.complain(path, f"{_named(path, document)} must be a section of `key: value` lines")
    else:
        named = _named(path, document)
        remedy = f"see {named.rpartition(' ')[2]} in docs/interfaces.md"
        document.complain(path, f"{named} {_words(complaint)}", remedy)


def _note_tag(complaint: ErrorDetails, document: Document) -> None:
    path = complaint["loc"]
    context = complaint.get("ctx", {})
    if complaint["type"] == "union_tag_not_found":
        document.complain(path, f"{_named(path, document)} says no `kind`", "add the key `kind`")
        return
    expected = re.findall(r"'([^']*)'", str(context.get("expected_tags", "")))
    message = f"this version has no {path[-1]} of the kind `{context.get('tag')}`"
    document.complain((*path, "kind"), message, nearest(str(context.get("tag")), expected))


def _words(complaint: ErrorDetails) -> str:
    context = complaint.get("ctx", {})
    if complaint["type"] == "string_pattern_mismatch":
        given = f" (it is `{complaint['input']}`)"
        return _PATTERNS.get(str(context["pattern"]), "has a wrong form") + given
    if complaint["type"] == "value_error":
        return str(context["error"])
    message = complaint["msg"].replace("Input should be", "must be")
    given = complaint["input"]
    shown = f" (it is `{given}`)" if isinstance(given, str) else ""
    return message[:1].lower() + message[1:] + shown


def _named(path: tuple[int | str, ...], document: Document) -> str:
    """Returns the last step that the file holds: a key's name, or that of an item's list."""
    steps = document.known(path)
    if not steps:
        return "the file"
    if isinstance(steps[-1], int):
        return f"item {steps[-1] + 1} of `{steps[-2]}`"
    return f"`{steps[-1]}`"


def _keys(model: type[BaseModel], path: tuple[int | str, ...]) -> set[str]:
    """Returns the keys that the section at a path may have."""
    candidates = {model}
    for step in path:
        inner = {
            found
            for candidate in candidates
            if step in candidate.model_fields
            for found in _models(candidate.model_fields[str(step)].annotation)
        }
        tagged = {candidate for candidate in candidates if step in _tags(candidate)}
        candidates = inner or tagged or candidates
    return {name for candidate in candidates for name in candidate.model_fields}


def _models(annotation: Any) -> set[type[BaseModel]]:  # noqa: ANN401  (any annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {found for argument in get_args(annotation) for found in _models(argument)}


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation) if kind else ()
