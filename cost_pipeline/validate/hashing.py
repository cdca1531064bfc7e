"""SQL for the fingerprints and keys of a chunk: the bytes of `identity`, built from columns.

A vendor's text never enters the SQL: constants and distinct values come in as columns that hold
their canonical bytes already, made by the same function that the model's lane uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from cost_pipeline.core.canonical import VERSION, Value, sql_field
from cost_pipeline.core.canonical import field as canonical_field
from cost_pipeline.core.sql import literal
from cost_pipeline.validate.coded import Coded


@dataclass(slots=True)
class Pieces:
    """The pieces of one canonical text, in order; runs of constants become one piece.

    Attributes:
        name: Prefix of the columns that it adds.
        count: Rows.
        sql: Expressions so far.
        columns: Columns that the expressions name.
    """

    name: str
    count: int
    sql: list[str] = field(default_factory=list)
    columns: dict[str, pa.Array] = field(default_factory=dict)
    _constant: bytes = b""

    def constant(self, value: Value) -> None:
        """Adds a value that every row has."""
        self._constant += canonical_field(value)

    def coded(self, column: Coded) -> None:
        """Adds a column of distinct values; those of refused rows do not matter."""
        if column.codes is None:
            self.constant(column.distinct()[0])
            return
        values = [(value,) for value in column.distinct()]
        self.distinct(pa.array(column.codes, pa.int32()), values)

    def distinct(self, codes: pa.Array, values: Sequence[Sequence[Value]]) -> None:
        """Turns a column of codes into runs of values, each run in the place of one."""
        texts = [b"".join(map(canonical_field, run)).decode() for run in values]
        self._column(pa.DictionaryArray.from_arrays(codes, texts))

    def expression(self, sql: str, kind: str = "s", *, nullable: bool = False) -> None:
        """Adds a column of the query by its name; NULL is a value only if `nullable`."""
        self._flush()
        if nullable:
            self.sql.append(sql_field(sql, kind))
        else:
            self.sql += [literal(kind), f"strlen({sql})", "':'", sql, "','"]

    def optional(self, sql: str, kind: str) -> None:
        """Adds a column whose NULL is not even a value: it has no place then."""
        self._flush()
        self.sql.append(f"coalesce({literal(kind)} || strlen({sql}) || ':' || {sql} || ',', '')")

    def text(self) -> str:
        """Returns SQL of the joined `core.canonical.field`s.

        One `concat` of all pieces: a chain of `||` copies what it has again at every piece, which
        took a quarter longer.
        """
        self._flush()
        return f"concat({', '.join(self.sql)})"

    def digest(self, tag: str) -> str:
        """Returns SQL of `core.canonical.digest(tag, ...)`."""
        self._flush()
        return f"sha256(concat('{VERSION}:{tag}|', {', '.join(self.sql)}))"

    def _flush(self) -> None:
        if self._constant:
            text, self._constant = self._constant.decode(), b""
            zeros = pa.repeat(pa.scalar(0, pa.int32()), self.count)
            self._column(pa.DictionaryArray.from_arrays(zeros, [text]))

    def _column(self, column: pa.Array) -> None:
        if self._constant:
            self._flush()
        name = f"{self.name}{len(self.columns)}"
        self.columns[name] = column
        self.sql.append(name)


def row_pieces(delivery: str, count: int) -> Pieces:
    """Returns the fingerprint's pieces over the columns `row` and `text`."""
    pieces = Pieces("f", count)
    pieces.constant(delivery)
    pieces.expression("row::varchar", "i")
    pieces.expression("text")
    return pieces


def ordinal_column(ordinals: Sequence[int | None]) -> pa.Array:
    """Returns ordinals as a column."""
    return pa.array(ordinals, pa.int64())
