"""Schedules of a feed's own jobs: when they run by themselves, and why they do not."""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Sequence

import dagster as dg

from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.defs.upstream import UnresolvedAssetJobDefinition
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.assets import Job, Timed
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session


def schedules(
    feed: Feed[Session],
    home: Home,
    jobs: Sequence[tuple[Job[Session], UnresolvedAssetJobDefinition]],
) -> list[dg.ScheduleDefinition]:
    """Returns the schedules that jobs of the feed's own declare in a home.

    They are on from the start: a home that declares what they need has asked for them.
    """
    return [_schedule(feed, times, job) for declared, job in jobs for times in declared.timed(home)]


def _schedule(
    feed: Feed[Session], times: Timed[Session], job: UnresolvedAssetJobDefinition
) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=feed.names.own(times.name),
        job=job,
        cron_schedule=times.cron,
        execution_timezone=times.zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=times.words,
    )
    def ask(
        context: dg.ScheduleEvaluationContext,  # noqa: ARG001 - Dagster asks for it
        home: HomeResource,
    ) -> dg.RunRequest | dg.SkipReason:
        try:
            why = times.needless(home.session(feed, "schedule"))
        except CostPipelineError as error:
            return dg.SkipReason(f"the lake could not be read: {error}")
        return dg.SkipReason(why) if why else dg.RunRequest()

    return ask
