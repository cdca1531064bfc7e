"""Judges one chunk of rows in both lanes. Each row becomes exactly one record or dead letter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import pyarrow as pa

from cost_pipeline.validate.column_lane import Judged
from cost_pipeline.validate.interpreter import Interpreter
from cost_pipeline.validate.model_lane import Accepted, Refusal, each_row, judge_row
from cost_pipeline.validate.results import Context, dead_letters_table, records_table
from cost_pipeline.validate.side_by_side import judge_side_by_side
from cost_pipeline.validate.state import DeliveryState

Lanes = Literal["both", "model"]


class Rows(Protocol):
    """What parsing hands over; see `cost_pipeline.parse`."""

    @property
    def table(self) -> pa.Table:
        """`row`, `line`, `text`, `malformed`, then a string column `c{i}` per source column."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The source's header name of each `c{i}`."""


@dataclass(frozen=True, slots=True)
class ValidatedChunk:
    """The verdicts on a chunk; both tables are in row order.

    Attributes:
        records: Records in the feed's shape.
        dead_letters: Dead letters in the feed's shape.
        in_columns: How many of the rows never went through the model's lane.
    """

    records: pa.Table
    dead_letters: pa.Table
    in_columns: int


def validate_chunk(
    chunk: Rows,
    interpreter: Interpreter,
    *,
    delivery: str,
    pull_date: date,
    state: DeliveryState,
    lanes: Lanes = "both",
    ordinals: Sequence[int | None] | None = None,
) -> ValidatedChunk:
    """Judges every row of a chunk.

    Args:
        chunk: Rows of one delivery; chunks come in order.
        interpreter: The vendor's; it is applied to the chunk's own columns.
        delivery: SHA-256 of the delivery.
        pull_date: The pull date of its first landing.
        state: The state of this delivery; it is updated.
        lanes: "model" sends every row through the model; the tables are the same.
        ordinals: Those of the rows' keys, where they are not counted in this delivery.
    """
    applied = interpreter.for_columns(chunk.columns)
    context = Context(applied, delivery, pull_date)
    table = applied.made_ready(chunk.table)
    if ordinals is None:
        ordinals = ordinals_of(table, applied, state)
    if lanes == "both" and applied.reading.contract.columnar and table.num_rows:
        judged = judge_side_by_side(table, context, ordinals)
    else:
        judged = Judged.nothing(table.num_rows, applied.reading.shape)
    accepted, refused = _by_the_model(table, judged, context, ordinals)
    records = _merged(judged.records, records_table(accepted, context))
    dead_letters = _merged(judged.dead_letters, dead_letters_table(refused, context))
    state.rows += table.num_rows
    state.records += records.num_rows
    state.dead_letters += dead_letters.num_rows
    state.quanta += judged.quanta
    state.unreadable += judged.unreadable
    _add_measures(state, applied, (*accepted, *refused))
    return ValidatedChunk(records, dead_letters, table.num_rows - len(judged.left))


def pass_over(chunk: Rows, interpreter: Interpreter, state: DeliveryState) -> None:
    """Takes note of a chunk that was judged before: its keys count for the chunks that follow."""
    applied = interpreter.for_columns(chunk.columns)
    ordinals_of(applied.made_ready(chunk.table), applied, state)


def _add_measures(
    state: DeliveryState, interpreter: Interpreter, rows: Iterable[Accepted | Refusal]
) -> None:
    measure = interpreter.reading.shape.measure
    if measure is None or measure.field not in interpreter.reading.exact:
        return
    exact = interpreter.reading.exact[measure.field]
    for row in rows:
        number = row.values[measure.field]
        if number is None:
            state.unreadable += 1
        else:
            state.quanta += exact.quanta(number)


def _by_the_model(
    table: pa.Table, judged: Judged, context: Context, ordinals: Sequence[int | None] | None
) -> tuple[list[Accepted], list[Refusal]]:
    """Returns the verdicts on the rows that were left."""
    accepted: list[Accepted] = []
    refused: list[Refusal] = []
    places = judged.left
    if not len(places):
        return accepted, refused
    nothing = [None] * len(places)
    chosen = pa.array(places)
    own = nothing if ordinals is None else [ordinals[place] for place in places]
    marks = judged.fingerprints
    known = nothing if marks is None else marks.take(chosen).to_pylist()
    rows = table if len(places) == table.num_rows else table.take(chosen)
    for row in each_row(rows, context.interpreter.width, own, known):
        verdict = judge_row(row, context.interpreter, context.delivery)
        if isinstance(verdict, Accepted):
            accepted.append(verdict)
        else:
            refused.append(verdict)
    return accepted, refused


def _merged(by_columns: pa.Table, by_the_model: pa.Table) -> pa.Table:
    """Returns what both lanes say, in row order."""
    if not by_the_model.num_rows:
        return by_columns
    if not by_columns.num_rows:
        return by_the_model
    return pa.concat_tables([by_columns, by_the_model]).sort_by("row")


def ordinals_of(
    table: pa.Table, interpreter: Interpreter, state: DeliveryState
) -> list[int | None] | None:
    """Returns how often each row's key has come in the delivery so far; None without need.

    Refused rows count too: whether a row is refused must not change which ordinal another has.
    """
    key = interpreter.reading.vendor.key
    if key is None or not key.ordinal:
        return None
    own = zip(*(_texts(table, interpreter, name) for name in key.columns), strict=True)
    other = zip(*(_texts(table, interpreter, name) for name in key.otherwise), strict=True)
    found: list[int | None] = []
    for texts in own:
        taken = texts if all(texts) or not key.otherwise else ("", *next(other))
        if key.otherwise and all(texts):
            next(other)
        whole = all(taken) if taken is texts else all(taken[1:])
        found.append(state.ordinal(taken if whole else None))
    return found


def _texts(table: pa.Table, interpreter: Interpreter, name: str) -> list[str]:
    """Returns the text of a field in each row, stripped; the constant's if no column gives it."""
    cells = [table.column(f"c{p}").to_pylist() for p in interpreter.sources.get(name, ())]
    if not cells:
        return [interpreter.reading.constants.get(name, "").strip()] * table.num_rows
    rows = zip(*cells, strict=True)
    first = (next((c for c in row if c is not None), None) for row in rows)
    return [(text or "").strip() for text in first]
