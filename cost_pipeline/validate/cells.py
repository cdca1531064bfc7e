"""Prepares cells as the vendor file says they are to be read, before either lane sees them.

Belongs here: which fields are made of more than the cell as it stands (several columns, what stands
beside a number, spellings of ids and texts), and making them, in columns. What is made comes as
further columns of the chunk, so the lanes know of cells only, and of the same ones.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.currency_signs import may_be_in
from cost_pipeline.contracts.number_style import MeasureStyle
from cost_pipeline.contracts.problems import Identifies, Problem, RefusedAs
from cost_pipeline.contracts.record import Record
from cost_pipeline.contracts.tables import Measure
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import plain_name
from cost_pipeline.validate.codes import Lookup
from cost_pipeline.validate.conflicts import Conflict, keeping_marks, marked, without_marked
from cost_pipeline.validate.reading import Reading
from cost_pipeline.validate.sides import (
    Sided,
    against_currency,
    currencies_of,
    filled,
    says_something,
)
from cost_pipeline.validate.texts import canonical_ids, plain_texts, styled_ids
from cost_pipeline.validate.units import Units

Make = Callable[[pa.Table], pa.Array]
"""A chunk's table to the cells of one field."""


@dataclass(frozen=True, slots=True)
class Made:
    """A field whose cells are made of others."""

    field: str
    make: Make


def with_made_cells(table: pa.Table, made: Sequence[Made], width: int) -> pa.Table:
    """Returns the chunk with a column `c{i}` more for each field that is made, from `width` on."""
    for place, one in enumerate(made, width):
        table = table.append_column(f"c{place}", one.make(table))
    return table


class Columns:
    """Where a vendor's header names stand among the columns of a delivery.

    Args:
        columns: The header names.
        per_row: Whether rows have columns of their own (JSON), so that none is missing.
    """

    def __init__(self, columns: Sequence[str], *, per_row: bool) -> None:
        self.per_row = per_row
        self.names = tuple(columns)
        self._places: dict[str, list[int]] = {}
        for place, name in enumerate(columns):
            self._places.setdefault(plain_name(name), []).append(place)

    def of(self, aliases: Sequence[str]) -> list[list[int]]:
        """Returns the places of each of the names that is there."""
        plain = dict.fromkeys(map(plain_name, aliases))
        return [self._places[name] for name in plain if name in self._places]

    def problem(self, name: str, aliases: Sequence[str]) -> Problem | None:
        """Returns what is wrong with the header for a column that must be there; None for JSON."""
        found = self.of(aliases)
        if self.per_row or (found and len(found[0]) == 1):
            return None
        listed = ", ".join(f"'{alias}'" for alias in aliases)
        message = f"the header has no column for it; looked for {listed}"
        if found:
            message = f"the header has {listed} more than once, and which one counts is unknown"
        return Problem(name, Reason.SCHEMA_DRIFT, message)


def made_cells(reading: Reading, columns: Columns) -> tuple[list[Made], list[Problem]]:
    """Returns the vendor's fields whose cells are made, and what the header lacks for that."""
    vendor, measure = reading.vendor, reading.shape.measure
    made: list[Made] = []
    problems: list[Problem] = []
    texts, ids = _texts(reading.contract), _ids(reading)
    coded = {name: make for one in reading.codes for name, make in _coded(one, columns).items()}
    for name, aliases in vendor.columns.items():
        if measure is not None and name == measure.field:
            make, own = _numbers(reading, measure, columns, coded.get(measure.unit))
            problems += own
        else:
            places = _all_of(columns.of(aliases))
            make = functools.partial(_filled_one, places) if len(places) > 1 else None
        if name in texts and (make is not None or columns.of(aliases)):
            first = make or functools.partial(_cells, columns.of(aliases)[0][0])
            make = _spelled(first, name, vendor, is_id=name in ids)
        if make is not None:
            made.append(Made(name, make))
    for name, make in coded.items():
        spelled = _spelled(make, name, vendor, is_id=name in ids) if name in texts else make
        made.append(Made(name, spelled))
    if measure is not None and vendor.measure is not None and vendor.measure.currencies:
        made.append(Made(measure.unit, _currencies(vendor, vendor.measure, measure, columns)))
    if measure is not None and vendor.measure is not None and vendor.measure.units:
        made.append(Made(measure.unit, _units(reading, vendor.measure, measure, columns)))
    return made, problems


def _ids(reading: Reading) -> set[str]:
    """Returns the fields that hold ids: those of the contract, and what keys are made of."""
    fields = reading.contract.model_fields.items()
    own = {name for name, info in fields if Identifies() in parts(info).notes}
    key = reading.vendor.key
    return own if key is None else own | {*key.fields} & _texts(reading.contract)


def _texts(contract: type[Record]) -> set[str]:
    """Returns the fields that hold text in which people write what they like."""
    fields = contract.model_fields.items()
    return {
        name
        for name, info in fields
        if name != "vendor" and any(_is_plain_text(note) for note in parts(info).notes)
    }


def _is_plain_text(note: object) -> bool:
    return isinstance(note, RefusedAs) and note.reason == Reason.BAD_TEXT


def _spelled(first: Make, name: str, vendor: Vendor, *, is_id: bool) -> Make:
    """Returns the cells of a text in the spelling that counts."""
    style = vendor.ids if vendor.ids is not None and name in vendor.ids.fields else None

    def make(table: pa.Table) -> pa.Array:
        cells = first(table)
        spelled = canonical_ids(cells) if is_id else cells
        if vendor.clean or not is_id:
            spelled = plain_texts(spelled, vendor.clean)
        if style is not None:
            spelled = keeping_marks(spelled, styled_ids(spelled, style))
        return keeping_marks(cells, spelled)

    return make


def _coded(codes: Lookup, columns: Columns) -> dict[str, Make]:
    """Returns how the cells of the fields of a map are made; nothing without its column."""
    places = _all_of(columns.of(codes.map.source))

    def made(name: str) -> Make:
        return lambda table: codes.of(name, _filled_one(places, table))

    return {name: made(name) for name in codes.map.gives} if places else {}


def _numbers(
    reading: Reading, measure: Measure, columns: Columns, unit: Make | None
) -> tuple[Make | None, list[Problem]]:
    """Returns how the cells of the measure are made, if they are; and what the header lacks."""
    vendor = reading.vendor
    style, aliases = vendor.measure or MeasureStyle(), vendor.columns[measure.field]
    checked = _signs_to_check(vendor, measure)
    places = _all_of(columns.of(aliases))
    plain = not style.says_the_side and not style.zero and not style.units and not checked
    if plain and len(places) < 2:  # noqa: PLR2004 - one column is read as it is
        return None, []
    needed = [style.debit, style.credit] if style.debit else [aliases]
    if style.sign is not None:
        needed.append(style.sign.column)
    found = (columns.problem(measure.field, names) for names in needed)
    problems = [problem for problem in found if problem is not None]
    if problems:
        return None, problems[:1]
    sided = Sided(style, vendor.numbers)
    sign = None if style.sign is None else _all_of(columns.of(style.sign.column))
    debit, credit = (
        _all_of(columns.of(side)) if side else [] for side in (style.debit, style.credit)
    )

    def make(table: pa.Table) -> pa.Array:
        if style.debit:
            numbers = sided.of_two(_first_filled(debit, table), _first_filled(credit, table))
        else:
            codes = None if sign is None else _first_filled(sign, table)
            one = _one_number(places, table, strict=not columns.per_row)
            numbers = sided.of_one(one, codes)
        numbers = sided.turned(numbers)
        if style.units:
            own = _first_filled(_all_of(columns.of(vendor.columns.get(measure.unit, ()))), table)
            units = Units(style, vendor.numbers, reading.numbers)
            numbers = keeping_marks(numbers, units.numbers(numbers, own))
        if checked:
            own = None if unit is None else without_marked(unit(table))
            stated = _stated(vendor, measure, columns, table) if own is None else own
            numbers = against_currency(numbers, checked, stated)
        return numbers

    return make, []


def _signs_to_check(vendor: Vendor, measure: Measure) -> list[str]:
    """Returns the currency signs with which a number may contradict its row's currency."""
    mapped = vendor.measure.currencies if vendor.measure is not None else {}
    signs = [s for s in vendor.numbers.symbols if s not in mapped]
    constant = vendor.constants.get(measure.unit)
    if measure.unit not in vendor.read_from and constant is not None:
        lawful = (may_be_in(sign) for sign in signs)
        if all(found is None or constant.strip() in found for found in lawful):
            return []
    elif all(may_be_in(sign) is None for sign in signs):
        return []
    return signs


def _stated(vendor: Vendor, measure: Measure, columns: Columns, table: pa.Table) -> pa.Array:
    """Returns each row's currency, from its own column or the constant; null if neither says it."""
    places = _all_of(columns.of(vendor.columns.get(measure.unit, ())))
    constant = pa.scalar(vendor.constants.get(measure.unit), pa.string())
    return pc.coalesce(_first_filled(places, table), constant)


def _currencies(vendor: Vendor, style: MeasureStyle, measure: Measure, columns: Columns) -> Make:
    signs = style.currencies
    aliases = vendor.columns.get(measure.field, ())
    numbers = _all_of(columns.of(aliases))
    own = _all_of(columns.of(vendor.columns.get(measure.unit, ())))

    def make(table: pa.Table) -> pa.Array:
        return currencies_of(_first_filled(numbers, table), signs, _first_filled(own, table))

    return make


def _units(reading: Reading, style: MeasureStyle, measure: Measure, columns: Columns) -> Make:
    vendor = reading.vendor
    numbers = _all_of(columns.of(vendor.columns.get(measure.field, ())))
    own = _all_of(columns.of(vendor.columns.get(measure.unit, ())))
    units = Units(style, vendor.numbers, reading.numbers)

    def make(table: pa.Table) -> pa.Array:
        return units.units(_first_filled(numbers, table), _first_filled(own, table))

    return make


def _one_number(places: Sequence[int], table: pa.Table, *, strict: bool) -> pa.Array:
    """Returns the number of rows with several columns for it, of which one may say something.

    Zero says nothing beside another number. `strict`: the first column is the one; what stands in
    another may be of another kind, such as a credit.
    """
    first, *others = [filled(_cells(place, table)) for place in places] or [_nothing(table)]
    for other in others:
        says, said = says_something(other), says_something(first)
        clash = says if strict else pc.and_(said, says)
        one = pc.if_else(says, other, pc.coalesce(first, other))
        one = pc.if_else(said, first, one)
        first = pc.if_else(clash, marked(first, Conflict.COLUMNS, other), one)
    return first


def _filled_one(places: Sequence[int], table: pa.Table) -> pa.Array:
    """Returns the cells of rows where one of several columns is filled, or all alike."""
    first, *others = [filled(_cells(place, table)) for place in places]
    for other in others:
        differ = pc.fill_null(pc.not_equal(first, other), fill_value=False)
        joined = marked(first, Conflict.COLUMNS, other)
        first = pc.if_else(differ, joined, pc.coalesce(first, other))
    return first


def _first_filled(places: Sequence[int], table: pa.Table) -> pa.Array:
    cells = [filled(_cells(place, table)) for place in places]
    return pc.coalesce(*cells) if cells else _nothing(table)


def _all_of(found: Sequence[Sequence[int]]) -> list[int]:
    return [place for places in found for place in places]


def _nothing(table: pa.Table) -> pa.Array:
    return pa.nulls(table.num_rows, pa.string())


def _cells(place: int, table: pa.Table) -> pa.Array:
    column = table.column(f"c{place}")
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def declared_settings(vendor: Vendor) -> Mapping[str, object]:
    """Returns the sections that decide how cells are read, as far as the vendor file has them."""
    found = {name: getattr(vendor, name) for name in vendor.declared}
    said = {name: section for name, section in found.items() if section}
    codes = [one.model_dump(mode="json") for one in vendor.codes]
    return ({"codes": codes} if codes else {}) | {
        name: section if isinstance(section, tuple) else section.model_dump(mode="json")
        for name, section in said.items()
        if section is not None
    }
