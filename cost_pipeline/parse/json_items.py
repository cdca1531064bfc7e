"""One JSON object as a row: what `json` and `jsonl` share.

Belongs here: turning an object into cells of text without going through a number type. Finding the
objects in a delivery is `json_list`'s and `json_lines`' work, many at once `json_bulk`'s.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cost_pipeline.contracts.control import Told
from cost_pipeline.contracts.paths import JSON_MARKS, Paths, names_of, parent_prefix
from cost_pipeline.parse.paths import Opener, Verbatim
from cost_pipeline.parse.rows import Limits

_SPACE: Final = re.compile(r"[ \t\r\n]*+")
_HALF: Final = "an escape stands for half a character (a lone surrogate)"
_KINDS: Final = {dict: "an object", list: "a list", str: "a number or text", bool: "true or false"}


class BrokenJsonError(Exception):
    """Text that is not JSON from `position` on. Does not leave this package."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class Item:
    """One value: where it ends, and its cells or what is wrong with it as a row."""

    end: int
    cells: dict[str, str | None] | None = None
    problem: str | None = None


def kind_of(value: object) -> str:
    """Returns what a decoded value is called in messages."""
    return "null" if value is None else _KINDS[type(value)]


def skip_space(text: str, position: int) -> int:
    """Returns the position of the next character that is not JSON's white space."""
    space = _SPACE.match(text, position)
    return space.end() if space else position


class ItemReader:
    """Reads JSON values; knows the keys of all rows so far.

    Numbers stay their literal text: a number must not become a float on its way.

    Args:
        limits: The bounds.
        told: What the vendor file reads and knows; paths among it open what is nested.
    """

    def __init__(self, limits: Limits, told: Told) -> None:
        self.names = names_of(told.names, told.ignored, JSON_MARKS)
        self._opener = Opener(self.names)
        self.keys: dict[str, None] = {}
        self._limit = limits.keys
        self.repeated: str | None = None
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_float=str, parse_int=str, parse_constant=str
        )

    def value(self, text: str, position: int) -> tuple[object, int]:
        """Returns the value that starts at a position, and where it ends.

        Raises:
            BrokenJsonError: If there is none.
        """
        self.repeated = None
        try:
            return self._decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise BrokenJsonError(error.msg, error.pos) from None
        except RecursionError:
            raise BrokenJsonError("it is nested too deeply", position) from None

    def item(self, text: str, position: int) -> Item:
        """Returns the value that starts at a position, as a row.

        Raises:
            BrokenJsonError: If there is none.
        """
        value, end = self.value(text, position)
        if not isinstance(value, dict):
            return Item(end, problem=f"{kind_of(value)} where an object is expected")
        if self.repeated is not None:
            return Item(end, problem=f"the key {self.repeated!r} is there twice")
        cells: dict[str, str | None] = value
        others = [key for key, part in value.items() if part is not None and type(part) is not str]
        if others and (paths := self.names.level(0)) is not None:
            cells, problem = self.opened(text, (position, end), value, paths)
            if problem is not None:
                return Item(end, problem=problem)
        elif others:
            cells = value | self._other_cells(text, position, value, others)
        if "\\u" in text[position:end] and _lone_surrogate(cells):
            return Item(end, problem=_HALF)
        return self.known(Item(end, cells))

    def known(self, item: Item) -> Item:
        """Returns the item and notes its keys; a problem if the delivery has too many by now."""
        if self.know(item.cells or {}):
            return item
        return Item(item.end, problem=f"with its keys the delivery has more than {self._limit}")

    def know(self, keys: Iterable[str]) -> bool:
        """Notes the keys of rows, unless the delivery then has too many; returns whether it did."""
        new = dict.fromkeys(key for key in keys if key not in self.keys)
        if len(self.keys) + len(new) > self._limit:
            return not new
        self.keys |= new
        return True

    def opened(
        self,
        text: str,
        span: tuple[int, int],
        value: dict[str, object],
        paths: Paths,
        level: int = 0,
    ) -> tuple[dict[str, str | None], str | None]:
        """Returns the cells of an object that is opened, and what is wrong with them; else None.

        Args:
            text: The text that it stands in.
            span: Where it begins and ends in the text.
            value: What it holds.
            paths: The paths of its level.
            level: How many steps up from the row it is.
        """
        start, end = span
        verbatim = Verbatim(text, start, lambda at: self._places(text, at))
        prefix = parent_prefix(level, JSON_MARKS)
        cells, twice = self._opener.cells(value, paths, verbatim, prefix)
        if twice is not None:
            return cells, f"{twice!r} is there as a key and as a path"
        if level and "\\u" in text[start:end] and _lone_surrogate(cells):
            return cells, _HALF
        return cells, None

    def _places(self, text: str, position: int) -> Iterator[tuple[str, int, int]]:
        """Yields each part of a sound container, with where it begins and ends."""
        listed = text[position : position + 1] == "["
        for key, start in (self.elements if listed else self.members)(text, position):
            _, end = self.value(text, start)
            yield key, start, end

    def elements(self, text: str, position: int) -> Iterator[tuple[str, int]]:
        """Yields each place of the list at a position (`[0]`), with the start of its value.

        Raises:
            BrokenJsonError: Where the list is broken.
        """
        position, place = skip_space(text, position + 1), 0
        more = text[position : position + 1] != "]"
        while more:
            yield f"[{place}]", position
            _, position = self.value(text, position)
            position, place = skip_space(text, position), place + 1
            more = text[position : position + 1] != "]"
            if more:
                position = self.expect(text, position, ",")

    def _other_cells(
        self, text: str, position: int, value: dict[str, object], others: list[str]
    ) -> dict[str, str]:
        """Returns the cells of the members that are neither text nor numbers."""
        if all(isinstance(value[key], bool) for key in others):
            return {key: "true" if value[key] else "false" for key in others}
        verbatim = self._slices(text, position)
        return {key: verbatim[key] for key in others}

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) < len(pairs) and self.repeated is None:
            counts = Counter(key for key, _ in pairs)
            self.repeated = counts.most_common(1)[0][0]
        return members

    def _slices(self, text: str, position: int) -> dict[str, str]:
        """Returns the verbatim text of each member of a sound object."""
        found = {}
        for key, start in self.members(text, position):
            _, end = self.value(text, start)
            found[key] = text[start:end]
        return found

    def members(self, text: str, position: int) -> Iterator[tuple[str, int]]:
        """Yields each key of the object at a position, with the start of its value.

        Raises:
            BrokenJsonError: Where the object is broken.
        """
        position = skip_space(text, position + 1)
        if text[position : position + 1] == "}":
            return
        while True:
            key, start = self.key(text, position)
            yield key, start
            _, position = self.value(text, start)
            position = skip_space(text, position)
            if text[position : position + 1] == "}":
                return
            position = self.expect(text, position, ",")

    def key(self, text: str, position: int) -> tuple[str, int]:
        """Returns the key at a position and the start of its value.

        Raises:
            BrokenJsonError: If there is no key with a colon.
        """
        if text[position : position + 1] != '"':
            self.expect(text, position, '"')
        key, position = self.value(text, position)
        return str(key), self.expect(text, skip_space(text, position), ":")

    def expect(self, text: str, position: int, mark: str) -> int:
        """Returns the position after a mark that must be there, and after the space behind it.

        Raises:
            BrokenJsonError: If the mark is not there.
        """
        if text[position : position + 1] != mark:
            found = repr(text[position]) if position < len(text) else "the end"
            raise BrokenJsonError(f"{mark!r} is expected, not {found}", position)
        return skip_space(text, position + 1)


def _lone_surrogate(cells: dict[str, str | None]) -> bool:
    try:
        "".join([*cells, *filter(None, cells.values())]).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def cut_text(text: str, limits: Limits) -> tuple[str, str]:
    """Returns a text of bounded size, and what to say if it was cut."""
    data = text[: limits.cut_bytes + 1].encode("utf-8")
    if len(data) <= limits.cut_bytes:
        return text, ""
    return data[: limits.cut_bytes].decode("utf-8", "ignore"), "; its text is cut"
