"""The model's lane: one row at a time, through its Pydantic contract. What it says is the truth.

Plain Python on purpose: the columnar lane is tested against it, and it explains every refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa

from cost_pipeline.contracts.cards import card_text
from cost_pipeline.contracts.cost import CostRecord, judge, judge_field
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.texts import minutes_of
from cost_pipeline.contracts.timecard import Timecard
from cost_pipeline.contracts.vendor import Key
from cost_pipeline.core.canonical import Value
from cost_pipeline.core.money import at_scale, fitting
from cost_pipeline.core.reasons import Reason
from cost_pipeline.validate import otherwise
from cost_pipeline.validate.identity import content_fields, fingerprint, key_text
from cost_pipeline.validate.interpreter import Interpreter
from cost_pipeline.validate.reading import as_cost


class Accepted(NamedTuple):
    """A row that satisfied its contract: values by column of the records table."""

    row: int
    line: int
    fingerprint: str
    values: dict[str, Any]


class Refusal(NamedTuple):
    """A row that did not, with everything that is wrong, and what could be read nevertheless."""

    row: int
    line: int
    fingerprint: str
    text: str
    problems: tuple[Problem, ...]
    production: str | None
    transaction_date: date | None
    amount: Decimal | None
    currency: str | None


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
    """The rows of a chunk's table."""
    columns = [table.column(name).to_pylist() for name in ("row", "line", "text", "malformed")]
    cells = [table.column(f"c{place}").to_pylist() for place in range(width)]
    texts: Any = zip(*cells, strict=True) if cells else [()] * table.num_rows
    for row in zip(*columns, texts, ordinals, fingerprints, strict=True):
        yield Cells(*row)


def judge_row(row: Cells, interpreter: Interpreter, delivery: str) -> Accepted | Refusal:
    """The verdict on one row.

    Args:
        row: Its cells, and its text verbatim.
        interpreter: Compiled for the columns of the cells.
        delivery: SHA-256 of the delivery; part of the row's identity.
    """
    mark = row.fingerprint or fingerprint(delivery, row.row, row.text)
    if row.malformed is not None:
        problem = Problem("", Reason.MALFORMED_ROW, row.malformed)
        return Refusal(row.row, row.line, mark, row.text, (problem,), None, None, None, None)
    values, problems = _typed(row, interpreter, delivery)
    reading = interpreter.reading
    cost = _as_cost(values)
    judged = judge(reading.contract, cost)
    if isinstance(judged, CostRecord) and not problems:
        return _accepted(row, judged, mark, interpreter, negative=cost is not values)
    wrong = {problem.field for problem in problems}
    if cost is not values and reading.vendor.negatives == "dead_letter":
        negative = refused_as_negative(reading.contract, values["amount"])
        if negative is not None:
            problems.append(negative)
    if not isinstance(judged, CostRecord):
        # A field that could not be read is not also missing.
        problems.extend(problem for problem in judged if problem.field not in wrong)
    return _refusal(row, mark, interpreter, values, tuple(problems))


def _as_cost(values: dict[str, Any]) -> dict[str, Any]:
    amount = values.get("amount")
    cost = as_cost("amount", amount)
    return values if cost is amount else {**values, "amount": cost}


def _typed(
    row: Cells, interpreter: Interpreter, delivery: str
) -> tuple[dict[str, Any], list[Problem]]:
    """Typed values by field, and the problems met in reading them."""
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
    _place_clocks(values)
    if reading.vendor.key is None and "transaction_id" not in spoiled:
        values.setdefault("transaction_id", f"{delivery[:12]}:{row.row}")
    missing = reading.demanded - values.keys()
    key = reading.vendor.key
    if key is not None and key.otherwise:
        missing |= _named_otherwise(key, values, spoiled | {problem.field for problem in problems})
    if missing:
        missing -= {problem.field for problem in problems}
        problems.extend(
            Problem(name, Reason.MISSING_FIELD, "it is empty") for name in sorted(missing)
        )
    strange = [place for place in interpreter.unknown if cells[place] is not None]
    problems.extend(unknown_key(interpreter, place) for place in strange)
    return values, problems


def _named_otherwise(key: Key, values: dict[str, Any], wrong: set[str]) -> set[str]:
    """Give a row without its key the id that it has then; returned is what that would need."""
    if not otherwise.is_empty(key, values):
        return set()
    if wrong.intersection(key.columns):
        return set(key.columns) - values.keys()
    missing = set(key.otherwise) - values.keys()
    if not missing:
        named = otherwise.id_of([values[name] for name in key.otherwise])
        values.setdefault("transaction_id", named)
    return missing


def unknown_key(interpreter: Interpreter, place: int) -> Problem:
    """What is wrong with a value under a key that the vendor file does not know."""
    message = "the vendor file does not know this key; map it or list it under `ignore`"
    return Problem(interpreter.columns[place], Reason.UNKNOWN_FIELD, message)


def refused_as_negative(contract: type[CostRecord], amount: Decimal) -> Problem | None:
    """What a contract says of a credit's amount because it is negative."""
    found = judge_field(contract, "amount", amount)
    if isinstance(found, Problem) and found.code == Reason.NEGATIVE_AMOUNT:
        return found
    return None


def _place_clocks(values: dict[str, Any]) -> None:
    """Times that were written with their date, as minutes of the row's own work date."""
    for name in [name for name, value in values.items() if isinstance(value, datetime)]:
        moment = values.pop(name)
        day = values.get("transaction_date")
        if name == "prior_wrap":
            day = values.setdefault("prior_work_date", moment.date())
        if day is not None:  # without a work date that is the problem to mend
            values[name] = minutes_of(moment, day)


def _first_present(cells: tuple[str | None, ...], places: tuple[int, ...]) -> str | None:
    for place in places:
        if cells[place] is not None:
            return cells[place]
    return None


def _accepted(
    row: Cells, record: CostRecord, mark: str, interpreter: Interpreter, *, negative: bool
) -> Accepted:
    reading = interpreter.reading
    vendor = reading.vendor
    values: dict[str, Any] = {
        name: getattr(record, name) for name in content_fields(reading.contract)
    }
    amount = at_scale(record.amount)
    values["amount"] = -amount if negative else amount
    values["card"] = card_text(record) if isinstance(record, Timecard) else None
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


def _refusal(
    row: Cells,
    mark: str,
    interpreter: Interpreter,
    values: dict[str, Any],
    problems: tuple[Problem, ...],
) -> Refusal:
    contract = interpreter.reading.contract
    complained = {problem.field for problem in problems}

    def readable(name: str) -> Any:  # noqa: ANN401 - of the field's own type
        # Good by itself, whatever a rule between fields said of it.
        value = values.get(name)
        if name not in complained:
            return value
        found = None if value is None else judge_field(contract, name, value)
        return None if isinstance(found, Problem) else found

    return Refusal(
        row.row,
        row.line,
        mark,
        row.text,
        problems,
        readable("production"),
        readable("transaction_date"),
        fitting(values.get("amount")),
        readable("currency"),
    )
