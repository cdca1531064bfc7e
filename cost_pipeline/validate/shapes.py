"""What a delivery looks like: its columns, and the shapes of the values in them.

Belongs here: describing rows as text, columnar, while they pass by. What differs between two
descriptions, and whether that matters, is `validate.drift`'s matter. Shapes decide no verdict: they
are no part of the interpretation.
"""

from __future__ import annotations

import heapq
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.core.canonical import digest

# Of each chunk so many rows are looked at, evenly spread: a share needs no more, and describing a
# million rows must not cost what reading them costs.
_SAMPLED: Final = 2048
# How many of the distinct values (the smallest of their hashes) stand for all of them.
_SKETCH: Final = 32
# Below this share no kind of value says what a column is.
_MOSTLY: Final = 0.9


class Kind(StrEnum):
    """What one cell looks like. The first that fits counts."""

    BLANK = "blank"
    DATE = "date"
    DIGITS = "digits"
    AMOUNT = "amount"
    WORD = "word"
    CODE = "code"
    TEXT = "text"


_TIME: Final = r"(?:[T ]\d{1,2}:\d{2}.*)?"
_MONTH: Final = r"(?:\d{1,2}|[A-Za-z]{3,9})"
_PATTERNS: Final = (
    (
        Kind.DATE,
        rf"^(?:\d{{1,4}}[-/. ]{_MONTH}[-/. ]\d{{1,4}}|[A-Za-z]{{3,9}} \d{{1,2}},? \d{{4}}){_TIME}$",
    ),
    (Kind.DIGITS, r"^\d+$"),
    # Signs, currency marks, thousands and decimals of any locale; letters only as a currency code.
    (Kind.AMOUNT, r"^[-+(]*(?:\p{Sc} ?|[A-Z]{3} )?[-+(]*\d[\d., ']*(?:\p{Sc}| [A-Z]{3})?[-+)]*$"),
    (Kind.WORD, r"^[^\s\d]+$"),
    (Kind.CODE, r"^\S+$"),
)

# Coarser than kinds, so that a schema keeps its name from month to month.
_TYPES: Final[Mapping[str, tuple[Kind, ...]]] = {
    "digits": (Kind.DIGITS,),
    "number": (Kind.DIGITS, Kind.AMOUNT),
    "date": (Kind.DATE,),
    "code": (Kind.CODE,),
    "text": (Kind.WORD, Kind.TEXT),
}


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """The values of one column, as far as they were looked at.

    Attributes:
        name: The header, verbatim but for outer blanks.
        kinds: How many cells were of each kind.
        lengths: Sum over the filled cells of a thousand times the binary logarithm of their length:
            the mean grows by a thousand when values get twice as long.
        sketch: Hashes of some distinct values, chosen so that columns can be compared by them.
    """

    name: str
    kinds: Mapping[str, int]
    lengths: int
    sketch: tuple[int, ...]

    @property
    def cells(self) -> int:
        """How many cells were looked at."""
        return sum(self.kinds.values())

    @property
    def filled(self) -> int:
        """How many of them are not blank."""
        return self.cells - self.kinds.get(Kind.BLANK, 0)

    @property
    def type(self) -> str:
        """What nearly all filled cells are; else `mixed`, or `blank` if none is filled."""
        if not self.filled:
            return Kind.BLANK.value
        shares = {
            name: sum(self.kinds.get(kind, 0) for kind in kinds) for name, kinds in _TYPES.items()
        }
        return next((n for n, count in shares.items() if count >= _MOSTLY * self.filled), "mixed")

    def words(self) -> str:
        """Says it in words for people: `amount 97%, digits 3%`."""
        if not self.cells:
            return "no rows"
        most = sorted(self.kinds.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
        shares = [(kind, round(100 * count / self.cells)) for kind, count in most]
        return ", ".join(f"{kind} {share}%" for kind, share in shares if share) or "mixed"


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a delivery, in its order."""

    columns: tuple[ColumnShape, ...]

    @property
    def fingerprint(self) -> str:
        """Names and types of the columns as one hash: the name of this schema."""
        return digest("schema", *(part for c in self.columns for part in (c.name, c.type)))

    def as_text(self) -> str:
        """Returns it as text, as it is stored."""
        return json.dumps(
            [[c.name, dict(c.kinds), c.lengths, list(c.sketch)] for c in self.columns],
            ensure_ascii=False,
            separators=(",", ":"),
        )


def schema_from_text(text: str) -> Schema:
    """Returns a schema as it was stored."""
    stored: list[Any] = json.loads(text)
    return Schema(
        tuple(ColumnShape(name, kinds, lengths, tuple(s)) for name, kinds, lengths, s in stored)
    )


@dataclass(slots=True)
class _Seen:
    kinds: Counter[str] = field(default_factory=Counter)
    lengths: int = 0
    sketch: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Describer:
    """Describes a delivery from its chunks; make one for each delivery."""

    _seen: dict[str, _Seen] = field(default_factory=dict)
    _rows: int = 0

    def add(self, table: pa.Table, columns: Iterable[str]) -> None:
        """Looks at a chunk: `malformed` and the cells `c{i}`, named by `columns`."""
        table = table.filter(pc.is_null(table["malformed"]))
        if table.num_rows > _SAMPLED:
            places = np.linspace(0, table.num_rows - 1, _SAMPLED).astype(np.int64)
            table = table.take(pa.array(places))
        names = _named(columns)
        for place, name in names.items():
            # A key that earlier chunks of a JSON delivery did not have was blank in them.
            seen = self._seen.get(name)
            if seen is None:
                seen = self._seen[name] = _Seen(Counter({Kind.BLANK.value: self._rows}))
            _look(table.column(f"c{place}"), seen)
        for name in self._seen.keys() - set(names.values()):
            self._seen[name].kinds[Kind.BLANK.value] += table.num_rows
        self._rows += table.num_rows

    def as_text(self) -> str:
        """Returns what was seen so far, for going on after a rest."""
        seen = {n: [dict(s.kinds), s.lengths, sorted(s.sketch)] for n, s in self._seen.items()}
        return json.dumps([self._rows, seen], ensure_ascii=False, separators=(",", ":"))

    def schema(self, header: Iterable[str]) -> Schema:
        """Returns what was seen, in the order of the header; columns without rows are there too."""
        found = []
        for name in dict.fromkeys(_named(header).values()):
            seen = self._seen.get(name, _Seen())
            kinds = {kind: count for kind, count in sorted(seen.kinds.items()) if count}
            sketch = tuple(heapq.nsmallest(_SKETCH, seen.sketch))
            found.append(ColumnShape(name, kinds, seen.lengths, sketch))
        return Schema(tuple(found))


def describer_from_text(text: str) -> Describer:
    """Returns the describer that `as_text` was asked of."""
    rows, seen = json.loads(text)
    found = {name: _Seen(Counter(k), lengths, set(s)) for name, (k, lengths, s) in seen.items()}
    return Describer(found, rows)


def _named(columns: Iterable[str]) -> dict[int, str]:
    """Returns name by place of the columns that have one; of those named alike the first."""
    first: dict[str, int] = {}
    for place, column in enumerate(columns):
        first.setdefault(column.strip(), place)
    return {place: name for name, place in first.items() if name}


def _look(cells: pa.ChunkedArray, seen: _Seen) -> None:
    counted = pc.utf8_trim_whitespace(pc.fill_null(cells, "")).value_counts()
    texts, counts = counted.field("values"), counted.field("counts")
    seen.kinds[Kind.BLANK.value] += _total(counts, pc.equal(texts, ""))
    filled = pc.not_equal(texts, "")
    texts, counts = texts.filter(filled), counts.filter(filled)
    lengths = pc.utf8_length(texts).to_numpy()
    seen.lengths += int((np.rint(1000 * np.log2(lengths)) * counts.to_numpy()).sum())
    hashes = [zlib.crc32(text.casefold().encode()) for text in texts.to_pylist()]
    seen.sketch = set(heapq.nsmallest(_SKETCH, seen.sketch.union(hashes)))
    for kind, pattern in _PATTERNS:
        fits = pc.match_substring_regex(texts, pattern)
        seen.kinds[kind.value] += _total(counts, fits)
        rest = pc.invert(fits)
        texts, counts = texts.filter(rest), counts.filter(rest)
    seen.kinds[Kind.TEXT.value] += int(pc.sum(counts).as_py() or 0)


def _total(counts: pa.Array, chosen: pa.Array) -> int:
    return int(pc.sum(counts.filter(chosen)).as_py() or 0)
