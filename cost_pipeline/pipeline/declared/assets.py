"""Assets of a feed beside those that every feed has: its book, its reference data, its reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any, Generic, Literal, Protocol, TypeVar

import pyarrow as pa

from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.names import Key
from cost_pipeline.pipeline.declared.shown import Shown
from cost_pipeline.pipeline.declared.told import Told

S = TypeVar("S")
"""What a step works with: a session, which knows its feed, which is declared by these types."""


class Calendar(Enum):
    """The dates by which an asset or a check is partitioned.

    Reports are of any day of the home up to today.
    """

    NONE = "none"
    PULLS = "pulls"
    BOOK = "book"
    REPORTS = "reports"


@dataclass(frozen=True, slots=True)
class Dep:
    """An asset that another is made from.

    Attributes:
        key: The key of the asset that is read.
        whole: Whether each partition is made from all of its partitions.
    """

    key: Key
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """The table in which an asset is kept.

    Attributes:
        name: The table's name in the lake.
        schema: Its columns.
        lineage: Column to the columns of other assets that it is made from.
    """

    name: str
    schema: pa.Schema
    lineage: Mapping[str, Sequence[tuple[Key, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked to make.

    Attributes:
        dates: The partitions, if the asset has any.
        files: Those of a watched folder; None if the run was not asked for any.
    """

    dates: Sequence[date] = ()
    files: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What the function of an asset made.

    Attributes:
        metadata: Name to what is shown of the asset.
        by_date: Partition to what is shown of it.
        found: What the asset's own checks judge.
        stories: What assets that nobody makes tell by now, by their keys.
    """

    metadata: Mapping[str, Shown] = field(default_factory=dict)
    by_date: Mapping[date, Mapping[str, Shown]] = field(default_factory=dict)
    found: Any = None
    stories: Mapping[Key, Mapping[str, Shown]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset(Generic[S]):
    """An asset of a feed.

    Attributes:
        key: Layer, feed, noun.
        words: What it is, in a sentence or two.
        told: What else its page tells.
        group: The group that it is shown in.
        kinds: Labels: how it is stored.
        make: Makes it; None if others write it and it is only told of.
        step: The name of its step; by default that of its key.
        calendar: The dates by which it is partitioned.
        deps: The assets that it is made from.
        stored: Where it is kept.
        pool: The pool in which only one run at a time may work.
        hands_over: The key of the hand-over whose count is shown, where making the asset may change
            what the book is computed from.
        version: The version of its code; None if nobody asks whether it is out of date.
    """

    key: Key
    words: str
    group: str
    kinds: frozenset[str] = frozenset()
    make: Callable[[S, Asked], Made] | None = None
    step: str | None = None
    calendar: Calendar = Calendar.NONE
    deps: Sequence[Dep] = ()
    stored: Stored | None = None
    pool: str | None = None
    hands_over: Key | None = None
    version: str | None = "1"
    told: Told | None = None


class WaitingFile(Protocol):
    """A file of a watched folder that was not taken yet."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def token(self) -> str:
        """Its name with a digest of what is in it, without commas."""

    @property
    def problem(self) -> Exception | None:
        """Why it cannot be taken; None if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched(Generic[S]):
    """A folder whose files ask for a run.

    Attributes:
        sensor: The name of the sensor that looks into it.
        words: What it does.
        waiting: Returns the files that wait.
    """

    sensor: str
    words: str
    waiting: Callable[[S], Sequence[WaitingFile]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed(Generic[S]):
    """Times at which a job runs by itself.

    Attributes:
        name: The name of the schedule.
        words: What it does.
        cron: When, as a cron expression.
        zone: The zone of those times.
        needless: Returns why no run is needed now; an empty text if one is.
    """

    name: str
    words: str
    cron: str
    zone: str
    needless: Callable[[S], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[S]):
    """A job that a feed adds; a home that lacks its assets lacks the job too.

    Attributes:
        name: The name of the job.
        words: What it does.
        assets: The keys of what it makes.
        with_it: Assets that are made in the same run, where the home has them.
        runs: Whether the command `run` begins or ends with it; else it runs only when asked for.
        watches: The folder whose files ask for it.
        timed: Returns the times at which it runs in a home without being asked for.
    """

    name: str
    words: str
    assets: Sequence[Key]
    with_it: Sequence[Key] = ()
    runs: Literal["first", "last"] | None = None
    watches: Watched[S] | None = None
    timed: Callable[[Home], Sequence[Timed[S]]] = lambda _home: ()
