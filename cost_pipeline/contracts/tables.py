"""The Arrow schemas of records and dead letters that rooms hand to each other and the lake stores.

Hashes are 64 lower-case hex characters. A column ending in `_at` is a UTC timestamp in
microseconds. The columns that a feed's records have of their own come from its `Shape`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

TEXT: Final = pa.string()
HASH: Final = pa.string()
DAY: Final = pa.date32()
INSTANT: Final = pa.timestamp("us", tz="UTC")


def required(name: str, kind: pa.DataType) -> pa.Field:
    """Returns a column that is never null."""
    return pa.field(name, kind, nullable=False)


@dataclass(frozen=True, slots=True)
class Measure:
    """What the records of a feed add up: an amount in a currency, a quantity of a unit.

    Control totals, conservation and reports sum it, exactly, for each unit by itself.

    Attributes:
        field: The field that holds it, a decimal number.
        unit: The field that says of what: a currency, a unit.
        words: What several of them are called: `amounts`.
        credits: Where negative ones take back positive ones, the field that names what is taken
            back: a negative one is judged as the positive one that it takes back, and whether it
            counts is decided when posting. None where a negative one is a value as any other.
    """

    field: str
    unit: str
    words: str
    credits: str | None = None


@dataclass(frozen=True, eq=False)
class Shape:
    """The columns of a feed's records, and what some of them are for.

    Attributes:
        columns: Those that a row fills, in the order of the stored table.
        identity: The text that names a row; where a vendor has no key, one without it is named by
            its place.
        day: The business date, by which the book is partitioned.
        scope: The text that says whose the record is: the production, the station; None if all
            records of the feed are one owner's.
        measure: None if records are only counted.
        records: The schema of the records' table, made of the rest.
        dead_letters: The schema of a dead letter, made of the rest.
    """

    columns: tuple[pa.Field, ...]
    identity: str
    day: str
    scope: str | None = None
    measure: Measure | None = None
    records: pa.Schema = field(init=False)
    dead_letters: pa.Schema = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "records", _record_schema(self))
        object.__setattr__(self, "dead_letters", _dead_letter_schema(self))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of `columns`."""
        return tuple(column.name for column in self.columns)

    def type_of(self, name: str) -> pa.DataType:
        """Returns the type of one of `columns`."""
        return self.records.field(name).type

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns that a dead letter shows of its row, besides the measure."""
        unit = self.measure.unit if self.measure else None
        return tuple(name for name in (self.scope, self.day, unit) if name is not None)

    @property
    def deciding(self) -> frozenset[str]:
        """The columns that decide what is posted, in what, and on which day."""
        measured = {self.measure.field, self.measure.unit} if self.measure else set()
        return frozenset({self.day, *measured})

    @property
    def credit(self) -> str:
        """SQL that tells whether a record takes back another; those are compared apart."""
        measure = self.measure
        return f"{measure.field} < 0" if measure and measure.credits else "false"

    @property
    def complete(self) -> str:
        """SQL that tells whether a record is complete: a credit names what it takes back."""
        measure = self.measure
        if measure is None or measure.credits is None:
            return "true"
        return f"({measure.field} >= 0 or {measure.credits} is not null)"


# Where a row came from: enough to find its bytes again.
_ORIGIN: Final = (
    required("fingerprint", HASH),
    required("delivery", HASH),
    required("row", pa.int64()),
    required("line", pa.int64()),
    required("vendor", TEXT),
    required("feed", TEXT),
    required("kind", TEXT),
    required("pull_date", DAY),
)


def _record_schema(shape: Shape) -> pa.Schema:
    """Returns the columns of a row that satisfied its contract, or would but for its minus sign.

    `pull_date` is that of the delivery's first landing.

    `answers` and what begins with it are a correction's: the fingerprint, delivery, number and
    stage of refusal of the row whose place it takes. The stage of a correction of a correction that
    was refused when posting is that of the row with the number of corrections between,
    `validate+1`.

    `key` is the canonical text of the natural key, `s10:1112-00001,`, and null where the vendor's
    rows have none. Keys are compared within a vendor.
    """
    return pa.schema(
        [
            *_ORIGIN,
            *shape.columns,
            pa.field("key", TEXT),
            required("interpretation", HASH),
            pa.field("answers", HASH),
            pa.field("answers_delivery", HASH),
            pa.field("answers_row", pa.int64()),
            pa.field("answers_stage", TEXT),
        ]
    )


def _dead_letter_schema(shape: Shape) -> pa.Schema:
    """Returns the columns of a refused row, or of a whole delivery where `row` is null.

    `errors` is a JSON list of {"field", "code", "message", "value"} (`problems.errors_json`);
    `payload` is null where the lake still holds the text under `delivery` and `row` (refused when
    posting). `answers` is the fingerprint of the row that a refused correction was meant for.
    `traceback` is there for failures of the infrastructure only. Scope, business date, measure and
    unit are what could be read of them.
    """
    types = {column.name: column.type for column in shape.columns}
    scope = [shape.scope] if shape.scope else []
    measured = [shape.measure.field, shape.measure.unit] if shape.measure else []
    return pa.schema(
        [
            required("id", HASH),
            required("fingerprint", HASH),
            required("delivery", HASH),
            pa.field("row", pa.int64()),
            pa.field("line", pa.int64()),
            required("vendor", TEXT),
            required("feed", TEXT),
            *(pa.field(name, types[name]) for name in scope),
            required("kind", TEXT),
            required("stage", TEXT),
            required("failure_class", TEXT),
            required("reasons", pa.list_(TEXT)),
            required("errors", TEXT),
            pa.field("payload", TEXT),
            required("pull_date", DAY),
            *(pa.field(name, types[name]) for name in (shape.day, *measured)),
            required("interpretation", HASH),
            pa.field("answers", HASH),
            pa.field("traceback", TEXT),
        ]
    )
