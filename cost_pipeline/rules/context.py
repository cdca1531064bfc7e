"""The context of a card decides which rules apply to it. A million cards have a few thousand.

Dates are cut at the borders of all rules, so that all days between two borders are one context.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cost_pipeline.rules.pack import (
    BEGINNING,
    FOREVER,
    Applies,
    Craft,
    Pack,
    PackedRule,
    Packs,
    Span,
)

GROUPS: Final = {
    ("principal", "daily"): "day_performer",
    ("principal", "three_day"): "three_day_performer",
    ("principal", "weekly"): "weekly_performer",
    ("stunt_coordinator", "flat"): "stunt_coordinator",
    ("stunt_coordinator", "daily"): "stunt_coordinator",
    ("background", "daily"): "background",
    ("crew", "daily"): "hourly",
    ("crew", "weekly"): "hourly",
    ("crew", "on_call"): "on_call",
}
"""The group of a kind of craft and an engagement; a director's staff is always one group."""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that rules may be restricted by. None stands for what the card does not say."""

    agreement: str
    craft: str
    local: str | None
    engagement: str
    schedule: str | None
    contract_type: str
    zone: str
    budget_tier: str
    program_minutes: int | None
    season: int | None
    off_production: bool
    work_epoch: date
    photography_epoch: date | None


CONTEXT_COLUMNS: Final = tuple(Context.__dataclass_fields__)


class Epochs:
    """The stretches of days between the borders of all rules."""

    def __init__(self, packs: Packs) -> None:
        borders = {BEGINNING}
        for packed in packs.rules:
            rule = packed.rule
            borders |= {rule.begins, _day_after(rule.ends)}
            photography = rule.applies.photography
            if photography:
                borders |= {photography.first or BEGINNING, photography.before or BEGINNING}
        borders |= {_day_after(pack.agreement.last or FOREVER) for pack in packs.packs}
        self.borders: Final = sorted(borders)

    def of(self, day: date) -> date:
        """Returns the first day of the stretch that a day is in."""
        return self.borders[bisect_right(self.borders, day) - 1]


def _day_after(day: date) -> date:
    return day if day == FOREVER else day + timedelta(days=1)


class Crafts:
    """The crafts of every agreement, by name and by their other names."""

    def __init__(self, packs: Packs) -> None:
        self._known: dict[str, dict[str, tuple[str, Craft]]] = {}
        for pack in packs.packs:
            found = self._known.setdefault(pack.agreement.agreement, {})
            for name, craft in self._crafts(pack, packs):
                found |= dict.fromkeys((name, *craft.words), (name, craft))

    @staticmethod
    def _crafts(pack: Pack, packs: Packs) -> Iterable[tuple[str, Craft]]:
        if pack.agreement.crafts_of:
            other = packs.named(pack.agreement.crafts_of)
            yield from other.agreement.crafts.items() if other else ()
        yield from pack.agreement.crafts.items()

    def find(self, agreement: str, word: str) -> tuple[str, Craft] | None:
        """Returns a craft's own name and its entry in the pack; None if the agreement has none."""
        return self._known.get(agreement, {}).get(word)


def group_of(craft: Craft, context: Context) -> str | None:
    """Returns the group whose rules a person has; None where no group has this engagement."""
    if craft.group == "director_staff":
        return "director_staff"
    if craft.group == "principal" and context.schedule == "F":
        return "schedule_f"
    return GROUPS.get((craft.group, context.engagement))


@dataclass(frozen=True, slots=True)
class Person:
    """A context with its craft resolved."""

    context: Context
    craft: str
    group: str
    region: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """Whether a rule applies; if `missing` is given, it cannot be told for lack of that."""

    applies: bool
    missing: str | None = None


def match(applies: Applies, person: Person) -> Match:
    """Whether a rule applies to a person, dates left aside."""
    if not _certainly(applies, person):
        return Match(applies=False)
    missing = None
    for asked, value, words, fits in _by_what_cards_may_lack(applies, person):
        if not asked:
            continue
        if value is None:
            missing = missing or words
        elif not fits:
            return Match(applies=False)
    return Match(applies=True, missing=missing)


def _by_what_cards_may_lack(
    applies: Applies, person: Person
) -> Iterable[tuple[bool, object, str, bool]]:
    """Yields the restrictions of a rule by what cards may lack.

    Each is: whether the rule has it, the card's value, what to call it, and whether it fits.
    """
    context = person.context
    yield (
        bool(applies.schedules),
        context.schedule,
        "its schedule (B, C, F, H)",
        context.schedule in applies.schedules,
    )
    for span, number, words in (
        (applies.program_minutes, context.program_minutes, "the length of the programme"),
        (applies.seasons, context.season, "the season"),
    ):
        fits = span is None or number is None or _within(span, number)
        yield span is not None, number, words, fits
    yield (
        applies.region is not None,
        person.region,
        "the local, which tells the region",
        applies.region == person.region,
    )


def _within(span: Span, number: int) -> bool:
    return (span.first or 0) <= number <= (number if span.last is None else span.last)


def _certainly(applies: Applies, person: Person) -> bool:
    """Whether the restrictions hold that are by what every card says."""
    context = person.context
    said = (
        (applies.groups, person.group),
        (applies.crafts, person.craft),
        (applies.engagements, context.engagement),
        (applies.contract_types, context.contract_type),
        (applies.zones, context.zone),
        (applies.tiers, context.budget_tier),
    )
    return (
        all(not allowed or value in allowed for allowed, value in said)
        and person.craft not in applies.not_crafts
        and applies.off_production in {None, context.off_production}
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """What fills a slot: a rule, or why there is none although one of its kind would apply."""

    packed: PackedRule | None
    why: str = ""
    would: PackedRule | None = None


def choose(candidates: Iterable[PackedRule], person: Person) -> Choice | None:
    """Returns what fills a slot for a person; None where no rule of the slot is for them.

    Raises:
        ValueError: If two rules apply. The packs are checked for overlaps when they are loaded, and
            this makes sure of it.
    """
    found: PackedRule | None = None
    undated: Choice | None = None
    lacking: Choice | None = None
    for packed in candidates:
        matched = match(packed.rule.applies, person)
        if not matched.applies:
            continue
        reason = _undated(packed, person.context)
        if reason is None and matched.missing is None:
            if found is not None:
                raise ValueError(f"{found.rule.id} and {packed.rule.id} both apply to {person}")
            found = packed
        elif reason is None:
            lacking = lacking or Choice(None, f"the card does not say {matched.missing}", packed)
        elif reason:
            undated = undated or Choice(None, reason, packed)
    if found is not None:
        return Choice(found)
    # One that covers the date tells more than one that does not.
    return lacking or undated


def _undated(packed: PackedRule, context: Context) -> str | None:
    """Returns why the dates of a rule do not let it apply; None if they do.

    The text is empty where the dates say that the rule is not meant.
    """
    rule, started = packed.rule, context.photography_epoch
    unknown = "the card does not say when principal photography began"
    photography = rule.applies.photography
    if rule.dated_by == "photography_start":
        if started is None:
            return unknown
        return None if rule.covers(started) else "no rule covers photography that began then"
    if not rule.covers(context.work_epoch):
        return "no rule pack covers this work date"
    if photography:
        if started is None:
            return unknown
        early = photography.first is not None and started < photography.first
        if early or (photography.before is not None and started >= photography.before):
            return ""
    return None
