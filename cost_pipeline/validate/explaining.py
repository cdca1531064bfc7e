"""Explains refusals in columns: every problem of every row, in the order of the model's lane.

Belongs here: the order of a row's problems, and dead letters made of them without a loop over rows.
A problem's words are made once per distinct value, by whoever found it; here they are only put
together. The model's lane does the same for one row (`model_lane`), and property tests hold the two
equal, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.problems import Problem, error_json
from cost_pipeline.contracts.proofs import Mask
from cost_pipeline.core.reasons import Reason, Stage, failure_class
from cost_pipeline.core.text import BLANKS
from cost_pipeline.validate.coded import COUNTED, Coded, Codes, Slot
from cost_pipeline.validate.hashing import Pieces
from cost_pipeline.validate.model_lane import refused_as_negative, unknown_key
from cost_pipeline.validate.reading import Told
from cost_pipeline.validate.results import Context, letters_of


@dataclass(frozen=True, slots=True)
class Refused:
    """The refused rows of a chunk, and what was found about each field and rule.

    Attributes:
        fields: Each field's verdicts, of the whole chunk.
        rules: Each rule's problems, of the whole chunk.
        rows: Where the refused rows are.
        fingerprints: The fingerprints of the whole chunk.
    """

    table: pa.Table
    context: Context
    fields: Mapping[str, Coded]
    rules: Sequence[Slot]
    rows: Codes
    fingerprints: pa.ChunkedArray

    @property
    def count(self) -> int:
        """How many rows are refused."""
        return len(self.rows)


def explained(refused: Refused) -> pa.Table:
    """Returns the rows as dead letters."""
    shape = refused.context.shape
    if not refused.count:
        return shape.dead_letters.empty_table()
    slots = _slots(refused)
    which, reasons = _reasons(slots, refused.count)
    chosen = pa.array(refused.rows)
    fingerprints = refused.fingerprints.take(chosen).combine_chunks()
    cut = pa.array(_malformed(refused))
    shown = {name: _shown(refused, name, cut) for name in shape.shown}
    if shape.measure is not None:
        shown[shape.measure.field] = _measured(refused, shape.measure.field, cut)
    columns: dict[str, Sequence[object] | pa.Array] = {
        "id": _ids(refused, fingerprints, which, reasons),
        "fingerprint": fingerprints,
        "row": refused.table.column("row").take(chosen),
        "line": refused.table.column("line").take(chosen),
        "failure_class": _classes(refused, reasons).take(which),
        "reasons": pa.array([[str(one) for one in why] for why in reasons]).take(which),
        "errors": _errors(slots, chosen),
        "payload": refused.table.column("text").take(chosen),
        **shown,
    }
    return letters_of(columns, refused.count, refused.context)


def _slots(refused: Refused) -> list[Slot]:
    """Returns the places of a problem in the order in which a row's problems are told."""
    malformed = _malformed(refused)
    found = [
        replace(slot, codes=np.where(malformed, 0, slot.codes))
        for slot in _told(refused)
        if slot.codes.any()
    ]
    if malformed.any():
        found.append(_malformed_slot(refused))
    return found


def _malformed(refused: Refused) -> Mask:
    cut: Mask = refused.table.column("malformed").is_valid().to_numpy()[refused.rows]
    return cut


def _malformed_slot(refused: Refused) -> Slot:
    chosen = refused.table.column("malformed").take(pa.array(refused.rows))
    encoded = chosen.combine_chunks().dictionary_encode()
    problems = [Problem("", Reason.MALFORMED_ROW, m) for m in encoded.dictionary.to_pylist()]
    return Slot((encoded.indices.fill_null(-1).to_numpy() + 1), problems)


def _told(refused: Refused) -> Iterator[Slot]:
    """Yields what is wrong with a row that was cut into cells."""
    interpreter = refused.context.interpreter
    reading = interpreter.reading
    every = np.ones(refused.count, dtype=np.int32)
    for problem in interpreter.header_problems:
        yield Slot(every, [problem])
    for name in interpreter.sources:
        yield from _field_slot(refused, name, Told.READING)
    for name in sorted(reading.demanded):
        yield from _field_slot(refused, name, Told.EMPTY)
    for place in interpreter.unknown:
        there = refused.table.column(f"c{place}").is_valid().to_numpy()[refused.rows]
        yield Slot(there.astype(np.int32), [unknown_key(interpreter, place)])
    if reading.credits is not None and reading.vendor.refuses_negatives:
        yield _negative_slot(refused, reading.credits)
    for name in reading.contract.model_fields:
        yield from _field_slot(refused, name, Told.MODEL)
    for slot in refused.rules:
        if slot.problems:
            yield _not_told_before(refused, slot)


def _field_slot(refused: Refused, name: str, told: Told) -> Iterator[Slot]:
    column = refused.fields.get(name)
    if column is None:
        return  # the vendor's own name, which is no field of a row
    numbers = np.zeros(len(column.verdicts), dtype=np.int32)
    problems: list[Problem] = []
    alike = None
    for place, verdict in enumerate(column.verdicts):
        if verdict.told is told and verdict.problem is not None:
            problems.append(verdict.problem)
            numbers[place] = len(problems)
            if column.alike is not None and column.alike.code == place:
                alike = len(problems), column.alike
    if problems:
        yield Slot(_of_rows(column, numbers, refused.rows), problems, alike)


def _of_rows(column: Coded, per_verdict: npt.NDArray[Any], rows: Codes) -> npt.NDArray[Any]:
    if column.codes is None:
        return np.repeat(per_verdict[:1], len(rows))
    return per_verdict[column.codes[rows]]


def _negative_slot(refused: Refused, name: str) -> Slot:
    """Returns the problem of a credit that is also refused for something else."""
    column = refused.fields[name]
    contract = refused.context.interpreter.reading.contract
    numbers = np.zeros(len(column.verdicts), dtype=np.int32)
    problems: list[Problem] = []
    for place, verdict in enumerate(column.verdicts):
        if verdict.read is not None and verdict.read < 0:
            problem = refused_as_negative(contract, name, verdict.read)
            if problem is not None:
                problems.append(problem)
                numbers[place] = len(problems)
    return Slot(_of_rows(column, numbers, refused.rows), problems)


def _not_told_before(refused: Refused, slot: Slot) -> Slot:
    """Leaves out a rule's problems with fields that are empty or could not be read."""
    codes = slot.codes[refused.rows]
    header = {problem.field for problem in refused.context.interpreter.header_problems}
    for name in {problem.field for problem in slot.problems}:
        spoiled = refused.fields[name].told(Told.READING, Told.EMPTY)
        if name in header:
            spoiled = np.ones(1, dtype=np.bool_)
        if spoiled is None:
            continue
        of_name = np.array([False, *(problem.field == name for problem in slot.problems)])
        here = spoiled if len(spoiled) == 1 else spoiled[refused.rows]
        codes = np.where(here & of_name[codes], 0, codes)
    return Slot(codes, slot.problems)


def _reasons(slots: Sequence[Slot], count: int) -> tuple[pa.Array, list[tuple[str, ...]]]:
    """Returns, by row, the number of its set of reasons; and the sets, each sorted."""
    known = sorted({problem.code for slot in slots for problem in slot.problems})
    bits = np.zeros(count, dtype=np.int64)  # there are fewer reasons than bits
    for slot in slots:
        per_problem = [0, *(1 << known.index(problem.code) for problem in slot.problems)]
        bits |= np.array(per_problem, dtype=np.int64)[slot.codes]
    sets, which = _numbered(bits, 1 << len(known))
    reasons = [
        tuple(reason for place, reason in enumerate(known) if found >> place & 1)
        for found in sets.tolist()
    ]
    return pa.array(which.astype(np.int32)), reasons


def _numbered(
    codes: npt.NDArray[np.int64], places: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Returns the distinct codes below `places`, and by row the number of its own among them."""
    if places > COUNTED:
        sets, which = np.unique(codes, return_inverse=True)
        return sets, which
    found = np.flatnonzero(np.bincount(codes, minlength=places))
    numbers = np.zeros(places, dtype=np.int64)
    numbers[found] = np.arange(len(found))
    return found, numbers[codes]


def _classes(refused: Refused, reasons: Sequence[tuple[str, ...]]) -> pa.Array:
    own = refused.context.reasons
    return pa.array([failure_class(why, own).value for why in reasons])


def _errors(slots: Sequence[Slot], rows: pa.Array) -> pa.Array:
    """Returns, by row, a JSON list of its problems."""
    sizes = [len(slot.problems) + 1 for slot in slots]
    places = int(np.prod(sizes, dtype=object))
    if places <= COUNTED and not any(slot.alike for slot in slots):
        combined = np.ravel_multi_index([slot.codes for slot in slots], sizes)
        return _errors_by_combination(slots, sizes, combined, places)
    told = np.zeros(len(rows), dtype=np.int32)
    for slot in slots:
        told += slot.codes != 0
    alone, several = told == 1, np.flatnonzero(told > 1)
    # Most rows have one problem: each text is written once, with its brackets, and then moved.
    chosen, texts = [several], [_joined(slots, rows, several)]
    for slot in slots:
        chosen.append(np.flatnonzero(alone & (slot.codes != 0)))
        texts.append(_error(slot, rows, chosen[-1], "[", "]"))
    back = np.empty(len(rows), dtype=np.int64)
    back[np.concatenate(chosen)] = np.arange(len(rows))
    return pa.concat_arrays(texts).take(pa.array(back))


def _joined(slots: Sequence[Slot], rows: pa.Array, chosen: Codes) -> pa.Array:
    """Returns the lists of these rows, which have several problems each."""
    texts = [pa.nulls(len(chosen), pa.string()) for _ in slots]
    for place, slot in enumerate(slots):
        here = slot.codes[chosen] != 0
        if here.any():
            own = _error(slot, rows, chosen[here])
            texts[place] = pc.replace_with_mask(texts[place], pa.array(here), own)
    joined = pc.binary_join_element_wise(*texts, ", ", null_handling="skip")
    return pc.binary_join_element_wise("[", joined, "]", "")


def _error(
    slot: Slot, rows: pa.Array, chosen: Codes, before: str = "", after: str = ""
) -> pa.Array:
    """Returns what stands in the lists of these rows for one place, where each has a problem."""
    texts = [before + error_json(problem) + after for problem in slot.problems]
    codes = slot.codes[chosen]
    if slot.alike is None:
        return pa.array(texts, pa.string()).take(pa.array(codes - 1))
    number, alike = slot.alike
    here = codes == number
    opening, rest = texts[number - 1].split(f"\"'{alike.sample}'", 1)
    between, closing = rest.rsplit(f'"{alike.sample}"', 1)
    cells = pc.utf8_trim(alike.cells.take(rows.take(pa.array(chosen[here]))), characters=BLANKS)
    own = pc.binary_join_element_wise(
        f"{opening}\"'", cells, f"'{between}\"", cells, f'"{closing}', ""
    )
    if here.all():
        return own
    errors = pa.array(texts, pa.string()).take(pa.array(codes - 1))
    return pc.replace_with_mask(errors, pa.array(here), own)


def _errors_by_combination(
    slots: Sequence[Slot], sizes: Sequence[int], combined: npt.NDArray[np.int64], places: int
) -> pa.Array:
    """Returns the same where the combinations are few: each is written once."""
    found, numbers = _numbered(combined, places)
    texts = [["", *map(error_json, slot.problems)] for slot in slots]
    lists = [
        f"[{', '.join(text[code] for text, code in zip(texts, codes, strict=True) if code)}]"
        for codes in zip(*(c.tolist() for c in np.unravel_index(found, sizes)), strict=True)
    ]
    return pa.array(lists, pa.string()).take(pa.array(numbers))


def _shown(refused: Refused, name: str, cut: pa.Array) -> pa.Array:
    """Returns what could be read of a field nevertheless; nothing for a row without cells."""
    kind = refused.context.shape.type_of(name)
    if name not in refused.fields:
        return pa.nulls(refused.count, kind)
    column = refused.fields[name]
    values = column.values(kind, refused.rows)
    return pc.if_else(cut, pa.scalar(None, kind), values)


def _measured(refused: Refused, name: str, cut: pa.Array) -> pa.Array:
    kind = refused.context.shape.type_of(name)
    if name not in refused.fields:
        return pa.nulls(refused.count, kind)
    column, exact = refused.fields[name], refused.context.interpreter.reading.exact[name]
    read = [exact.fitting(verdict.read) for verdict in column.verdicts]
    codes = _of_rows(column, np.arange(len(read), dtype=np.int32), refused.rows)
    values = pa.array(read, kind).take(pa.array(codes))
    if column.bulk is not None:
        proven = column.bulk.take(pa.array(refused.rows))
        values = pc.if_else(pa.array(codes == 0), proven, values)
    return pc.if_else(cut, pa.scalar(None, kind), values)


def _ids(
    refused: Refused, fingerprints: pa.Array, which: pa.Array, reasons: Sequence[tuple[str, ...]]
) -> pa.ChunkedArray:
    """Returns `core.reasons.dead_letter_id` of every row."""
    pieces = Pieces("d", refused.count)
    pieces.constant(refused.context.interpreter.reading.vendor.vendor)
    pieces.expression("fingerprint")
    pieces.constant(Stage.VALIDATE.value)
    pieces.distinct(which, reasons)
    rows = pa.table({"fingerprint": fingerprints, **pieces.columns})
    return query(f"select {pieces.digest('dead_letter')} as id from rows", rows=rows)["id"]
