"""Reads one text as one typed value, and asks the model's own field for its verdict.

Belongs here: how a vendor's texts are read, whatever the header, and verdicts on single values. A
vendor file is compiled into a reading in `interpreter`; judging rows is the lanes' work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.kinds import Kind
from cost_pipeline.contracts.problems import OneOf, Problem, shown
from cost_pipeline.contracts.proofs import Mask, TextProof, none_of, shown_as_they_are
from cost_pipeline.contracts.record import Record, judge_field, refused_as
from cost_pipeline.contracts.rules import Rule
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.contracts.texts import Reader
from cost_pipeline.contracts.times import ReadByStyle
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.exact import Exact
from cost_pipeline.core.reasons import Reason
from cost_pipeline.validate.codes import Lookup
from cost_pipeline.validate.conflicts import conflict
from cost_pipeline.validate.dates import DateReader
from cost_pipeline.validate.numbers import NumberReader

_MOST_REMEMBERED: Final = 100_000

# Texts, numbers and dates; of a timecard also minutes, flags, lists of words and of gross lines.
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
    """Says how one vendor's texts are read, whatever the header.

    Attributes:
        kind: The kind of the vendor's records.
        shape: The columns of the feed's records.
        own_rules: Rules between fields that the settings of the home add.
        readers: Reads the texts of fields whose text is not simply their value.
        proofs: Contract field to its proof over a column; a field without one is judged by value.
        constants: Contract field to its text, from the vendor file.
        exact: The numbers among the stored fields, with the digits that their columns have.
        demanded: Fields that may not be empty, by the contract or by the key.
        scopes: The values that the scope of a row may have.
        interpretation: Digest of everything that decides a verdict.
        codes: The vendor's maps of codes.
        delivery_problems: What is wrong with the delivery as a whole, such as its file's name.
        said_day: The day of rows that have none, where the delivery says it; its text is among the
            constants, in no form of the vendor's.
        remembered: Verdicts on distinct texts, by field; a cache.
    """

    vendor: Vendor
    kind: Kind
    shape: Shape
    own_rules: tuple[Rule, ...]
    readers: Mapping[str, Reader]
    proofs: Mapping[str, TextProof]
    constants: Mapping[str, str]
    exact: Mapping[str, Exact]
    demanded: frozenset[str]
    scopes: frozenset[str]
    numbers: NumberReader
    dates: DateReader
    interpretation: str
    codes: tuple[Lookup, ...] = ()
    delivery_problems: tuple[Problem, ...] = ()
    said_day: date | None = None
    remembered: dict[str, dict[str, Verdict]] = field(default_factory=dict, compare=False)

    @property
    def contract(self) -> type[Record]:
        """The model of the vendor's records."""
        return self.kind.contract

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What the fields must agree on, in the order in which it is asked."""
        return (*self.contract.rules(), *self.own_rules)

    @property
    def fields(self) -> tuple[str, ...]:
        """The stored fields of the contract, in the order of the records' table."""
        return tuple(name for name in self.shape.names if name in self.contract.model_fields)

    @property
    def credits(self) -> str | None:
        """The field whose negative values are judged as what they take back, if there is one."""
        measure = self.shape.measure
        return measure.field if measure and measure.credits else None

    def read(self, name: str, text: str) -> FieldValue | Problem | None:
        """Reads one cell as its type; blanks around it do not count, an empty one is None."""
        stripped = text.strip()
        if not stripped:
            return None
        if (problem := conflict(name, stripped)) is not None:
            return problem
        if name in self.readers:
            return self.readers[name](name, stripped)
        if name == self.shape.scope and stripped not in self.scopes:
            message = f"{shown(stripped)} is not a {name} of this home"
            return Problem(name, refused_as(self.contract, name).reason, message, stripped)
        return stripped

    def judged(self, name: str, text: str | None) -> Verdict:
        """Returns the verdict on one cell of a field: read, and judged by the model's own field.

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
        """Returns which of these stripped texts are refused alike, but for the text shown.

        A true value is a proof; a false one only means that the text has to be judged by itself.
        """
        taken, words = parts(self.contract.model_fields[name]), refused_as(self.contract, name)
        base, one_of = taken.base, [note for note in taken.notes if isinstance(note, OneOf)]
        if any(isinstance(note, ReadByStyle) for note in taken.notes):
            return np.zeros(len(texts), dtype=np.bool_)
        if base is Decimal:
            found = self.numbers.unreadable(texts)
        elif base is date:
            found = self.dates.unreadable(texts)
        elif name in self.proofs and name not in self.readers and words.alike:
            found = pa.array(~self.proofs[name](texts))
        elif one_of and name not in self.readers:
            found = none_of(texts, one_of[0].texts())
        else:
            return np.zeros(len(texts), dtype=np.bool_)
        certain: Mask = pc.and_(found, shown_as_they_are(texts)).to_numpy(zero_copy_only=False)
        return certain

    def constant(self, name: str) -> Verdict:
        """Returns the verdict on a constant's text; a credit is none, so it may not be negative."""
        said = self.said_day if name == self.shape.day else None
        value = self.read(name, self.constants[name]) if said is None else said
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
        return self._modelled(name, value, positive(value) if name == self.credits else value)

    def _modelled(self, name: str, value: FieldValue, judged: FieldValue) -> Verdict:
        found: Any = judge_field(self.contract, name, judged)
        if isinstance(found, Problem):
            return Verdict(None, found, Told.MODEL, value)
        # A record's value is the model's; of a credit, its opposite.
        held = found if judged is value else value
        if held is not None and name in self.exact:
            held = self.exact[name].at_scale(held)
        return Verdict(held, None, None, value)

    def _absent(self, name: str) -> Verdict:
        value = self.constant(name).value if name in self.constants else None
        return self._empty(name) if value is None else self._modelled(name, value, value)

    def _empty(self, name: str) -> Verdict:
        if name in self.demanded:
            problem = Problem(name, Reason.MISSING_FIELD, "it is empty")
            return Verdict(None, problem, Told.EMPTY)
        return Verdict(None)


def positive(value: FieldValue) -> FieldValue:
    """Returns a credit's number as the model sees it: that of what it takes back.

    Whether a credit may be posted depends on other rows and on people, so posting decides it.
    """
    if isinstance(value, Decimal) and value < 0:
        return value.copy_negate()
    return value
