"""Reads `parquet`: columns as text, exactly.

Belongs here: the text of every type a column can have, and what a Parquet file can be refused for.

- Integers, decimals and texts are themselves (a decimal keeps its scale); booleans are `true` and
  `false`; a day is `2026-03-01`, a moment `2026-03-01T13:30:00` with as much of a fraction as it
  has, and `Z` where the type knows its time zone (it is then told in UTC).
- Binary floating point is the shortest decimal text that reads back as the same number. In a column
  that must be `exact` (the vendor's measure, if not said otherwise) it is refused, because what the
  vendor once computed can no longer be known; `floats: shortest` takes it all the same.
- Lists and structures are JSON; bytes must be text in UTF-8, else their row is malformed.
- `text` of a row is a JSON object of its cells' texts in the order of the columns; `line` is the
  row's number, for there are no lines.

A small file can name one long text a million times, through its dictionary pages. So texts are read
as dictionaries, rows are measured before their texts are made, and made in pieces of bounded size.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cost_pipeline.contracts.formats import ParquetFormat
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import plain_name
from cost_pipeline.parse.body import Body, most_unpacked
from cost_pipeline.parse.control import ControlRules, TableTail, control_rules
from cost_pipeline.parse.json_items import cut_text
from cost_pipeline.parse.lines import Positions
from cost_pipeline.parse.rows import (
    Limits,
    ParsedChunk,
    RawRow,
    Rechunker,
    Refused,
    RowReader,
    chunk_table,
    rows_table,
)

_MAGIC: Final = b"PAR1"
_MAGIC_ENCRYPTED: Final = b"PARE"
_BATCH: Final = 16_384
# Texts inside lists and structures cannot be measured before they are made.
_NESTED_BATCH: Final = 64
_DAMAGED: Final = (pa.ArrowException, OSError, ValueError)
_MESSAGE: Final = 200


def open_parquet(
    path: Path, form: ParquetFormat, limits: Limits, *, chunk_rows: int
) -> RowReader | Refused:
    """Returns a reader of the rows of a Parquet file."""
    head = next(Body(path).pieces(len(_MAGIC)), b"")
    if head == _MAGIC_ENCRYPTED:
        return _refused("the Parquet file is encrypted; it must be delivered in the clear")
    if head != _MAGIC:
        return _refused("it is not a Parquet file" if head else "the file is empty")
    try:
        with pq.ParquetFile(path) as file:
            schema, metadata = file.schema_arrow, file.metadata
            problem = _problem(schema, form, limits) or _size_problem(path, metadata, limits)
    except _DAMAGED as error:
        return _refused(f"the Parquet file is damaged or cut off: {str(error)[:_MESSAGE]}")
    if problem is not None:
        return _refused(problem)
    rules = control_rules(form, schema.names)
    table = _ParquetTable(path, tuple(schema.names), limits, chunk_rows, rules)
    return RowReader("parquet", tuple(schema.names), table.chunks)


def _problem(schema: pa.Schema, form: ParquetFormat, limits: Limits) -> str | None:
    names = schema.names
    if not names:
        return "the Parquet file has no columns"
    if len(names) > limits.keys:
        return f"the Parquet file has {len(names)} columns, {limits.keys} at most are read"
    if len(set(names)) < len(names):
        return "the Parquet file has two columns of one name"
    exact = {plain_name(name) for name in form.exact} if form.floats == "refused" else set()
    floats = [
        field.name
        for field in schema
        if pa.types.is_floating(field.type) and plain_name(field.name) in exact
    ]
    if floats:
        return (
            f"the column {floats[0]!r} must be exact and is binary floating point "
            f"({schema.field(floats[0]).type}): ask for a decimal type, or declare "
            "`floats: shortest` to take the shortest decimal text of each number"
        )
    return None


def _size_problem(path: Path, metadata: Any, limits: Limits) -> str | None:  # noqa: ANN401 - pyarrow is untyped
    groups = [metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]
    most = most_unpacked(path.stat().st_size, limits)
    if sum(groups) > most:
        return f"it claims to unpack to {sum(groups)} bytes, {most} at most are read"
    if metadata.num_rows > most:
        return f"it claims {metadata.num_rows} rows, {most} at most are read; it may be a bomb"
    return None


def _refused(message: str) -> Refused:
    return Refused(Reason.NOT_THE_FORMAT, message)


class _ParquetTable:
    """A file whose columns are known."""

    def __init__(
        self,
        path: Path,
        columns: tuple[str, ...],
        limits: Limits,
        chunk_rows: int,
        rules: ControlRules | None,
    ) -> None:
        self._path = path
        self._rules = rules
        self._columns = columns
        self._limits = limits
        self._chunk_rows = chunk_rows

    def chunks(self, reader: RowReader) -> Iterator[ParsedChunk]:
        """Yields the rows in chunks; damage half way becomes one malformed row at the end."""
        rechunker = Rechunker(self._chunk_rows, self._limits.chunk_bytes)
        tables = self._numbered_tables()
        if self._rules is not None:
            # What is malformed in a Parquet file has no other cells than those that are missing.
            places = range(len(self._columns))
            tail = TableTail(reader, self._rules, places, lambda _text: None, 1)
            tables = tail.tables(tables, None)
        for table in tables:
            for chunk in rechunker.push(table):
                yield ParsedChunk(chunk, self._columns)
        last = rechunker.finish()
        if last is not None:
            yield ParsedChunk(last, self._columns)

    def _numbered_tables(self) -> Iterator[pa.Table]:
        row = 1
        for table in self._tables():
            yield _numbered(table, row)
            row += table.num_rows

    def _tables(self) -> Iterator[pa.Table]:
        try:
            with pq.ParquetFile(self._path, pre_buffer=False) as file:
                schema = file.schema_arrow
                nested = any(pa.types.is_nested(field.type) for field in schema)
                texts = [field.name for field in schema if _has_lengths(field.type)]
            with pq.ParquetFile(self._path, pre_buffer=False, read_dictionary=texts) as file:
                size = min(_NESTED_BATCH if nested else _BATCH, self._chunk_rows)
                for batch in file.iter_batches(batch_size=size, use_threads=False):
                    yield from self._pieces(batch)
        except _DAMAGED as error:
            problem = f"the Parquet file is damaged from here on: {str(error)[:_MESSAGE]}"
            yield rows_table([RawRow(1, "", problem, None)], 1, len(self._columns))

    def _pieces(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        """Yields a batch in tables of a quarter of a chunk's bytes; too long rows are malformed."""
        sizes = _row_sizes(batch)
        budget = max(self._limits.chunk_bytes // 4, 1)
        start = 0
        while start < batch.num_rows:
            if sizes[start] > self._limits.line_bytes:
                yield self._overlong(batch.slice(start, 1))
                start += 1
                continue
            reach = int(np.searchsorted(np.cumsum(sizes[start:]), budget, "right"))
            long = np.flatnonzero(sizes[start:] > self._limits.line_bytes)
            stop = start + max(1, min(reach, int(long[0]) if len(long) else batch.num_rows))
            yield self._table(batch.slice(start, stop - start))
            start = stop

    def _overlong(self, row: pa.RecordBatch) -> pa.Table:
        shown = {}
        for name, column in zip(self._columns, row.columns, strict=True):
            value = column[0].as_py()
            shown[name] = value[:1000] if isinstance(value, str | bytes) else value
        text, _ = cut_text(json.dumps(shown, ensure_ascii=False, default=str), self._limits)
        most = self._limits.line_bytes
        problem = f"the row holds more than {most} bytes; its text is cut"
        return rows_table([RawRow(1, text, problem, None)], 1, len(self._columns))

    def _table(self, batch: pa.RecordBatch) -> pa.Table:
        problems: dict[int, str] = {}
        cells = []
        for name, column in zip(self._columns, batch.columns, strict=True):
            text = _text(column)
            if isinstance(text, pa.Array):
                cells.append(text)
            else:
                good, bad = text
                cells.append(good)
                for row in bad:
                    problems.setdefault(row, f"the bytes of {name!r} are not text in UTF-8")
        text = _row_texts(self._columns, cells)
        if problems:
            shown = pa.array([row not in problems for row in range(len(batch))])
            cells = [pc.if_else(shown, column, pa.scalar(None, pa.string())) for column in cells]
        messages = pa.array([problems.get(row) for row in range(len(batch))], pa.string())
        numbers = pa.array(range(len(batch)), pa.int64())
        return chunk_table([numbers, numbers, text, messages, *cells])


def _has_lengths(kind: pa.DataType) -> bool:
    """Whether values of a type are texts or bytes of any length."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _row_sizes(batch: pa.RecordBatch) -> Positions:
    """Returns the bytes of each row's texts, without making any of them."""
    sizes = np.full(batch.num_rows, 8 * batch.num_columns, np.int64)
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and _has_lengths(column.type.value_type):
            lengths = pc.binary_length(column.dictionary).take(column.indices)
        elif _has_lengths(column.type):
            lengths = pc.binary_length(column)
        else:
            continue
        sizes += pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return sizes


def _numbered(table: pa.Table, first: int) -> pa.Table:
    numbers = pa.array(range(first, first + table.num_rows), pa.int64())
    for place in (0, 1):
        table = table.set_column(place, table.schema.field(place), numbers)
    return table


def _text(column: pa.Array) -> pa.Array | tuple[pa.Array, list[int]]:
    """Returns the texts of a column; if it holds bytes, also the rows whose bytes are no text."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    for is_kind, to_text in _TEXT_OF:
        if is_kind(column.type):
            return to_text(column)
    return column.cast(pa.string())


def _float_text(column: pa.Array) -> pa.Array:
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    text = column.cast(pa.string())
    scientific = pc.any(pc.match_substring(text, "e")).as_py()
    return _without_exponents(text) if scientific else text


def _decimal_text(column: pa.Array) -> pa.Array:
    text = column.cast(pa.string())
    scientific = pc.any(pc.match_substring(text, "E")).as_py()
    return _without_exponents(text) if scientific else text


def _without_exponents(text: pa.Array) -> pa.Array:
    def plain(number: str | None) -> str | None:
        if number is None or "e" not in number.casefold():
            return number
        return format(Decimal(number), "f")

    return pa.array([plain(number) for number in text.to_pylist()], pa.string())


def _moment_text(column: pa.Array) -> pa.Array:
    """Returns moments in the form of ISO 8601, which Arrow spells `2026-03-01 13:30:00.250000Z`."""
    if column.type.tz is not None:
        column = column.cast(pa.timestamp(column.type.unit, "UTC"))
    return _without_zeros(pc.replace_substring(column.cast(pa.string()), " ", "T"))


def _without_zeros(text: pa.Array) -> pa.Array:
    """Returns moments and times without the zeros that end their fraction."""
    shorter = pc.replace_substring_regex(text, r"(\.[0-9]*?)0+(Z?)$", r"\1\2")
    return pc.replace_substring_regex(shorter, r"\.(Z?)$", r"\1")


def _bytes_text(column: pa.Array) -> pa.Array | tuple[pa.Array, list[int]]:
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        pass
    texts: list[str | None] = []
    bad: list[int] = []
    for row, value in enumerate(column.to_pylist()):
        try:
            texts.append(None if value is None else value.decode("utf-8"))
        except UnicodeDecodeError:
            bad.append(row)
            texts.append(value.decode("utf-8", "backslashreplace"))
    return pa.array(texts, pa.string()), bad


def _declared_text(column: pa.Array) -> pa.Array | tuple[pa.Array, list[int]]:
    """Returns the texts of a column that is said to be UTF-8, after a check of its bytes."""
    try:
        text = column.cast(pa.string())
        text.validate(full=True)
    except pa.ArrowInvalid:
        return _bytes_text(column.cast(pa.large_binary()))
    return text


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _nested_text(column: pa.Array) -> pa.Array:
    return pa.array([_json(value) for value in column.to_pylist()], pa.string())


# The first that fits; the text of any other type is what Arrow makes of it.
_TEXT_OF: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...]] = (
    (pa.types.is_string, _declared_text),
    (pa.types.is_large_string, _declared_text),
    (pa.types.is_floating, _float_text),
    (pa.types.is_decimal, _decimal_text),
    (pa.types.is_timestamp, _moment_text),
    (pa.types.is_time, lambda column: _without_zeros(column.cast(pa.string()))),
    (pa.types.is_fixed_size_binary, lambda column: _bytes_text(column.cast(pa.binary()))),
    (pa.types.is_binary, _bytes_text),
    (pa.types.is_large_binary, _bytes_text),
    (pa.types.is_nested, _nested_text),
)

_CONTROLS: Final = r"[\x00-\x1f]"


def _row_texts(names: tuple[str, ...], cells: list[pa.Array]) -> pa.Array:
    """Returns a JSON object per row, made column by column."""
    parts = []
    for place, (name, column) in enumerate(zip(names, cells, strict=True)):
        before = "{" if place == 0 else ", "
        key = before + json.dumps(name, ensure_ascii=False) + ": "
        parts.append(pc.binary_join_element_wise(key, _json_texts(column), ""))
    return pc.binary_join_element_wise(*parts, "}", "")


def _json_texts(column: pa.Array) -> pa.Array:
    if pc.any(pc.match_substring_regex(column, _CONTROLS)).as_py():
        return pa.array(
            [json.dumps(text, ensure_ascii=False) for text in column.to_pylist()], pa.string()
        )
    escaped = pc.replace_substring(pc.replace_substring(column, "\\", "\\\\"), '"', '\\"')
    return pc.fill_null(pc.binary_join_element_wise('"', escaped, '"', ""), "null")
