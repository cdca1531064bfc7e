"""A model's complaints about a settings file, in plain words, with line and remedy.

Pydantic says where in the values something is wrong; the document knows the line. Only settings
are explained here: what is wrong with a row is `cost_pipeline.validate`'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cost_pipeline.contracts.format_base import ALSO_CALLED
from cost_pipeline.core.text import nearest
from cost_pipeline.home.dated import dated, entry_of, take_over
from cost_pipeline.home.document import Document
from cost_pipeline.home.keys import keys_at, lawful_words, remedy_for, sections_at

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
_WORDS: Final = {"literal_error", "enum"}
# What a value of a type is called, by how the types of errors begin.
_TYPES: Final = {
    "int": "a whole number such as 20",
    "decimal": "a number such as 0.05",
    "float": "a number such as 1.5",
    "bool": "`true` or `false`",
    "string": "a text",
    "tuple": "a list such as [a, b]",
    "list": "a list such as [a, b]",
    "model": "a section of `key: value` lines",
    "dict": "a section of `key: value` lines",
}
_PARSED: Final = ("_parsing", "_type", "_from_float")
_MOST_WORDS: Final = 12


def explain(error: ValidationError, model: type[BaseModel], document: Document) -> None:
    """Notes every complaint of a model in the document's problems.

    Where a value may be of several types each complains; a person is told once, of all of them.
    """
    by_entry: dict[int | None, list[ErrorDetails]] = {}
    for complaint in error.errors():
        entry, path = entry_of(complaint["loc"])
        by_entry.setdefault(entry, []).append({**complaint, "loc": path})
    for entry, complaints in by_entry.items():
        if entry is None:
            _explain(complaints, model, document)
        else:
            view = dated(document, entry)
            _explain(complaints, model, view)
            take_over(document, view)


def _explain(found: Sequence[ErrorDetails], model: type[BaseModel], document: Document) -> None:
    by_key: dict[tuple[str | int, ...], list[ErrorDetails]] = {}
    for complaint in found:
        by_key.setdefault(_key_of(complaint, document), []).append(complaint)
    for complaints in by_key.values():
        if len(complaints) > 1 and all(map(_is_of_type, complaints)):
            _note_types(complaints, document)
        else:
            for complaint in complaints:
                _note(complaint, model, document)


def _key_of(complaint: ErrorDetails, document: Document) -> tuple[str | int, ...]:
    """Returns the key that a complaint is of; that of a missing one is its own."""
    if complaint["type"] == "missing":
        return complaint["loc"]
    return document.known(complaint["loc"])


def _is_of_type(complaint: ErrorDetails) -> bool:
    return complaint["type"] in _WORDS or _type_words(complaint) is not None


def _type_words(complaint: ErrorDetails) -> str | None:
    """Returns what a value of the wanted type is called; None where the type is right."""
    kind = complaint["type"]
    if not kind.endswith(_PARSED):
        return None
    return next((words for start, words in _TYPES.items() if kind.startswith(start)), None)


def _note_types(complaints: Sequence[ErrorDetails], document: Document) -> None:
    """Notes a value that is of none of several types."""
    path, given = complaints[0]["loc"], complaints[0]["input"]
    wanted: dict[str, None] = {}
    for complaint in complaints:
        words = [f"`{word}`" for word in _expected(complaint)] or [_type_words(complaint) or ""]
        wanted |= dict.fromkeys(words)
    message = f"{_named(path, document)} cannot be {_given(given)}"
    document.complain(path, message, f"write {' or '.join(wanted)}")


def _given(value: object) -> str:
    """Returns a value as a message shows it: a text itself, of others what they are."""
    if isinstance(value, dict):
        return "a section"
    return "a list" if isinstance(value, list | tuple) else f"`{value}`"


def _expected(complaint: ErrorDetails) -> list[str]:
    """Returns the words of which the value must be one."""
    if complaint["type"] not in _WORDS:
        return []
    expected = str(complaint.get("ctx", {}).get("expected", ""))
    return [word or number for word, number in re.findall(r"'([^']*)'|\b(\d+)\b", expected)]


def _note(complaint: ErrorDetails, model: type[BaseModel], document: Document) -> None:
    path, kind = complaint["loc"], complaint["type"]
    name = f"`{path[-1]}`" if path else "the file"
    if complaint["input"] is None and document.has(document.known(path)):
        return  # the document complained of the missing value already
    if kind == "missing":
        document.complain(path[:-1], f"{name} is missing", _add(path, model))
    elif kind == "extra_forbidden":
        message = f"{name} is not a key that is known here"
        known = keys_at(model, path[:-1])
        document.complain(path, message, remedy_for(str(path[-1]), path[:-1], known, model))
    elif kind in {"union_tag_not_found", "union_tag_invalid"}:
        _note_tag(complaint, document)
    elif kind in _WORDS:
        message = f"{_named(path, document)} cannot be {_given(complaint['input'])}"
        document.complain(path, message, one_of(str(complaint["input"]), _expected(complaint)))
    elif kind in _LISTS:
        message = f"{_named(path, document)} must be a list"
        text = complaint["input"]
        document.complain(
            path, message, f"write `[{text}]`" if isinstance(text, str) else "write `[a, b]`"
        )
    elif kind in _MAPPINGS:
        message = f"{_named(path, document)} must be a section of `key: value` lines"
        document.complain(path, message, _its_keys(path, model))
    elif (words := _type_words(complaint)) is not None:
        message = f"{_named(path, document)} cannot be {_given(complaint['input'])}"
        document.complain(path, message, f"write {words}")
    else:
        named = _named(path, document)
        remedy = f"see {named.rpartition(' ')[2]} in docs/interfaces.md"
        document.complain(path, _joined(named, _words(complaint), whole=not path), remedy)


def _its_keys(path: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """Returns which keys a section has; of a mapping of names nothing is known."""
    sections = sections_at(model, path)
    keys = sorted(keys_at(model, path))
    if not keys or sections == sections_at(model, path[:-1]):
        return ""
    return f"its keys are {', '.join(keys)}" if len(keys) <= _MOST_WORDS else "begin with `kind:`"


def _add(path: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """Returns the remedy for a missing key, with the words of which it must be one."""
    name = str(path[-1])
    words: dict[str, None] = {}
    for section in sections_at(model, path[:-1]):
        info = section.model_fields.get(name)
        if info is not None:
            words |= dict.fromkeys(lawful_words(info.annotation))
    of = f": one of {', '.join(words)}" if 0 < len(words) <= _MOST_WORDS else ""
    return f"add the key `{name}`{of}"


def one_of(given: str, known: Sequence[str]) -> str:
    """Returns the remedy for a word that is not lawful: the nearest, and all that are."""
    if len(known) > _MOST_WORDS:
        return nearest(given, known)
    every = ", ".join(word if word.isidentifier() else f"`{word}`" for word in known)
    close = nearest(given, known)
    return f"{close} It can be {every}" if close.startswith("did you") else f"it can be {every}"


def _note_tag(complaint: ErrorDetails, document: Document) -> None:
    path = complaint["loc"]
    context = complaint.get("ctx", {})
    given = str(context.get("tag"))
    if complaint["type"] == "union_tag_not_found":
        by = str(context.get("discriminator", "kind")).strip("'")
        document.complain(path, f"{_named(path, document)} says no `{by}`", f"add the key `{by}`")
        return
    expected = re.findall(r"'([^']*)'", str(context.get("expected_tags", "")))
    message = f"this version has no {path[-1]} of the kind `{given}`"
    meant = ALSO_CALLED.get(given.casefold())
    if meant in expected:
        remedy = f"write `{meant}`; {one_of('', expected)}"
    else:
        remedy = one_of(given, expected)
    document.complain((*path, "kind"), message, remedy)


def _joined(named: str, words: str, *, whole: bool) -> str:
    """Returns what is said of a value: words that name something are a sentence by themselves."""
    if words[:1] not in "`'\"":
        return f"{named} {words}"
    return words if whole else f"in {named}: {words}"


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
