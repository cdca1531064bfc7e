"""What a pack's version is on one day: the same as long as nothing that covers the day changes.

Findings and postings carry it. A rule that begins next year changes the pack and no version of
this year, so it restates nothing.
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
        self._known: dict[tuple[str, tuple[int, ...]], str] = {}

    def on(self, day: date) -> tuple[str, ...]:
        """The version of every pack that has rules on a day."""
        found = (self.of(name, day) for name in self._packs)
        return tuple(version for version in found if version is not None)

    def of(self, name: str, day: date) -> str | None:
        """`<name>@<digest of what covers the day>`; None if nothing of the pack does."""
        pack = self._packs[name]
        covering = tuple(n for n, packed in enumerate(pack.rules) if _covers(packed, day))
        if not covering:
            return None
        key = (name, covering)
        if key not in self._known:
            self._known[key] = self._version(pack, covering)
        return self._known[key]

    def _version(self, pack: Pack, covering: tuple[int, ...]) -> str:
        texts = sorted(self._texts[pack.name][place] for place in covering)
        found = digest("rules of a day", _text(pack.agreement), *texts)
        return f"{pack.name}@{found[:_DIGEST_LENGTH]}"


def _covers(packed: PackedRule, day: date) -> bool:
    # When photography began is on the card, so such a rule may apply on any work date.
    return packed.rule.dated_by == "photography_start" or packed.rule.covers(day)


def _text(model: BaseModel) -> str:
    return json.dumps(model.model_dump(mode="json", by_alias=True), sort_keys=True)
