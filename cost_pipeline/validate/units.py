"""Numbers with units: the unit's text is told from the number, looked up, and the number converted.

Belongs here: units that are declared, of a column of texts and of one total. A factor is exact, and
so is what comes of it; how many digits a number may have is the contract's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.number_style import UNIT_SIGNS, MeasureStyle, NumberStyle
from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.validate.conflicts import Conflict, marked
from cost_pipeline.validate.numbers import NumberReader

_FIRST: Final = rf"\p{{L}}{UNIT_SIGNS}"
# The number ends with its last character before the first letter; nothing of it is a letter.
_SPLIT: Final = rf"^(?P<number>[^{_FIRST}]*[0-9][^{_FIRST}]*)(?P<unit>[{_FIRST}].*)$"
# The product of a number of 38 digits and a factor of 30 has no more.
_WIDE: Final = Context(prec=80)


class Units:
    """How one vendor writes units.

    Args:
        style: What is declared; it has `units`.
        numbers: How its numbers are written.
        reader: Reads them.
    """

    def __init__(self, style: MeasureStyle, numbers: NumberStyle, reader: NumberReader) -> None:
        self._units = style.units
        self._decimal = numbers.decimal
        self._read = reader.read

    def numbers(self, cells: pa.Array, column: pa.Array) -> pa.Array:
        """Returns the numbers of cells in the units that are stored.

        Args:
            cells: Numbers, perhaps with a unit behind; stripped or null.
            column: The texts of the units' own column; stripped or null.
        """
        bare, beside = _split(cells)
        units = pc.coalesce(beside, column)
        known = pc.is_in(units, value_set=_texts(self._units))
        strange = pc.and_(pc.is_valid(units), pc.invert(known))
        found = self._converted(bare, units)
        found = pc.if_else(strange, marked(bare, Conflict.UNIT, units), found)
        differ = pc.fill_null(pc.not_equal(self._stored(beside), self._stored(column)), False)  # noqa: FBT003
        found = pc.if_else(differ, marked(cells, Conflict.UNITS, column), found)
        return pc.if_else(pc.is_valid(cells), found, pa.scalar(None, pa.string()))

    def units(self, cells: pa.Array, column: pa.Array) -> pa.Array:
        """Returns the unit of each row as it is stored; one that is not declared as it is."""
        _, beside = _split(cells)
        units = pc.coalesce(beside, column)
        return pc.coalesce(self._stored(units), units)

    def total(self, text: str) -> Decimal | Problem:
        """Returns a total that is declared; without a unit it is one of units that are stored."""
        bare, beside = (part[0].as_py() for part in _split(pa.array([text], pa.string())))
        if beside is None and any(one.factor != 1 for one in self._units.values()):
            message = f"{shown(text)} is a total without a unit, and its rows have several"
            return Problem("", Reason.BAD_NUMBER, message, text)
        if beside is not None and beside not in self._units:
            message = f"{shown(text)} has a unit that `units` does not name"
            return Problem("", Reason.BAD_NUMBER, message, text)
        found = self._read(bare)
        if beside is None or isinstance(found, Problem):
            return found
        return _WIDE.multiply(found, self._units[beside].factor)

    def _stored(self, units: pa.Array) -> pa.Array:
        stored = pa.array([one.unit for one in self._units.values()], pa.string())
        return stored.take(pc.index_in(units, value_set=_texts(self._units)))

    def _converted(self, bare: pa.Array, units: pa.Array) -> pa.Array:
        """Returns the numbers times the factors of their units, as this vendor would write them."""
        for unit, one in self._units.items():
            if one.factor == 1:
                continue
            mine = pc.fill_null(pc.equal(units, unit), False)  # noqa: FBT003
            if not pc.any(mine).as_py():
                continue
            encoded = bare.filter(mine).dictionary_encode()
            products = [
                self._product(number, one.factor) for number in encoded.dictionary.to_pylist()
            ]
            bare = pc.replace_with_mask(
                bare, mine, pa.array(products, pa.string()).take(encoded.indices)
            )
        return bare

    def _product(self, text: str | None, factor: Decimal) -> str | None:
        number = None if text is None else self._read(text)
        if number is None or isinstance(number, Problem):
            return text  # whoever reads it says so
        whole, _, decimals = format(_WIDE.multiply(number, factor), "f").partition(".")
        decimals = decimals.rstrip("0")
        return f"{whole}{self._decimal}{decimals}" if decimals else whole


def _split(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Returns numbers and the units behind them; null where there is none."""
    found = pc.extract_regex(cells, pattern=_SPLIT)
    unit = pc.if_else(pc.is_valid(found), pc.struct_field(found, "unit"), None)
    number = pc.if_else(pc.is_valid(unit), pc.struct_field(found, "number"), cells)
    return pc.utf8_trim(number, characters=BLANKS), pc.utf8_trim(unit, characters=BLANKS)


def _texts(units: Iterable[str]) -> pa.Array:
    return pa.array(list(units), pa.string())
