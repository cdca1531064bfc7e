"""What Dagster is told: counts and small tables, and events per partition.

The event log is not the audit trail (wiping a run deletes it): the lake holds the truth, Dagster
gets counts, hashes and links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import dagster as dg

# Private module: the only way to bind a partition's check result to its materialization. Pinned by
# cost_pipeline_tests/upstream/test_dagster.py.
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

from cost_pipeline.core.money import shown
from cost_pipeline.feeds.production.impact import Impact

DATA_VERSION_TAG: Final = "dagster/data_version"
GONE: Final = "gone"


def report_changed_partitions(
    instance: dg.DagsterInstance, key: dg.AssetKey, versions: Mapping[str, str]
) -> list[str]:
    """Record the new version of each partition of an external asset whose version is new.

    As a materialization, which fills the partition and wakes automation, and as an observation,
    because of an external asset Dagster 1.13 looks at nothing else when it tells what is unsynced.
    The observation comes first: a run notes the newest materialization it read, and what is newer
    than that counts as a change.

    A hand-over that reports the same data version again would make everything downstream look out
    of date, so an unchanged partition is left alone. A partition that was reported before and is
    not among `versions` any more has lost all its data: that is a version too (`GONE`).

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
    for partition in changed:
        version = {DATA_VERSION_TAG: now[partition]}
        for event in (dg.AssetObservation, dg.AssetMaterialization):
            instance.report_runless_asset_event(event(key, partition=partition, tags=version))
    return changed


def report_check_per_partition(
    instance: dg.DagsterInstance,
    run: dg.DagsterRun,
    results: Iterable[tuple[str, dg.AssetCheckResult]],
    *,
    blocking: bool,
) -> None:
    """Record a check's result for each partition of a run over several.

    In such a run Dagster 1.13 stores the evaluation without a partition, and each partition's
    check stays planned for ever. An event of the run with the partition settles the planned one;
    with `target_materialization_data` it also counts for `all_deps_blocking_checks_passed`. (An
    event without a run cannot be reported twice for a partition: a unique index forbids it.)
    """
    for partition, result in results:
        key = dg.AssetKey.from_coercible(result.asset_key or [])
        found = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=key, asset_partitions=[partition]), limit=1
        ).records
        evaluation = dg.AssetCheckEvaluation(
            asset_key=key,
            check_name=str(result.check_name),
            passed=result.passed,
            partition=partition,
            severity=result.severity,
            blocking=blocking,
            metadata={"partition": partition, **result.metadata},  # the run page shows no other
            description=result.description,
            target_materialization_data=AssetCheckEvaluationTargetMaterializationData(
                storage_id=found[0].storage_id,
                run_id=found[0].run_id,
                timestamp=found[0].timestamp,
            )
            if found
            else None,
        )
        instance.report_dagster_event(
            dg.DagsterEvent(
                event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
                job_name=run.job_name,
                event_specific_data=evaluation,
            ),
            run_id=run.run_id,
        )


def amounts(totals: Mapping[str, Decimal]) -> dg.TableMetadataValue:
    """Totals per currency as a small table."""
    return dg.MetadataValue.table(
        [
            dg.TableRecord({"currency": currency, "amount": shown(total)})
            for currency, total in sorted(totals.items())
        ],
        schema=dg.TableSchema([dg.TableColumn("currency"), dg.TableColumn("amount", "string")]),
    )


def impact(found: Impact) -> dict[str, dg.MetadataValue[Any]]:
    """What other rates change, as metadata of the snapshots."""
    rows = found.as_json()["by"]
    names = ("production", "gl_code", "currency", "base_currency", "before", "after", "difference")
    return {
        "impact": dg.MetadataValue.table(
            [
                dg.TableRecord({**{n: row[n] for n in names}, "postings": row["postings"]})
                for row in rows
            ],
            schema=dg.TableSchema(
                [*(dg.TableColumn(name) for name in names), dg.TableColumn("postings", "int")]
            ),
        ),
        "impact_postings": dg.MetadataValue.int(found.postings),
        "impact_partitions": dg.MetadataValue.json([str(day) for day in found.partitions]),
    }


def counts(name: str, numbers: Mapping[str, int]) -> dg.TableMetadataValue:
    """Counts by name as a small table, largest first."""
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return dg.MetadataValue.table(
        [dg.TableRecord({name: key, "count": count}) for key, count in ordered],
        schema=dg.TableSchema([dg.TableColumn(name), dg.TableColumn("count", "int")]),
    )


def oldest(letters: Iterable[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Dead letters as a small table."""
    names = ("opened", "vendor", "row", "reasons", "amount", "currency", "id")
    return dg.MetadataValue.table(
        [
            dg.TableRecord(
                {
                    "opened": letter["opened_at"].date().isoformat(),
                    "vendor": letter["vendor"],
                    "row": str(letter["row"] or "all"),
                    "reasons": ", ".join(letter["reasons"]),
                    "amount": "" if letter["amount"] is None else shown(letter["amount"]),
                    "currency": letter["currency"] or "",
                    "id": letter["id"][:12],
                }
            )
            for letter in letters
        ],
        schema=dg.TableSchema([dg.TableColumn(name) for name in names]),
    )
