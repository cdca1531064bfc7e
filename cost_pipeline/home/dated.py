"""A vendor file as it is from one of its `changes` on, with the lines of that entry.

Belongs here: what must be said of each of the vendor files that a vendor file with changes stands
for. It is said where the entry stands, because that is what was written last.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from cost_pipeline.contracts.changes import CHANGES, Change
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.home.document import Document

_OWN: Final = frozenset(info.alias or name for name, info in Change.model_fields.items())


def entry_of(path: Sequence[str | int]) -> tuple[int | None, tuple[str | int, ...]]:
    """Returns the entry of `changes` in which a path leads to a setting, and the path inside it.

    None and the path as it is where it leads elsewhere, also to an entry as a whole.
    """
    match tuple(path):
        case (str(key), int(place), name, *inner) if key == CHANGES and name not in _OWN:
            return place, (name, *inner)
        case other:
            return None, other


def dated(document: Document, place: int) -> Document:
    """Returns a file as it is from an entry of `changes` on.

    It holds the lines of the keys that the entry gives; of all others it knows the entry's line.
    """
    entry = (CHANGES, place)
    view = Document(document.file, document.value)
    view.lines = {
        path[len(entry) :]: line for path, line in document.lines.items() if path[:2] == entry
    }
    return view


def take_over(document: Document, view: Document) -> None:
    """Adds what was said of a view to the problems of its file.

    What is said of keys that the entry leaves as they were was said before, or is of the whole.
    """
    said = {problem.message for problem in document.problems}
    for one in view.problems:
        if one.line != view.lines[()]:
            document.problems.append(one)
        elif one.message not in said:
            words = f"with the settings of this entry of `changes`: {one.message}"
            document.problems.append(replace(one, message=words))


def each_settings(vendor: Vendor, document: Document) -> Iterator[tuple[Vendor, Document]]:
    """Yields the settings that a vendor file has one after the other, each with its document.

    What is said of one while it is at hand is a problem of the file.
    """
    yield vendor, document
    for place, (_, settings) in enumerate(vendor.in_force[1:]):
        view = dated(document, place)
        yield settings, view
        take_over(document, view)


def doubt_changes(vendor: Vendor, document: Document) -> None:
    """Notes entries of `changes` that change nothing."""
    pairs = itertools.pairwise(settings for _, settings in vendor.in_force)
    for place, (before, settings) in enumerate(pairs):
        if settings == before:
            message = "nothing in this entry differs from what held before it"
            document.complain((CHANGES, place), message, "take it out, or mend it")
