"""What a vendor file and a header say about reading a row, compiled once.

Belongs here: which columns feed which contract field, what the header lacks, how one text becomes
one typed value, and the digest that names this interpretation. Judging is the lanes' work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.cost import CostRecord, judge_field, refused_as
from cost_pipeline.contracts.kinds import CONTRACTS
from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.proofs import Mask, TextProof, shown_as_they_are, text_proof
from cost_pipeline.contracts.rules import RULES_VERSION, Rule, rules_for
from cost_pipeline.contracts.texts import Reader, reader
from cost_pipeline.contracts.vendor import FormatKind, Vendor
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.reference import reference_path
from cost_pipeline.validate.amounts import AmountReader
from cost_pipeline.validate.dates import DateReader

# Raise it when the reading of a row changes in code: it is part of every interpretation.
READING_VERSION: Final = 2
_VERDICT_DATA: Final = ("currencies.csv", "union_categories.csv", "tax_id_demands.csv")
# What of a vendor file decides verdicts; where it is fetched from does not.
_VERDICT_KEYS: Final = {
    "vendor",
    "feed",
    "production",
    "record",
    "format",
    "dates",
    "numbers",
    "negatives",
    "posts",
    "key",
    "columns",
    "ignore",
    "constants",
}
_MOST_REMEMBERED: Final = 100_000

# Texts, amounts and dates; of a timecard also minutes, flags, lists of words and of gross lines.
FieldValue = Any


class Told(Enum):
    """At which point of judging a row a field's problem is found; problems are told in this order.

    READING: its text cannot be read. EMPTY: it has none and needs one. MODEL: the contract refuses
    what was read.
    """

    READING = 1
    EMPTY = 2
    MODEL = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """One text of one field, seen by itself.

    Attributes:
        value: What a record holds: typed, None for empty or refused.
        problem: What is wrong with it, if anything is.
        told: When that is found.
        read: What was read and is shown to the model and to rules, refused by them or not.
    """

    value: FieldValue | None
    problem: Problem | None = None
    told: Told | None = None
    read: FieldValue | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How one vendor's texts are read, whatever the header.

    Attributes:
        readers: How the texts of fields are read that are not simply their value.
        proofs: Contract field to its proof over a column; a field without one is judged by value.
        constants: Contract field to its text, from the vendor file.
        demanded: Fields that may not be empty, by the contract or by the key.
        interpretation: Digest of everything that decides a verdict.
        remembered: Verdicts on distinct texts, by field; a cache.
    """

    vendor: Vendor
    contract: type[CostRecord]
    rules: tuple[Rule, ...]
    readers: Mapping[str, Reader]
    proofs: Mapping[str, TextProof]
    constants: Mapping[str, str]
    demanded: frozenset[str]
    productions: frozenset[str]
    amounts: AmountReader
    dates: DateReader
    interpretation: str
    remembered: dict[str, dict[str, Verdict]] = field(default_factory=dict, compare=False)

    def read(self, name: str, text: str) -> FieldValue | Problem | None:
        """The typed value of one cell; blanks around it do not count, an empty one is None."""
        stripped = text.strip()
        if not stripped:
            return None
        if name in self.readers:
            return self.readers[name](name, stripped)
        if name == "production" and stripped not in self.productions:
            message = f"{shown(stripped)} is not a production of this home"
            return Problem(name, Reason.UNKNOWN_PRODUCTION, message)
        return stripped

    def judged(self, name: str, text: str | None) -> Verdict:
        """The verdict on one cell of a field: read, and judged by the model's own field.

        Where there is no value the field's constant stands in, if it has one.
        """
        if text is None:
            return self._absent(name)
        seen = self.remembered.setdefault(name, {})
        verdict = seen.get(text)
        if verdict is None:
            verdict = self._judged(name, self.read(name, text))
            if len(seen) >= _MOST_REMEMBERED:
                seen.clear()
            seen[text] = verdict
        return verdict

    def refused_alike(self, name: str, texts: pa.Array) -> Mask:
        """Which of these stripped texts have one verdict of refusal, but for the text shown in it.

        A true value is a proof; a false one only means that the text has to be judged by itself.
        """
        info = self.contract.model_fields[name]
        base, words = parts(info).base, refused_as(self.contract, name)
        if base is Decimal:
            found = self.amounts.unreadable(texts)
        elif base is date:
            found = self.dates.unreadable(texts)
        elif name in self.proofs and name not in self.readers and words.alike:
            found = pa.array(~self.proofs[name](texts))
        else:
            return np.zeros(len(texts), dtype=np.bool_)
        certain: Mask = pc.and_(found, shown_as_they_are(texts)).to_numpy(zero_copy_only=False)
        return certain

    def constant(self, name: str) -> Verdict:
        """The verdict on a constant's text; a credit is none, so it may not be negative."""
        value = self.read(name, self.constants[name])
        if value is None:
            return self._empty(name)
        if isinstance(value, Problem):
            return Verdict(None, value, Told.READING)
        return self._modelled(name, value, value)

    def _judged(self, name: str, value: FieldValue | Problem | None) -> Verdict:
        if value is None:
            return self._absent(name)
        if isinstance(value, Problem):
            given = self._absent(name) if name in self.constants else None
            if given is None:
                return Verdict(None, value, Told.READING)
            return Verdict(given.value, value, Told.READING, given.read)
        return self._modelled(name, value, as_cost(name, value))

    def _modelled(self, name: str, value: FieldValue, cost: FieldValue) -> Verdict:
        found = judge_field(self.contract, name, cost)
        if isinstance(found, Problem):
            return Verdict(None, found, Told.MODEL, value)
        # A record's value is the model's; of a credit, its opposite.
        return Verdict(found if cost is value else value, None, None, value)

    def _absent(self, name: str) -> Verdict:
        value = self.constant(name).value if name in self.constants else None
        return self._empty(name) if value is None else self._modelled(name, value, value)

    def _empty(self, name: str) -> Verdict:
        if name in self.demanded:
            problem = Problem(name, Reason.MISSING_FIELD, "it is empty")
            return Verdict(None, problem, Told.EMPTY)
        return Verdict(None)


def as_cost(name: str, value: FieldValue) -> FieldValue:
    """A value as the model sees it: of a credit's amount, that of the cost that it takes back.

    Whether a credit may be posted depends on other rows and on people, so posting decides it.
    """
    if name == "amount" and isinstance(value, Decimal) and value < 0:
        return value.copy_negate()
    return value


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
        given: Contract field to the value that a row has without any of its columns.
    """

    reading: Reading
    columns: tuple[str, ...]
    sources: Mapping[str, tuple[int, ...]]
    unknown: tuple[int, ...]
    drift: tuple[str, ...]
    header_problems: tuple[Problem, ...]
    given: Mapping[str, FieldValue | None]

    @property
    def interpretation(self) -> str:
        """Digest that changes exactly if a verdict could."""
        return self.reading.interpretation

    def for_columns(self, columns: tuple[str, ...]) -> Interpreter:
        """The same reading on other columns."""
        return self if columns == self.columns else _applied(self.reading, columns)

    def declared_total(self, control: Mapping[str, str]) -> Decimal | Problem | None:
        """The sum that a control row declares; None if it or its cell is not there."""
        rule = self.reading.vendor.format.control_total
        if rule is None:
            return None
        aliases = self.reading.vendor.columns.get(rule.column, ())
        cells = {_plain(name): text.strip() for name, text in control.items()}
        found = [cells[_plain(alias)] for alias in aliases if cells.get(_plain(alias))]
        return self.reading.amounts.read(found[0]) if found else None


def compile_interpreter(
    vendor: Vendor,
    productions: Productions,
    columns: Sequence[str],
    *,
    proofs: Mapping[str, TextProof] | None = None,
) -> Interpreter:
    """Compile a vendor file against a header.

    Args:
        vendor: The vendor file.
        productions: Those of the home.
        columns: The header of a delivery (`RowReader.header`); may be empty for JSON.
        proofs: A door for tests; by default they are derived from the contract.

    Raises:
        UsageError: If the vendor file cannot be satisfied by any delivery: a field that the kind
            lacks, a needed field with neither column nor constant, a constant that breaks the
            contract, an unreadable date form.
    """
    contract = CONTRACTS[vendor.record]
    fields = contract.model_fields
    constants = dict(vendor.constants)
    if "production" not in vendor.columns:
        constants.setdefault("production", vendor.production)
    key = vendor.key.columns if vendor.key else ()
    derived = {n: proof for n, info in fields.items() if (proof := text_proof(info)) is not None}
    amounts, dates = AmountReader(vendor.numbers), DateReader(vendor.dates)
    reading = Reading(
        vendor=vendor,
        contract=contract,
        rules=rules_for(vendor.record),
        readers=_readers(contract, amounts, dates),
        proofs=derived if proofs is None else proofs,
        constants=constants,
        demanded=frozenset(n for n, info in fields.items() if info.is_required()) | set(key),
        productions=frozenset(productions.productions),
        amounts=amounts,
        dates=dates,
        interpretation=_interpretation(vendor, contract, productions),
    )
    _check(reading)
    return _applied(reading, tuple(columns))


def _readers(
    contract: type[CostRecord], amounts: AmountReader, dates: DateReader
) -> dict[str, Reader]:
    """Each field's reader: by the vendor's style for numbers and dates, else as all write them."""
    found: dict[str, Reader] = {}
    for name, info in contract.model_fields.items():
        base = parts(info).base
        if base is Decimal:
            found[name] = lambda name, text: _named(name, amounts.read(text))
        elif base is date:
            found[name] = lambda name, text: _named(name, dates.read(text))
        elif (read := reader(info)) is not None:
            found[name] = read
    return found


def _named(name: str, found: Decimal | date | Problem) -> Decimal | date | Problem:
    if isinstance(found, Problem) and found.field != name:
        return replace(found, field=name)
    return found


def _check(reading: Reading) -> None:
    vendor, fields = reading.vendor, set(reading.contract.model_fields) - {"vendor"}
    named = {*vendor.columns, *reading.constants, *(vendor.key.columns if vendor.key else ())}
    for name in sorted(named - fields):
        raise _wrong(vendor, f"`{name}` is not a field of a {vendor.record}")
    # Without a key a row that has no id is named by its place.
    given = {*vendor.columns, *reading.constants} | (set() if vendor.key else {"transaction_id"})
    for name in sorted(reading.demanded - given - {"vendor"}):
        raise _wrong(vendor, f"no column and no constant gives `{name}`")
    control = vendor.format.control_total
    if control is not None and control.column != "amount":
        raise _wrong(vendor, "a control total can only be that of `amount`")
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


def _interpretation(vendor: Vendor, contract: type[CostRecord], home: Productions) -> str:
    parts = vendor.model_dump(mode="json", include=_VERDICT_KEYS)
    known = sorted(home.productions) if "production" in vendor.columns else []
    return digest(
        "interpretation",
        READING_VERSION,
        RULES_VERSION,
        json.dumps(contract.model_json_schema(), sort_keys=True),
        json.dumps(parts, sort_keys=True),
        json.dumps(known),
        *(reference_path(name).read_bytes() for name in _VERDICT_DATA),
    )


def _applied(reading: Reading, columns: tuple[str, ...]) -> Interpreter:
    per_row = reading.vendor.format.kind in {FormatKind.JSON, FormatKind.JSONL}
    places: dict[str, list[int]] = {}
    for place, name in enumerate(columns):
        places.setdefault(_plain(name), []).append(place)
    sources: dict[str, tuple[int, ...]] = {}
    problems: list[Problem] = []
    for name, aliases in reading.vendor.columns.items():
        found = [
            places[_plain(alias)] for alias in dict.fromkeys(aliases) if _plain(alias) in places
        ]
        if per_row:
            sources[name] = tuple(place for group in found for place in group)
            continue
        if found:
            sources[name] = (found[0][0],)
            if len(found[0]) > 1:
                problems.append(_twice(name, columns[found[0][0]]))
        elif name in reading.demanded:
            problems.append(_absent(name, aliases))
    known = {_plain(a) for aliases in reading.vendor.columns.values() for a in aliases}
    known |= {_plain(name) for name in reading.vendor.ignore} | {""}
    unknown = tuple(p for p, name in enumerate(columns) if _plain(name) not in known)
    drift = () if per_row else tuple(columns[place] for place in unknown)
    constants = {name: reading.constant(name).value for name in reading.constants}
    return Interpreter(
        reading=reading,
        columns=columns,
        sources=sources,
        unknown=unknown if per_row else (),
        drift=drift,
        header_problems=tuple(problems),
        given={"vendor": reading.vendor.vendor, **constants},
    )


def _absent(name: str, aliases: Sequence[str]) -> Problem:
    looked = ", ".join(f"'{alias}'" for alias in aliases)
    message = f"the header has no column for it; looked for {looked}"
    return Problem(name, Reason.SCHEMA_DRIFT, message)


def _twice(name: str, header: str) -> Problem:
    message = f"the header has {shown(header)} more than once, and which one counts is unknown"
    return Problem(name, Reason.SCHEMA_DRIFT, message)


def _plain(header: str) -> str:
    return header.strip().casefold()
