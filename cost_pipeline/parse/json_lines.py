"""Reads `jsonl`: one JSON object per line, streaming; a broken line is a malformed row."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.json_items import (
    BrokenJsonError,
    ItemReader,
    KeyedRow,
    keyed_chunks,
    skip_space,
)
from cost_pipeline.parse.records import read_blocks
from cost_pipeline.parse.rows import Limits, RowReader


def open_json_lines(body: Body, encoding: str, limits: Limits, *, chunk_rows: int) -> RowReader:
    """A reader of the lines of a file in a known encoding."""
    return RowReader(
        encoding,
        (),
        lambda reader: keyed_chunks(
            reader, _rows(reader, body, encoding, limits), limits, chunk_rows
        ),
    )


def _rows(reader: RowReader, body: Body, encoding: str, limits: Limits) -> Iterator[KeyedRow]:
    items = ItemReader(limits)
    for block in read_blocks(body, encoding, limits):
        for index, (start, end) in enumerate(zip(block.starts, block.ends, strict=True)):
            text = block.text(index, index, limits).decode("utf-8")
            line = block.number + index
            if end - start > limits.line_bytes:
                problem = f"the line is longer than {limits.line_bytes} bytes; its text is cut"
                yield KeyedRow(line, text, problem, None)
            elif not text.strip(BLANKS):
                reader.blank_rows += 1
            else:
                yield _row(items, line, text)


def _row(items: ItemReader, line: int, text: str) -> KeyedRow:
    try:
        item = items.item(text, skip_space(text, 0))
    except BrokenJsonError as error:
        problem = f"not JSON: {error.message} (character {error.position + 1})"
        return KeyedRow(line, text, problem, None)
    rest = skip_space(text, item.end)
    if rest < len(text):
        problem = f"text after the end of the value (character {rest + 1})"
        return KeyedRow(line, text, problem, None)
    return KeyedRow(line, text, item.problem, item.cells)
