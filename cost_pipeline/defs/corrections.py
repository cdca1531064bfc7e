"""Corrections of dead letters: the asset that takes them in, and the sensor that sees them come.

The sensor lists and a pure function decides. A run takes in everything that waits, so one run at a
time is enough; the reconciliation decides which transaction dates are then posted.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import dagster as dg

from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.defs import descriptions
from cost_pipeline.defs.assets import records_handed_over
from cost_pipeline.defs.keys import asset_key, dependency
from cost_pipeline.defs.reporting import in_order
from cost_pipeline.defs.resources import HomeResource, asked_of
from cost_pipeline.defs.tags import REASON, said
from cost_pipeline.defs.upstream import NOT_FINISHED_STATUSES, UnresolvedAssetJobDefinition
from cost_pipeline.pipeline.days import today
from cost_pipeline.pipeline.dead_letters.corrections import out_of_date, take_in, waiting_files
from cost_pipeline.pipeline.declared.assets import Dep
from cost_pipeline.pipeline.declared.names import CORRECTIONS_JOB, DEAD_LETTERS_GROUP
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session

# A file that is still being copied changes; one that is as old as this is taken to be whole.
_SETTLED: Final = timedelta(seconds=10)
_PAUSE: Final = timedelta(minutes=15)


def corrections(
    feed: Feed[Session], partitions: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    """Returns the asset of what people sent back, partitioned by the day it was taken in."""

    @dg.asset(
        key=asset_key(feed.names.corrections),
        deps=[dependency(Dep(feed.names.dead_letters, whole=True))],
        partitions_def=partitions,
        group_name=DEAD_LETTERS_GROUP,
        owners=feed.owners,
        kinds={"excel"},
        pool=feed.names.own("vendors"),
        description=descriptions.of_corrections(feed),
        code_version="1",
    )
    def corrections(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> dg.MaterializeResult[None]:
        session = home.session(feed, context.run.run_id)
        taken = take_in(session)
        touched = records_handed_over(context.instance, session)
        return dg.MaterializeResult(
            metadata=in_order(
                {
                    "dagster/partition_row_count": len(taken),
                    "files": [one.uri for one in taken],
                    "repeated": sum(one.repeated for one in taken),
                    **touched,
                }
            )
        )

    return corrections


def corrections_sensor(
    feed: Feed[Session], job: UnresolvedAssetJobDefinition
) -> dg.SensorDefinition:
    """Returns the sensor that asks for a run when a correction waits in the folder."""

    @dg.sensor(
        name=feed.names.own("take_in_corrections"),
        job=job,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Looks into {feed.names.inbox}. A mended workbook there is a delivery: it is "
        "landed and judged, and only the transaction dates that it touches are posted.",
    )
    def take_in_corrections(
        context: dg.SensorEvaluationContext, home: HomeResource
    ) -> dg.SensorResult | dg.SkipReason:
        try:
            session = home.session(feed, "sensor")
            now = session.clock()
            day = today(session).isoformat()
            files = [file for file in waiting_files(session) if _is_settled(file, now)]
            unfinished = sorted(out_of_date(session))
        except (CostPipelineError, OSError) as error:
            # A folder that cannot be listed is not an empty folder: nothing is decided.
            return dg.SkipReason(f"the corrections could not be listed: {error}")
        wanted = [file.name for file in files] or unfinished
        under_way = context.instance.get_runs(
            dg.RunsFilter(
                job_name=feed.names.own(CORRECTIONS_JOB), statuses=list(NOT_FINISHED_STATUSES)
            )
        )
        failed = context.instance.get_runs(
            dg.RunsFilter(
                job_name=feed.names.own(CORRECTIONS_JOB),
                statuses=[dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED],
                updated_after=now - _PAUSE,
            )
        )
        why_not = reason_to_wait(
            wanted, busy=bool(under_way), failed=[asked_of(run) for run in failed]
        )
        if why_not is not None:
            return dg.SkipReason(why_not)
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(
                    partition_key=day,
                    run_config=home.asking(wanted),
                    tags={REASON: said(_words([file.name for file in files], unfinished))},
                )
            ]
        )

    return take_in_corrections


def _is_settled(file: Path, now: datetime) -> bool:
    return now.timestamp() - file.stat().st_mtime >= _SETTLED.total_seconds()


def _words(files: Sequence[str], unfinished: Sequence[str]) -> str:
    if files:
        return f"files: {', '.join(files)}"
    return f"{len(unfinished):,} corrections are behind their contract"


def reason_to_wait(
    files: Sequence[str], *, busy: bool, failed: Sequence[Sequence[str]]
) -> str | None:
    """Returns why no run is asked for now; None if one is.

    Args:
        files: The names of the files that wait.
        busy: Whether a run is under way: it takes in what waits.
        failed: The files that runs were asked for which failed lately.
    """
    if not files:
        return "no correction waits"
    if busy:
        return "a run that takes in corrections is under way"
    if list(files) in map(list, failed):
        return f"a run for the same files failed less than {_PAUSE} ago"
    return None
