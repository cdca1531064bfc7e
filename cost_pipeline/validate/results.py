"""Turns verdicts into tables in the feed's shape."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from cost_pipeline.contracts.problems import errors_json
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.core.reasons import ReasonList, Stage, dead_letter_id, failure_class
from cost_pipeline.validate.interpreter import Interpreter
from cost_pipeline.validate.model_lane import Accepted, Refusal


@dataclass(frozen=True, slots=True)
class Context:
    """What every row of a chunk has in common."""

    interpreter: Interpreter
    delivery: str
    pull_date: date

    @property
    def shape(self) -> Shape:
        """The columns of the feed's records."""
        return self.interpreter.reading.shape

    @property
    def reasons(self) -> ReasonList:
        """The codes of the rows' contract, beside the shared ones."""
        return self.interpreter.reading.contract.reasons

    def shared(self) -> dict[str, object]:
        """Returns the columns that are the same for each row of both tables."""
        vendor = self.interpreter.reading.vendor
        return {
            "delivery": self.delivery,
            "vendor": vendor.vendor,
            "feed": vendor.feed,
            "kind": str(vendor.record),
            "pull_date": self.pull_date,
            "interpretation": self.interpreter.interpretation,
        }


def repeated(value: object, count: int, kind: pa.DataType) -> pa.Array:
    """Returns a column of one value."""
    if value is None:
        return pa.nulls(count, kind)
    # Lengths are rounded up so that the chunks of a delivery share one array.
    return _run(value, kind, 1 << max(count - 1, 0).bit_length()).slice(0, count)


# As many as the columns of a chunk's two tables that can have one value.
@functools.lru_cache(maxsize=24)
def _run(value: object, kind: pa.DataType, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), count)


def table_of(
    columns: dict[str, Sequence[object] | pa.Array],
    shared: dict[str, object],
    count: int,
    schema: pa.Schema,
) -> pa.Table:
    """Returns a table of the schema: given columns, shared values, and nulls elsewhere."""
    arrays = []
    for entry in schema:
        if entry.name in columns:
            column = columns[entry.name]
            arrays.append(
                column
                if isinstance(column, pa.Array | pa.ChunkedArray)
                else pa.array(column, entry.type)
            )
        else:
            arrays.append(repeated(shared.get(entry.name), count, entry.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def records_table(accepted: Sequence[Accepted], context: Context) -> pa.Table:
    """Returns accepted rows as records, in the order given."""
    columns: dict[str, Sequence[object] | pa.Array] = {
        "row": [a.row for a in accepted],
        "line": [a.line for a in accepted],
        "fingerprint": [a.fingerprint for a in accepted],
    }
    for name in accepted[0].values if accepted else ():
        columns[name] = [a.values[name] for a in accepted]
    if not accepted:
        return context.shape.records.empty_table()
    return table_of(columns, context.shared(), len(accepted), context.shape.records)


def dead_letters_table(refused: Sequence[Refusal], context: Context) -> pa.Table:
    """Returns refused rows as dead letters, in the order given."""
    if not refused:
        return context.shape.dead_letters.empty_table()
    vendor = context.interpreter.reading.vendor.vendor
    reasons = [tuple(sorted({problem.code for problem in r.problems})) for r in refused]
    columns: dict[str, Sequence[object] | pa.Array] = {
        "id": [
            dead_letter_id(vendor, r.fingerprint, Stage.VALIDATE, why)
            for r, why in zip(refused, reasons, strict=True)
        ],
        "fingerprint": [r.fingerprint for r in refused],
        "row": [r.row for r in refused],
        "line": [r.line for r in refused],
        "failure_class": [failure_class(why, context.reasons).value for why in reasons],
        "reasons": [[str(reason) for reason in why] for why in reasons],
        "errors": [errors_json(r.problems) for r in refused],
        "payload": [r.text for r in refused],
    }
    columns |= {name: [r.values[name] for r in refused] for name in refused[0].values}
    return letters_of(columns, len(refused), context)


def letters_of(
    columns: dict[str, Sequence[object] | pa.Array], count: int, context: Context
) -> pa.Table:
    """Returns columns as dead letters."""
    shared = {**context.shared(), "stage": Stage.VALIDATE.value}
    return table_of(columns, shared, count, context.shape.dead_letters)
