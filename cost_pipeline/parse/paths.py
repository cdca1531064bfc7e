"""Opens nested JSON: the members that a vendor's paths lead to become cells of the row.

Belongs here: which parts of an object are cells. A container that a path leads into is opened:
each of its parts is a cell by its own path, so that what nobody asked for is seen as an unknown
field. Where the vendor file knows the container itself, read or ignored, it stays the one cell that
it is without paths, beside those that are read of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cost_pipeline.contracts.paths import JSON_MARKS, Names, Paths, folded, joined

Steps = tuple[str, ...]
Places = Callable[[int], Iterator[tuple[str, int, int]]]
"""Yields, from the start of a container, each part's step, and its start and end in the text."""


@dataclass(slots=True)
class Verbatim:
    """The text of any part of one value, found when it is asked for.

    Attributes:
        text: The text that the value stands in.
        start: Where it begins.
        places: Yields where the parts of a container are.
    """

    text: str
    start: int
    places: Places
    _found: dict[Steps, Mapping[str, tuple[int, int]]] = field(default_factory=dict)

    def of(self, steps: Steps) -> str:
        """Returns the text of the part at the given steps, of which there is at least one."""
        start, end = self._span(steps)
        return self.text[start:end]

    def at(self, steps: Steps) -> int:
        """Returns where the part at some steps begins; without steps, where the value does."""
        return self._span(steps)[0] if steps else self.start

    def _span(self, steps: Steps) -> tuple[int, int]:
        container = steps[:-1]
        if container not in self._found:
            parts = self.places(self.at(container))
            self._found[container] = {step: (start, end) for step, start, end in parts}
        return self._found[container][steps[-1]]


class Opener:
    """Makes the cells of decoded values by what a vendor file reads of them."""

    def __init__(self, names: Names) -> None:
        self._known = names.known

    def cells(
        self, value: Mapping[str, object], paths: Paths, verbatim: Verbatim, prefix: str = ""
    ) -> tuple[dict[str, str | None], str | None]:
        """Returns the cells of a value, and the name that two of them have, if any do.

        Args:
            value: The decoded value; numbers are their text.
            paths: The paths of its level.
            verbatim: The text of the same value.
            prefix: The path that leads to it, where it is not the row itself.
        """
        cells: dict[str, str | None] = {}
        twice = None
        whole = folded(prefix) in self._known
        for name, cell in self._parts(value, paths, verbatim, prefix, ()):
            if whole and folded(name) not in self._known:
                continue
            if name in cells:
                twice = name
            cells[name] = cell
        return cells, twice

    def _parts(
        self, value: object, paths: Paths | None, verbatim: Verbatim, prefix: str, steps: Steps
    ) -> Iterator[tuple[str, str | None]]:
        parts = _named(value)
        opened = {} if paths is None else paths.opened(tuple(parts))
        for step, part in parts.items():
            name, inside = joined(prefix, step, JSON_MARKS), opened.get(step)
            if part is None or type(part) is str:
                yield name, part
            elif isinstance(part, bool):
                yield name, "true" if part else "false"
            else:
                here = (*steps, step)
                if inside is None or folded(name) in self._known:
                    yield name, verbatim.of(here)
                if inside is not None:
                    within = self._parts(part, inside, verbatim, name, here)
                    whole = folded(name) in self._known
                    yield from (one for one in within if not whole or folded(one[0]) in self._known)


def _named(value: object) -> Mapping[str, object]:
    """Returns the parts of a container by their step."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list):
        return {f"[{place}]": part for place, part in enumerate(value)}
    return {}
