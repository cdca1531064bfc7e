"""The row-by-row lane: each row goes through its Pydantic contract, whose verdict is the truth.

Plain Python on purpose: the columnar lane is tested against it, and it explains every refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa

from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.record import Record, judge, judge_field
from cost_pipeline.contracts.vendor import Key
from cost_pipeline.core.canonical import Value
from cost_pipeline.core.reasons import Reason
from cost_pipeline.validate import otherwise
from cost_pipeline.validate.identity import fingerprint, key_text
from cost_pipeline.validate.interpreter import Interpreter
from cost_pipeline.validate.reading import Reading, positive


class Accepted(NamedTuple):
    """A row that satisfied its contract: values by column of the records table."""

    row: int
    line: int
    fingerprint: str
    values: dict[str, Any]


class Refusal(NamedTuple):
    """A row that did not satisfy it: everything that is wrong, and what could be read anyway.

    `values` are those of the columns that a dead letter shows of its row.
    """

    row: int
    line: int
    fingerprint: str
    text: str
    problems: tuple[Problem, ...]
    values: dict[str, Any]


class Cells(NamedTuple):
    """One row as handed over by parsing, with the ordinal of its key.

    `fingerprint` is None where it has not been computed yet.
    """

    row: int
    line: int
    text: str
    malformed: str | None
    cells: tuple[str | None, ...]
    ordinal: int | None
    fingerprint: str | None


def each_row(
    table: pa.Table,
    width: int,
    ordinals: Sequence[int | None],
    fingerprints: Sequence[str | None],
) -> Iterator[Cells]:
    """Yields the rows of a chunk's table."""
    columns = [table.column(name).to_pylist() for name in ("row", "line", "text", "malformed")]
    cells = [table.column(f"c{place}").to_pylist() for place in range(width)]
    texts: Any = zip(*cells, strict=True) if cells else [()] * table.num_rows
    for row in zip(*columns, texts, ordinals, fingerprints, strict=True):
        yield Cells(*row)


def judge_row(row: Cells, interpreter: Interpreter, delivery: str) -> Accepted | Refusal:
    """Returns the verdict on one row.

    Args:
        row: Its cells, and its text verbatim.
        interpreter: Compiled for the columns of the cells.
        delivery: SHA-256 of the delivery; part of the row's identity.
    """
    mark = row.fingerprint or fingerprint(delivery, row.row, row.text)
    if row.malformed is not None:
        problem = Problem("", Reason.MALFORMED_ROW, row.malformed)
        nothing = dict.fromkeys(_shown_names(interpreter.reading))
        return Refusal(row.row, row.line, mark, row.text, (problem,), nothing)
    values, problems = _typed(row, interpreter, delivery)
    reading = interpreter.reading
    credit = _credit(reading, values)
    shown = values if credit is None else {**values, credit: positive(values[credit])}
    judged = judge(reading.contract, shown, reading.own_rules)
    if isinstance(judged, Record) and not problems:
        return _accepted(row, judged, mark, interpreter, credit)
    wrong = {problem.field for problem in problems}
    if credit is not None and reading.vendor.refuses_negatives:
        negative = refused_as_negative(reading.contract, credit, values[credit])
        if negative is not None:
            problems.append(negative)
    if not isinstance(judged, Record):
        # A field that could not be read is not also missing.
        problems.extend(problem for problem in judged if problem.field not in wrong)
    return _refusal(row, mark, interpreter, values, tuple(problems))


def _credit(reading: Reading, values: dict[str, Any]) -> str | None:
    """Returns the measure of a row that takes back a positive one; None for other rows."""
    name = reading.credits
    if name is None or positive(values.get(name)) is values.get(name):
        return None
    return name


def _typed(
    row: Cells, interpreter: Interpreter, delivery: str
) -> tuple[dict[str, Any], list[Problem]]:
    """Returns typed values by field, and the problems met in reading them."""
    reading = interpreter.reading
    values: dict[str, Any] = dict(interpreter.given)
    problems = list(interpreter.header_problems)
    spoiled = {problem.field for problem in problems}
    cells = row.cells
    for name, places in interpreter.sources.items():
        cell = cells[places[0]] if len(places) == 1 else _first_present(cells, places)
        found = None if cell is None or name in spoiled else reading.read(name, cell)
        if isinstance(found, Problem):
            problems.append(found)
        elif found is not None:
            values[name] = found
    if reading.kind.arrange is not None:
        reading.kind.arrange(values)
    if reading.vendor.key is None and reading.shape.identity not in spoiled:
        values.setdefault(reading.shape.identity, f"{delivery[:12]}:{row.row}")
    missing = reading.demanded - values.keys()
    key = reading.vendor.key
    if key is not None and key.otherwise:
        missing |= _named_otherwise(reading, values, spoiled | {p.field for p in problems})
    if missing:
        missing -= {problem.field for problem in problems}
        problems.extend(
            Problem(name, Reason.MISSING_FIELD, "it is empty") for name in sorted(missing)
        )
    strange = [place for place in interpreter.unknown if cells[place] is not None]
    problems.extend(unknown_key(interpreter, place) for place in strange)
    return values, problems


def _named_otherwise(reading: Reading, values: dict[str, Any], wrong: set[str]) -> set[str]:
    """Gives a row without its key the id that it has then; returns what that would need."""
    key = reading.vendor.key
    assert key is not None  # noqa: S101 - asked before
    if not otherwise.is_empty(key, values):
        return set()
    if wrong.intersection(key.columns):
        return set(key.columns) - values.keys()
    missing = set(key.otherwise) - values.keys()
    if not missing:
        named = otherwise.id_of([values[name] for name in key.otherwise])
        values.setdefault(reading.shape.identity, named)
    return missing


def unknown_key(interpreter: Interpreter, place: int) -> Problem:
    """Returns the problem of a value under a key that the vendor file does not know."""
    message = "the vendor file does not know this key; map it or list it under `ignore`"
    return Problem(interpreter.columns[place], Reason.UNKNOWN_FIELD, message)


def refused_as_negative(contract: type[Record], name: str, number: Decimal) -> Problem | None:
    """Returns the contract's problem with a credit's number that is negative."""
    found = judge_field(contract, name, number)
    if isinstance(found, Problem) and found.code == contract.reasons.waits:
        return found
    return None


def _first_present(cells: tuple[str | None, ...], places: tuple[int, ...]) -> str | None:
    for place in places:
        if cells[place] is not None:
            return cells[place]
    return None


def _accepted(
    row: Cells, record: Record, mark: str, interpreter: Interpreter, credit: str | None
) -> Accepted:
    reading = interpreter.reading
    vendor = reading.vendor
    values: dict[str, Any] = {name: getattr(record, name) for name in reading.fields}
    for name, exact in reading.exact.items():
        if values[name] is not None:
            values[name] = exact.at_scale(values[name])
    if credit is not None:
        values[credit] = values[credit].copy_negate()
    packed = reading.kind.packed
    if packed is not None:
        values[packed.column] = packed.text(record)
    key = None
    if vendor.key is not None:
        key = key_text(_key_values(vendor.key, values, row, interpreter), row.ordinal)
    return Accepted(row.row, row.line, mark, {**values, "key": key})


def _key_values(
    key: Key, values: Mapping[str, Any], row: Cells, interpreter: Interpreter
) -> Iterable[Value]:
    if key.otherwise:
        read = {**interpreter.given}
        for name, places in interpreter.sources.items():
            cell = _first_present(row.cells, places)
            if cell is not None and cell.strip():
                read[name] = cell
        if otherwise.is_empty(key, read):
            return otherwise.key_values(key, [values[name] for name in key.otherwise])
    return (values[name] for name in key.columns)


def _shown_names(reading: Reading) -> tuple[str, ...]:
    measure = reading.shape.measure
    return reading.shape.shown if measure is None else (*reading.shape.shown, measure.field)


def _refusal(
    row: Cells,
    mark: str,
    interpreter: Interpreter,
    values: dict[str, Any],
    problems: tuple[Problem, ...],
) -> Refusal:
    reading = interpreter.reading
    complained = {problem.field for problem in problems}

    def readable(name: str) -> Any:  # noqa: ANN401 - of the field's own type
        # Good by itself, whatever a rule between fields said of it.
        value = values.get(name)
        if name not in complained:
            return value
        found = None if value is None else judge_field(reading.contract, name, value)
        return None if isinstance(found, Problem) else found

    shown = {name: readable(name) for name in reading.shape.shown}
    measure = reading.shape.measure
    if measure is not None:
        exact = reading.exact.get(measure.field)
        shown[measure.field] = exact and exact.fitting(values.get(measure.field))
    return Refusal(row.row, row.line, mark, row.text, problems, shown)
