"""The shape of a rule pack: one agreement's rules as frozen, effective-dated data.

A pack is a folder of `data/reference/union_rules/`: `agreement.yaml` says whose it is, every other
file holds the rules of one family. `load` reads packs, `consistency` finds their contradictions,
and the evaluation knows them only as the terms that `terms` makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from cost_pipeline.contracts.card_fields import (
    AgreementWord,
    BudgetTierWord,
    ContractTypeWord,
    EngagementWord,
    ScheduleWord,
    ZoneWord,
)
from cost_pipeline.rules.amounts import AnyAmounts

GroupWord = Literal[
    "day_performer",
    "three_day_performer",
    "weekly_performer",
    "schedule_f",
    "stunt_coordinator",
    "background",
    "hourly",
    "on_call",
    "director_staff",
]
"""Whom rules are made for: an engagement of a kind of craft."""

CraftGroup = Literal["principal", "stunt_coordinator", "background", "crew", "director_staff"]
Confidence = Literal["high", "medium", "low"]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_-]+)+$")]
FOREVER: Final = date(9999, 12, 31)
BEGINNING: Final = date(1, 1, 1)


class Strict(BaseModel):
    """Base: frozen, and an unknown key is an error; built when first used."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        str_strip_whitespace=True,
        defer_build=True,
    )


class Source(Strict):
    """Where a rule was read."""

    document: str = Field(min_length=3)
    section: str | None = None


class Photography(Strict):
    """When principal photography must have begun."""

    first: date | None = Field(None, alias="from")
    before: date | None = None


class Span(Strict):
    """Whole numbers, both ends included."""

    first: int | None = Field(None, alias="from")
    last: int | None = Field(None, alias="to")


class Applies(Strict):
    """To whom and what a rule applies; a restriction that is not given does not matter.

    Attributes:
        money_break: Whether day performers are below or above the money break (twice scale).
        region: The region of the Area Standards, because Maryland has a scale of its own.
        seasons: The seasons of a series; a pilot is season 0.
    """

    groups: tuple[GroupWord, ...] = ()
    crafts: tuple[str, ...] = ()
    not_crafts: tuple[str, ...] = ()
    schedules: tuple[ScheduleWord, ...] = ()
    engagements: tuple[EngagementWord, ...] = ()
    contract_types: tuple[ContractTypeWord, ...] = ()
    zones: tuple[ZoneWord, ...] = ()
    tiers: tuple[BudgetTierWord, ...] = ()
    program_minutes: Span | None = None
    photography: Photography | None = None
    off_production: bool | None = None
    money_break: Literal["below", "above"] | None = None
    region: Literal["maryland", "elsewhere"] | None = None
    seasons: Span | None = None


class Rule(Strict):
    """One rule in one interval of dates; the same id again is its next version.

    Attributes:
        series: The series that it is a version of: intervals of one neither overlap nor leave gaps.
        slot: The question that it decides; of the rules that apply to a card, one per slot.
        dated_by: The date that must lie in the interval.
        first: The first day; None where the source names none.
        last: The last day; None where no end is known.
        disputed: Why the rule is uncertain although its sources are good; such a rule is a flag.
        disputed_for: Whom the dispute is about, where it is not everybody; a card that does not say
            enough to tell counts too.
        note: What was decided where the sources leave it open.
    """

    id: RuleId
    series: RuleId = ""
    slot: str = ""
    dated_by: Literal["work_date", "photography_start"] = "work_date"
    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")
    applies: Applies = Applies()
    amounts: AnyAmounts
    sources: tuple[Source, ...] = Field(min_length=1)
    confidence: Confidence
    disputed: str | None = None
    disputed_for: Applies | None = None
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _series_is_the_id(cls, values: object) -> object:
        if isinstance(values, dict) and "id" in values:
            kind = values.get("amounts", {}).get("kind", "") if values.get("amounts") else ""
            return {"series": values["id"], "slot": kind, **values}
        return values

    @model_validator(mode="after")
    def _runs_forwards(self) -> Self:
        if self.begins > self.ends:
            raise ValueError(f"it ends on {self.last}, before it begins on {self.first}")
        return self

    @model_validator(mode="after")
    def _says_what_is_disputed(self) -> Self:
        if self.disputed_for is not None and self.disputed is None:
            raise ValueError("it says for whom it is disputed and not what")
        return self

    @property
    def begins(self) -> date:
        """The first day; the beginning of time where none is known."""
        return self.first or BEGINNING

    @property
    def ends(self) -> date:
        """The last day; the end of time where none is known."""
        return self.last or FOREVER

    @property
    def certain(self) -> bool:
        """Whether it may block somebody at least: its sources are good and agree."""
        undisputed = self.disputed is None or self.disputed_for is not None
        return self.confidence != "low" and undisputed

    def covers(self, day: date) -> bool:
        """Whether a day lies in the rule's interval."""
        return self.begins <= day <= self.ends


class RuleFile(Strict):
    """One family of an agreement's rules."""

    family: str = Field(pattern=r"^[a-z_]+$")
    note: str | None = None
    rules: tuple[Rule, ...] = Field(min_length=1)


class Craft(Strict):
    """A craft, or kind of performer: the group whose rules it has, and its other names."""

    group: CraftGroup
    local: str | None = None
    words: tuple[str, ...] = ()


class Agreement(Strict):
    """`agreement.yaml`.

    Attributes:
        agreement: The word of the timecard that means it; `any` for a state's law.
        first, last: Its term.
        successor_unseen: What to say of a rule that is applied after the term.
        budget_tiers: The share of scale that low budget pictures pay, by tier.
        crafts: Its crafts by name; `crafts_of` names a pack whose crafts it has too.
        maryland_locals: Locals whose members work in Maryland.
    """

    agreement: AgreementWord | Literal["any"]
    title: str
    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")
    successor_unseen: str | None = None
    budget_tiers: Mapping[BudgetTierWord, str] = {}
    crafts: Mapping[str, Craft] = {}
    crafts_of: str | None = None
    maryland_locals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands, for messages: file and 1-based line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class PackedRule:
    """A rule with its family, its pack and its place."""

    rule: Rule
    family: str
    pack: str
    place: Place


@dataclass(frozen=True, slots=True)
class Pack:
    """One agreement.

    Attributes:
        name: The name of its folder.
        version: `<name>@<digest of its content>`, which findings and postings carry.
    """

    name: str
    version: str
    agreement: Agreement
    rules: tuple[PackedRule, ...]


@dataclass(frozen=True, slots=True)
class Packs:
    """All packs in force, and the reason for each rule that is in the facts and not evaluated."""

    packs: tuple[Pack, ...]
    reference_only: Mapping[str, str]

    def named(self, name: str) -> Pack | None:
        """Returns the pack whose folder has this name; None if there is none."""
        return next((pack for pack in self.packs if pack.name == name), None)

    @property
    def rules(self) -> tuple[PackedRule, ...]:
        """Every rule of every pack."""
        return tuple(packed for pack in self.packs for packed in pack.rules)
