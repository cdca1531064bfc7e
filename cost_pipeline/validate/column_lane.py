"""The columnar lane: whole columns at once, accepting only rows that are proven acceptable.

A field is proven in one of three ways: by its distinct values, each judged by the model's own field
(`coded`); by SQL derived from its constraints (`contracts.constraints`); or, for the amount, by the
vendor's number style. A row that is not proven in every field and rule goes to the model's lane:
this one never refuses. It knows no contract and no field but the three that reading treats apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.constraints import amount_bounds
from cost_pipeline.contracts.rules import Rule, Seen, View
from cost_pipeline.contracts.tables import RECORD_SCHEMA
from cost_pipeline.core.money import AMOUNT_SCALE
from cost_pipeline.core.text import BLANKS
from cost_pipeline.validate.coded import (
    Axis,
    Coded,
    Codes,
    Mask,
    axis,
    coded,
    constant,
    decimals_axis,
    kept,
    texts_present,
)
from cost_pipeline.validate.hashing import Pieces, ordinal_column, row_pieces
from cost_pipeline.validate.identity import content_fields
from cost_pipeline.validate.results import Context, table_of

# Fields whose text is not simply their value; see Reading.read.
_READ_APART: Final = frozenset({"amount", "transaction_date", "production"})
# DuckDB reads an Arrow table with one thread per batch of rows.
_BATCH_ROWS: Final = 1 << 14
_SAMPLE: Final = 2000
_REPEATS: Final = 8
_LOW_WORD: Final = np.dtype("<i8")


@dataclass(frozen=True, slots=True)
class Proven:
    """What the lane accepted.

    Attributes:
        mask: Per row of the chunk.
        records: RECORD_SCHEMA, in row order.
        amount_quanta: Sum of their amounts, as a count of 0.0001.
        fingerprints: Of every row of the chunk, proven or not; None if none were computed.
    """

    mask: Mask
    records: pa.Table
    amount_quanta: int
    fingerprints: pa.ChunkedArray | None = None

    @classmethod
    def none(cls, count: int) -> Proven:
        """Nothing proven."""
        return cls(np.zeros(count, dtype=np.bool_), RECORD_SCHEMA.empty_table(), 0)


@dataclass(slots=True)
class _Columns:
    """The fields of a chunk, each in the form in which it is proven."""

    table: pa.Table
    context: Context
    mask: Mask
    coded: dict[str, Coded] = field(default_factory=dict)
    texts: dict[str, pa.Array] = field(default_factory=dict)
    amounts: pa.Array | None = None
    quanta: Codes | None = None

    @property
    def count(self) -> int:
        return int(self.table.num_rows)


def prove_rows(table: pa.Table, context: Context, ordinals: Sequence[int | None] | None) -> Proven:
    """Accept what can be proven; the tables equal those of the model's lane."""
    interpreter = context.interpreter
    columns = _Columns(table, context, _untouched(table, interpreter.unknown))
    if interpreter.header_problems or not columns.mask.any():
        return Proven.none(table.num_rows)
    by_value = {s.field for r in interpreter.reading.rules for s in r.sees if s.how is View.VALUE}
    for name in content_fields(interpreter.reading.contract):
        _take_in(columns, name, by_value=name in by_value)
    for column in columns.coded.values():
        columns.mask &= column.good if column.codes is None else column.good[column.codes]
    for rule in interpreter.reading.rules:
        columns.mask &= _kept(columns, rule)
    if not columns.mask.any():
        return Proven.none(table.num_rows)
    hashes = _hashed(columns, ordinals)
    columns.mask &= hashes.column("proven").to_numpy()
    return _accepted(columns, hashes)


def _untouched(table: pa.Table, unknown: Sequence[int]) -> Mask:
    """Rows that were cut into cells and have nothing in an unknown column."""
    mask = table.column("malformed").is_null().to_numpy()
    for place in unknown:
        mask = mask & table.column(f"c{place}").is_null().to_numpy()
    return np.array(mask, dtype=np.bool_)


def _take_in(columns: _Columns, name: str, *, by_value: bool) -> None:
    interpreter = columns.context.interpreter
    reading = interpreter.reading
    cells = [columns.table.column(f"c{p}") for p in interpreter.sources.get(name, ())]
    numbered = name == "transaction_id" and reading.vendor.key is None
    if name in reading.constants and not cells:
        columns.coded[name] = constant(reading.judged(name, reading.constants[name]))
        return
    if not cells and not numbered:
        columns.coded[name] = constant(reading.judged(name, None))
        return
    raw = _first_present(cells, columns.count)
    bounds = amount_bounds(reading.contract.model_fields[name]) if name == "amount" else None
    if bounds is not None:
        proven, columns.amounts = reading.amounts.prove(_stripped(raw), bounds)
        columns.quanta = _quanta(columns.amounts)
        columns.mask &= proven.to_numpy(zero_copy_only=False)
    elif name in reading.proofs and (
        numbered or not (name in _READ_APART or by_value or _repeats(raw))
    ):
        texts = _stripped(raw)
        columns.texts[name] = pc.coalesce(texts, _numbers(columns)) if numbered else texts
    else:
        columns.coded[name] = coded(name, raw, reading)


def _repeats(texts: pa.Array) -> bool:
    """Whether a column looks as if few values came often: then distinct values are cheaper.

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
    return pc.if_else(pc.equal(stripped, ""), pa.scalar(None, pa.string()), stripped)


def _numbers(columns: _Columns) -> pa.Array:
    """What a row without an id is called where the vendor has no key."""
    rows = columns.table.column("row").combine_chunks().cast(pa.string())
    return pc.binary_join_element_wise(columns.context.delivery[:12], rows, ":")


def _quanta(amounts: pa.Array) -> Codes:
    """Amounts below 10**14 as counts of 0.0001: the low word of their 128 bits."""
    words = np.frombuffer(amounts.buffers()[1], dtype=_LOW_WORD)
    start = 2 * amounts.offset
    return words[start : start + 2 * len(amounts) : 2]


def _kept(columns: _Columns, rule: Rule) -> Mask:
    return kept(rule, [_axis(columns, seen) for seen in rule.sees], columns.count)


def _axis(columns: _Columns, seen: Seen) -> Axis:
    if seen.how is View.DECIMALS and columns.quanta is not None:
        return decimals_axis(columns.quanta, AMOUNT_SCALE)
    if seen.field in columns.texts:
        return axis(texts_present(columns.texts[seen.field]), seen.how)
    return axis(columns.coded[seen.field], seen.how)


def _hashed(columns: _Columns, ordinals: Sequence[int | None] | None) -> pa.Table:
    """Per row: whether the proofs in SQL hold, and the hashes."""
    reading = columns.context.interpreter.reading
    row = row_pieces(columns.context.delivery, columns.count)
    given = {f"t_{name}": texts for name, texts in columns.texts.items()}
    key_sql = "null::varchar"
    if reading.vendor.key is not None:
        key = Pieces("k", columns.count)
        for name in reading.vendor.key.columns:
            _add(key, columns, name)
        if ordinals is not None:
            given["ordinal"] = ordinal_column(ordinals)
            key.expression("ordinal::varchar", "i")
        key_sql = key.text()
        given |= key.columns
    select = f"""select coalesce({_proof(columns)}, false) as proven,
        {row.digest("row")} as fingerprint, {key_sql} as key from rows"""
    given |= {"row": columns.table.column("row"), "text": columns.table.column("text")}
    given |= row.columns
    if columns.amounts is not None:
        given["amount"] = columns.amounts
    rows = pa.table(given).combine_chunks().to_batches(max_chunksize=_BATCH_ROWS)
    return query(select, rows=pa.Table.from_batches(rows))


def _add(pieces: Pieces, columns: _Columns, name: str) -> None:
    if name in columns.coded:
        pieces.coded(columns.coded[name])
    elif name in columns.texts:
        demanded = name in columns.context.interpreter.reading.demanded
        pieces.expression(f"t_{name}", nullable=not demanded)
    else:
        pieces.expression(f"{name}::varchar", "d")


def _proof(columns: _Columns) -> str:
    reading = columns.context.interpreter.reading
    conditions = ["true"]
    for name in columns.texts:
        conditions.append(reading.proofs[name](f"t_{name}"))
        if name in reading.demanded:
            conditions.append(f"t_{name} is not null")
    return " and ".join(conditions)


def _accepted(columns: _Columns, hashes: pa.Table) -> Proven:
    rows = np.flatnonzero(columns.mask)
    whole = len(rows) == columns.count
    chosen = pa.array(columns.mask)

    def of(column: pa.Array | pa.ChunkedArray) -> pa.Array:
        return column if whole else column.filter(chosen)

    arrays = {name: of(hashes.column(name)) for name in ("fingerprint", "key")}
    arrays |= {name: of(columns.table.column(name)) for name in ("row", "line")}
    arrays |= {name: of(texts) for name, texts in columns.texts.items()}
    for name, column in columns.coded.items():
        arrays[name] = column.values(RECORD_SCHEMA.field(name).type, rows)
    quanta = 0
    if columns.amounts is not None and columns.quanta is not None:
        arrays["amount"] = of(columns.amounts)
        quanta = _exact_sum(columns.quanta[rows])
    records = table_of(arrays, columns.context.shared(), len(rows), RECORD_SCHEMA)
    return Proven(columns.mask, records, quanta, hashes.column("fingerprint"))


def _exact_sum(quanta: Codes) -> int:
    """The sum without overflow: each half sums to less than 2**63 for any chunk."""
    high, low = np.divmod(quanta, 10**9)
    return int(high.sum()) * 10**9 + int(low.sum())
