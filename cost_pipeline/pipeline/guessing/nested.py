"""Which list of a JSON document, or which elements of an XML document, are the rows.

Belongs here: the way to the records, the paths of what is in them, and what of that is ignored as a
whole because nothing of it is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cost_pipeline.contracts.control import Told
from cost_pipeline.contracts.formats import FormatKind, JsonFormat, XmlFormat
from cost_pipeline.contracts.paths import JSON_MARKS, XML_MARKS, Marks, parent_prefix, steps_up
from cost_pipeline.core.people import counted
from cost_pipeline.core.reasons import Reason
from cost_pipeline.home.draft import Entry
from cost_pipeline.parse.rows import Refused
from cost_pipeline.parse.xml_outline import Part, Steps, xml_outline
from cost_pipeline.pipeline.guessing.seen import Look

_DEEPEST: Final = 8
_MOST_ITEMS: Final = 2_000
_MOST_PATHS: Final = 200
_FEWEST_LEAVES: Final = 2
_PLACE: Final = re.compile(r"\[\d*\]")

Names = Callable[[str], bool]


@dataclass(slots=True)
class _List:
    """Lists under one path: `data.bills[].lines[]` is (("data", "bills"), ("lines",))."""

    groups: tuple[tuple[str, ...], ...]
    objects: int = 0
    leaves: dict[str, None] = field(default_factory=dict)

    @property
    def records(self) -> str:
        """The path as a vendor file writes it."""
        return "[].".join(".".join(group) for group in self.groups) + (
            "[]" if len(self.groups) > 1 else ""
        )


def look_at_json(document: object, encoding: str, evidence: str, known: Names) -> Look | Refused:
    """Returns how a JSON document is read: the list whose objects are most like records.

    Args:
        document: The document; its numbers are texts.
        encoding: The encoding that fits.
        evidence: What speaks for it.
        known: Whether a text is the name of a field.
    """
    found: dict[tuple[tuple[str, ...], ...], _List] = {}
    _walk(document, (), (), {}, found)
    lists = [one for one in found.values() if one.objects]
    if not lists:
        return _refused("the JSON document holds no list of objects")
    best = max(
        lists,
        key=lambda one: (_known_among(_own(one.leaves), known, JSON_MARKS), one.objects),
    )
    where = f"`{best.records}`" if best.records else "the top"
    words = f"{counted(best.objects, 'object')} at {where} have the most names that are known"
    entries = [Entry(("format", "kind"), FormatKind.JSON.value, (words,))]
    if best.records:
        entries.append(Entry(("format", "records"), best.records))
    entries.append(Entry(("format", "encodings"), (encoding,), (evidence,)))
    names = tuple(best.leaves)[:_MOST_PATHS]
    form = JsonFormat(encodings=(encoding,), records=best.records).telling(Told(names=names))
    above = (best.records,)
    return Look(form, tuple(entries), above=above, per_row=True, marks=JSON_MARKS)


def _walk(
    value: object,
    before: tuple[tuple[str, ...], ...],
    keys: tuple[str, ...],
    above: Mapping[str, None],
    found: dict[tuple[tuple[str, ...], ...], _List],
) -> None:
    """Takes note of every list of objects that a path leads to.

    Args:
        value: What is at the path.
        before: The lists on the way, by the keys that lead to each.
        keys: The keys since the last of them.
        above: The paths of what the objects around hold.
        found: The lists so far.
    """
    if len(before) + len(keys) > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict | list) and not set(key) & {".", "[", "]"}:
                _walk(inner, before, (*keys, key), above, found)
        return
    if not isinstance(value, list) or not value or not all(isinstance(i, dict) for i in value):
        return
    groups = (*before, keys)
    mine = found.setdefault(groups, _List(groups))
    for item in value[:_MOST_ITEMS]:
        mine.objects += 1
        own = dict.fromkeys(_leaves(item, "", 0))
        mine.leaves |= own
        mine.leaves |= above
        around = {f"^.{name}": None for name in (*own, *above)}
        for key, inner in item.items():
            if isinstance(inner, dict | list) and not set(key) & {".", "[", "]"}:
                _walk(inner, groups, (key,), around, found)


def _leaves(item: Mapping[str, object], prefix: str, depth: int) -> Iterator[str]:
    """Yields the paths of the values in an object; a list, and what has no name, is one value."""
    for key, value in item.items():
        path = prefix + key
        if isinstance(value, dict) and value and depth < _DEEPEST and "." not in key:
            yield from _leaves(value, f"{path}.", depth + 1)
        elif not isinstance(value, list) or not value or not isinstance(value[0], dict):
            yield path


def _own(leaves: Mapping[str, None]) -> list[str]:
    return [name for name in leaves if not name.startswith("^")]


def look_at_xml(path: Path, known: Names) -> Look | Refused:
    """Returns how an XML document is read: the elements that are most like records.

    Raises:
        EnvironmentFailedError: If it cannot be read.
    """
    outline = xml_outline(path)
    if isinstance(outline, Refused):
        return outline
    many = [steps for steps, part in outline.items() if part.has_children and part.count > 1]
    some = many or [steps for steps, part in outline.items() if part.has_children]
    leaves = {steps: list(_xml_leaves(outline, steps, ())) for steps in some if len(steps) > 1}
    leaves = {steps: names for steps, names in leaves.items() if len(names) >= _FEWEST_LEAVES}
    if not leaves:
        return _refused("the XML document holds no elements with elements in them that repeat")
    best = max(
        leaves,
        key=lambda one: (
            _known_among(leaves[one], known, XML_MARKS), outline[one].count, len(one)
        ),
    )  # fmt: skip
    records = "/".join(best)
    words = f"{counted(outline[best].count, 'element')} `{best[-1]}` have the most known names"
    entries = (
        Entry(("format", "kind"), FormatKind.XML.value, (words,)),
        Entry(("format", "records"), records),
    )
    names = (*leaves[best], *_around(outline, best))[:_MOST_PATHS]
    form = XmlFormat(records=records).telling(Told(names=names))
    return Look(form, entries, above=(records,), per_row=True, marks=XML_MARKS)


def _xml_leaves(outline: Mapping[Steps, Part], top: Steps, without: Steps) -> Iterator[str]:
    """Yields the paths of the texts in an element; of several alike the first one's.

    Args:
        outline: The elements of the document.
        top: The element.
        without: An element in it that is passed over.
    """
    shut: list[Steps] = [without] if without else []
    for steps in outline:
        if steps[: len(top)] != top or any(steps[: len(one)] == one for one in shut):
            continue
        part = outline[steps]
        if steps != top and part.most > 1:
            shut.append(steps)
        path = "/".join(steps[len(top) :])
        yield from (f"{path}/@{name}" if path else f"@{name}" for name in part.attributes)
        if part.has_text and not part.has_children and path:
            yield f"{path}[0]" if part.most > 1 else path


def _around(outline: Mapping[Steps, Part], record: Steps) -> Iterator[str]:
    """Yields the paths of the texts in what holds a record."""
    for up in range(1, len(record)):
        top = record[: len(record) - up]
        inner = _xml_leaves(outline, top, record[: len(top) + 1])
        yield from (f"{'../' * up}{name}" for name in inner)


def _known_among(names: Sequence[str], known: Names, marks: Marks) -> int:
    """Counts the names that a feed knows, whole or by their last step."""
    steps = (_PLACE.sub("", name) for name in names)
    return sum(known(name) or known(name.rpartition(marks.separator)[2]) for name in steps)


def whole_names(unread: Sequence[str], read: Sequence[str], marks: Marks) -> list[str]:
    """Returns what is ignored of a nested delivery: where nothing is read of a part, all of it."""
    opened = set()
    for name in read:
        steps = name.split(marks.separator)
        opened |= {marks.separator.join(steps[:end]) for end in range(1, len(steps) + 1)}
    found: dict[str, None] = {}
    for name in unread:
        up = steps_up(name, marks)
        if up and parent_prefix(up, marks) not in opened:
            continue  # nobody looks there
        steps = name.split(marks.separator)
        parts = (marks.separator.join(steps[:end]) for end in range(1, len(steps) + 1))
        found[next((part for part in parts if part not in opened), name)] = None
    return list(found)


def as_document(text: str) -> object:
    """Returns a JSON document, its numbers as texts.

    Raises:
        ValueError: If it is none.
    """
    return json.loads(text, parse_float=str, parse_int=str)


def _refused(message: str) -> Refused:
    return Refused(Reason.NOT_THE_FORMAT, message)
