"""Rows of lists inside lists of a JSON document, with the fields of what holds them.

Belongs here: the way from an item of the outer list (a bill) to those of the inner one (its lines),
and the cells of the holders, `^.number`. What holds the outermost list is the document; it is
looked at only where a path leads into it. A holder without items is counted and is no row, unless
the vendor file says `empty: row`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from cost_pipeline.contracts.paths import Paths
from cost_pipeline.parse.json_items import (
    BrokenJsonError,
    Item,
    ItemReader,
    kind_of,
    skip_space,
)
from cost_pipeline.parse.keyed import KeyedRow
from cost_pipeline.parse.rows import RowReader

Cells = dict[str, str | None]
Keys = Sequence[str]


@dataclass(frozen=True, slots=True)
class _Holder:
    """An object with a list in it.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        value: The decoded object, without the list.
        at: Where the list begins; None if it has none.
        problem: What is wrong with it, if anything is.
    """

    start: int
    end: int
    value: dict[str, object]
    at: int | None = None
    problem: str | None = None


class NestedRows:
    """The rows below an item of the outermost list.

    Args:
        text: The document.
        items: Reads its values.
        lists: The keys to each list (`list_steps`).
        line_of: The line of a position; positions only grow.
        empty_is_row: Whether a holder without items is a row.
    """

    def __init__(
        self,
        text: str,
        items: ItemReader,
        lists: Sequence[Keys],
        line_of: Callable[[int], int],
        *,
        empty_is_row: bool,
    ) -> None:
        self._text = text
        self._items = items
        self._lists = lists
        self._line_of = line_of
        self._empty_is_row = empty_is_row
        self._paths = [self._paths_around(place) for place in range(len(lists))]

    def _paths_around(self, place: int) -> Paths | None:
        """Returns what is read of the holder of a list.

        The way to the list is open, and not a cell.
        """
        paths, keys = self._items.names.level(len(self._lists) - place), self._lists[place]
        return paths.leading_to(".".join(keys)) if paths is not None and keys else paths

    def document(self) -> Cells:
        """Returns the cells of the document around the outermost list.

        Raises:
            BrokenJsonError: If the document is broken anywhere, or says something twice.
        """
        if self._paths[0] is None:
            return {}
        holder = self._holder(skip_space(self._text, 0), self._lists[0])
        cells, problem = self._cells_of(holder, 0)
        if problem is not None or holder.problem is not None:
            raise BrokenJsonError(holder.problem or problem or "", holder.start)
        return cells

    def below(
        self, reader: RowReader, position: int, above: Cells, place: int = 0
    ) -> Generator[KeyedRow, None, int]:
        """Yields the rows of an item of the list at a place; returns where the item ends.

        Raises:
            BrokenJsonError: Where the item is broken.
        """
        line = self._line_of(position)
        if place == len(self._lists) - 1:
            item = self._items.item(self._text, position)
            yield self._row(line, position, item, above)
            return item.end
        holder = self._holder(position, self._lists[place + 1])
        cells, odd = self._cells_of(holder, place + 1)
        problem = holder.problem or odd
        if problem is not None:
            yield self._row(line, position, Item(holder.end, problem=problem), {})
            return holder.end
        start = None if holder.at is None else self._first(holder.at)
        if start is None:
            if self._empty_is_row:
                yield self._row(line, position, Item(holder.end, {}), {**above, **cells})
            else:
                reader.furniture_rows += 1
        while start is not None:
            end = yield from self.below(reader, start, {**above, **cells}, place + 1)
            start = self._next(end)
        return holder.end

    def _row(self, line: int, start: int, item: Item, above: Cells) -> KeyedRow:
        text = self._text[start : item.end]
        if item.cells is not None and above:
            item = self._items.known(Item(item.end, {**item.cells, **above}))
        return KeyedRow(line, text, item.problem, item.cells)

    def _cells_of(self, holder: _Holder, place: int) -> tuple[Cells, str | None]:
        paths = self._paths[place]
        if paths is None or holder.problem is not None:
            return {}, None
        level = len(self._lists) - place
        return self._items.opened(
            self._text, (holder.start, holder.end), holder.value, paths, level
        )

    def _holder(self, position: int, keys: Keys) -> _Holder:
        """Reads the value at a position, as what holds the list at some keys.

        Raises:
            BrokenJsonError: Where the value is broken.
        """
        text, items = self._text, self._items
        if not keys and text[position : position + 1] == "[":
            return _Holder(position, self._end_of_list(position), {}, position)
        if not keys or text[position : position + 1] != "{":
            found, end = items.value(text, position)
            expected = "an object" if keys else "a list"
            return _Holder(
                position, end, {}, problem=f"{kind_of(found)} where {expected} is expected"
            )
        value: dict[str, object] = {}
        at: int | None = None
        problem: str | None = None
        end = skip_space(text, position + 1)
        more = text[end : end + 1] != "}"
        while more:
            key, start = items.key(text, end)
            if key in value or (key == keys[0] and at is not None):
                problem = f"the key {key!r} is there twice"
            first = text[start : start + 1]
            if key == keys[0] and first == ("[" if len(keys) == 1 else "{"):
                inner = self._holder(start, keys[1:])
                at, end, problem = inner.at, inner.end, problem or inner.problem
                if len(keys) > 1:
                    value[key] = inner.value
            else:
                value[key], end = items.value(text, start)
                if items.repeated is not None:
                    problem = f"the key {items.repeated!r} is there twice"
                if key == keys[0] and value[key] is not None:
                    expected = "a list" if len(keys) == 1 else "an object"
                    problem = f"{key!r} is {kind_of(value[key])} where {expected} is expected"
            end = skip_space(text, end)
            more = text[end : end + 1] != "}"
            if more:
                end = items.expect(text, end, ",")
        return _Holder(position, end + 1, value, at, problem)

    def _end_of_list(self, position: int) -> int:
        start = self._first(position)
        if start is None:
            return skip_space(self._text, position + 1) + 1
        while start is not None:
            _, end = self._items.value(self._text, start)
            start = self._next(end)
        return skip_space(self._text, end) + 1

    def _first(self, position: int) -> int | None:
        """Returns where the first item of a list begins; None if it has none."""
        start = skip_space(self._text, position + 1)
        return None if self._text[start : start + 1] == "]" else start

    def _next(self, end: int) -> int | None:
        """Returns where the item behind another begins; None after the last."""
        start = skip_space(self._text, end)
        if self._text[start : start + 1] == "]":
            return None
        return self._items.expect(self._text, start, ",")
