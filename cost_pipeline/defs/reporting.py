"""What Dagster is told: counts and small tables, and events per partition.

The event log is not the audit trail (wiping a run deletes it): the lake holds the truth, Dagster
gets counts, hashes and links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import dagster as dg

# Private module: the only way to bind a partition's check result to its materialization. Pinned by
# cost_pipeline_tests/upstream/test_dagster.py.
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

DATA_VERSION_TAG: Final = "dagster/data_version"


def report_changed_partitions(
    instance: dg.DagsterInstance, key: dg.AssetKey, versions: Mapping[str, str]
) -> int:
    """Record a materialization of each partition of an external asset whose version is new.

    A hand-over that reports the same data version again would make everything downstream look out
    of date, so an unchanged partition is left alone.

    Returns:
        The number of partitions reported.
    """
    # One query for all partitions; asking each for its last event costs a millisecond or two.
    reported = instance.event_log_storage.get_latest_tags_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION, tag_keys=[DATA_VERSION_TAG]
    )
    changed = 0
    for partition, version in sorted(versions.items()):
        if reported.get(partition, {}).get(DATA_VERSION_TAG) != version:
            event = dg.AssetMaterialization(
                key, partition=partition, tags={DATA_VERSION_TAG: version}
            )
            instance.report_runless_asset_event(event)
            changed += 1
    return changed


def report_check_per_partition(
    instance: dg.DagsterInstance,
    results: Iterable[tuple[str, dg.AssetCheckResult]],
    *,
    blocking: bool,
) -> None:
    """Record a check's result for each partition of a run over several.

    In such a run Dagster 1.13 stores the evaluation without a partition, and each partition's
    check stays planned for ever; with `target_materialization_data` the result counts for the
    partition, also for `all_deps_blocking_checks_passed`.
    """
    for partition, result in results:
        key = dg.AssetKey.from_coercible(result.asset_key or [])
        found = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=key, asset_partitions=[partition]), limit=1
        ).records
        if not found:
            continue
        record = found[0]
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=key,
                check_name=str(result.check_name),
                passed=result.passed,
                partition=partition,
                severity=result.severity,
                blocking=blocking,
                metadata=result.metadata,
                description=result.description,
                target_materialization_data=AssetCheckEvaluationTargetMaterializationData(
                    storage_id=record.storage_id,
                    run_id=record.run_id,
                    timestamp=record.timestamp,
                ),
            )
        )


def amounts(totals: Mapping[str, Decimal]) -> dg.TableMetadataValue:
    """Totals per currency as a small table."""
    return dg.MetadataValue.table(
        [
            dg.TableRecord({"currency": currency, "amount": f"{total:,.2f}"})
            for currency, total in sorted(totals.items())
        ],
        schema=dg.TableSchema([dg.TableColumn("currency"), dg.TableColumn("amount", "string")]),
    )


def counts(name: str, numbers: Mapping[str, int]) -> dg.TableMetadataValue:
    """Counts by name as a small table, largest first."""
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return dg.MetadataValue.table(
        [dg.TableRecord({name: key, "count": count}) for key, count in ordered],
        schema=dg.TableSchema([dg.TableColumn(name), dg.TableColumn("count", "int")]),
    )


def contiguous(days: Sequence[str], *, most: int) -> list[tuple[str, str]]:
    """Sorted partition keys as ranges without a gap, each of at most `most` days."""
    ranges: list[tuple[str, str]] = []
    run: list[date] = []
    for day in sorted(map(date.fromisoformat, set(days))):
        if run and (day - run[-1] > timedelta(days=1) or len(run) >= most):
            ranges.append((run[0].isoformat(), run[-1].isoformat()))
            run = []
        run.append(day)
    if run:
        ranges.append((run[0].isoformat(), run[-1].isoformat()))
    return ranges
