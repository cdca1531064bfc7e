"""Reads a file as a run would: the same parsing, the same verdicts, and nothing is kept.

Memory is bounded as in a run: a chunk of rows at a time, and of what was refused one example for
each reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.changes import BEGINNING
from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.money import shown
from cost_pipeline.core.reasons import catalogue
from cost_pipeline.parse import CHUNK_ROWS, ParsedChunk, Refused, RowReader, open_rows
from cost_pipeline.pipeline.reads import Reads
from cost_pipeline.pipeline.trying.tried import Control, Example, FirstRow, Refusals, Tried
from cost_pipeline.pipeline.validation.control import control_of
from cost_pipeline.pipeline.validation.measures import SumsByUnit
from cost_pipeline.validate.cells import Columns
from cost_pipeline.validate.chunk import ValidatedChunk, validate_chunk
from cost_pipeline.validate.declared import Landed
from cost_pipeline.validate.interpreter import Interpreter
from cost_pipeline.validate.state import DeliveryState

_SHOWN_ROWS: Final = 3
# What stands for the delivery's hash: nothing is landed, so there is none.
_NO_DELIVERY: Final = "tried"


def try_file(
    reads: Reads,
    vendor: Vendor,
    path: Path,
    *,
    pull_date: date,
    newest: bool = False,
    name: str | None = None,
    most_rows: int | None = None,
) -> Tried:
    """Returns how a file would be read by a vendor file.

    Args:
        reads: What the home says of the vendor's feed.
        vendor: The vendor file.
        path: The file; it is only read.
        pull_date: The pull date that is assumed.
        newest: Whether it is read by the newest settings, in force on the pull date or not yet.
        name: Where it came from, if `path` is a copy.
        most_rows: Reading stops after so many rows; None reads the whole file.

    Raises:
        UsageError: If the vendor file cannot be satisfied by any delivery.
        EnvironmentFailedError: If the file cannot be read.
    """
    name = name or path.name
    since = vendor.in_force[-1][0] if newest else vendor.since(pull_date)
    vendor = vendor.as_of(since)
    known = Tried(
        name,
        path.stat().st_size,
        vendor.vendor,
        vendor.format.kind.value,
        settings_from=None if since == BEGINNING else since,
    )
    interpreter = reads.interpreter(vendor, (), Landed(pull_date, name))
    chunk_rows = CHUNK_ROWS if most_rows is None else min(CHUNK_ROWS, most_rows)
    reader = open_rows(path, vendor.format, chunk_rows=chunk_rows)
    if isinstance(reader, Refused):
        whole = Example(None, "", None, reader.message)
        return replace(known, whole=whole, refusals=[_refusals(reads, reader.reason, 1, whole)])
    trial = _Trial(reads, interpreter, pull_date)
    left = most_rows
    stopped = False
    for chunk in reader:
        if left == 0:
            stopped = True
            break
        trial.judge(chunk if left is None else _first_of(chunk, left))
        left = None if left is None else max(left - chunk.table.num_rows, 0)
    return trial.told(known, reader, most_rows if stopped else None)


def _first_of(chunk: ParsedChunk, most: int) -> ParsedChunk:
    return replace(chunk, table=chunk.table.slice(0, most), passed=None)


def _refusals(reads: Reads, code: str, rows: int, example: Example) -> Refusals:
    text = catalogue(reads.contract.reasons)[code]
    return Refusals(str(code), rows, text.words, text.remedy, example)


@dataclass(slots=True)
class _Trial:
    """What was seen so far."""

    reads: Reads
    interpreter: Interpreter
    pull_date: date
    state: DeliveryState = field(default_factory=DeliveryState)
    counts: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    examples: dict[str, Example] = field(default_factory=dict)
    first: list[FirstRow] = field(default_factory=list)
    accepted: SumsByUnit = field(init=False)
    refused: SumsByUnit = field(init=False)

    def __post_init__(self) -> None:
        measure = self.reads.contract.shape.measure
        self.accepted, self.refused = SumsByUnit(measure), SumsByUnit(measure)

    def judge(self, chunk: ParsedChunk) -> None:
        """Takes note of the verdicts on a chunk."""
        judged = validate_chunk(
            chunk,
            self.interpreter.under(chunk.above),
            delivery=_NO_DELIVERY,
            pull_date=self.pull_date,
            state=self.state,
        )
        self.accepted.add(judged.records)
        self.refused.add(judged.dead_letters)
        self._count(judged.dead_letters)
        self.waiting += self._negative(judged.records)
        if len(self.first) < _SHOWN_ROWS:
            self._show(judged)

    def _count(self, letters: pa.Table) -> None:
        codes = letters["reasons"].combine_chunks().flatten().value_counts()
        for entry in codes.to_pylist():
            code = entry["values"]
            self.counts[code] += entry["counts"]
            if code not in self.examples:
                self.examples[code] = _example_of(letters, code)

    def _negative(self, records: pa.Table) -> int:
        measure = self.accepted.measure
        if measure is None or measure.credits is None:
            return 0
        if not self.interpreter.reading.vendor.refuses_negatives:
            return 0
        return int(pc.sum(pc.less(records[measure.field], 0)).as_py() or 0)

    def _show(self, judged: ValidatedChunk) -> None:
        letters = judged.dead_letters.slice(0, _SHOWN_ROWS).to_pylist()
        rows = [(row, ()) for row in judged.records.slice(0, _SHOWN_ROWS).to_pylist()]
        rows += [(row, tuple(row["reasons"])) for row in letters]
        rows.sort(key=lambda pair: pair[0]["row"])
        vendor = self.interpreter.reading.vendor
        fields = [*vendor.read_from, *vendor.constants]
        for row, reasons in rows[: _SHOWN_ROWS - len(self.first)]:
            values = {name: _text(row.get(name)) for name in fields}
            self.first.append(FirstRow(row["line"], values, reasons))

    def told(self, known: Tried, reader: RowReader, stopped: int | None) -> Tried:
        """Returns all of it."""
        applied = self.interpreter.for_columns(reader.header)
        vendor = applied.reading.vendor
        columns = Columns(applied.columns, per_row=False)
        found = {name: columns.of(names) for name, names in vendor.read_from.items()}
        read: dict[str, tuple[str, ...]] = {}
        for name, places in found.items():
            for header in dict.fromkeys(applied.columns[p] for group in places for p in group):
                read[header] = (*read.get(header, ()), name)
        return replace(
            known,
            encoding=reader.encoding,
            header=reader.header,
            header_line=reader.header_line,
            read=read,
            unread=applied.drift or tuple(applied.columns[place] for place in applied.unknown),
            missing={n: names for n, names in vendor.read_from.items() if not found[n]},
            accepted=self.state.records,
            refused=self.state.dead_letters,
            waiting=self.waiting,
            refusals=[
                _refusals(self.reads, code, count, self.examples[code])
                for code, count in sorted(self.counts.items(), key=lambda one: (-one[1], one[0]))
            ],
            first=self.first,
            account=None if stopped else reader.account(),
            sums=self.accepted.sums,
            sums_refused=self.refused.sums,
            control=None if stopped else self._control(reader),
            stopped_after=stopped,
        )

    def _control(self, reader: RowReader) -> Control | None:
        found = control_of(self.interpreter, reader, self.state)
        if not found:
            return None
        if "control_problem" in found:
            return Control(str(found["control_problem"]))
        return Control(
            declared=Decimal(str(found["control_declared"])),
            computed=Decimal(str(found["control_computed"])),
            tolerance=Decimal(str(found["control_tolerance"])),
        )


def _example_of(letters: pa.Table, code: str) -> Example:
    """Returns the first cell that is refused for a reason."""
    for row, reasons in enumerate(_lists(letters["reasons"])):
        if code in reasons:
            line = letters["line"][row].as_py()
            errors = errors_of(letters["errors"][row].as_py())
            error = next((one for one in errors if one["code"] == code), errors[0])
            return Example(line, error["field"], error["value"], error["message"])
    raise AssertionError(f"no row has the reason {code}")


def _lists(column: pa.ChunkedArray) -> Sequence[list[str]]:
    found: list[list[str]] = column.to_pylist()
    return found


def _text(value: object) -> str | None:
    if value is None:
        return None
    return shown(value) if isinstance(value, Decimal) else str(value)
