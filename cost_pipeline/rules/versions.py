"""The version of a pack on one day: it stays the same while nothing that covers the day changes.

Findings and postings carry it. A rule that begins next year changes the pack and no version of this
year, so it restates nothing; nor does the end that its predecessor is given.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Final

from pydantic import BaseModel

from cost_pipeline.core.canonical import digest
from cost_pipeline.rules.pack import Pack, PackedRule, Packs

_DIGEST_LENGTH: Final = 16


class Versions:
    """The versions of packs by day; what each rule says is written out once."""

    def __init__(self, packs: Packs) -> None:
        self._packs = {pack.name: pack for pack in packs.packs}
        self._texts = {
            pack.name: [packed.family + _text(packed.rule) for packed in pack.rules]
            for pack in packs.packs
        }
        self._known: dict[tuple[str, tuple[int, ...], bool], str] = {}
        self._days: dict[tuple[str, date], str | None] = {}

    def on(self, day: date) -> tuple[str, ...]:
        """Returns the version of every pack that has rules on a day."""
        found = (self.of(name, day) for name in self._packs)
        return tuple(version for version in found if version is not None)

    def of(self, name: str, day: date) -> str | None:
        """Returns `<name>@<digest of what covers the day>`; None if nothing of the pack does."""
        if (name, day) not in self._days:
            self._days[name, day] = self._found(name, day)
        return self._days[name, day]

    def _found(self, name: str, day: date) -> str | None:
        pack = self._packs[name]
        covering = tuple(n for n, packed in enumerate(pack.rules) if _covers(packed, day))
        if not covering:
            return None
        last = pack.agreement.last
        expired = last is not None and day > last  # findings say so
        key = (name, covering, expired)
        if key not in self._known:
            self._known[key] = self._version(pack, covering, expired=expired)
        return self._known[key]

    def _version(self, pack: Pack, covering: tuple[int, ...], *, expired: bool) -> str:
        texts = sorted(self._texts[pack.name][place] for place in covering)
        found = digest("rules of a day", expired, _text(pack.agreement), *texts)
        return f"{pack.name}@{found[:_DIGEST_LENGTH]}"


def _covers(packed: PackedRule, day: date) -> bool:
    # When photography began is on the card, so such a rule may apply on any work date.
    return packed.rule.dated_by == "photography_start" or packed.rule.covers(day)


def _text(model: BaseModel) -> str:
    """Returns all that a model says but its interval, because it is known to cover the day."""
    said = model.model_dump(mode="json", by_alias=True, exclude={"first", "last"})
    return json.dumps(said, sort_keys=True)
