"""The state carried from chunk to chunk of a delivery: running totals, how often a key came."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

# The names under which a checkpoint keeps them.
_CARRIED: Final = {
    "rows": "rows",
    "records": "records",
    "dead_letters": "dead_letters",
    "quanta": "amount_quanta",
    "unreadable": "unreadable_amounts",
}


@dataclass(slots=True)
class DeliveryState:
    """Running totals of one delivery; make one per delivery and pass it with every chunk, in order.

    Attributes:
        rows: Rows seen.
        records: Rows accepted.
        dead_letters: Rows refused; `rows == records + dead_letters`.
        quanta: Sum of every measure that could be read, negative ones and those of refused rows
            too, as a count of its smallest step: what a control total is compared with.
        unreadable: Rows without one.
        keys: How often each key text has come so far; kept only where the key has an ordinal.
        groups: What is known of groups of rows; empty where the vendor declares none.
    """

    rows: int = 0
    records: int = 0
    dead_letters: int = 0
    quanta: int = 0
    unreadable: int = 0
    keys: dict[tuple[str, ...], int] = field(default_factory=dict)
    groups: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> str:
        """Returns what a rerun needs to go on behind the chunks so far, except `keys`."""
        found: dict[str, Any] = {kept: getattr(self, name) for name, kept in _CARRIED.items()}
        return json.dumps(found | ({"groups": self.groups} if self.groups else {}))

    @classmethod
    def from_json(cls, text: str) -> DeliveryState:
        """Returns the state that `as_json` wrote, without keys."""
        state, found = cls(), json.loads(text)
        for name, kept in _CARRIED.items():
            setattr(state, name, int(found[kept]))
        state.groups = found.get("groups", {})
        return state

    def ordinal(self, key: tuple[str, ...] | None) -> int | None:
        """Returns the next ordinal (1-based) of a key; None for a row whose key is not filled."""
        if key is None:
            return None
        self.keys[key] = count = self.keys.get(key, 0) + 1
        return count
