"""What runs next. A sensor lists, a pure function decides.

The reconciliation sensor is level-triggered: it compares what each ledger partition was computed
from with what there is now, so an update that an edge-triggered automation lost is found again.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from cost_pipeline.core.canonical import digest_of_set
from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.defs.keys import LEDGER
from cost_pipeline.defs.reporting import ranges
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.feeds.production.inputs import out_of_date, present_inputs, stored_inputs

RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"
MOST_DATES_A_RUN: Final = 31


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run over consecutive transaction dates; `key` is the same for the same inputs."""

    first: str
    last: str
    key: str


def plan_posting(dates: Sequence[date], present: Mapping[date, str]) -> list[PlannedRun]:
    """Runs that cover the dates and no other date that has records, each of at most a month.

    Args:
        dates: Those that are out of date.
        present: The inputs digest of every date that has records.
    """
    return [
        PlannedRun(
            first,
            last,
            digest_of_set(
                f"post {first}..{last}",
                [
                    f"{day} {present.get(day, '')}"
                    for day in dates
                    if first <= day.isoformat() <= last
                ],
            ),
        )
        for first, last in ranges(
            dates, most=MOST_DATES_A_RUN, across=present.keys() - set(dates)
        )
    ]


def reconciliation(job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Asks for the ledger partitions whose inputs are not those they were computed from."""

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
        except CostPipelineError as error:
            # A lake that cannot be read is not an empty lake: nothing is decided.
            return dg.SkipReason(f"the lake could not be compared: {error}")
        if not dates:
            return dg.SkipReason(f"the ledger of {len(present)} transaction dates is up to date")
        context.log.info("%d transaction dates are out of date", len(dates))
        return dg.SensorResult(run_requests=[request(run) for run in plan_posting(dates, present)])

    return reconcile_ledger


def request(run: PlannedRun) -> dg.RunRequest:
    """The run request of a planned run."""
    if run.first == run.last:
        return dg.RunRequest(run_key=run.key, partition_key=run.first, asset_selection=[LEDGER])
    return dg.RunRequest(
        run_key=run.key,
        asset_selection=[LEDGER],
        tags={RANGE_START: run.first, RANGE_END: run.last},
    )
