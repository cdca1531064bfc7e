"""What a vendor file and a header say about reading a row, compiled once.

Belongs here: which columns feed which contract field, what the header lacks, and the digest that
names this interpretation. How one text becomes one typed value is `reading`'s matter, judging is
the lanes' work.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

import pyarrow as pa

from cost_pipeline.contracts.constraints import fields_noted, parts
from cost_pipeline.contracts.formats import PER_ROW, ExcelFormat
from cost_pipeline.contracts.kinds import FeedContract, Kind
from cost_pipeline.contracts.number_style import MeasureStyle
from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.contracts.proofs import TextProof, text_proof
from cost_pipeline.contracts.record import Record
from cost_pipeline.contracts.rules import NO_RULES, OwnRules
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.contracts.texts import Reader, reader
from cost_pipeline.contracts.times import GivenRate, ReadByStyle
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.exact import Exact
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.reference import reference_path
from cost_pipeline.core.text import plain_name
from cost_pipeline.validate.cells import Columns, Made, made_cells, with_made_cells
from cost_pipeline.validate.codes import Lookup
from cost_pipeline.validate.dates import DateReader
from cost_pipeline.validate.declared import (
    NOT_LANDED,
    Landed,
    date_reader,
    declared_parts,
    demanded_fields,
    known_headers,
    time_reader,
)
from cost_pipeline.validate.numbers import SHOWN_DIGITS, NumberReader
from cost_pipeline.validate.reading import FieldValue, Reading
from cost_pipeline.validate.sides import Sided, total_of
from cost_pipeline.validate.times import TimeReader
from cost_pipeline.validate.units import Units

_Read = TypeVar("_Read", Decimal, date, int)

# Raise it when the reading of a row changes in code: it is part of every interpretation.
READING_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A reading, applied to the columns of a delivery (of a chunk, where the format is JSON).

    Attributes:
        reading: What does not depend on the columns.
        columns: The source's header names.
        sources: Contract field to the places of its columns: one, or for JSON every alias present,
            of which the first that is not null counts, row by row.
        unknown: Places of columns that the vendor file does not know.
        drift: Their names, where the format has one header; an observation, not an error.
        header_problems: What is wrong with the header; every row then has these.
        made: The fields whose cells are made of others; their columns come behind the source's.
        given: Contract field to the value that a row has without any of its columns.
    """

    reading: Reading
    columns: tuple[str, ...]
    sources: Mapping[str, tuple[int, ...]]
    unknown: tuple[int, ...]
    drift: tuple[str, ...]
    header_problems: tuple[Problem, ...]
    made: tuple[Made, ...]
    given: Mapping[str, FieldValue | None]

    @property
    def interpretation(self) -> str:
        """Digest that changes exactly if a verdict could."""
        return self.reading.interpretation

    @property
    def width(self) -> int:
        """How many columns of cells a chunk has that was made ready."""
        return len(self.columns) + len(self.made)

    def made_ready(self, table: pa.Table) -> pa.Table:
        """Returns a chunk of these columns with the cells that are made of others."""
        return with_made_cells(table, self.made, len(self.columns))

    def for_columns(self, columns: tuple[str, ...]) -> Interpreter:
        """Returns the same reading on other columns."""
        return self if columns == self.columns else _applied(self.reading, columns)

    def under(self, above: tuple[str, ...]) -> Interpreter:
        """Returns the same reading under the lines above a header, where they say the day."""
        if self.reading.vendor.dates.header is None:
            return self
        day = self.reading.dates.of_header(above)
        return _applied(_on_day(self.reading, day), self.columns)

    def declared_total(self, control: Mapping[str, str]) -> Decimal | Problem | None:
        """Returns the sum that a control row, or the end of a group, declares; None without one."""
        rule, measure = self.reading.vendor.format.control_total, self.reading.shape.measure
        if measure is None:
            return None
        column = measure.field if rule is None else rule.column
        vendor, read = self.reading.vendor, self.reading.numbers.read
        if vendor.measure is not None and vendor.measure.units:
            read = Units(vendor.measure, vendor.numbers, self.reading.numbers).total
        cells = {plain_name(name): text.strip() for name, text in control.items()}

        def of(aliases: Sequence[str]) -> Decimal | Problem | None:
            found = [cells[name] for name in map(plain_name, aliases) if cells.get(name)]
            return read(sided.of_total(found[0])) if found else None

        sided = Sided(vendor.measure or MeasureStyle(), vendor.numbers)
        return total_of(vendor.measure, vendor.columns.get(column, ()), of)


def compile_interpreter(
    vendor: Vendor,
    feed: FeedContract,
    scopes: Collection[str],
    columns: Sequence[str],
    *,
    proofs: Mapping[str, TextProof] | None = None,
    landed: Landed = NOT_LANDED,
    own: OwnRules = NO_RULES,
) -> Interpreter:
    """Compiles a vendor file against a header.

    Args:
        vendor: The vendor file.
        feed: What its feed says of records.
        scopes: Which values the scope of a row may have, by the settings of the home.
        columns: The header of a delivery (`RowReader.header`); may be empty for JSON.
        proofs: A door for tests; by default they are derived from the contract.
        landed: When and under which name the delivery came; only some vendor files look at it.
        own: Rules that the settings of the home add.

    Raises:
        UsageError: If the vendor file cannot be satisfied by any delivery: a field that the kind
            lacks, a needed field with neither column nor constant, a constant that breaks the
            contract, an unreadable date form.
    """
    kind = feed.kinds[vendor.record]
    contract, scope = kind.contract, feed.shape.scope
    fields = contract.model_fields
    constants = dict(vendor.constants)
    if scope is not None and vendor.scope is not None and scope not in vendor.read_from:
        constants.setdefault(scope, vendor.scope)
    derived = {n: proof for n, info in fields.items() if (proof := text_proof(info)) is not None}
    rate = vendor.times and vendor.times.frame_rate
    for name in fields_noted(contract, GivenRate()) if rate is not None else ():
        constants.setdefault(name, str(rate))
    numbers = NumberReader(
        vendor.numbers,
        vendor.measure,
        binary=isinstance(vendor.format, ExcelFormat) and vendor.format.digits > SHOWN_DIGITS,
    )
    dates = date_reader(vendor, landed)
    reading = Reading(
        vendor=vendor,
        kind=kind,
        shape=feed.shape,
        own_rules=own.rules,
        readers={
            **_readers(contract, numbers, dates, time_reader(vendor)),
            **feed.readers(vendor),
        },
        proofs=derived if proofs is None else proofs,
        constants=constants,
        demanded=demanded_fields(vendor, contract, feed.shape.identity),
        exact=_exact(kind, feed.shape),
        scopes=frozenset(scopes),
        numbers=numbers,
        dates=dates,
        interpretation=_interpretation(vendor, feed, scopes, landed, own),
        codes=tuple(map(Lookup, vendor.codes)),
    )
    if vendor.dates.named_by_the_file and landed.name is not None:
        reading = _on_day(reading, dates.of_file())
    _check(reading, feed)
    return _applied(reading, tuple(columns))


def _on_day(reading: Reading, day: date | Problem) -> Reading:
    """Returns the reading of a delivery that says the day of rows that have none."""
    name = reading.shape.day
    if isinstance(day, Problem):
        return replace(reading, delivery_problems=(replace(day, field=name),))
    if name in reading.vendor.constants:
        return reading
    constants = {**reading.constants, name: day.isoformat()}
    return replace(reading, constants=constants, said_day=day, remembered={})


def _exact(kind: Kind, shape: Shape) -> dict[str, Exact]:
    """Returns the numbers among the stored fields of a kind."""
    return {
        column.name: Exact(column.type.precision, column.type.scale)
        for column in shape.columns
        if pa.types.is_decimal(column.type) and column.name in kind.contract.model_fields
    }


def _readers(
    contract: type[Record], numbers: NumberReader, dates: DateReader, times: TimeReader
) -> dict[str, Reader]:
    """Returns each field's reader: by the vendor's style where it has one, else the usual."""
    found: dict[str, Reader] = {}
    for name, info in contract.model_fields.items():
        base = parts(info).base
        if ReadByStyle("clock") in parts(info).notes:
            found[name] = lambda name, text: _named(name, times.clock(text))
        elif ReadByStyle("frames") in parts(info).notes:
            found[name] = lambda name, text: _named(name, times.frames(text))
        elif base is Decimal:
            found[name] = lambda name, text: _named(name, numbers.read(text))
        elif base is date:
            found[name] = lambda name, text: _named(name, dates.read(text))
        elif (read := reader(info)) is not None:
            found[name] = read
    return found


def _named(name: str, found: _Read | Problem) -> _Read | Problem:
    if isinstance(found, Problem) and found.field != name:
        return replace(found, field=name)
    return found


def _check(reading: Reading, feed: FeedContract) -> None:
    vendor, fields = reading.vendor, set(reading.contract.model_fields) - {"vendor"}
    named = {*vendor.read_from, *reading.constants, *(vendor.key.fields if vendor.key else ())}
    for name in sorted(named - fields):
        raise _wrong(vendor, f"`{name}` is not a field of a {vendor.record}")
    # Without a key a row that has no id is named by its place.
    given = {*vendor.read_from, *reading.constants, *feed.given_otherwise(vendor)}
    given |= set() if vendor.key else {reading.shape.identity}
    for name in sorted(reading.demanded - given - {"vendor"}):
        raise _wrong(vendor, f"no column and no constant gives `{name}`")
    control, measure = vendor.format.control_total, reading.shape.measure
    if control is not None and (measure is None or control.column != measure.field):
        if measure is None:
            raise _wrong(vendor, f"a {vendor.record} is only counted: it has no control total")
        raise _wrong(vendor, f"a control total can only be that of `{measure.field}`")
    for name in sorted(reading.constants):
        problem = reading.constant(name).problem
        if problem is not None:
            raise _wrong(vendor, f"the constant `{name}` cannot be used: {problem.message}")


def _wrong(vendor: Vendor, message: str) -> UsageError:
    return UsageError(
        message,
        where=f"vendors/{vendor.vendor}.yaml",
        remedy="mend the vendor file; docs/interfaces.md describes its keys",
    )


def _interpretation(
    vendor: Vendor, feed: FeedContract, scopes: Collection[str], landed: Landed, own: OwnRules
) -> str:
    parts = vendor.model_dump(mode="json", include=set(vendor.deciding))
    known = sorted(scopes) if feed.shape.scope in vendor.read_from else []
    contract = feed.kinds[vendor.record].contract
    return digest(
        "interpretation",
        READING_VERSION,
        feed.rules_version,
        json.dumps(contract.model_json_schema(), sort_keys=True),
        json.dumps(parts, sort_keys=True),
        json.dumps(known),
        *(reference_path(name).read_bytes() for name in feed.reference),
        *declared_parts(vendor, feed.shape, landed),
        *([own.said] if own.said else []),
    )


def _applied(reading: Reading, columns: tuple[str, ...]) -> Interpreter:
    per_row = reading.vendor.format.kind in PER_ROW
    places = Columns(columns, per_row=per_row)
    sources: dict[str, tuple[int, ...]] = {}
    made, problems = made_cells(reading, places)
    problems = [*reading.delivery_problems, *problems]
    told = {problem.field for problem in problems}
    for name, aliases in reading.vendor.read_from.items():
        found = places.of(aliases)
        if per_row:
            sources[name] = tuple(place for group in found for place in group)
            continue
        if found:
            sources[name] = (found[0][0],)
            if len(found[0]) > 1 and name not in told:
                problems.append(_twice(name, columns[found[0][0]]))
        elif name in reading.demanded and name not in told:
            problems.append(_absent(name, aliases))
    sources |= {one.field: (place,) for place, one in enumerate(made, len(columns))}
    known = known_headers(reading.vendor, columns)
    unknown = tuple(p for p, name in enumerate(columns) if plain_name(name) not in known)
    drift = () if per_row else tuple(columns[place] for place in unknown)
    constants = {name: reading.constant(name).value for name in reading.constants}
    return Interpreter(
        reading=reading,
        columns=columns,
        sources=sources,
        unknown=unknown if per_row else (),
        drift=drift,
        header_problems=tuple(problems),
        made=tuple(made),
        given={"vendor": reading.vendor.vendor, **constants},
    )


def _absent(name: str, aliases: Sequence[str]) -> Problem:
    looked = ", ".join(f"'{alias}'" for alias in aliases)
    message = f"the header has no column for it; looked for {looked}"
    return Problem(name, Reason.SCHEMA_DRIFT, message)


def _twice(name: str, header: str) -> Problem:
    message = f"the header has {shown(header)} more than once, and which one counts is unknown"
    return Problem(name, Reason.SCHEMA_DRIFT, message, header)
