"""Columns seen as their distinct values: each is judged once, by the model's own field.

Belongs here: codes for a column, and the rules between fields judged once per distinct combination.
Equality with the model's lane is by construction: the same code judges the same values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cost_pipeline.contracts.rules import Rule, View, view
from cost_pipeline.validate.interpreter import Reading, Verdict
from cost_pipeline.validate.results import repeated

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

# Up to so many combinations are told apart by counting, more by sorting.
_COUNTED: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as codes into its distinct verdicts.

    Attributes:
        codes: Per row; None if every row has the one verdict.
        verdicts: Of the distinct texts.
    """

    codes: Codes | None
    verdicts: Sequence[Verdict]

    @property
    def good(self) -> Mask:
        """Per verdict, whether it is one of acceptance."""
        return np.array([v.problem is None for v in self.verdicts], dtype=np.bool_)

    def values(self, kind: pa.DataType, rows: Codes) -> pa.Array:
        """The typed values of these rows."""
        values = [verdict.value for verdict in self.verdicts]
        if self.codes is None:
            return repeated(values[0], len(rows), kind)
        return pa.array(values, kind).take(pa.array(self.codes[rows]))


def constant(verdict: Verdict) -> Coded:
    """A column in which every row has the same verdict."""
    return Coded(None, [verdict])


def coded(name: str, texts: pa.Array, reading: Reading) -> Coded:
    """A column of verbatim cells as its distinct verdicts."""
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    verdicts = [reading.judged(name, text) for text in [*distinct, None]]
    codes = encoded.indices.fill_null(len(distinct)).to_numpy().astype(np.int64)
    return Coded(codes, verdicts)


@dataclass(frozen=True, slots=True)
class Axis:
    """What one argument of a rule can be: codes into the things it may see."""

    codes: Codes | None
    things: Sequence[object]
    usable: Mask


def axis(column: Coded, how: View) -> Axis:
    """A coded column as a rule sees it; refused values are not shown to rules."""
    things = [None if v.problem else view(v.value, how) for v in column.verdicts]
    return Axis(column.codes, things, column.good)


def decimals_axis(quanta: Codes, most: int) -> Axis:
    """How many decimals amounts need, given as counts of their smallest unit."""
    needed = np.zeros(len(quanta), dtype=np.int64)
    for decimals in range(1, most + 1):
        needed[quanta % 10 ** (most - decimals + 1) != 0] = decimals
    return Axis(needed, range(most + 1), np.ones(most + 1, dtype=np.bool_))


def kept(rule: Rule, axes: Sequence[Axis], count: int) -> Mask:
    """Per row, whether it is proven to keep the rule."""
    combined = np.zeros(count, dtype=np.int64)
    sizes = [len(one.things) for one in axes]
    for one, size in zip(axes, sizes, strict=True):
        if one.codes is not None:
            combined = combined * size + one.codes
        else:
            combined *= size
    places = int(np.prod(sizes, dtype=object))
    if places <= _COUNTED:
        found = np.flatnonzero(np.bincount(combined, minlength=places))
        table = np.zeros(places, dtype=np.bool_)
        table[found] = [_keeps(rule, axes, sizes, int(place)) for place in found]
        return table[combined]
    found, back = np.unique(combined, return_inverse=True)
    verdicts = np.array([_keeps(rule, axes, sizes, int(place)) for place in found], dtype=np.bool_)
    return verdicts[back]


def _keeps(rule: Rule, axes: Sequence[Axis], sizes: Sequence[int], place: int) -> bool:
    seen: list[object] = []
    for one, size in zip(reversed(axes), reversed(sizes), strict=True):
        place, code = divmod(place, size)
        if not one.usable[code]:
            return False
        seen.append(one.things[code])
    return rule.check(*reversed(seen)) is None


def texts_present(texts: pa.Array) -> Coded:
    """A column of stripped texts, of which a rule sees only whether they are there."""
    codes = texts.is_valid().to_numpy(zero_copy_only=False).astype(np.int64)
    return Coded(codes, [Verdict(None), Verdict("present")])
