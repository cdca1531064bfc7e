"""The book of a feed: what its records are posted to, date by date."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Generic

from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.assets import Dep, S
from cost_pipeline.pipeline.declared.names import Key
from cost_pipeline.pipeline.declared.shown import Shown
from cost_pipeline.pipeline.declared.told import Told


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of inputs will change in the book.

    Attributes:
        metadata: What is shown of it.
        matters: Whether anything changes.
        stories: What assets that nobody makes tell by now, by their keys.
    """

    metadata: Mapping[str, Shown] = field(default_factory=dict)
    matters: bool = False
    stories: Mapping[Key, Mapping[str, Shown]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver(Generic[S]):
    """An asset that tells the book, date by date, that something it is computed from has changed.

    Rows that are pulled on one day belong to many dates of the book, which no mapping of partitions
    can say, so each date whose inputs changed is reported.

    Attributes:
        key: The key of the asset.
        words: What it is.
        told: What else its page tells.
        kinds: Labels: where its inputs are stored.
        group: The group that it is shown in.
        deps: What the inputs come from.
        versions: Returns the digest of these inputs for each date.
        effect: Returns what posting the changed dates will change; None if nobody asks.
        shown_on: The asset that shows the effect.
    """

    key: Key
    words: str
    group: str
    deps: Sequence[Dep] = ()
    versions: Callable[[S], Mapping[date, str]]
    effect: Callable[[S, Sequence[date]], Effect] | None = None
    shown_on: Key | None = None
    told: Told | None = None
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Book(Generic[S]):
    """A book: the dates that a feed posts to, and how it finds out which are out of date.

    Attributes:
        key: The asset that is partitioned by its dates; it is one of the feed's assets.
        noun: What people call the book.
        dates: What people call its dates, in the plural.
        first: The first date that a record may have.
        last: The last one.
        job: The name of the job that posts.
        job_words: What that job does.
        with_it: Assets that are made in the same run, where the home has them.
        sensor: The name of the sensor that asks for dates.
        sensor_words: What that sensor does.
        present: Returns, for each date that has records, the digest of its present inputs.
        posted: Returns, for each date that was posted, the digest that it was computed from.
        of_pulls: Returns the dates of the records that were pulled on some dates, each with the
            earliest of those.
        hand_overs: Returns what the book of a home is computed from.
    """

    key: Key
    noun: str
    dates: str
    first: date
    last: date
    job: str
    job_words: str
    with_it: Sequence[Key] = ()
    sensor: str
    sensor_words: str
    present: Callable[[S], Mapping[date, str]]
    posted: Callable[[S], Mapping[date, str]]
    of_pulls: Callable[[S, Collection[date]], Mapping[date, date]]
    hand_overs: Callable[[Home], Sequence[HandOver[S]]] = lambda _home: ()
