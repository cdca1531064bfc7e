"""What the values of one column speak for, gathered chunk by chunk in bounded memory.

Belongs here: counting. A column that does not look like days or numbers at first is not looked at
any further, and no more than so many distinct values are remembered.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.core.text import BLANKS
from cost_pipeline.pipeline.guessing.days import Form, forms_of
from cost_pipeline.pipeline.guessing.numbers import Style, number_of

_MOST_DISTINCT: Final = 500_000
_SAMPLES: Final = 400
# After so many values a column that is mostly something else is settled.
_SETTLED: Final = 2_000
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Odd:
    """A value that does not fit, and the line that it stands in."""

    line: int
    text: str


@dataclass(slots=True)
class Column:
    """One column of a file.

    Attributes:
        name: Its header; `#3` where it has none.
        place: 0-based.
        compact: Whether digits alone may be days here.
        filled: Cells with something in them.
        samples: Some of its distinct values with how often they came, the first ones.
        forms: For each set of forms of a day how many values have it.
        no_day, no_number: The first value that is none.
        styles: For each set of styles of a number how many values have it.
        symbols: What stands beside numbers, and how often.
        negatives: How minuses are written, and how often.
        fractions: Numbers with something behind a decimal sign, or with thousands apart.
        unique: Whether no value came twice so far.
    """

    name: str
    place: int
    compact: bool = False
    filled: int = 0
    samples: Counter[str] = field(default_factory=Counter)
    forms: Counter[frozenset[Form]] = field(default_factory=Counter)
    no_day: Odd | None = None
    styles: Counter[frozenset[Style]] = field(default_factory=Counter)
    no_number: Odd | None = None
    symbols: Counter[str] = field(default_factory=Counter)
    negatives: Counter[str] = field(default_factory=Counter)
    fractions: int = 0
    unique: bool = True
    repeated: Odd | None = None
    _distinct: set[str] = field(default_factory=set)
    _days: bool = True
    _numbers: bool = True

    def add(self, cells: pa.ChunkedArray, lines: pa.ChunkedArray) -> None:
        """Takes note of a chunk: the texts of the column, and where they stand."""
        texts = pc.utf8_trim(pc.fill_null(cells, ""), characters=BLANKS)
        counted = texts.value_counts()
        first = _Where(texts, lines)
        for entry in counted.to_pylist():
            text, count = entry["values"], entry["counts"]
            if not text:
                continue
            self.filled += count
            if self.unique:
                self._note_distinct(text, count, first)
            if len(self.samples) < _SAMPLES or text in self.samples:
                self.samples[text] += count
            if self._days:
                self._note_day(text, count, first)
            if self._numbers:
                self._note_number(text, count, first)
        if self.filled >= _SETTLED:
            self._days = self._days and self.days >= _HALF * self.filled
            self._numbers = self._numbers and self.numbers >= _HALF * self.filled

    def _note_distinct(self, text: str, count: int, first: _Where) -> None:
        if count > 1 or text in self._distinct:
            self.unique = False
            self.repeated = first.of(text)
            self._distinct.clear()
        elif len(self._distinct) < _MOST_DISTINCT:
            self._distinct.add(text)

    def _note_day(self, text: str, count: int, first: _Where) -> None:
        forms = forms_of(text, compact=self.compact)
        if forms:
            self.forms[forms] += count
        elif self.no_day is None:
            self.no_day = first.of(text)

    def _note_number(self, text: str, count: int, first: _Where) -> None:
        number = number_of(text)
        if number is None:
            self.no_number = self.no_number or first.of(text)
            return
        self.styles[number.styles] += count
        self.fractions += count if number.fraction else 0
        for symbol in number.symbols:
            self.symbols[symbol] += count
        if number.negative:
            self.negatives[number.negative] += count

    @property
    def days(self) -> int:
        """How many values may be days."""
        return self.forms.total()

    @property
    def numbers(self) -> int:
        """How many values may be numbers."""
        return self.styles.total()

    @property
    def remembered_all(self) -> bool:
        """Whether every distinct value was compared with every other."""
        return len(self._distinct) < _MOST_DISTINCT


class _Where:
    """The lines of texts; looked up when one is asked for."""

    def __init__(self, texts: pa.ChunkedArray, lines: pa.ChunkedArray) -> None:
        self._texts, self._lines = texts, lines

    def of(self, text: str) -> Odd:
        """Returns a text with the first line that it stands in."""
        place = pc.index(self._texts, text).as_py()
        return Odd(self._lines[place].as_py(), text)
