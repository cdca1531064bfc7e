"""What packs may not contradict: rules of one slot must not overlap, versions of a series leave no gap.

Two rules overlap when a card could meet both: their intervals share a day, and nothing in what they
apply to keeps them apart. A gap is a day between two versions that apply to the same cards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations, pairwise

from cost_pipeline.rules.pack import (
    BEGINNING,
    FOREVER,
    Applies,
    PackedRule,
    Photography,
    Place,
    Span,
)

Problem = tuple[Place, str]


def check(rules: Mapping[str, Sequence[PackedRule]]) -> list[Problem]:
    """Returns every overlap and gap of each agreement's rules, with the place of the later rule."""
    by_slot: dict[tuple[str, str], list[PackedRule]] = defaultdict(list)
    by_series: dict[tuple[str, str], list[PackedRule]] = defaultdict(list)
    for agreement, its in rules.items():
        for packed in its:
            by_slot[agreement, packed.rule.slot].append(packed)
            by_series[packed.rule.series, packed.rule.slot].append(packed)
    problems: list[Problem] = []
    for alike in by_slot.values():
        problems += _overlaps(alike)
    for versions in by_series.values():
        problems += _gaps(versions)
    return sorted(problems, key=lambda found: (found[0].file, found[0].line))


def _overlaps(versions: Sequence[PackedRule]) -> list[Problem]:
    found = []
    for left, right in combinations(versions, 2):
        first = max(left.rule.begins, right.rule.begins)
        last = min(left.rule.ends, right.rule.ends)
        if first <= last and meet(left.rule.applies, right.rule.applies):
            words = (
                f"{right.rule.id} and {left.rule.id} ({left.place}) both hold {_days(first, last)}"
            )
            found.append((right.place, words))
    return found


def _days(first: date, last: date) -> str:
    since = "" if first == BEGINNING else f"from {first} "
    return f"{since}on" if last == FOREVER else f"{since}to {last}".strip()


def _gaps(versions: Sequence[PackedRule]) -> list[Problem]:
    alike: dict[str, list[PackedRule]] = defaultdict(list)
    for packed in versions:
        alike[packed.rule.applies.model_dump_json()].append(packed)
    found = []
    for group in alike.values():
        ordered = sorted(group, key=lambda packed: packed.rule.begins)
        for before, after in pairwise(ordered):
            if before.rule.ends == FOREVER:
                continue
            missing = before.rule.ends + timedelta(days=1)
            if missing < after.rule.begins:
                last = after.rule.begins - timedelta(days=1)
                words = f"{after.rule.series} has no rule from {missing} to {last}"
                found.append((after.place, f"{words}: {after.rule.id} begins too late"))
    return found


def meet(left: Applies, right: Applies) -> bool:
    """Whether a card could be one that both apply to."""
    for name in (
        "groups",
        "crafts",
        "schedules",
        "engagements",
        "contract_types",
        "zones",
        "tiers",
    ):
        a, b = set(getattr(left, name)), set(getattr(right, name))
        if a and b and not a & b:
            return False
    for name in ("off_production", "money_break", "region"):
        a, b = getattr(left, name), getattr(right, name)
        if a is not None and b is not None and a != b:
            return False
    for one, other in ((left, right), (right, left)):
        if one.crafts and set(one.crafts) <= set(other.not_crafts):
            return False
    return (
        _spans_meet(left.program_minutes, right.program_minutes)
        and _spans_meet(left.seasons, right.seasons)
        and _photography_meets(left.photography, right.photography)
    )


def _spans_meet(left: Span | None, right: Span | None) -> bool:
    if left is None or right is None:
        return True
    first = max(left.first or 0, right.first or 0)
    last = min(_or(left.last), _or(right.last))
    return first <= last


def _or(number: int | None) -> int:
    return 1 << 30 if number is None else number


def _photography_meets(left: Photography | None, right: Photography | None) -> bool:
    if left is None or right is None:
        return True
    first = max(left.first or BEGINNING, right.first or BEGINNING)
    before = min(left.before or FOREVER, right.before or FOREVER)
    return first < before
