"""What a check says beside its dates: the state of its whole book.

Dagster 1.13 shows as the state of a check the newest of its results, whichever date that is of.
After a run over other dates it would read "Passed" though a date is red. So the last result of each
run has no partition, and tells of all dates as each was evaluated last. It is reported, not yielded
by the step: a red date of an earlier run neither fails this run nor counts for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import dagster as dg
import sqlalchemy as db

from cost_pipeline.core.text import printable
from cost_pipeline.defs.reporting import newest_of_all, report_checks
from cost_pipeline.defs.upstream import (
    COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES,
    AssetCheckExecutionRecordStatus,
    AssetCheckExecutionsTable,
    PartitionKeyFilter,
    SqlEventLogStorage,
)
from cost_pipeline.pipeline.declared.checks import Check
from cost_pipeline.pipeline.session import Session

MOST_NAMED: Final = 12
"""The most red dates that a badge names."""
_MOST_MESSAGES: Final = 5

_CHECKS: Final = AssetCheckExecutionsTable.c
_COMPLETED: Final = [status.value for status in COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES]


@dataclass(frozen=True, slots=True)
class Judged:
    """A check and what it said in this run.

    Attributes:
        check: As it is declared.
        results: Partition to its result.
    """

    check: Check[Session]
    results: Mapping[str, dg.AssetCheckResult]


@dataclass(slots=True)
class BookState:
    """The dates of a book as a check evaluated each last.

    Attributes:
        dates: How many were ever evaluated.
        red: Those on which it is red, in order.
    """

    dates: int = 0
    red: list[str] = field(default_factory=list)


def report_badges(
    instance: dg.DagsterInstance,
    run: dg.DagsterRun,
    noun: str,
    judged: Mapping[dg.AssetCheckKey, Judged],
) -> None:
    """Reports one result without a partition for each check: the state of the whole book.

    What is known of other dates comes from their stored results, in one query. The results of this
    run must be stored before. An event log that keeps no SQL tables is told nothing.

    Args:
        instance: The instance of the run.
        run: The run that judged.
        noun: What people call the dates of the book.
        judged: The checks that it judged.
    """
    log = instance.event_log_storage
    if not judged or not isinstance(log, SqlEventLogStorage):
        return
    states = states_of_book(log, judged)
    targets = {key: newest_of_all(instance, key) for key in {key.asset_key for key in judged}}
    report_checks(
        instance,
        run,
        [
            dg.AssetCheckEvaluation(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=not states[key].red,
                severity=_severity(log, key, one, states[key].red),
                blocking=one.check.blocking,
                metadata=_numbers(states[key]),
                description=printable(_words(states[key], one, noun)),
                target_materialization_data=targets[key.asset_key],
            )
            for key, one in judged.items()
        ],
    )


def states_of_book(
    log: SqlEventLogStorage, keys: Collection[dg.AssetCheckKey]
) -> dict[dg.AssetCheckKey, BookState]:
    """Returns the state of each check over all dates, from the last result of each date.

    A run that died leaves dates planned; what was known of them before still holds.
    """
    latest = (
        db.select(db.func.max(_CHECKS.id).label("id"))
        .where(
            _CHECKS.asset_key.in_({key.asset_key.to_string() for key in keys}),
            _CHECKS.check_name.in_({key.name for key in keys}),
            _CHECKS.partition.is_not(None),
            _CHECKS.execution_status.in_(_COMPLETED),
        )
        .group_by(_CHECKS.asset_key, _CHECKS.check_name, _CHECKS.partition)
        .subquery()
    )
    query = (
        db.select(
            _CHECKS.asset_key, _CHECKS.check_name, _CHECKS.partition, _CHECKS.execution_status
        )
        .join_from(AssetCheckExecutionsTable, latest, _CHECKS.id == latest.c.id)
        .order_by(_CHECKS.partition)
    )
    states = {(key.asset_key.to_string(), key.name): BookState() for key in keys}
    with log.index_connection() as connection:
        for asset, name, partition, status in connection.execute(query):
            state = states.get((asset, name))
            if state is not None:
                state.dates += 1
                if status == AssetCheckExecutionRecordStatus.FAILED.value:
                    state.red.append(partition)
    return {key: states[key.asset_key.to_string(), key.name] for key in keys}


def _severity(
    log: SqlEventLogStorage, key: dg.AssetCheckKey, judged: Judged, red: Sequence[str]
) -> dg.AssetCheckSeverity:
    """Returns the severity of the gravest red date; of other runs it reads until one is an error.

    Most checks declare that they warn, or never do, so that it reads one date at most.
    """
    if judged.check.warns:
        return dg.AssetCheckSeverity.WARN
    error = dg.AssetCheckSeverity.ERROR
    if any(judged.results[day].severity is error for day in red if day in judged.results):
        return error
    for day in red:
        if day not in judged.results:
            (record,) = log.get_asset_check_execution_history(
                key,
                limit=1,
                status={AssetCheckExecutionRecordStatus.FAILED},
                partition_filter=PartitionKeyFilter(key=day),
            )
            if record.evaluation is None or record.evaluation.severity is error:
                return error
    return dg.AssetCheckSeverity.WARN if red else error


def _words(state: BookState, judged: Judged, noun: str) -> str:
    if not state.red:
        return f"holds for all {state.dates:,} {noun} that were evaluated"
    named = ", ".join(state.red[:MOST_NAMED])
    more = len(state.red) - MOST_NAMED
    of_this_run = [
        f"{day}: {judged.results[day].description}" for day in state.red if day in judged.results
    ]
    words = [
        f"red on {len(state.red):,} of {state.dates:,} {noun}: {named}"
        + (f" and {more:,} more" if more > 0 else ""),
        *of_this_run[:_MOST_MESSAGES],
    ]
    return "; ".join(words)


def _numbers(state: BookState) -> dict[str, Any]:
    numbers: dict[str, Any] = {"dates_evaluated": state.dates, "dates_red": len(state.red)}
    if state.red:
        numbers["first_red_dates"] = ", ".join(state.red[:MOST_NAMED])
    return numbers
