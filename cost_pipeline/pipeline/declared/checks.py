"""A check, declared once: its name, its words, what it looks at, and what it demands.

Asset checks, their results, what is told of a red one, and the gate before the book are all made
from these values; a check's name stands in no second place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic

from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.assets import Calendar, S
from cost_pipeline.pipeline.declared.names import Key, Names
from cost_pipeline.pipeline.reports.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Subject:
    """What a check looks at.

    Attributes:
        key: The asset.
        day: The partition; None if it has none.
    """

    key: Key
    day: date | None = None

    @property
    def noun(self) -> str:
        """The last part of the key: a vendor, a kind of record."""
        return self.key[-1]


@dataclass(frozen=True, slots=True)
class Look(Generic[S]):
    """One look at what is stored, which several checks then judge, in one step of a run.

    Attributes:
        step: The name of the step.
        calendar: The dates by which its checks are partitioned.
        at: Looks at what the given partitions hold.
        in_vain: Returns, in words, what the run itself was to do and could not, although it went
            on. If there is any, the run fails, so this step comes after all others. None if there
            can be none.
    """

    step: str
    calendar: Calendar
    at: Callable[[S, Sequence[date]], Any]
    in_vain: Callable[[Any], Sequence[str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[S]):
    """A check as it is declared.

    Attributes:
        name: As Dagster and the command line show it.
        words: What holds while it is green, in a sentence; `{Measures}` in it is what people call
            the measures of the feed.
        assets: Returns the assets of a home that have this check; none if it has no such assets.
        look: What is looked at; None if the step that makes the asset has found it already.
        judge: Says what was found about a subject.
        blocking: Whether a red one stops what lies behind it.
        warns: Whether a red one is a warning and no error; an outcome may warn by itself too.
        passes_by: Whether a warning of it may pass by itself, as an outage does.
        after_validation: Whether it looks beyond its asset, at what was read from it.
        standing: Whether it belongs to no run of its asset, and is looked at on a schedule.
    """

    name: str
    words: str
    assets: Callable[[Names, Home], Iterable[Key]]
    look: Look[S] | None
    judge: Callable[[Any, Subject], Outcome]
    blocking: bool = False
    warns: bool = False
    passes_by: bool = False
    after_validation: bool = False
    standing: bool = False

    def outcome(self, found: Any, subject: Subject) -> Outcome:  # noqa: ANN401 - what its look found
        """Returns what the check finds, as severe as it was declared."""
        return self.judge(found, subject).as_warning(always=self.warns)


def each_vendor(names: Names, home: Home) -> list[Key]:
    """Returns the deliveries of each vendor of the feed."""
    return [names.raw(vendor.vendor) for vendor in home.vendors if vendor.feed == names.feed]


def each_source(names: Names, home: Home) -> list[Key]:
    """Returns the deliveries of each vendor of the feed, also of those whose file is wrong."""
    known = each_vendor(names, home)
    wrong = [names.raw(one.vendor) for one in home.wrong if one.feed == names.feed]
    return [*known, *(key for key in wrong if key not in known)]


def each_expecting_vendor(names: Names, home: Home) -> list[Key]:
    """Returns the deliveries of each vendor of the feed that declares when they are due."""
    mine = [vendor for vendor in home.vendors if vendor.feed == names.feed]
    return [names.raw(vendor.vendor) for vendor in mine if vendor.expect is not None]


def each_kind(names: Names, home: Home) -> list[Key]:
    """Returns the records of each kind that a vendor of the feed sends."""
    return [names.records(kind) for kind in kinds_of(names.feed, home)]


def kinds_of(feed: str, home: Home) -> list[str]:
    """Returns the kinds of record that the vendors of a feed send, in order."""
    return sorted({str(vendor.record) for vendor in home.vendors if vendor.feed == feed})


def only(key: Key) -> Callable[[Names, Home], list[Key]]:
    """Returns what says that a check is of one asset, which every home has."""
    return lambda _names, _home: [key]


def of_dead_letters(names: Names, _home: Home) -> list[Key]:
    """Returns the dead letters of the feed."""
    return [names.dead_letters]


def of_corrections(names: Names, _home: Home) -> list[Key]:
    """Returns the corrections of the feed."""
    return [names.corrections]


def of_audit_log(names: Names, _home: Home) -> list[Key]:
    """Returns the audit log of the feed."""
    return [names.audit]
