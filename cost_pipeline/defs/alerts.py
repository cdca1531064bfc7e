"""What is red in Dagster: red checks and failed runs. `pipeline/alerts` tells of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import dagster as dg

from cost_pipeline.core import errors
from cost_pipeline.defs.checks import RunInVainError
from cost_pipeline.defs.upstream import (
    AssetCheckExecutionRecordStatus,
    AssetCheckPartitionInfo,
    DagsterAssetCheckFailedError,
    PartitionKeyFilter,
)
from cost_pipeline.dispatch.alerts import Alert
from cost_pipeline.pipeline.session import Session

_LOOK_BACK: Final = timedelta(days=7)
_MOST_RUNS: Final = 100
_WORDS: Final = 500
_PASSING: Final = errors.EnvironmentFailedError.__name__
_TOLD_BY_CHECKS: Final = {DagsterAssetCheckFailedError.__name__, RunInVainError.__name__}
_OURS: Final = {_PASSING, errors.UsageError.__name__, errors.CheckFailedError.__name__}


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks that are red now, of every partition, and the keys of those that are well."""

    red: list[Alert]
    well: set[str]


def look_at_checks(
    instance: dg.DagsterInstance,
    keys: Iterable[dg.AssetCheckKey],
    passing: Collection[dg.AssetCheckKey],
) -> Checks:
    """Returns what the newest result of every check says; one that is under way says nothing.

    Args:
        instance: Where results are recorded.
        keys: The checks.
        passing: Those whose warnings may pass by themselves.
    """
    infos = instance.event_log_storage.get_asset_check_partition_info(sorted(keys))
    by_partition = {info.check_key for info in infos if info.partition_key is not None}
    found = Checks([], set())
    for info in infos:
        # A run over several partitions has one more result, for all of them together.
        if info.partition_key is None and info.check_key in by_partition:
            continue
        if info.latest_execution_status is AssetCheckExecutionRecordStatus.FAILED:
            found.red.extend(_of_check(instance, info, passes_by=info.check_key in passing))
        elif info.latest_execution_status is AssetCheckExecutionRecordStatus.SUCCEEDED:
            found.well.add(_key(info))
    return found


def _key(info: AssetCheckPartitionInfo) -> str:
    asset = info.check_key.asset_key.to_user_string()
    return f"check/{asset}/{info.check_key.name}/{info.partition_key or ''}"


def _of_check(
    instance: dg.DagsterInstance, info: AssetCheckPartitionInfo, *, passes_by: bool
) -> Iterator[Alert]:
    key, partition = info.check_key, info.partition_key
    records = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, partition_filter=PartitionKeyFilter(key=partition) if partition else None
    )
    for record in records:
        event = record.event.dagster_event if record.event else None
        if event is None or event.event_type is not dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue
        found = event.asset_check_evaluation_data
        warns = found.severity is dg.AssetCheckSeverity.WARN
        asset = key.asset_key.to_user_string()
        where = f" [{partition}]" if partition else ""
        yield Alert(
            key=_key(info),
            title=f"{asset}: {key.name}{where}",
            message=found.description or "is red",
            # Every other red check is about data that stays as it is, and will be red again.
            failure_class="transient" if passes_by and warns else "permanent",
            severity=found.severity.value,
            run_id=record.run_id,
        )


def failed_runs(instance: dg.DagsterInstance, session: Session) -> list[Alert]:
    """Returns the runs that failed in the last seven days."""
    failed = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.FAILURE], updated_after=session.clock() - _LOOK_BACK
    )
    runs = instance.get_runs(failed, limit=_MOST_RUNS)
    return [alert for run in runs for alert in of_run(instance, run)]


def of_run(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Iterator[Alert]:
    """Yields the alert of a failed run; none if a red check says why, which has its own."""
    names, message = _why(instance, run)
    if not _TOLD_BY_CHECKS.isdisjoint(names):
        return
    # Without an error of a step the process is gone: it was killed, or its machine was.
    passing = not names or _PASSING in names
    partition = run.tags.get("dagster/partition") or run.tags.get(
        "dagster/asset_partition_range_start", ""
    )
    where = f" [{partition}]" if partition else ""
    yield Alert(
        key=f"run/{run.run_id}",
        title=f"run of {run.job_name}{where} failed",
        message=message or "its process ended without a word",
        failure_class="transient" if passing else "permanent",
        severity=dg.AssetCheckSeverity.ERROR.value,
        run_id=run.run_id,
    )


def _why(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[list[str], str]:
    """Returns the kinds of the error and of its causes, outermost first, and the last one's words.

    Causes are followed down to one of our own errors, whose words are for people.
    """
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    names: list[str] = []
    words = ""
    for entry in instance.all_logs(run.run_id, of_type=kinds):
        event = entry.dagster_event
        data = event.event_specific_data if event else None
        error = getattr(data, "error", None)
        while error is not None:
            names.append(str(error.cls_name).rpartition(".")[2])
            first = str(error.message).strip().splitlines()[0]
            words = first.removeprefix(f"{error.cls_name}: ").rpartition("Error: ")[2][:_WORDS]
            error = None if names[-1] in _OURS else error.cause or error.context
    return names, words
