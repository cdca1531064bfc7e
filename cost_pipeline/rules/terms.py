"""The terms of each context: which rules apply to it, as one wide row of whole numbers.

Rules are joined here as of the work date. Each slot has four columns besides its numbers:
`<slot>__rule`, `__pack` and `__grade` (`block` or `flag`: the most that a finding may be) of the
rule that fills it, and `__caveat`, which has to be said with it; or `__why` it could not be filled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.rules import flatten as f
from cost_pipeline.rules.context import (
    Choice,
    Context,
    Crafts,
    Epochs,
    Person,
    choose,
    group_of,
    match,
)
from cost_pipeline.rules.pack import Agreement, Pack, PackedRule, Packs, Rule
from cost_pipeline.rules.units import cents, hundredths, minutes, tenths
from cost_pipeline.rules.versions import Versions

_TEXT: Final = frozenset({"per"})
_FLAG: Final = frozenset(
    {
        "worked1",
        "worked2",
        "worked3",
        "saturday_kept",
        "crew",
        "prevailing",
        "weekends_only",
        "disputed",
        "always_most",
        "episode",
    }
)
_TEXTS: Final = frozenset({"names", "words"})
_NUMBERS: Final = frozenset({"sums"})
_STEPS: Final = (
    "from1 worked1 normal1 sixth1 seventh1 from2 worked2 normal2 sixth2 seventh2"
    " from3 worked3 normal3 sixth3 seventh3 rate_tenths weekly four_day weekly_multiplier"
    " free_days ceiling times_scale"
)
SLOTS: Final[Mapping[str, tuple[Callable[..., f.Row], str]]] = {
    "scale": (f.scale, "per minimum week"),
    "overtime": (f.overtime, _STEPS),
    "overtime_above_break": (f.overtime, _STEPS),
    "golden": (f.overtime, _STEPS),
    "triple": (f.overtime, _STEPS),
    "premium_days": (f.premium_days, "sixth seventh holiday"),
    "holidays": (f.holidays, "names multiplier saturday_kept"),
    "minimum_call": (f.minimum_call, "tenths straight training disputed"),
    "weekly_guarantee": (f.weekly_guarantee, "straight multiplier"),
    "on_call_day": (f.on_call_day, "multiplier"),
    "idle_day": (f.idle_day, "tenths benefits"),
    "weekly_gross": (
        f.flat(
            {
                "loc_allowance_hours": tenths,
                "sixth_day_scale": hundredths,
                "sixth_day_adjustment": hundredths,
                "seventh_day_scale": hundredths,
                "seventh_day_adjustment": hundredths,
                "holiday_scale": hundredths,
                "rate_hours": tenths,
            }
        ),
        (
            "loc_allowance_hours sixth_day_scale sixth_day_adjustment seventh_day_scale"
            " seventh_day_adjustment holiday_scale rate_hours"
        ),
    ),
    "meal_due": (
        f.meal_due,
        "after last_after shortest longest grace extension nd_shortest nd_window crew not_before",
    ),
    "meal_penalty": (f.meal_penalty, "first second third fourth after limit prevailing floor"),
    "daily_rest": (f.daily_rest, "minutes overnight overnight_days exterior exterior_days"),
    "weekly_rest": (f.weekly_rest, "two one reduced reduced_from"),
    "forced_call": (f.forced_call, "cap"),
    "rest_invasion": (f.rest_invasion, "small multiplier least weekends_only"),
    "rest_accumulation": (
        f.rest_accumulation,
        "below gold_ends callback callback_times premium_callback premium_callback_times",
    ),
    "rest_by_fraction": (f.rest_by_fraction, "minutes fraction moved"),
    "air_travel": (
        f.flat({"flight_hours": minutes, "rest_hours": minutes}),
        "flight_hours rest_hours",
    ),
    "travel_overtime": (f.flat({"max_multiplier": hundredths}), "max_multiplier"),
    "makeup_removal": (f.flat({"minutes": int}), "minutes"),
    "overnight_seventh": (
        f.flat(
            {
                "schedule_a_scale_times": hundredths,
                "schedule_c_cap": cents,
                "travel_multiplier": hundredths,
            }
        ),
        "schedule_a_scale_times schedule_c_cap travel_multiplier",
    ),
    "long_day": (f.long_day, "after days"),
    "night_premium": (f.night_premium, "evening night"),
    "travel_only": (f.travel_only, "least most share always_most"),
    "per_diem": (f.per_diem, "breakfast lunch dinner"),
    "per_diem_timing": (f.nothing, ""),
    "living_allowance": (f.living_allowance, "daily weekly"),
    "mileage": (f.mileage, "per_mile daily"),
    "fitting": (
        f.flat({"min_hours": tenths, "unit_minutes": int, "money_break": cents}),
        "min_hours unit_minutes money_break",
    ),
    "events": (f.events, "words sums"),
    "contribution_rate": (f.contribution_rate, "rate"),
    "contribution_ceiling": (f.contribution_ceiling, "cents episode"),
    "health": (f.hourly_contribution, "rate premium percent"),
    "pension": (f.hourly_contribution, "rate premium percent"),
    "benefit_hours": (f.benefit_hours, "day five six seven"),
    "daily_contribution": (f.daily_contribution, "cents"),
    "consecutive_days": (f.consecutive_days, "days rest extra"),
    "extended_day": (f.extended_day, "from1 days1 from2 days2 further each"),
    "minor_hours": (f.nothing, ""),
}
"""By slot: the function that flattens its rule, and the columns that it gives."""


def _type(column: str) -> pa.DataType:
    if column in _TEXT:
        return pa.string()
    if column in _FLAG:
        return pa.bool_()
    if column in _TEXTS:
        return pa.list_(pa.string())
    return pa.list_(pa.int64()) if column in _NUMBERS else pa.int64()


_SLOT_TEXTS: Final = ("rule", "family", "pack", "grade", "caveat", "why")
TERMS_SCHEMA: Final = pa.schema(
    [
        pa.field("context", pa.int64()),
        *(pa.field(name, pa.string()) for name in ("unknown", "craft_name", "group_name")),
        *(pa.field(f"{slot}__{name}", pa.string()) for slot in SLOTS for name in _SLOT_TEXTS),
        *(
            pa.field(f"{slot}__{name}", _type(name))
            for slot, (_, names) in SLOTS.items()
            for name in names.split()
        ),
    ]
)
"""One row for each context. `unknown` says why none of its rules can be told, else null."""


class Terms:
    """Resolves contexts to their terms, by the packs; each context once."""

    def __init__(self, packs: Packs) -> None:
        self.packs: Final = packs
        self.epochs: Final = Epochs(packs)
        self._known: dict[Context, f.Row] = {}
        self._crafts = Crafts(packs)
        self._versions = Versions(packs)
        self._packs = {pack.name: pack for pack in packs.packs}
        self._slots: dict[str, dict[str, list[PackedRule]]] = defaultdict(lambda: defaultdict(list))
        for pack in packs.packs:
            for packed in pack.rules:
                self._slots[pack.agreement.agreement][packed.rule.slot].append(packed)

    def table(self, contexts: Iterable[tuple[int, Context]]) -> pa.Table:
        """Returns the terms of numbered contexts, as `TERMS_SCHEMA`."""
        rows = [{"context": number, **self._resolved(context)} for number, context in contexts]
        return pa.Table.from_pylist(rows, schema=TERMS_SCHEMA)

    def _resolved(self, context: Context) -> f.Row:
        if context not in self._known:
            self._known[context] = self._row(context)
        return self._known[context]

    def _row(self, context: Context) -> f.Row:
        person = self._person(context)
        if isinstance(person, str):
            return {"unknown": person}
        row: f.Row = {"craft_name": person.craft, "group_name": person.group}
        for agreement in (context.agreement, "any"):
            for slot, candidates in self._slots[agreement].items():
                choice = choose(candidates, person) if slot in SLOTS else None
                if choice is not None:
                    row |= {
                        f"{slot}__{k}": v for k, v in self._filled(slot, choice, person).items()
                    }
        return row

    def _person(self, context: Context) -> Person | str:
        if context.agreement == "non_union":
            return "non-union work: no union rule applies"
        if context.agreement not in self._slots:
            return f"there is no rule pack of the agreement {context.agreement}"
        found = self._crafts.find(context.agreement, context.craft)
        if found is None:
            return f"the craft {context.craft!r} is in no rule pack of {context.agreement}"
        name, craft = found
        group = group_of(craft, context)
        if group is None:
            return f"the rule packs have no rules for a {name} engaged as {context.engagement}"
        return Person(context, name, group, self._region(context))

    def _region(self, context: Context) -> str | None:
        locals_ = {
            local
            for pack in self._packs.values()
            if pack.agreement.agreement == context.agreement
            for local in pack.agreement.maryland_locals
        }
        if context.local is None:
            return None
        return "maryland" if context.local in locals_ else "elsewhere"

    def _filled(self, slot: str, choice: Choice, person: Person) -> Mapping[str, Any]:
        packed = choice.packed or choice.would
        if packed is None:
            raise ValueError("a choice has a rule or says which it would have been")
        pack = self._packs[packed.pack]
        version = self._versions.of(packed.pack, person.context.work_epoch)
        named = {"rule": packed.rule.id, "family": packed.family, "pack": version}
        if choice.packed is None:
            return {**named, "why": choice.why}
        flatten = SLOTS[slot][0]
        share = Decimal(self._tiers(pack).get(person.context.budget_tier, "1"))
        return {
            **named,
            "grade": self._grade(packed, pack.agreement, person),
            "caveat": self._caveat(packed, pack.agreement, person),
            **flatten(packed.rule.amounts, person, share),
        }

    def _tiers(self, pack: Pack) -> Mapping[str, str]:
        own = {str(tier): part for tier, part in pack.agreement.budget_tiers.items()}
        for other in self._packs.values():
            if not own and other.agreement.agreement == pack.agreement.agreement:
                own = {str(tier): part for tier, part in other.agreement.budget_tiers.items()}
        return own

    @staticmethod
    def _grade(packed: PackedRule, agreement: Agreement, person: Person) -> str:
        rule = packed.rule
        doubted = not rule.certain or _disputed(rule, person) is not None
        return "flag" if doubted or _after_term(packed, agreement, person.context) else "block"

    @staticmethod
    def _caveat(packed: PackedRule, agreement: Agreement, person: Person) -> str:
        rule, said = packed.rule, []
        disputed = _disputed(rule, person)
        if disputed:
            said.append(f"In dispute: {disputed}.")
        elif rule.confidence == "low":
            said.append("Low confidence: " + (rule.note or "one weak source").rstrip(".") + ".")
        if _after_term(packed, agreement, person.context) and agreement.successor_unseen:
            said.append(agreement.successor_unseen)
        return " ".join(said)


def _disputed(rule: Rule, person: Person) -> str | None:
    """Returns what is disputed of a rule for this person; None if nothing is.

    A person counts as concerned if the card does not say enough to tell.
    """
    about_them = rule.disputed_for is None or match(rule.disputed_for, person).applies
    return rule.disputed if about_them else None


def _after_term(packed: PackedRule, agreement: Agreement, context: Context) -> bool:
    started = context.photography_epoch
    by_start = packed.rule.dated_by == "photography_start"
    day = started if by_start and started is not None else context.work_epoch
    return agreement.last is not None and day > agreement.last
