"""What runs next. A sensor lists, a pure function of `plan` decides.

The reconciliation sensor is level-triggered: it compares what each ledger partition was computed
from with what there is now, so an update that an edge-triggered automation lost is found again.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import dagster as dg

from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.defs.gate import held_back
from cost_pipeline.defs.handover import hand_over
from cost_pipeline.defs.keys import LEDGER, POST_JOB
from cost_pipeline.defs.plan import PlannedRun, left_out, plan_posting
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.defs.upstream import NOT_FINISHED_STATUSES, UnresolvedAssetJobDefinition
from cost_pipeline.feeds.production.inputs import out_of_date, present_inputs, stored_inputs

PARTITION: Final = "dagster/partition"
RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"
INPUTS: Final = "cost_pipeline/inputs"
"""Tag of a requested run: what it was requested for."""

# A run that failed is asked for again after this long: at every tick it would only fail again.
_PAUSE: Final = timedelta(minutes=15)


def reconciliation(
    job: UnresolvedAssetJobDefinition, posted: Sequence[dg.AssetKey]
) -> dg.SensorDefinition:
    """Asks for the ledger partitions whose inputs are not those they were computed from.

    Args:
        job: That posts.
        posted: The assets that a posting makes: the ledger, and what is shown of its findings.
    """

    @dg.sensor(
        name="reconcile_ledger",
        job=job,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Compares the inputs digest of every transaction date with the one its ledger "
        "partition was computed from, and requests exactly the dates that differ.",
    )
    def reconcile_ledger(
        context: dg.SensorEvaluationContext, home: HomeResource
    ) -> dg.SensorResult | dg.SkipReason:
        try:
            session = home.session("sensor")
            present = present_inputs(session)
            dates = out_of_date(present, stored_inputs(session))
            if dates:  # a correction made outside Dagster is handed over before its dates run
                hand_over(context.instance, session)
            held = held_back(context.instance, session, dates) if dates else {}
        except CostPipelineError as error:
            # A lake that cannot be read is not an empty lake: nothing is decided.
            return dg.SkipReason(f"the lake could not be compared: {error}")
        found = _decide(context.instance, dates, present, held, session.clock())
        if isinstance(found, dg.SkipReason):
            return found
        return dg.SensorResult(run_requests=[request(run, posted) for run in found])

    return reconcile_ledger


def _decide(
    instance: dg.DagsterInstance,
    dates: list[date],
    present: Mapping[date, str],
    held: Mapping[date, date],
    now: datetime,
) -> list[PlannedRun] | dg.SkipReason:
    if not dates:
        return dg.SkipReason(f"the ledger of {len(present)} transaction dates is up to date")
    free = [day for day in dates if day not in held]
    waiting = left_out(free, spans_under_way(instance))
    failed = _failed_lately(instance, now - _PAUSE)
    planned = [run for run in plan_posting(waiting, present) if run.key not in failed]
    if planned:
        return planned
    held_pulls = sorted({held[day].isoformat() for day in dates if day in held})
    return dg.SkipReason(
        f"{len(dates)} transaction dates are out of date: {len(free) - len(waiting)} are in runs "
        f"under way, {len(dates) - len(free)} wait for checks or accepted columns of pull dates "
        f"{', '.join(held_pulls) or '(none)'}, the others failed less than {_PAUSE} ago"
    )


def spans_under_way(instance: dg.DagsterInstance) -> list[tuple[str, str]]:
    """The partition keys (first, last) of the ledger that unfinished runs will post."""
    runs = instance.get_runs(dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES)))
    return [span for run in runs if _posts(run) and (span := _span(run.tags)) is not None]


def _posts(run: dg.DagsterRun) -> bool:
    if not run.asset_selection:  # the whole job
        return run.job_name == POST_JOB
    return LEDGER in run.asset_selection


def _span(tags: Mapping[str, str]) -> tuple[str, str] | None:
    if RANGE_START in tags and RANGE_END in tags:
        return tags[RANGE_START], tags[RANGE_END]
    if PARTITION in tags:
        return tags[PARTITION], tags[PARTITION]
    return None


def _failed_lately(instance: dg.DagsterInstance, since: datetime) -> set[str]:
    ended = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    runs = instance.get_runs(dg.RunsFilter(statuses=ended, updated_after=since))
    return {run.tags[INPUTS] for run in runs if INPUTS in run.tags}


def request(run: PlannedRun, posted: Sequence[dg.AssetKey] = (LEDGER,)) -> dg.RunRequest:
    """The run request of a planned run.

    It has no run key: Dagster never starts a second run with the same key, and a date may come to
    the same inputs twice (changed, posted, changed back) or its run may have failed.
    """
    tags = {INPUTS: run.key}
    if run.first == run.last:
        return dg.RunRequest(partition_key=run.first, asset_selection=list(posted), tags=tags)
    return dg.RunRequest(
        asset_selection=list(posted), tags={**tags, RANGE_START: run.first, RANGE_END: run.last}
    )
