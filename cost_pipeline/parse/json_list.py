"""Reads `json`: a document that holds a list of objects at `format.records`.

Belongs here: the way to the list, its items, and what is broken where. The document is held whole,
so its size is limited; vendors with more can deliver JSON lines. What breaks half way costs the
rest of the document, which becomes one malformed row; the items before it stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cost_pipeline.contracts.formats import JsonFormat
from cost_pipeline.contracts.paths import list_steps
from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.control import control_rules, rows_without_totals
from cost_pipeline.parse.json_bulk import Stretches
from cost_pipeline.parse.json_items import (
    BrokenJsonError,
    ItemReader,
    cut_text,
    kind_of,
    skip_space,
)
from cost_pipeline.parse.json_nested import NestedRows
from cost_pipeline.parse.keyed import Keyed, KeyedRow, filled_keys, keyed_chunks, one_by_one
from cost_pipeline.parse.rows import Limits, ParsedChunk, Refused, RowReader
from cost_pipeline.parse.source import utf8_blocks


class _NotThereError(Exception):
    """The list is not where the vendor file says. Does not leave this module."""


class _Lines:
    """Line numbers of positions that only grow."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._mark = "\n" if "\n" in text else "\r"
        self._line, self._counted = 1, 0

    def at(self, position: int) -> int:
        self._line += self._text.count(self._mark, self._counted, position)
        self._counted = position
        return self._line


def open_json_list(
    body: Body, form: JsonFormat, encoding: str, limits: Limits, *, chunk_rows: int, bulk: bool
) -> RowReader | Refused:
    """Returns a reader of the items of a list in a document in a known encoding.

    Args:
        body: The delivery.
        form: What the vendor declares.
        encoding: Known to fit.
        limits: The bounds.
        chunk_rows: Chunks hold at most so many rows.
        bulk: Whether flat objects may be decoded many at once.
    """
    if body.exceeds(limits.json_bytes):
        what = f"it is too large for `json`: {limits.json_bytes} bytes at most are read"
        return Refused(Reason.NOT_THE_FORMAT, f"{what}; `jsonl` is the format for more")
    text = b"".join(utf8_blocks(body, encoding, limits.block_bytes)).decode("utf-8")
    lists = list_steps(form.records)
    items = ItemReader(limits, form.told)
    try:
        start = _find_list(items, text, lists[0])
    except BrokenJsonError as error:
        line = _Lines(text).at(error.position)
        return Refused(Reason.NOT_THE_FORMAT, f"it is not JSON: {error.message} on line {line}")
    except _NotThereError as error:
        return Refused(Reason.NOT_THE_FORMAT, str(error))
    document = _Document(text, form, items, limits, bulk=bulk)
    rules = control_rules(form, None)

    def chunks(reader: RowReader) -> Iterator[ParsedChunk]:
        rows: Iterator[Keyed] = document.rows(reader, start)
        if rules is not None:
            rows = rows_without_totals(reader, one_by_one(rows), rules, filled_keys)
        return keyed_chunks(reader, rows, limits, chunk_rows)

    return RowReader(encoding, (), chunks)


def _find_list(items: ItemReader, text: str, steps: Sequence[str]) -> int:
    """Returns the position of the list's opening bracket."""
    position = skip_space(text, 0)
    path = "the top level"
    for step in steps:
        if text[position : position + 1] != "{":
            found, _ = items.value(text, position)
            raise _NotThereError(f"{path} is {kind_of(found)}, not an object with {step!r}")
        keys = []
        for key, start in items.members(text, position):
            if key == step:
                position = start
                break
            keys.append(key)
        else:
            shown = ", ".join(keys[:10]) or "nothing"
            raise _NotThereError(f"{path} has no {step!r}; it has {shown}")
        path = step if path == "the top level" else f"{path}.{step}"
    if text[position : position + 1] != "[":
        found, _ = items.value(text, position)
        line = _Lines(text).at(position)
        raise _NotThereError(f"{path} is {kind_of(found)} (line {line}), not a list of records")
    return position


class _Document:
    """The text of a delivery in which the list has been found."""

    def __init__(
        self, text: str, form: JsonFormat, items: ItemReader, limits: Limits, *, bulk: bool
    ) -> None:
        lists = list_steps(form.records)
        self._text = text
        self._steps = lists[0]
        self._items = items
        self._limits = limits
        self._lines = _Lines(text)
        self._nested = None
        if len(lists) > 1 or items.names.level(1) is not None:
            self._nested = NestedRows(
                text, items, lists, self._lines.at, empty_is_row=form.empty == "row"
            )
        flat = bulk and self._nested is None
        self._stretches = (
            Stretches(text, items, self._lines.at, limits.block_bytes) if flat else None
        )

    def rows(self, reader: RowReader, start: int) -> Iterator[Keyed]:
        """Yields the items of the list that opens at `start`, and what is broken after them."""
        position = skip_space(self._text, start + 1)
        more = self._text[position : position + 1] != "]"
        try:
            above = self._nested.document() if self._nested else {}
            while more:
                if self._nested:
                    end = yield from self._nested.below(reader, position, above)
                elif self._stretches and (stretch := self._stretches.at(position)):
                    block, end = stretch
                    yield block
                else:
                    item = self._items.item(self._text, position)
                    text, end = self._text[position : item.end], item.end
                    yield KeyedRow(self._lines.at(position), text, item.problem, item.cells)
                position = skip_space(self._text, end)
                more = self._text[position : position + 1] != "]"
                if more:
                    position = self._items.expect(self._text, position, ",")
            position = skip_space(self._text, position + 1)
            self._close(position)
        except BrokenJsonError as error:
            yield self._remainder(position, error)

    def _close(self, position: int) -> None:
        """Checks that the document around the list ends as it should."""
        text, items = self._text, self._items
        for step in reversed(self._steps):
            while text[position : position + 1] != "}":
                position = items.expect(text, position, ",")
                key, start = items.key(text, position)
                if key == step:
                    raise BrokenJsonError(f"the key {step!r} is there twice", position)
                _, position = items.value(text, start)
                position = skip_space(text, position)
            position = skip_space(text, position + 1)
        if position < len(text):
            raise BrokenJsonError("there is text after the end of the document", position)

    def _remainder(self, position: int, error: BrokenJsonError) -> KeyedRow:
        line = self._lines.at(position)
        text, cut = cut_text(self._text[position:].rstrip(), self._limits)
        broken = self._lines.at(max(position, error.position))
        problem = f"the document is broken from here on: {error.message} on line {broken}{cut}"
        return KeyedRow(line, text, problem, None)
