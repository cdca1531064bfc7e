"""A watched folder of corrections: for which files a run is asked, and what is said of the others.

The feed that declares the folder knows what a file says and whether it was applied. Here, a file is
taken when two looks in a row saw the same bytes (it may still be on its way). One that cannot be
read is shown by one run of the checks and by every tick, and nothing that failed is asked for at
every tick.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

import dagster as dg

from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.defs.resources import HomeResource, asked_of
from cost_pipeline.defs.tags import REASON, said
from cost_pipeline.defs.upstream import NOT_FINISHED_STATUSES, UnresolvedAssetJobDefinition
from cost_pipeline.pipeline.declared.assets import WaitingFile, Watched
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session

_PAUSE: Final = timedelta(minutes=15)


def watched_folder(
    feed: Feed[Session], watched: Watched[Session], job: UnresolvedAssetJobDefinition
) -> dg.SensorDefinition:
    """Returns the sensor that asks for a run when files lie in a folder that the feed watches."""

    @dg.sensor(
        name=watched.sensor,
        job=job,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=watched.words,
    )
    def look_into_folder(
        context: dg.SensorEvaluationContext, home: HomeResource
    ) -> dg.SensorResult | dg.SkipReason:
        try:
            session = home.session(feed, "sensor")
            waiting = watched.waiting(session)
        except CostPipelineError as error:
            return dg.SkipReason(f"the folder of corrections could not be read: {error}")
        seen = json.loads(context.cursor or "{}")
        context.update_cursor(json.dumps({one.name: one.token for one in waiting}))
        for one in waiting:
            if one.problem is not None:
                context.log.error("%s is not applied: %s", one.name, one.problem)
        if not waiting:
            return dg.SkipReason("no correction waits in the folder")
        settled = [one for one in waiting if seen.get(one.name) == one.token]
        if not settled:
            return dg.SkipReason(f"{len(waiting)} files are new; the next look decides")
        return _decide(home, settled, *_asked_for(context.instance, job.name, session.clock()))

    return look_into_folder


def _decide(
    home: HomeResource,
    settled: list[WaitingFile],
    busy: Collection[str],
    done: Collection[str],
) -> dg.SensorResult | dg.SkipReason:
    """Returns what to run, or why nothing is.

    A file that cannot be read gets one run, which turns the check red.
    """
    fresh = [
        one
        for one in settled
        if one.token not in busy and not (one.problem is not None and one.token in done)
    ]
    if fresh:
        config = home.asking([one.token for one in fresh])
        tags = {REASON: said(f"files: {', '.join(one.name for one in fresh)}")}
        return dg.SensorResult(run_requests=[dg.RunRequest(run_config=config, tags=tags)])
    wrong = [one for one in settled if one.problem is not None]
    if wrong:
        return dg.SkipReason(
            "; ".join(f"{one.name} is not applied: {one.problem}" for one in wrong)
            + "; mend the file, or take it away"
        )
    return dg.SkipReason(f"{len(settled)} corrections are in runs under way or failed lately")


def _asked_for(instance: dg.DagsterInstance, job: str, now: datetime) -> tuple[set[str], set[str]]:
    """Returns the files of runs under way or failed a short while ago, and of those done."""

    def files(**wanted: Any) -> set[str]:  # noqa: ANN401 - of Dagster's filter
        runs = instance.get_runs(dg.RunsFilter(job_name=job, **wanted))
        return {token for run in runs for token in asked_of(run)}

    ended = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    busy = files(statuses=list(NOT_FINISHED_STATUSES))
    busy |= files(statuses=ended, updated_after=now - _PAUSE)
    return busy, files(statuses=[dg.DagsterRunStatus.SUCCESS])
