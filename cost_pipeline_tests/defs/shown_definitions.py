"""Everything that a user sees of a code location, as plain values that a file can hold."""

from __future__ import annotations

import hashlib
from typing import Any

import dagster as dg


def _short(value: object) -> str:
    """A long value by its digest: columns and lineage are many lines."""
    text = str(value)
    return text if len(text) <= 300 else "sha256 " + hashlib.sha256(text.encode()).hexdigest()


def _calendar(partitions: dg.PartitionsDefinition[Any] | None) -> str | None:
    if partitions is None:
        return None
    first, last = partitions.get_first_partition_key(), partitions.get_last_partition_key()
    # The calendar of pulls grows by a day a day.
    return f"from {first}" + (f" to {last}" if str(last) > "2030" else "")


def _asset(spec: dg.AssetSpec, node: Any) -> dict[str, Any]:
    return {
        "group": spec.group_name,
        "owners": list(spec.owners),
        "kinds": sorted(spec.kinds),
        "description": spec.description,
        "deps": {
            key.to_user_string(): type(mapping).__name__
            for key in node.parent_keys
            for mapping in [node.partition_mappings.get(key)]
        },
        "partitions": _calendar(spec.partitions_def),
        "code_version": spec.code_version,
        "pools": sorted(node.pools or ()),
        "backfill": str(node.backfill_policy),
        "external": node.is_external,
        "metadata": {
            name: _short(value)
            for name, value in sorted(spec.metadata.items())
            if not name.startswith("dagster/code_references")
        },
    }


def shown(definitions: dg.Definitions) -> dict[str, Any]:
    """Keys, jobs, sensors, schedules and checks with all that is told about them."""
    graph = definitions.resolve_asset_graph()
    repository = definitions.get_repository_def()
    return {
        "assets": {
            spec.key.to_user_string(): _asset(spec, graph.get(spec.key))
            for spec in definitions.resolve_all_asset_specs()
        },
        "checks": {
            f"{key.asset_key.to_user_string()}: {key.name}": {
                "blocking": graph.get(key).blocking,
                "description": graph.get(key).description,
                "partitions": _calendar(graph.get(key).partitions_def),
            }
            for key in sorted(graph.asset_check_keys)
        },
        "jobs": {
            job.name: {
                "description": job.description,
                "partitions": _calendar(job.partitions_def),
                "steps": sorted(node.name for node in job.nodes),
                "assets": sorted(k.to_user_string() for k in job.asset_layer.executable_asset_keys),
                "checks": sorted(
                    f"{k.asset_key.to_user_string()}: {k.name}"
                    for k in job.asset_layer.asset_graph.asset_check_keys
                ),
            }
            for job in definitions.resolve_all_job_defs()
            if not job.name.startswith("__")
        },
        "schedules": {
            s.name: {
                "cron": s.cron_schedule,
                "job": s.job_name,
                "description": s.description,
                "on": s.default_status.value,
            }
            for s in repository.schedule_defs
        },
        "sensors": {
            s.name: {
                "job": ", ".join(job.name for job in s.jobs) if s.has_jobs else None,
                "seconds": s.minimum_interval_seconds,
                "description": s.description,
                "on": s.default_status.value,
                "kind": s.sensor_type.value,
            }
            for s in repository.sensor_defs
        },
        "resources": sorted(repository.get_top_level_resources()),
    }
