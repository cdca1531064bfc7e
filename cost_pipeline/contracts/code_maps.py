"""The key `codes` of a vendor file: a map from the vendor's own codes to fields of the contract.

Belongs here: what a map says, and how codes are compared. Reading a lookup file and telling its
mistakes is `cost_pipeline.home`'s work, mapping a column is `cost_pipeline.validate`'s.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from cost_pipeline.contracts.sections import ONE_OR_MORE, Section
from cost_pipeline.core.text import plain_name

_WILD: Final = re.compile(r"[*?]")

Code = Annotated[str, StringConstraints(min_length=1, max_length=200)]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
FieldNames = Annotated[tuple[FieldName, ...], ONE_OR_MORE]


class CodeMap(Section):
    """A map from the codes in a column to fields of the contract.

    Attributes:
        source: `from` in the file: header names of the column that holds the vendor's code.
        file: A CSV within the home: codes in its first column, fields as the other headings.
        table: The same spelled out: code to field to value. A code with `*` or `?` is a pattern.
            Where a file is named, the table is what was read from it.
        fields: The fields that are mapped; every field of the table if not given.
        otherwise: Whether a row with another code is refused, or keeps the code as the value.
    """

    source: FieldNames = Field(alias="from", min_length=1)
    file: str | None = Field(default=None, min_length=1)
    table: dict[Code, dict[FieldName, str]] = Field(default_factory=dict)
    fields: FieldNames = ()
    otherwise: Literal["refuse", "keep"] = "refuse"

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if not self.file and not self.table:
            raise ValueError("has no codes: name a `file`, or spell them out under `table`")
        return self

    @property
    def gives(self) -> tuple[str, ...]:
        """The fields that it gives, in the order in which they are said."""
        return self.fields or tuple(dict.fromkeys(n for row in self.table.values() for n in row))

    @property
    def place(self) -> str:
        """Where its codes are written, in words."""
        return self.file or "the table of `codes` in the vendor file"


def mapped(codes: Iterable[CodeMap]) -> dict[str, CodeMap]:
    """Returns the map of each field that has one."""
    return {name: one for one in codes for name in one.gives}


def is_pattern(code: str) -> bool:
    """Whether a code of a table stands for others than itself."""
    return _WILD.search(code) is not None


def doubled(codes: Iterable[str]) -> tuple[str, str] | None:
    """Returns two codes of a table that are compared as one; None if there are none."""
    seen: dict[str, str] = {}
    for code in codes:
        first = seen.setdefault(plain_name(code), code)
        if first is not code:
            return first, code
    return None


def ambiguous(table: Mapping[str, Mapping[str, str]]) -> tuple[str, str, str] | None:
    """Returns two patterns that say different things of one code, and such a code; None without."""
    patterns = sorted((plain_name(code), code) for code in table if is_pattern(code))
    for place, (one, code) in enumerate(patterns):
        for other, second in patterns[place + 1 :]:
            if not _begin_alike(one, other) or table[code] == table[second]:
                continue
            both = _both(one, other)
            if both is not None:
                return code, second, both
    return None


def _begin_alike(one: str, other: str) -> bool:
    """Whether what stands before the first wild card of two patterns lets them fit one text."""
    first, second = _WILD.split(one, maxsplit=1)[0], _WILD.split(other, maxsplit=1)[0]
    return first.startswith(second) or second.startswith(first)


def _both(one: str, other: str) -> str | None:
    """Returns a shortest text that fits both patterns; None if none can."""
    left = deque([(0, 0, "")])
    seen: set[tuple[int, int]] = set()
    while left:
        i, j, text = left.popleft()
        if (i, j) in seen:
            continue
        seen.add((i, j))
        first, second = one[i : i + 1], other[j : j + 1]
        if not first and not second:
            return text.replace("?", "0")
        if first == "*":  # it ends here, or stands for what the other pattern has
            left.append((i + 1, j, text))
        if second == "*":
            left.append((i, j + 1, text))
        if first == "*" and second not in {"", "*"}:
            left.append((i, j + 1, text + second))
        elif second == "*" and first not in {"", "*"}:
            left.append((i + 1, j, text + first))
        elif first and second and "*" not in {first, second} and _alike(first, second):
            left.append((i + 1, j + 1, text + (second if first == "?" else first)))
    return None


def _alike(first: str, second: str) -> bool:
    return first == second or "?" in {first, second}


class Codes:
    """The table of a map, ready to look codes up: exact ones first, then patterns."""

    def __init__(self, table: Mapping[str, Mapping[str, str]]) -> None:
        self._exact = {plain_name(code): row for code, row in table.items() if not is_pattern(code)}
        self._patterns = [
            (re.compile(_expression(plain_name(code)), re.DOTALL), row)
            for code, row in table.items()
            if is_pattern(code)
        ]

    def row(self, code: str) -> Mapping[str, str] | None:
        """Returns field to value of a code; None if it is not known."""
        plain = plain_name(code)
        found = self._exact.get(plain)
        if found is not None:
            return found
        return next((row for fits, row in self._patterns if fits.fullmatch(plain)), None)


def _expression(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(mark) or re.escape(mark) for mark in pattern)
