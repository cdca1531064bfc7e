"""Answers questions about rule packs: which there are, and what another one would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from cost_pipeline.core.errors import UsageError
from cost_pipeline.pipeline.session import Session
from cost_pipeline.rules.diff import Change, Days, dates_that_differ, difference
from cost_pipeline.rules.load import bundled_packs, load_pack
from cost_pipeline.rules.pack import BEGINNING, FOREVER, Pack, Packs, Rule

UNION_RULES: Final = "union_rules"
"""Under this name a session has other rule packs than those of the product."""


def packs_listed() -> list[dict[str, Any]]:
    """Returns every pack with its rules, as JSON values."""
    return [
        {
            "pack": pack.name,
            "version": pack.version,
            "agreement": pack.agreement.agreement,
            "title": pack.agreement.title,
            "from": _day(pack.agreement.first),
            "to": _day(pack.agreement.last),
            "crafts": sorted(pack.agreement.crafts),
            "rules": [{"family": p.family, **_rule(p.rule)} for p in pack.rules],
        }
        for pack in bundled_packs().packs
    ]


def rules_of(session: Session) -> Packs:
    """Returns the union rules of a run: those of the product, unless it was given others."""
    given = session.reference.get(UNION_RULES)
    if given is None:
        return bundled_packs()
    if not isinstance(given, Packs):
        raise TypeError(f"{UNION_RULES} are rule packs, not {type(given).__name__}")
    return given


def not_evaluated() -> Mapping[str, str]:
    """Returns the collected rules that are reference only, with the reason."""
    return bundled_packs().reference_only


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "from": _day(rule.first),
        "to": _day(rule.last),
        "at_most": "block" if rule.certain else "flag",
        "confidence": rule.confidence,
        "disputed": rule.disputed,
        "sources": [
            source.document + (f", {source.section}" if source.section else "")
            for source in rule.sources
        ],
    }


def _day(day: object) -> str | None:
    return None if day is None else str(day)


def compare(left: str, right: str) -> tuple[Pack, Pack, list[Change], list[Days]]:
    """Compares two packs (names or folders): the steps between them, the work dates that differ."""
    old, new = _found(left), _found(right)
    return old, new, difference(old, new), dates_that_differ(old, new)


def _found(name: str) -> Pack:
    known = bundled_packs()
    pack = known.named(name)
    if pack is not None:
        return pack
    if Path(name).is_dir():
        return load_pack(Path(name).resolve())
    names = ", ".join(p.name for p in known.packs)
    raise UsageError(
        f"{name} is neither a rule pack nor a folder with one",
        where="union diff",
        remedy=f"name one of {names}, or a folder",
    )


def comparison(left: str, right: str) -> dict[str, Any]:
    """Returns `compare` as JSON values."""
    old, new, changes, days = compare(left, right)
    return {
        "from": old.version,
        "to": new.version,
        "changes": [
            {**asdict(change), "first": _day(change.first), "last": _day(change.last)}
            for change in changes
        ],
        "work_dates": [
            {
                "from": None if first == BEGINNING else str(first),
                "to": None if last == FOREVER else str(last),
            }
            for first, last in days
        ],
    }
