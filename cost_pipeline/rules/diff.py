"""What one pack says and another does not, and on which days cards could come out differently."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cost_pipeline.rules.pack import BEGINNING, FOREVER, Pack, PackedRule, Rule

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Change:
    """One version of a rule that only one of two packs has, or that both have differently.

    Attributes:
        what: `added`, `removed` or `changed`.
        rule: Its id.
        series: Its series.
        first, last: Its days; None where it is open.
        before, after: What it says in either pack; None where it is not there. If it is in both,
            only what differs.
    """

    what: str
    rule: str
    series: str
    first: date | None
    last: date | None
    before: dict[str, object] | None
    after: dict[str, object] | None


def difference(old: Pack, new: Pack) -> list[Change]:
    """Returns the changes that lead from one pack to the other, by series and date."""
    before, after = _by_key(old.rules), _by_key(new.rules)
    changes = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was is not None and now is not None and _said(was.rule) == _said(now.rule):
            continue
        changes.append(_change(was, now))
    return changes


def _by_key(rules: Iterable[PackedRule]) -> dict[tuple[str, str, str], PackedRule]:
    return {
        (p.rule.series, p.rule.id + p.rule.applies.model_dump_json(), str(p.rule.begins)): p
        for p in rules
    }


def _change(was: PackedRule | None, now: PackedRule | None) -> Change:
    packed = now or was
    if packed is None:
        raise ValueError("a change is of a rule")
    before = None if was is None else _said(was.rule)
    after = None if now is None else _said(now.rule)
    what = "added" if before is None else "removed" if after is None else "changed"
    if before is not None and after is not None:
        names = sorted(before.keys() | after.keys())
        names = [name for name in names if before.get(name) != after.get(name)]
        before, after = {n: before.get(n) for n in names}, {n: after.get(n) for n in names}
    rule = packed.rule
    return Change(what, rule.id, rule.series, rule.first, rule.last, before, after)


def _said(rule: Rule) -> dict[str, object]:
    said: dict[str, object] = rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return said


def dates_that_differ(old: Pack, new: Pack) -> list[Days]:
    """Returns the work dates on which a card could come out differently.

    They are ranges, both ends included, which do not touch each other.

    A rule that only got longer differs on its new days. A rule that is dated by the start of
    photography can differ on every later work date. Another agreement (its term, its crafts) can
    differ always.
    """
    if old.agreement != new.agreement:
        return [(BEGINNING, FOREVER)]
    was, now = _covered(old.rules), _covered(new.rules)
    found: list[Days] = []
    for content in was.keys() | now.keys():
        found += _apart(was.get(content, []), now.get(content, []))
    return _joined(found)


def _covered(rules: Iterable[PackedRule]) -> dict[str, list[Days]]:
    """Returns the days by what is said on them, the dates of rules left aside."""
    found: dict[str, list[Days]] = defaultdict(list)
    for packed in rules:
        rule = packed.rule
        said = _said(rule)
        for end in ("from", "to"):
            said.pop(end, None)
        by_work_date = rule.dated_by == "work_date"
        if not by_work_date:
            said["days"] = f"{rule.first}..{rule.last}"
        content = packed.family + json.dumps(said, sort_keys=True)
        found[content].append((rule.begins, rule.ends if by_work_date else FOREVER))
    return found


def _apart(left: Sequence[Days], right: Sequence[Days]) -> list[Days]:
    """Returns the days that only one of two sets of ranges has."""
    edges = sorted({d for first, last in (*left, *right) for d in (first, _next(last))})
    found = []
    for first, following in itertools.pairwise(edges):
        inside = [any(a <= first <= b for a, b in days) for days in (left, right)]
        if inside[0] != inside[1]:
            last = FOREVER if following == FOREVER else following - timedelta(days=1)
            found.append((first, last))
    return found


def _next(day: date) -> date:
    return day if day == FOREVER else day + timedelta(days=1)


def _joined(days: Iterable[Days]) -> list[Days]:
    joined: list[Days] = []
    for first, last in sorted(days):
        if joined and first <= _next(joined[-1][1]):
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
