"""A first vendor file for an unknown file: look at it, see its columns, choose, write.

Belongs here: the order of the steps, and what each says in the vendor file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.core.people import counted
from cost_pipeline.home.draft import Entry, Value, draft_yaml
from cost_pipeline.parse.rows import Refused
from cost_pipeline.pipeline.guessing.assigning import Assigned, Chosen, assign, best_kind
from cost_pipeline.pipeline.guessing.columns import Column
from cost_pipeline.pipeline.guessing.furniture import (
    GROUP,
    Rows,
    Total,
    find_total,
    group_of,
    listing_entries,
)
from cost_pipeline.pipeline.guessing.looks import look_at
from cost_pipeline.pipeline.guessing.names import Known, plain_words
from cost_pipeline.pipeline.guessing.nested import whole_names
from cost_pipeline.pipeline.guessing.seen import Look, Seen, see
from cost_pipeline.pipeline.guessing.styles import Guess, days_of, numbers_of
from cost_pipeline.pipeline.guessing.units import unit_of

_NAME: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME: Final = 40
_SHOWN: Final = 6
# In a small listing sums and balances may be two rows of three.
_OF_ROWS: Final = 3


@dataclass(frozen=True, slots=True)
class Guessed:
    """What was guessed of a file.

    Attributes:
        file: Its name.
        vendor: The name that its vendor file has.
        kind: The kind of file.
        header_line: Where its header is, if it has one.
        rows: Rows of its table that were looked at.
        sparse: Rows with few cells filled.
        malformed: Rows that cannot be cut as the others.
        stopped: Whether looking stopped before the end.
        fields: Contract field to its column.
        open: The keys that a person has to decide, dotted.
        yaml: The vendor file.
    """

    file: str
    vendor: str
    kind: str
    header_line: int | None
    rows: int
    sparse: int
    malformed: int
    stopped: bool
    fields: dict[str, str]
    open: tuple[str, ...]
    yaml: str

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "file": self.file,
            "vendor": self.vendor,
            "kind": self.kind,
            "header_line": self.header_line,
            "rows": self.rows,
            "sparse_rows": self.sparse,
            "malformed_rows": self.malformed,
            "stopped": self.stopped,
            "fields": self.fields,
            "decide": list(self.open),
            "yaml": self.yaml,
        }


def guess(
    path: Path,
    contract: FeedContract,
    *,
    scopes: Collection[str] = (),
    most_rows: int | None = None,
    remarks: Sequence[str] = (),
) -> Guessed | Refused:
    """Returns a first vendor file for a file, or why nothing can be said of it.

    Args:
        path: The file; it is only read.
        contract: The feed that its records are for.
        scopes: Whose records there may be, by the home's settings.
        most_rows: Looking stops after so many rows; None looks at all.
        remarks: Comments at the top of the vendor file.

    Raises:
        EnvironmentFailedError: If the file cannot be read.
    """
    names = contract.known_as()
    every = Known(names, contract.fields)
    look = look_at(path, every.knows)
    if isinstance(look, Refused):
        return look
    days = [
        plain_words(name) for field in _days_among(contract) for name in names.get(field, (field,))
    ]
    seen = see(path, look, days, most_rows)
    if isinstance(seen, Refused):
        return seen
    words = plain_words(" ".join([path.stem, *look.above]))
    kinds = [assign(seen.columns, contract, kind) for kind in contract.kinds]
    chosen = best_kind(kinds, contract, words)
    writer = _Writer(path, contract, look, seen, chosen)
    entries = list(writer.entries(scopes))
    head = [*remarks, *_head(path, seen)]
    return Guessed(
        file=path.name,
        vendor=writer.name,
        kind=look.form.kind.value,
        header_line=look.header_line,
        rows=seen.rows,
        sparse=seen.sparse,
        malformed=seen.malformed,
        stopped=seen.stopped,
        fields={name: one.column.name for name, one in chosen.fields.items()},
        open=tuple(".".join(entry.path) for entry in entries if entry.decide),
        yaml=draft_yaml(head, entries),
    )


def _days_among(contract: FeedContract) -> set[str]:
    """Returns the fields of a feed that are days."""
    models = (kind.contract for kind in contract.kinds.values())
    return {n for m in models for n, info in m.model_fields.items() if parts(info).base is date}


def _head(path: Path, seen: Seen) -> Iterator[str]:
    """Yields what is said of the whole file."""
    rows = counted(seen.rows, "row")
    yield f"A first vendor file, guessed from {rows} of {path.name}. Decide what is marked so."
    if seen.stopped:
        yield f"Looking stopped after {rows}: the rest of the file may say otherwise."
    if seen.sparse:
        last = ", ".join(str(line) for line, _ in list(seen.last_sparse)[-_SHOWN:])
        what = f"{counted(seen.sparse, 'row')} with few cells filled (headings, totals, remarks)"
        yield f"{what}: the last in line {last}."
    if seen.headers:
        yield f"{counted(seen.headers, 'row')} repeat the header."
    if seen.malformed and seen.first_malformed is not None:
        rows = counted(seen.malformed, "row")
        yield f"{rows} cannot be cut as the others: the first in line {seen.first_malformed.line}."


@dataclass(slots=True)
class _Writer:
    """Says each key of the vendor file."""

    path: Path
    contract: FeedContract
    look: Look
    seen: Seen
    chosen: Assigned

    @property
    def name(self) -> str:
        """A lawful name from that of the file, without the digits of its date."""
        words = [w for w in _NAME.split(self.path.stem.casefold()) if w and not w.isdecimal()]
        name = "_".join(words).lstrip("0123456789_")[:_LONGEST_NAME].rstrip("_")
        return name or "new_vendor"

    def entries(self, scopes: Collection[str]) -> Iterator[Entry]:
        """Yields the keys in the order of a vendor file."""
        yield Entry(("vendor",), self.name)
        yield Entry(("feed",), self.contract.name)
        yield from self._scope(scopes)
        yield self._record()
        yield Entry(("source", "kind"), "folder")
        yield Entry(("source", "path"), f"inbox/{self.name}")
        yield Entry(("source", "files"), f"*{self.path.suffix}")
        yield from self.look.entries
        measure = self._measure_columns()
        total = find_total(self.seen, measure[0]) if len(measure) == 1 else None
        if total is not None:
            yield total.entry(self._measure)
        group = group_of(self.look, self.seen)
        yield from listing_entries(self.look, self.seen, self._rows(group, total))
        plain = self.look.typed or self.look.per_row
        numbers = numbers_of(measure, [total.number] if total else [], plain=plain)
        yield from self._styles(measure, numbers)
        yield self._key()
        yield from self._columns()
        unread = self._unread()
        words = ["nothing reads these; any other column is drift"]
        if group is not None:
            unread.append(GROUP)
            words.append(f"{GROUP!r} is what headings say: take it for a field, such as a name")
        if unread:
            yield Entry(("ignore",), unread, tuple(words))
        yield from self._constants(measure, numbers.symbols)

    def _scope(self, scopes: Collection[str]) -> Iterator[Entry]:
        scope = self.contract.shape.scope
        if scope is None or scope not in self.contract.vendor.model_fields:
            return
        known = sorted(scopes)
        if len(known) == 1:
            yield Entry((scope,), known[0], (f"the only {scope} of the home",))
        else:
            of = f": {', '.join(known)}" if known else ""
            yield Entry((scope,), None, (), f"whose records these are{of}")

    def _record(self) -> Entry:
        others = ", ".join(kind for kind in self.contract.kinds if kind != self.chosen.kind)
        named = counted(len(self.chosen.fields), "column")
        words = f"{named} of the file are fields of it; others are {others}"
        return Entry(("record",), self.chosen.kind, (words,) if others else ())

    @property
    def _measure(self) -> str:
        measure = self.contract.shape.measure
        return measure.field if measure else ""

    def _measure_columns(self) -> list[Column]:
        if self.chosen.sides is not None:
            return list(self.chosen.sides)
        found = self.chosen.fields.get(self._measure)
        return [found.column] if found else []

    def _rows(self, group: int | None, total: Total | None) -> Rows:
        """Returns what is known of rows: a day or a number that few lack is in every true row."""
        day = self.chosen.fields.get(self.contract.shape.day)
        place = day.column.place if day and self._is_in_most(day.column.filled) else None
        columns = self._measure_columns()
        filled = sum(column.filled for column in columns)
        measures = tuple(c.place for c in columns) if self._is_in_most(filled) else ()
        return Rows(group, total.line if total else None, place, measures)

    def _is_in_most(self, filled: int) -> bool:
        return filled * _OF_ROWS > self.seen.rows

    def _styles(self, measure: Sequence[Column], numbers: Guess) -> Iterator[Entry]:
        day = self.chosen.fields.get(self.contract.shape.day)
        if day is not None:
            yield _said(("dates",), days_of(day.column, self.seen.columns, typed=self.look.typed))
        if not measure:
            return
        yield _said(("numbers",), numbers)
        sides = self._sides(numbers)
        if sides:
            columns = self.chosen.sides or ()
            words = " and ".join(repr(column.name) for column in columns)
            if self.chosen.sign is not None:
                values = ", ".join(map(repr, self.chosen.sign[0].samples))
                words = f"{self.chosen.sign[0].name!r} holds nothing but {values}"
            twice = self.chosen.sign is not None and numbers.negative
            decide = (
                "some numbers have a minus besides, which contradicts a credit" if twice else ""
            )
            evidence = (f"{words}: which way each goes",) if words else ()
            told = self.contract.vendor.model_fields["measure"]
            yield Entry((told.alias or "measure",), sides, evidence, decide)

    def _sides(self, numbers: Guess) -> dict[str, Value]:
        """Returns what says which way a number goes."""
        found: dict[str, Value] = {}
        if self.chosen.sides is not None:
            debit, credit = self.chosen.sides
            found |= {"debit": [debit.name], "credit": [credit.name]}
        elif self.chosen.sign is not None:
            column, debits, credits_ = self.chosen.sign
            found["sign"] = {"column": column.name, "debit": debits, "credit": credits_}
        debits, credits_ = numbers.marks
        if debits or credits_:
            found["marks"] = {"debit": debits, "credit": credits_}
        return found

    def _key(self) -> Entry:
        name = self.contract.shape.identity
        found = self.chosen.fields.get(name)
        if found is None:
            words = "no column names its row: without a key a row that comes again counts again"
            return Entry(("key",), "none", (), words)
        column = found.column
        empty = self.seen.rows - column.filled
        if column.unique and not empty:
            most = "" if column.remembered_all else " among the first 500,000"
            words = f"no value of {column.name!r} comes twice{most}"
            return Entry(("key",), (name,), (words,))
        if empty:
            words = (
                f"{column.name!r} is empty in {counted(empty, 'row')}: name what else names them"
            )
            decide = f"{words}, as in {{columns: {name}, else: [...]}}"
            return Entry(("key",), {"columns": (name,), "ordinal": True}, (), decide)
        twice = column.repeated
        where = f"{twice.text!r} comes again in line {twice.line}" if twice else "values repeat"
        decide = f"{where}: with `ordinal` the n-th row of it has a key of its own"
        return Entry(("key",), {"columns": (name,), "ordinal": True}, (), decide)

    def _columns(self) -> Iterator[Entry]:
        fields = self.chosen.fields
        order = [name for name in self.contract.fields_of(self.chosen.kind) if name in fields]
        for name in order:
            yield self._column(name, fields[name])
        wanted = self._measure in self.chosen.missing and not self.chosen.sides
        if wanted:
            yield Entry(("columns", self._measure), None, (), "which column holds it")
        if self.contract.shape.day in self.chosen.missing:
            yield Entry(("columns", self.contract.shape.day), None, (), "which column holds it")
        if not order and not wanted:
            yield Entry(("columns",), {}, (), "which columns feed which fields")

    def _column(self, name: str, chosen: Chosen) -> Entry:
        header = chosen.column.name
        decide = ""
        if chosen.rivals:
            others = ", ".join(map(repr, chosen.rivals[:_SHOWN]))
            decide = f"it may be {others} instead"
        elif not chosen.certainty:
            decide = "only its values speak for it"
        return Entry(("columns", name), (header,), (chosen.evidence,), decide)

    def _unread(self) -> list[str]:
        used = self.chosen.used
        unread = [c.name for c in self.seen.columns if c.name not in used and self._is_told(c)]
        if self.look.marks is None:
            return unread
        return whole_names(unread, sorted(used), self.look.marks)

    def _is_told(self, column: Column) -> bool:
        """Whether a column that nothing reads must be named: one without a name may be empty."""
        return bool(column.filled) or not column.name.startswith("#")

    def _constants(self, measure: Sequence[Column], signs: Sequence[str]) -> Iterator[Entry]:
        declared = self.contract.shape.measure
        columned = {self._measure, self.contract.shape.day, self.contract.shape.identity}
        for name in self.chosen.missing:
            if declared is not None and name == declared.unit:
                model = self.contract.kinds[self.chosen.kind].contract
                code, words = unit_of(signs, measure, self.look.above, model, name)
                yield Entry(
                    ("constants", name),
                    code,
                    (words,) if code else (),
                    "" if code else words,
                )
            elif name not in columned:
                words = "no column says it: what holds for all rows, or take a column for it"
                yield Entry(("constants", name), None, (), words)


def _said(path: tuple[str, ...], found: Guess) -> Entry:
    return Entry(path, found.value, found.evidence, found.decide)
