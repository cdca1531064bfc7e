"""The columnar lane: whole columns at once, each row accepted, explained or left to the model.

A field is judged in one of three ways: by its distinct values, each put to the model's own field
(`coded`); by a proof derived from its constraints (`contracts.proofs`); or, for a number, by the
vendor's number style. What a proof does not reach is judged by its distinct values too. Rules are
asked once per distinct combination. It knows no contract and no field; what needs the whole row to
tell is left to the model's lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.constraints import number_bounds
from cost_pipeline.contracts.proofs import Mask
from cost_pipeline.contracts.rules import View
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.core.text import BLANKS
from cost_pipeline.validate.coded import (
    Coded,
    Codes,
    Slot,
    coded,
    constant,
    kept,
    proven_but,
    quanta_of,
    seen_fields,
)
from cost_pipeline.validate.explaining import Refused, explained
from cost_pipeline.validate.hashing import Pieces, ordinal_column, row_pieces
from cost_pipeline.validate.otherwise import empty_keys
from cost_pipeline.validate.reading import Reading, Verdict
from cost_pipeline.validate.results import Context, table_of

# DuckDB reads an Arrow table with one thread per batch of rows.
_BATCH_ROWS: Final = 1 << 14
_SAMPLE: Final = 2000
_REPEATS: Final = 8


@dataclass(frozen=True, slots=True)
class Judged:
    """What the lane says of a chunk; both tables are in row order.

    Attributes:
        records: Records in the feed's shape.
        dead_letters: Dead letters in the feed's shape.
        left: The rows that only the model can judge.
        fingerprints: Those of every row of the chunk; None if none were computed.
        quanta: Sum of the measures that could be read, as a count of their smallest step.
        unreadable: Rows without one. Neither number counts rows that are left.
    """

    records: pa.Table
    dead_letters: pa.Table
    left: Codes
    fingerprints: pa.ChunkedArray | None
    quanta: int
    unreadable: int

    @classmethod
    def together(cls, parts: Sequence[Judged], starts: Sequence[int]) -> Judged:
        """Joins the verdicts on consecutive parts of a chunk, as if on the whole of it."""
        marks = [chunk for part in parts if part.fingerprints for chunk in part.fingerprints.chunks]
        return cls(
            pa.concat_tables([part.records for part in parts]),
            pa.concat_tables([part.dead_letters for part in parts]),
            np.concatenate([part.left + at for part, at in zip(parts, starts, strict=True)]),
            pa.chunked_array(marks, pa.string()),
            sum(part.quanta for part in parts),
            sum(part.unreadable for part in parts),
        )

    @classmethod
    def nothing(cls, count: int, shape: Shape) -> Judged:
        """Leaves every row to the model."""
        none = shape.records.empty_table(), shape.dead_letters.empty_table()
        return cls(*none, np.arange(count), None, 0, 0)


@dataclass(frozen=True, slots=True)
class _Columns:
    """A chunk, and its fields in the form in which they are judged."""

    table: pa.Table
    context: Context
    fields: dict[str, Coded]

    @property
    def count(self) -> int:
        return int(self.table.num_rows)


def judge_columns(
    table: pa.Table, context: Context, ordinals: Sequence[int | None] | None
) -> Judged:
    """Judges a chunk; the tables equal those of the model's lane."""
    reading = context.interpreter.reading
    by_value = seen_fields(reading.rules, View.VALUE)
    fields = {
        name: _taken_in(table, context, name, by_value=name in by_value) for name in reading.fields
    }
    columns = _Columns(table, context, fields)
    slots = [
        kept(rule, [fields[seen.field] for seen in rule.sees], reading, columns.count)
        for rule in reading.rules
    ]
    whole = table.column("malformed").is_null().to_numpy()
    left = _left(columns, slots) & whole
    accepted = _accepted(columns, slots) & whole & ~left
    hashes = _hashed(columns, ordinals, keys=bool(accepted.any()))
    refused = Refused(
        table, context, fields, slots, np.flatnonzero(~(accepted | left)), hashes["fingerprint"]
    )
    total, unreadable = _measured(columns, whole, left)
    return Judged(
        _records(columns, accepted, hashes),
        explained(refused),
        np.flatnonzero(left),
        hashes["fingerprint"],
        total,
        unreadable,
    )


def _left(columns: _Columns, slots: Sequence[Slot]) -> Mask:
    """Returns rows whose verdict needs the whole row."""
    left = np.zeros(columns.count, dtype=np.bool_)
    for slot in slots:
        left |= slot.codes < 0
    interpreter = columns.context.interpreter
    cells = {
        name: [columns.table.column(f"c{place}") for place in places]
        for name, places in interpreter.sources.items()
    }
    left |= empty_keys(interpreter.reading.vendor.key, cells, columns.count)
    for place in interpreter.unknown:
        # What the model says of a field is not repeated where an unknown key has its name.
        if interpreter.columns[place] in interpreter.reading.contract.model_fields:
            left |= columns.table.column(f"c{place}").is_valid().to_numpy()
    return left


def _accepted(columns: _Columns, slots: Sequence[Slot]) -> Mask:
    """Returns rows in which every field is good and every rule kept."""
    interpreter = columns.context.interpreter
    accepted = np.full(columns.count, not interpreter.header_problems)
    for place in interpreter.unknown:
        accepted &= columns.table.column(f"c{place}").is_null().to_numpy()
    for column in columns.fields.values():
        refused = column.refused()
        if refused is not None:
            accepted &= ~refused
    for slot in slots:
        if slot.problems:
            accepted &= slot.codes == 0
    return accepted


def _taken_in(table: pa.Table, context: Context, name: str, *, by_value: bool) -> Coded:
    interpreter = context.interpreter
    reading = interpreter.reading
    cells = [table.column(f"c{p}") for p in interpreter.sources.get(name, ())]
    if name in {problem.field for problem in interpreter.header_problems}:
        value = interpreter.given.get(name)
        return constant(name, Verdict(value, read=value))
    raw = _first_present(cells, table.num_rows)
    identity = name == reading.shape.identity
    if identity and reading.vendor.key is None and name not in reading.constants:
        # Every row has one, so that the texts are not the cells any more.
        texts = pc.coalesce(_stripped(raw), _numbers(table, context))
        return _proven_texts(name, texts, texts, reading, by_value=by_value)
    if not cells:
        return constant(name, reading.judged(name, None))
    info = reading.contract.model_fields[name]
    bounds = number_bounds(info) if name in reading.exact else None
    if bounds is not None:
        kind = reading.shape.type_of(name)
        proven, numbers = reading.numbers.prove(_stripped(raw), bounds, kind)
        return proven_but(name, numbers, proven.to_numpy(zero_copy_only=False), raw, reading)
    # The text of these is not simply their value: see `Reading.read`.
    apart = name in reading.readers or name == reading.shape.scope
    if apart or _repeats(raw):
        return coded(name, raw, reading)
    return _proven_texts(name, _stripped(raw), raw, reading, by_value=by_value)


def _proven_texts(
    name: str, texts: pa.Array, cells: pa.Array, reading: Reading, *, by_value: bool
) -> Coded:
    """Returns a column of texts, by its proof if it has one and no rule sees the values."""
    if by_value or name not in reading.proofs:
        return coded(name, cells, reading)
    proven = reading.proofs[name](texts)
    if texts.null_count and (name in reading.demanded or name in reading.constants):
        proven = proven & texts.is_valid().to_numpy(zero_copy_only=False)
    return proven_but(name, texts, proven, cells, reading)


def _repeats(texts: pa.Array) -> bool:
    """Whether few values seem to come often in a column: then distinct values are cheaper.

    Only a guess about speed: the verdict is the same either way.
    """
    few: int = pc.count_distinct(texts[:_SAMPLE]).as_py()
    return few * _REPEATS < min(len(texts), _SAMPLE)


def _first_present(cells: list[pa.ChunkedArray], count: int) -> pa.Array:
    arrays = [c.combine_chunks() if isinstance(c, pa.ChunkedArray) else c for c in cells]
    if not arrays:
        return pa.nulls(count, pa.string())
    return arrays[0] if len(arrays) == 1 else pc.coalesce(*arrays)


def _stripped(texts: pa.Array) -> pa.Array:
    stripped = pc.utf8_trim(texts, characters=BLANKS)
    empty = pc.equal(stripped, "")
    if not pc.any(empty).as_py():
        return stripped
    return pc.if_else(empty, pa.scalar(None, pa.string()), stripped)


def _numbers(table: pa.Table, context: Context) -> pa.Array:
    """Returns the number that names a row without an id where the vendor has no key."""
    rows = table.column("row").combine_chunks().cast(pa.string())
    return pc.binary_join_element_wise(context.delivery[:12], rows, ":")


def _hashed(columns: _Columns, ordinals: Sequence[int | None] | None, *, keys: bool) -> pa.Table:
    """Returns fingerprint and key of every row; the key of a refused row means nothing."""
    reading = columns.context.interpreter.reading
    row = row_pieces(columns.context.delivery, columns.count)
    key_sql, given = "null::varchar", {}
    if keys and reading.vendor.key is not None:
        key = Pieces("k", columns.count)
        for name in reading.vendor.key.columns:
            column = columns.fields[name]
            if column.bulk is None:
                key.coded(column)
            else:
                given[f"t_{name}"] = column.bulk
                kind = "d" if pa.types.is_decimal(column.bulk.type) else "s"
                key.expression(f"t_{name}::varchar", kind)
        if ordinals is not None:
            given["ordinal"] = ordinal_column(ordinals)
            key.optional("ordinal::varchar", "i")
        key_sql = key.text()
        given |= key.columns
    select = f"""select {row.digest("row")} as fingerprint, {key_sql} as key from rows"""
    given |= {"row": columns.table.column("row"), "text": columns.table.column("text")}
    given |= row.columns
    rows = pa.table(given).combine_chunks().to_batches(max_chunksize=_BATCH_ROWS)
    return query(select, rows=pa.Table.from_batches(rows))


def _records(columns: _Columns, accepted: Mask, hashes: pa.Table) -> pa.Table:
    rows = np.flatnonzero(accepted)
    whole = len(rows) == columns.count
    shape = columns.context.interpreter.reading.shape
    if not len(rows):
        return shape.records.empty_table()
    chosen = pa.array(accepted)

    def of(column: pa.Array | pa.ChunkedArray) -> pa.Array:
        return column if whole else column.filter(chosen)

    arrays = {name: of(hashes.column(name)) for name in ("fingerprint", "key")}
    arrays |= {name: of(columns.table.column(name)) for name in ("row", "line")}
    for name, column in columns.fields.items():
        if column.bulk is not None:
            arrays[name] = of(column.bulk)
        else:
            arrays[name] = column.values(shape.type_of(name), rows)
    return table_of(arrays, columns.context.shared(), len(rows), shape.records)


def _measured(columns: _Columns, whole: Mask, left: Mask) -> tuple[int, int]:
    """Returns the sum of the measures of rows that are not left, and how many have none."""
    reading = columns.context.interpreter.reading
    measure = reading.shape.measure
    if measure is None or measure.field not in columns.fields:
        return 0, 0
    column, exact = columns.fields[measure.field], reading.exact[measure.field]
    rows = np.flatnonzero(whole & ~left)
    codes = np.zeros(len(rows), np.int32) if column.codes is None else column.codes[rows]
    counts = np.bincount(codes, minlength=len(column.verdicts)).tolist()
    total, unreadable, first = 0, int((~whole).sum()), 0
    if column.bulk is not None:
        total, first = _exact_sum(quanta_of(column.bulk)[rows[codes == 0]]), 1
    for verdict, count in zip(column.verdicts[first:], counts[first:], strict=True):
        number = exact.fitting(verdict.read)
        if number is None:
            unreadable += count
        else:
            total += count * exact.quanta(number)
    return total, unreadable


def _exact_sum(quanta: Codes) -> int:
    """Returns the sum without overflow: each half sums to less than 2**63 for any chunk."""
    high, low = np.divmod(quanta, 10**9)
    return int(high.sum()) * 10**9 + int(low.sum())
