"""Conditions and values as SQL: the one place where a value is put between quotes.

Belongs here: text of SQL. What runs it is `contracts.columns` (over tables in memory) and
`lake.snapshot` (over stored ones). A column is named by the program and may be an expression;
a value may be anybody's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, TypeAlias

Value: TypeAlias = str | date | datetime | int | Decimal | bool
"""What a column is compared with. A float is none: no column of ours is compared with one."""

_LAST: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition over the columns of one table, which `str` gives as SQL.

    DuckDB takes the SQL, and so does the choice of data files by `lake.snapshot`, as long as it
    is made by the functions of this module. One that is made of SQL directly serves for what they
    have no word for (`Predicate("answers is null")`); no value stands in it, but by `literal`.

    Args:
        sql: The condition.
        closed: Whether it may be joined with others by "and" as it stands.
    """

    sql: str
    closed: bool = False

    def __str__(self) -> str:
        return self.sql

    def __and__(self, other: Predicate) -> Predicate:
        return Predicate(f"{self._part()} and {other._part()}", closed=True)

    def __or__(self, other: Predicate) -> Predicate:
        return Predicate(f"({self._part()} or {other._part()})", closed=True)

    def __invert__(self) -> Predicate:
        """Returns the opposite; as everywhere in SQL, neither is true for a missing value."""
        return Predicate(f"not ({self.sql})", closed=True)

    def _part(self) -> str:
        return self.sql if self.closed else f"({self.sql})"


EVERYTHING: Final = Predicate("true", closed=True)
NOTHING: Final = Predicate("false", closed=True)


def equals(column: str, value: Value) -> Predicate:
    """Returns the condition that the column has this value."""
    return Predicate(f"{column} = {literal(value)}", closed=True)


def one_of(column: str, values: Iterable[Value]) -> Predicate:
    """Returns the condition that the column has one of these values; it is false for no values."""
    listed = ", ".join(literal(value) for value in values)
    return Predicate(f"{column} in ({listed})", closed=True) if listed else NOTHING


def within(column: str, first: Value | None, last: Value | None) -> Predicate:
    """Returns the condition that the column is within both ends; None leaves a side open.

    Raises:
        ValueError: If both sides are open.
    """
    ends = [
        f"{column} {sign} {literal(end)}"
        for sign, end in ((">=", first), ("<=", last))
        if end is not None
    ]
    if not ends:
        raise ValueError("a range that is open on both sides says nothing")
    return Predicate(" and ".join(ends), closed=True)


def begins(column: str, text: str) -> Predicate:
    """Returns the condition that the column's text begins so.

    It is a range, because data files are chosen by comparisons only (not by LIKE); and `%` in the
    text is a character like others.
    """
    after = _after(text)
    at_least = Predicate(f"{column} >= {literal(text)}", closed=True)
    return (
        at_least
        if after is None
        else at_least & Predicate(f"{column} < {literal(after)}", closed=True)
    )


def _after(text: str) -> str | None:
    """Returns the first text after all that begin with this one; None if no text follows."""
    stem = text.rstrip(chr(_LAST))
    if not stem:
        return None
    code = ord(stem[-1]) + 1
    return stem[:-1] + chr(_SURROGATES.stop if code in _SURROGATES else code)


def literal(value: Value) -> str:
    """Returns the value as SQL writes it, whoever wrote it.

    Raises:
        ValueError: If it cannot be: text with a NUL, a time without a zone, a number that is none.
        TypeError: If it is of another type.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        return _quoted(value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00"))
    if isinstance(value, date):
        return _quoted(value.isoformat())
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"not a number: {value}")
        return f"{value:f}"
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"no value of SQL: {type(value).__name__}")


def _quoted(text: str) -> str:
    if "\0" in text:
        raise ValueError("text of SQL with a NUL in it")
    return "'" + text.replace("'", "''") + "'"
