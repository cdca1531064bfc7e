"""What is carried from chunk to chunk of one delivery: running totals, and how often a key came."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from cost_pipeline.core.money import AMOUNT_SCALE, quanta

_CARRIED: Final = ("rows", "records", "dead_letters", "amount_quanta", "unreadable_amounts")


@dataclass(slots=True)
class DeliveryState:
    """Running totals of one delivery; make one per delivery and pass it with every chunk, in order.

    Attributes:
        rows: Rows seen.
        records: Rows accepted.
        dead_letters: Rows refused; `rows == records + dead_letters`.
        amount_quanta: Sum of every amount that could be read, negative ones and those of refused
            rows too, as a count of 0.0001: what a control total is compared with.
        unreadable_amounts: Rows without one.
        keys: How often each key text has come so far; kept only where the key has an ordinal.
    """

    rows: int = 0
    records: int = 0
    dead_letters: int = 0
    amount_quanta: int = 0
    unreadable_amounts: int = 0
    keys: dict[tuple[str, ...], int] = field(default_factory=dict)

    def as_json(self) -> str:
        """What a rerun needs to go on behind the chunks so far; `keys` it counts again itself."""
        return json.dumps({name: getattr(self, name) for name in _CARRIED})

    @classmethod
    def from_json(cls, text: str) -> DeliveryState:
        """The state that `as_json` wrote, without keys."""
        state, found = cls(), json.loads(text)
        for name in _CARRIED:
            setattr(state, name, int(found[name]))
        return state

    @property
    def amount_total(self) -> Decimal:
        """The sum of every amount that could be read, exact."""
        return Decimal(self.amount_quanta).scaleb(-AMOUNT_SCALE)

    def ordinal(self, key: tuple[str, ...] | None) -> int | None:
        """The next ordinal (1-based) of a key; None for a row whose key is not filled."""
        if key is None:
            return None
        self.keys[key] = count = self.keys.get(key, 0) + 1
        return count

    def add_amounts(self, amounts: Iterable[Decimal | None]) -> None:
        """Count amounts of four decimals, or None where one could not be read."""
        for amount in amounts:
            if amount is None:
                self.unreadable_amounts += 1
            else:
                self.amount_quanta += quanta(amount)
