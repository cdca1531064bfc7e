"""Cells of fields that a vendor's own code stands for, looked up over the distinct codes.

Belongs here: looking codes up in columns. What a map says is `contracts.code_maps`' matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.code_maps import CodeMap, Codes
from cost_pipeline.contracts.problems import shown
from cost_pipeline.validate.conflicts import is_marked, unknown

_MOST_REMEMBERED: Final = 500_000


@dataclass(slots=True)
class Lookup:
    """A map, ready to look codes up; what was found is remembered.

    Attributes:
        map: The map.
    """

    map: CodeMap
    _codes: Codes = field(init=False)
    _where: str = field(init=False)
    _seen: dict[str, Mapping[str, str] | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._codes = Codes(self.map.table)
        names = " or ".join(map(shown, self.map.source))
        self._where = f"under {names} is not in {self.map.place}"

    def of(self, name: str, codes: pa.Array) -> pa.Array:
        """Returns the cells of one of its fields: what the codes stand for, marked if unknown.

        Args:
            name: The field.
            codes: The codes without outer blanks, null where there is none.
        """
        encoded = codes.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        if len(self._seen) >= _MOST_REMEMBERED:
            self._seen.clear()
        for code in distinct:
            if code not in self._seen:
                # A pattern must not take two texts that contradict each other for one code.
                self._seen[code] = None if is_marked(code) else self._codes.row(code)
        values = [self._value(name, code, self._seen[code]) for code in distinct]
        return pa.array(values, pa.string()).take(encoded.indices)

    def _value(self, name: str, code: str, row: Mapping[str, str] | None) -> str | None:
        if row is not None:
            return row.get(name) or None
        if is_marked(code) or self.map.otherwise == "keep":
            return code
        return unknown(code, self._where)
