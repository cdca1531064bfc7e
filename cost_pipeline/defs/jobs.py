"""The jobs of a feed: those that every feed has, that of its book, and those of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from cost_pipeline.defs.checks import keys_of
from cost_pipeline.defs.keys import asset_key, selection
from cost_pipeline.defs.upstream import UnresolvedAssetJobDefinition
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.assets import Job
from cost_pipeline.pipeline.declared.checks import each_kind, each_source
from cost_pipeline.pipeline.declared.names import (
    AUDIT_JOB,
    CORRECTIONS_JOB,
    PULL_JOB,
    REPLAY_JOB,
    STANDING_JOB,
    Key,
)
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of a feed in a home.

    Attributes:
        posted: What `post` makes: the book, and what is made with it.
        post: None if the feed has no book.
        own: The jobs that the feed declares, each with its declaration.
    """

    pull: UnresolvedAssetJobDefinition
    replay: UnresolvedAssetJobDefinition
    corrections: UnresolvedAssetJobDefinition
    standing: UnresolvedAssetJobDefinition
    audit: UnresolvedAssetJobDefinition
    posted: Sequence[Key]
    post: UnresolvedAssetJobDefinition | None
    own: Sequence[tuple[Job[Session], UnresolvedAssetJobDefinition]]

    @property
    def all(self) -> list[UnresolvedAssetJobDefinition]:
        """All jobs of the feed."""
        found = [self.pull, self.replay, self.corrections, self.standing, self.audit]
        found += [self.post] if self.post is not None else []
        return [*found, *(job for _, job in self.own)]


def jobs_of(feed: Feed[Session], home: Home) -> Jobs:
    """Returns the jobs of a feed in a home; it has a job of the feed's own if it has its assets."""
    names = feed.names
    # The checks of an asset run with it. One that stands belongs to no pull date: if it were
    # planned with a date and evaluated without one, it would stay planned for each date, and be
    # evaluated in each run.
    standing = _standing(feed, home)
    validated = [*each_kind(names, home), names.dead_letters]
    posted = posted_keys(feed, home)
    return Jobs(
        pull=dg.define_asset_job(
            names.own(PULL_JOB),
            selection=selection(*each_source(names, home), *validated) - standing,
            description="Pulls every vendor for one pull date and validates what came.",
        ),
        replay=dg.define_asset_job(
            names.own(REPLAY_JOB),
            selection=selection(*validated) - standing,
            description="Judges the landed deliveries of a pull date again, without fetching; with "
            "the tag cost_pipeline/delivery only that one.",
        ),
        corrections=dg.define_asset_job(
            names.own(CORRECTIONS_JOB),
            selection=selection(names.corrections),
            description=f"Takes in the mended workbooks that wait in {names.inbox}.",
        ),
        standing=dg.define_asset_job(
            names.own(STANDING_JOB),
            selection=standing,
            description="The checks that belong to no pull: the age of open dead letters.",
        ),
        audit=dg.define_asset_job(
            names.own(AUDIT_JOB),
            selection=dg.AssetSelection.checks_for_assets(asset_key(names.audit)),
            description="Holds the whole audit log against the tables that it announces.",
        ),
        posted=posted,
        post=None
        if feed.book is None
        else dg.define_asset_job(
            feed.book.job, selection=selection(*posted), description=feed.book.job_words
        ),
        own=_own(feed, home),
    )


def posted_keys(feed: Feed[Session], home: Home) -> list[Key]:
    """Returns what posting makes in a home: the book, and those assets of the home made with it."""
    if feed.book is None:
        return []
    made = {one.key for one in feed.assets(home)}
    return [key for key in (feed.book.key, *feed.book.with_it) if key in made]


def present_jobs(feed: Feed[Session], home: Home) -> list[Job[Session]]:
    """Returns the jobs of the feed's own whose assets a home has."""
    made = {one.key for one in feed.assets(home)}
    return [job for job in feed.jobs if made.issuperset(job.assets)]


def _own(
    feed: Feed[Session], home: Home
) -> list[tuple[Job[Session], UnresolvedAssetJobDefinition]]:
    made = {one.key for one in feed.assets(home)}
    found = []
    for job in present_jobs(feed, home):
        keys = [*job.assets, *(key for key in job.with_it if key in made)]
        ran = dg.define_asset_job(job.name, selection=selection(*keys), description=job.words)
        found.append((job, ran))
    return found


def _standing(feed: Feed[Session], home: Home) -> dg.AssetSelection:
    return dg.AssetSelection.checks(
        *(key for key, check in keys_of(feed, home).items() if check.standing)
    )
