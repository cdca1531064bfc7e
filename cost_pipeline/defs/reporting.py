"""What Dagster is told: counts and small tables, and events per partition.

The event log is not the audit trail (wiping a run deletes it): the lake holds the truth, Dagster
gets counts, hashes and links.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import dagster as dg

from cost_pipeline.defs.event_log import BatchedSqliteEventLog
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.upstream import (
    BATCH_WRITABLE_EVENTS,
    RUNLESS_JOB_NAME,
    RUNLESS_RUN_ID,
    AssetCheckEvaluationTargetMaterializationData,
    AssetObservationData,
    StepMaterializationData,
)
from cost_pipeline.pipeline.declared.names import Key
from cost_pipeline.pipeline.declared.shown import Markdown, Shown, Table

DATA_VERSION_TAG: Final = "dagster/data_version"
GONE: Final = "gone"
_IN_ORDER: Final = (
    (int, float, dg.IntMetadataValue, dg.FloatMetadataValue, dg.BoolMetadataValue),
    (str, dg.TextMetadataValue, dg.UrlMetadataValue, dg.PathMetadataValue),
    (list, dg.JsonMetadataValue),
    (dg.TableMetadataValue, dg.MarkdownMetadataValue),
)
"""The sorts of metadata as people read them: numbers, words, lists, tables and pictures."""
_LISTS: Final = 2
MOST_AT_ONCE: Final = 1000
"""The most events, of a kilobyte or two each, that an event log is given at a time."""


def report_changed_partitions(
    instance: dg.DagsterInstance, key: dg.AssetKey, versions: Mapping[str, str]
) -> list[str]:
    """Reports the new version of each partition of an external asset whose version is new.

    It is reported as a materialization, which fills the partition and wakes automation, and as an
    observation, because Dagster 1.13 looks at nothing else when it tells whether an external asset
    is unsynced. The observations come first: a run notes the newest materialization it read, and
    what is newer than that counts as a change. If this is interrupted between the two, it reports
    both again, because the materializations tell what was reported.

    A hand-over that reports the same data version again would make everything downstream look out
    of date, so an unchanged partition is left alone. A partition that was reported before and is no
    longer among `versions` has lost all its data: that is a version too (`GONE`).

    Returns:
        The partitions reported.
    """
    # One query for all partitions; asking each for its last event costs a millisecond or two.
    reported = instance.event_log_storage.get_latest_tags_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION, tag_keys=[DATA_VERSION_TAG]
    )
    before = {partition: tags.get(DATA_VERSION_TAG) for partition, tags in reported.items()}
    now = {**dict.fromkeys(before, GONE), **versions}
    changed = [partition for partition in sorted(now) if before.get(partition) != now[partition]]
    tagged = [(partition, {DATA_VERSION_TAG: now[partition]}) for partition in changed]
    # A batch holds one type of event of one asset: other event logs batch nothing else.
    _report(
        instance,
        dg.DagsterEventType.ASSET_OBSERVATION,
        [
            AssetObservationData(dg.AssetObservation(key, partition=partition, tags=tags))
            for partition, tags in tagged
        ],
    )
    _report(
        instance,
        dg.DagsterEventType.ASSET_MATERIALIZATION,
        [
            StepMaterializationData(dg.AssetMaterialization(key, partition=partition, tags=tags))
            for partition, tags in tagged
        ],
    )
    return changed


def report_checks_per_partition(
    instance: dg.DagsterInstance,
    run: dg.DagsterRun,
    results: Sequence[tuple[str, dg.AssetCheckResult]],
    *,
    blocking: Collection[str],
) -> None:
    """Reports the results of checks for each partition of a run over several.

    In such a run Dagster 1.13 stores the evaluation without a partition, and each partition's
    check stays planned for ever. An event of the run with the partition settles the planned one;
    with `target_materialization_data` it also counts for `all_deps_blocking_checks_passed`. (An
    event without a run cannot be reported twice for a partition: a unique index forbids it.)

    Args:
        instance: The instance of the run.
        run: The run that made the partitions, or checks them again.
        results: The partition and the result of each check, of one or more assets.
        blocking: The names of the checks that block.
    """
    partitions: dict[dg.AssetKey, set[str]] = {}
    for partition, result in results:
        partitions.setdefault(_asset_of(result), set()).add(partition)
    targets = {key: _newest(instance, key, wanted) for key, wanted in partitions.items()}
    evaluations = [
        dg.AssetCheckEvaluation(
            asset_key=_asset_of(result),
            check_name=str(result.check_name),
            passed=result.passed,
            partition=partition,
            severity=result.severity,
            blocking=result.check_name in blocking,
            metadata={"partition": partition, **result.metadata},  # the run page shows no other
            description=result.description,
            target_materialization_data=targets[_asset_of(result)].get(partition),
        )
        for partition, result in results
    ]
    report_checks(instance, run, evaluations)


def report_checks(
    instance: dg.DagsterInstance, run: dg.DagsterRun, evaluations: Sequence[dg.AssetCheckEvaluation]
) -> None:
    """Stores results of checks as events of a run, beside those that its steps yield."""
    _report(instance, dg.DagsterEventType.ASSET_CHECK_EVALUATION, evaluations, run)


def newest_of_all(
    instance: dg.DagsterInstance, key: dg.AssetKey
) -> AssetCheckEvaluationTargetMaterializationData | None:
    """Returns the newest materialization of an asset, whichever partition it is of."""
    newest = instance.fetch_materializations(key, limit=1).records
    return _target(newest[0]) if newest else None


def _asset_of(result: dg.AssetCheckResult) -> dg.AssetKey:
    return dg.AssetKey.from_coercible(result.asset_key or [])


def _newest(
    instance: dg.DagsterInstance, key: dg.AssetKey, partitions: set[str]
) -> dict[str, AssetCheckEvaluationTargetMaterializationData]:
    """Returns the newest materialization of each partition, which a result is bound to.

    It takes two queries.
    """
    ids = instance.event_log_storage.get_latest_storage_id_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION, partitions
    )
    if not ids:
        return {}
    found = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=key, storage_ids=list(ids.values())), limit=len(ids)
    )
    return {str(record.partition_key): _target(record) for record in found.records}


def _target(record: dg.EventLogRecord) -> AssetCheckEvaluationTargetMaterializationData:
    return AssetCheckEvaluationTargetMaterializationData(
        storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
    )


def _report(
    instance: dg.DagsterInstance,
    kind: dg.DagsterEventType,
    said: Iterable[Any],
    run: dg.DagsterRun | None = None,
) -> None:
    """Stores events of one type, in batches where the event log takes them.

    Args:
        instance: Where they are stored.
        kind: The type of the events.
        said: What each event says.
        run: The run that they belong to; None if they belong to none.
    """
    job, run_id = (run.job_name, run.run_id) if run else (RUNLESS_JOB_NAME, RUNLESS_RUN_ID)
    entries = [
        dg.EventLogEntry(  # type: ignore[no-untyped-call]
            user_message="",
            level=logging.INFO,
            job_name=job,
            run_id=run_id,
            error_info=None,
            timestamp=time.time(),
            step_key=None,
            dagster_event=dg.DagsterEvent(
                event_type_value=kind.value, event_specific_data=data, job_name=job
            ),
        )
        for data in said
    ]
    log = instance.event_log_storage
    # Dagster's own logs take no results of checks in a batch; dagster-postgres refuses them.
    if kind in BATCH_WRITABLE_EVENTS or isinstance(log, BatchedSqliteEventLog):
        for first in range(0, len(entries), MOST_AT_ONCE):
            log.store_event_batch(entries[first : first + MOST_AT_ONCE])
        return
    for entry in entries:
        log.store_event(entry)


def evaluated(
    context: dg.AssetCheckExecutionContext,
    results: Mapping[dg.AssetCheckKey, dg.AssetCheckResult],
    blocking: Collection[dg.AssetCheckKey],
) -> Iterator[dg.Output[None] | dg.AssetCheckEvaluation]:
    """Yields the outputs and results of checks that belong to no day of their assets.

    Dagster asks the calendar of the asset for every day that it has, to find nothing but the
    newest materialization: 0.13 of the 0.24 processor seconds of the run.
    """
    outputs = context.op_execution_context.assets_def.check_specs_by_output_name.items()
    names = {spec.key: name for name, spec in outputs}
    for key, result in results.items():
        yield dg.Output(None, output_name=names[key])
        yield dg.AssetCheckEvaluation(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=result.passed,
            metadata=result.metadata,
            target_materialization_data=newest_of_all(context.instance, key.asset_key),
            severity=result.severity,
            description=result.description,
            blocking=key in blocking,
        )


def stories(told: Mapping[Key, Mapping[str, Shown]]) -> Iterator[dg.AssetMaterialization]:
    """Yields what assets that nobody makes tell: each has its newest story as its numbers.

    An observation would not do: where an asset has ever been materialised, its page shows what the
    newest materialization says.
    """
    for key, shown in told.items():
        yield dg.AssetMaterialization(asset_key(key), metadata=metadata_of(shown))


def metadata_of(shown: Mapping[str, Shown]) -> dict[str, Any]:
    """Returns what a feed shows, as Dagster's metadata, in the order in which people read it."""
    return in_order({name: _metadata_value(value) for name, value in shown.items()})


def in_order(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Returns metadata with its numbers first, then words, lists, and last tables and pictures.

    The UI shows metadata in the order in which it was said; within each sort that order stays.
    """
    return dict(sorted(metadata.items(), key=lambda item: _rank(item[1])))


def _rank(value: object) -> int:
    for rank, sorts in enumerate(_IN_ORDER):
        if isinstance(value, sorts):
            return rank
    return _LISTS


def _metadata_value(value: Shown) -> Any:  # noqa: ANN401 - what Dagster takes as metadata
    match value:
        case Table():
            return dg.MetadataValue.table(
                [dg.TableRecord(dict(row)) for row in value.rows],
                schema=dg.TableSchema(
                    [dg.TableColumn(name, kind) for name, kind in value.columns.items()]
                ),
            )
        case Markdown():
            return dg.MetadataValue.md(value.text)
    return value
