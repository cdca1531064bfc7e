"""Which union agreement covers the work that a cost code stands for: a deterministic table.

The data is `data/reference/union_categories.csv`: ranges of account numbers of the four-digit
studio chart of accounts. What an agreement pays is the rule packs' business, not this table's.
"""

from __future__ import annotations

import csv
import functools
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.reference import reference_path

NON_UNION: Final = "NON-UNION"
_FILE: Final = "union_categories.csv"


@dataclass(frozen=True, slots=True)
class AccountRange:
    """Accounts `first` to `last`, both included and with equally many digits, and their cover."""

    first: str
    last: str
    agreement: str


class UnionCategories:
    """The ranges, looked up by GL code.

    Raises:
        EnvironmentFailedError: If two ranges overlap or one is upside down: one account would have
            two agreements.
    """

    def __init__(self, ranges: Iterable[AccountRange]) -> None:
        self._ranges = sorted(ranges, key=lambda r: (len(r.first), r.first))
        self._starts = [(len(r.first), r.first) for r in self._ranges]
        for entry in self._ranges:
            if len(entry.first) != len(entry.last) or entry.first > entry.last:
                raise _broken(f"the range {entry.first} to {entry.last} is upside down")
        for left, right in zip(self._ranges, self._ranges[1:], strict=False):
            if len(left.last) == len(right.first) and right.first <= left.last:
                raise _broken(f"the ranges from {left.first} and from {right.first} overlap")

    def agreements(self) -> list[str]:
        """Returns every agreement there is, in order."""
        return sorted({entry.agreement for entry in self._ranges})

    def agreement(self, gl_code: str) -> str | None:
        """Returns the agreement that covers a GL code (the account before a dash), or None."""
        account = gl_code.partition("-")[0]
        place = bisect_right(self._starts, (len(account), account)) - 1
        if place < 0:
            return None
        entry = self._ranges[place]
        covered = len(account) == len(entry.first) and account <= entry.last
        return entry.agreement if covered else None


def _broken(what: str) -> EnvironmentFailedError:
    return EnvironmentFailedError(
        what,
        where=f"data/reference/{_FILE}",
        remedy="give every account exactly one agreement",
        code="REFERENCE_DATA",
    )


@functools.cache
def union_categories() -> UnionCategories:
    """Returns the project's table."""
    with reference_path(_FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return UnionCategories(AccountRange(r["first"], r["last"], r["agreement"]) for r in rows)
