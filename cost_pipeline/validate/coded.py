"""Columns seen as their distinct values: each is judged once, by the model's own field.

Belongs here: codes for a column, and the rules between fields judged once per distinct combination.
Equality with the model's lane is by construction: the same code judges the same values. Values that
were proven all together need no verdict of their own; they share one code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.proofs import Mask
from cost_pipeline.contracts.rules import Rule, Seen, View, view
from cost_pipeline.core.text import BLANKS
from cost_pipeline.validate.reading import Reading, Told, Verdict, positive
from cost_pipeline.validate.results import repeated

Codes = npt.NDArray[np.signedinteger[Any]]

# Up to so many combinations are told apart by counting, more by sorting.
COUNTED: Final = 1 << 20
# More distinct values of a field are looked at together first.
_MANY: Final = 64
# So many of them, though refused with the same words, are still judged one by one: explaining many
# rows is quicker where their texts are told apart.
_FEW: Final = 16
# The verdict on values that were proven together; their own are in `Coded.bulk`.
PROVEN: Final = Verdict(None)
# In the place of a problem's number: a rule that only the model can ask.
UNSURE: Final = -1


@dataclass(frozen=True, slots=True)
class Alike:
    """Many texts that are refused with the same words, but for the text itself.

    Attributes:
        code: Their common code; its verdict is that on the sample.
        sample: One of them, stripped.
        cells: The cells of all rows, verbatim.
    """

    code: int
    sample: str
    cells: pa.Array


@dataclass(frozen=True, slots=True)
class Coded:
    """A field of a chunk, as codes that point to its distinct verdicts.

    Attributes:
        name: The field.
        codes: The code of each row; None if every row has the first verdict.
        verdicts: The verdicts on the distinct texts.
        bulk: The values of the rows of code 0, whose verdict is `PROVEN`; of other rows what was
            accepted, and anything where it was not.
        alike: The rows of one code whose texts are not told apart.
    """

    name: str
    codes: Codes | None
    verdicts: Sequence[Verdict]
    bulk: pa.Array | None = None
    alike: Alike | None = None

    def has(self, chosen: Sequence[bool]) -> Mask | None:
        """Returns, by row, whether its verdict is chosen; None if no row's is."""
        if not any(chosen):
            return None
        per_verdict = np.array(chosen, dtype=np.bool_)
        return per_verdict if self.codes is None else per_verdict[self.codes]

    def refused(self) -> Mask | None:
        """Returns, by row, whether the field is refused; one value for all if it has no codes."""
        return self.has([v.problem is not None for v in self.verdicts])

    def told(self, *when: Told) -> Mask | None:
        """Returns, by row, whether the field's problem is found then."""
        return self.has([v.told in when for v in self.verdicts])

    def values(self, kind: pa.DataType, rows: Codes) -> pa.Array:
        """Returns the typed values of these rows; for a refused one what stands in for it."""
        if self.bulk is not None:
            return self.bulk.take(pa.array(rows))
        if self.codes is None:
            return repeated(self.distinct()[0], len(rows), kind)
        return pa.array(self.distinct(), kind).take(pa.array(self.codes[rows]))

    def distinct(self) -> list[Any]:
        """Returns the values of the verdicts, as a record holds them."""
        return [verdict.value for verdict in self.verdicts]


def constant(name: str, verdict: Verdict) -> Coded:
    """Returns a field that has the same verdict in every row."""
    return Coded(name, None, [verdict])


def coded(name: str, cells: pa.Array, reading: Reading) -> Coded:
    """Returns a column of verbatim cells as its distinct verdicts."""
    encoded = cells.dictionary_encode()
    distinct = encoded.dictionary
    indices = encoded.indices.fill_null(len(distinct)).to_numpy()
    apart: Codes = np.arange(len(distinct), dtype=np.int32)
    alike = None
    if len(distinct) > _MANY:
        texts = pc.utf8_trim(distinct, characters=BLANKS)
        same = reading.refused_alike(name, texts)
        if np.count_nonzero(same) > _FEW:
            apart = np.flatnonzero(~same)
            sample = texts[int(np.argmax(same))].as_py()
            alike = Alike(len(apart), sample, cells)
            # The others keep their order, then come those that are alike, then the empty ones.
            codes = np.full(len(distinct) + 1, len(apart), dtype=np.int32)
            codes[apart] = np.arange(len(apart))
            codes[-1] = len(apart) + 1
            indices = codes[indices]
    verdicts = [reading.judged(name, t) for t in distinct.take(pa.array(apart)).to_pylist()]
    if alike is not None:
        verdicts.append(reading.judged(name, alike.sample))
    if encoded.indices.null_count:
        verdicts.append(reading.judged(name, None))
    return Coded(name, indices, verdicts, alike=alike)


def proven_but(name: str, bulk: pa.Array, proven: Mask, cells: pa.Array, reading: Reading) -> Coded:
    """Returns a column of values proven together, except some that are judged by their cells."""
    odd = np.flatnonzero(~proven)
    if not len(odd):
        return Coded(name, None, [PROVEN], bulk)
    rest = coded(name, cells.take(pa.array(odd)), reading)
    assert rest.codes is not None  # noqa: S101 - for the type checker: `coded` gives codes
    codes = np.zeros(len(proven), dtype=np.int32)
    codes[odd] = rest.codes + 1
    if any(verdict.problem is None for verdict in rest.verdicts):
        accepted = np.zeros(len(proven), dtype=np.bool_)
        accepted[odd] = True
        values = rest.values(bulk.type, np.arange(len(odd)))
        bulk = pc.replace_with_mask(bulk, pa.array(accepted), values)
    alike = rest.alike and Alike(rest.alike.code + 1, rest.alike.sample, cells)
    return Coded(name, codes, [PROVEN, *rest.verdicts], bulk, alike)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the list of a row's problems.

    Attributes:
        codes: Per row the number of its problem, counted from 1, or 0 if it has none here.
        problems: The distinct ones.
        alike: The number of a problem that is not the same in all its rows, and their texts.
    """

    codes: Codes
    problems: Sequence[Problem]
    alike: tuple[int, Alike] | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """What one argument of a rule can be, as codes that point to the things it may see.

    Attributes:
        asked: Per thing, whether the rule is asked about it; it is not if the model refuses it.
        sure: Per thing, whether the model's value looks the same to the rule as what was read.
    """

    codes: Codes | None
    things: Sequence[object]
    asked: Sequence[bool]
    sure: Sequence[bool]


def axis(column: Coded, how: View, *, required: bool, signed: bool) -> Axis:
    """Returns a column as a rule sees it.

    Args:
        column: The field.
        how: What the rule looks at.
        required: Whether the contract needs a value, so that the model complains without one.
        signed: Whether its negative values are judged as what they take back.
    """

    def asked(verdict: Verdict) -> bool:
        return verdict.told is not Told.MODEL and not (required and verdict.read is None)

    def seen(value: Any) -> object:  # noqa: ANN401 - of the field's own type
        return view(positive(value) if signed else value, how)

    first, base = _proven_things(column, how)
    verdicts = column.verdicts if not base else column.verdicts[1:]
    can = [asked(v) for v in verdicts]
    things = [seen(v.read) if ok else None for v, ok in zip(verdicts, can, strict=True)]
    sure = [
        not ok or v.problem is not None or seen(v.value) == thing
        for v, ok, thing in zip(verdicts, can, things, strict=True)
    ]
    known = [True] * len(base)
    return Axis(first, [*base, *things], known + can, known + sure)


def _proven_things(column: Coded, how: View) -> tuple[Codes | None, list[object]]:
    """Returns what a rule sees of a column's proven values, and the codes of all rows."""
    if column.bulk is None:
        return column.codes, []
    if how is View.PRESENT:
        things: list[object] = [False, True]
        codes = column.bulk.is_valid().to_numpy(zero_copy_only=False).astype(np.int32)
    elif how is View.DECIMALS:
        codes = _decimals(column.bulk)
        things = list(range(column.bulk.type.scale + 1))
    else:
        raise ValueError(f"a rule sees the values of {column.name}: judge them one by one")
    if column.codes is not None:
        codes = np.where(column.codes == 0, codes, column.codes - 1 + len(things))
    return codes, things


def quanta_of(numbers: pa.Array) -> npt.NDArray[np.int64]:
    """Returns numbers of at most 18 digits as counts of their smallest step (the low 64 bits)."""
    words = np.frombuffer(numbers.buffers()[1], dtype=np.dtype("<i8"))
    start = 2 * numbers.offset
    return words[start : start + 2 * len(numbers) : 2]


def _decimals(numbers: pa.Array) -> Codes:
    """Returns how many decimals each of these numbers needs."""
    quanta, most = quanta_of(numbers), numbers.type.scale
    needed = np.zeros(len(quanta), dtype=np.int32)
    for decimals in range(1, most + 1):
        needed[quanta % 10 ** (most - decimals + 1) != 0] = decimals
    return needed


def kept(rule: Rule, columns: Sequence[Coded], reading: Reading, count: int) -> Slot:
    """Returns, by row, the rule's problem, from the fields that it sees in its order."""
    fields = reading.contract.model_fields
    axes = [
        axis(
            column,
            seen.how,
            required=fields[seen.field].is_required(),
            signed=seen.field == reading.credits,
        )
        for column, seen in zip(columns, rule.sees, strict=True)
    ]
    sizes = [len(one.things) for one in axes]
    combined = np.zeros(count, dtype=np.int64)
    for one, size in zip(axes, sizes, strict=True):
        combined *= size
        if one.codes is not None:
            combined += one.codes
    problems: dict[Problem, int] = {}
    places = int(np.prod(sizes, dtype=object))
    if places <= COUNTED:
        found = np.flatnonzero(np.bincount(combined, minlength=places))
        table = np.zeros(places, dtype=np.int32)
        table[found] = _asked(rule, axes, np.unravel_index(found, sizes), problems)
        return Slot(table[combined], list(problems))
    found, back = np.unique(combined, return_inverse=True)
    numbers = _asked(rule, axes, np.unravel_index(found, sizes), problems)
    return Slot(numbers[back], list(problems))


def _asked(
    rule: Rule, axes: Sequence[Axis], places: Sequence[Codes], problems: dict[Problem, int]
) -> npt.NDArray[np.int32]:
    """Returns the number of the problem of each combination of codes, 0 or `UNSURE`."""
    ask = np.ones(len(places[0]), dtype=np.bool_)
    sure = ask.copy()
    for one, codes in zip(axes, places, strict=True):
        ask &= np.array(one.asked)[codes]
        sure &= np.array(one.sure)[codes]
    numbers = np.where(ask & ~sure, np.int32(UNSURE), np.int32(0))
    asking = np.flatnonzero(ask & sure)
    seen = [
        [one.things[code] for code in codes[asking].tolist()]
        for one, codes in zip(axes, places, strict=True)
    ]
    for place, things in zip(asking.tolist(), zip(*seen, strict=True), strict=True):
        problem = rule.check(*things)
        if problem is not None:
            numbers[place] = problems.setdefault(problem, len(problems) + 1)
    return numbers


def seen_fields(rules: Sequence[Rule], how: View) -> set[str]:
    """Returns the fields of which a rule sees this."""

    def sees(seen: Seen) -> bool:
        return seen.how is how

    return {seen.field for rule in rules for seen in filter(sees, rule.sees)}
