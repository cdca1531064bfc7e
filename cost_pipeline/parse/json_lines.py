"""Reads `jsonl`: one JSON object per line, streaming; a broken line is a malformed row."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.contracts.formats import JsonLinesFormat
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.control import control_rules, rows_without_totals
from cost_pipeline.parse.json_bulk import FlatObjects
from cost_pipeline.parse.json_items import BrokenJsonError, ItemReader, skip_space
from cost_pipeline.parse.keyed import Keyed, KeyedRow, filled_keys, keyed_chunks, one_by_one
from cost_pipeline.parse.lines import LineCount
from cost_pipeline.parse.records import Block, read_blocks
from cost_pipeline.parse.rows import Limits, ParsedChunk, RowReader


def open_json_lines(
    body: Body,
    form: JsonLinesFormat,
    encoding: str,
    limits: Limits,
    *,
    chunk_rows: int,
    bulk: bool,
) -> RowReader:
    """Returns a reader of the lines of a file in a known encoding.

    Args:
        body: The delivery.
        form: What the vendor declares.
        encoding: Known to fit.
        limits: The bounds.
        chunk_rows: Chunks hold at most so many rows.
        bulk: Whether flat objects may be decoded many at once.
    """
    count, rules = LineCount(), control_rules(form, None)

    def chunks(reader: RowReader) -> Iterator[ParsedChunk]:
        items = ItemReader(limits, form.told)
        blocks = read_blocks(body, encoding, limits, count=count)
        rows = _rows(reader, items, blocks, limits, bulk=bulk)
        if rules is not None:
            rows = rows_without_totals(reader, one_by_one(rows), rules, filled_keys)
        return keyed_chunks(reader, rows, limits, chunk_rows)

    return RowReader(encoding, (), chunks, count=count)


def _rows(
    reader: RowReader, items: ItemReader, blocks: Iterator[Block], limits: Limits, *, bulk: bool
) -> Iterator[Keyed]:
    flat = FlatObjects(items)
    for block in blocks:
        whole = flat.lines(block, limits.line_bytes) if bulk else None
        if whole is not None:
            yield whole
            continue
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
