"""The assets that every feed has. Each body is a sentence: call the pipeline, report.

No decision about data belongs here. `own_assets` has what a feed has beside these, `checks` has the
checks, and `sensors` says what runs when.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import dagster as dg

from cost_pipeline.contracts.file_names import WORDS
from cost_pipeline.contracts.vendor import FolderSource, Vendor
from cost_pipeline.defs import columns
from cost_pipeline.defs.handover import hand_over
from cost_pipeline.defs.keys import asset_key, dependency
from cost_pipeline.defs.reporting import metadata_of
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.dead_letters.letters import reasons_of
from cost_pipeline.pipeline.declared.assets import Dep, Stored
from cost_pipeline.pipeline.declared.checks import kinds_of
from cost_pipeline.pipeline.declared.shown import counts
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.pull.vendors import PullOutcome, Telemetry, pull
from cost_pipeline.pipeline.reports.deliveries import (
    DeliveryReport,
    deliveries,
    open_of_pull_dates,
)
from cost_pipeline.pipeline.reports.gaps import Provisional, provisional
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.replay import replay

DELIVERY: Final = "cost_pipeline/delivery"
"""The tag of a replay of one delivery: its hash."""


def pull_vendors(
    feed: Feed[Session], home: Home, partitions: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    """Returns the deliveries of all vendors as assets of one step.

    The vendors are pulled together, so that limits and priorities hold across them.
    """
    by_key = {asset_key(feed.names.raw(v.vendor)): v for v in home.of_feed(feed.name).vendors}

    @dg.multi_asset(
        name=feed.names.own("pull_vendors"),
        specs=[_raw_spec(feed, key, vendor) for key, vendor in by_key.items()],
        partitions_def=partitions,
        can_subset=True,
        pool=feed.names.own("vendors"),
    )
    def pull_vendors(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        chosen = [by_key[key] for key in sorted(context.selected_asset_keys)]
        session = home.session(feed, context.run.run_id)
        pull_date = date.fromisoformat(context.partition_key)
        outcomes = pull(session, chosen, pull_date)
        failed = [outcome.vendor for outcome in outcomes if outcome.failures]
        gaps = provisional(session, [pull_date], vendors=failed) if failed else []
        for outcome in outcomes:
            yield dg.MaterializeResult(
                asset_key=asset_key(feed.names.raw(outcome.vendor)),
                metadata=_pulled(outcome, [g for g in gaps if g.vendor == outcome.vendor]),
            )

    return pull_vendors


def _raw_spec(feed: Feed[Session], key: dg.AssetKey, vendor: Vendor) -> dg.AssetSpec:
    kind, whose = str(vendor.record).replace("_", " "), vendor.scope
    return dg.AssetSpec(
        key,
        group_name="raw",
        owners=feed.owners,
        kinds={vendor.source.kind, vendor.as_of(None).format.kind},
        description=f"Deliveries of {vendor.vendor} ({kind}s{f' of {whose}' if whose else ''}), "
        "landed verbatim and named by their SHA-256.",
        metadata={
            "dagster/column_schema": columns.delivered(vendor),
            "priority": vendor.priority,
            "source": _place(vendor),
            **feed.scoped(vendor),
        },
        code_version="1",
    )


def _place(vendor: Vendor) -> str:
    if isinstance(vendor.source, FolderSource):
        return f"{vendor.source.path}/{vendor.source.files}"
    return vendor.source.url


def _pulled(outcome: PullOutcome, gaps: Sequence[Provisional]) -> dict[str, Any]:
    return {
        "dagster/partition_row_count": len(outcome.received),
        "deliveries_received": len(outcome.received),
        "deliveries_new": outcome.new,
        "bytes_received": outcome.bytes_received,
        "failures": [failure.message for failure in outcome.failures],
        "provisional": bool(gaps),
        "passed_over": [f"{one.uri}: {WORDS[one.why]}" for one in outcome.passed_over],
        "stands_in": [gap.stands_in.as_json() for gap in gaps if gap.stands_in],
        **_telemetry(outcome.telemetry),
    }


def _telemetry(records: Sequence[Telemetry]) -> dict[str, int | float]:
    """Returns the totals of a pull's telemetry.

    `cost-pipeline deliveries --telemetry` shows each record.
    """
    return {
        "unchanged": sum(record.outcome == "unchanged" for record in records),
        "attempts": sum(record.attempts for record in records),
        "bytes_over_the_wire": sum(record.received for record in records),
        "slowest_seconds": round(max((record.latency for record in records), default=0.0), 3),
        "queued_seconds": round(sum(record.queued for record in records), 3),
    }


def validate_pulled(
    feed: Feed[Session], home: Home, partitions: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    """Returns the records and dead letters of what was pulled: one step with an output for each."""
    kinds = kinds_of(feed.name, home)

    @dg.multi_asset(
        name=feed.names.own("validate_deliveries"),
        specs=[
            *(_records_spec(feed, kind, home) for kind in kinds),
            _dead_letters_spec(feed, home),
        ],
        partitions_def=partitions,
    )
    def validate_pulled(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        session = home.session(feed, context.run.run_id)
        pull_date = date.fromisoformat(context.partition_key)
        replay(session, pull_date, context.run.tags.get(DELIVERY))
        touched = records_handed_over(context.instance, session)
        seen = [r for r in deliveries(session, [pull_date]) if r.duplicate_of is None]
        for kind in kinds:
            yield dg.MaterializeResult(
                asset_key=asset_key(feed.names.records(kind)),
                metadata={**_validated(kind, seen), **touched},
            )
        letters = asset_key(feed.names.dead_letters)
        reasons = reasons_of(open_of_pull_dates(session, [pull_date]))
        yield dg.MaterializeResult(asset_key=letters, metadata=_refused(seen, reasons))

    return validate_pulled


def records_handed_over(instance: dg.DagsterInstance, session: Session) -> dict[str, Any]:
    """Hands over what new records change; returns what an asset shows of it.

    The first inputs of a book are its records.
    """
    for touched in hand_over(instance, session).values():
        return touched.metadata()
    return {}


def _records_spec(feed: Feed[Session], kind: str, home: Home) -> dg.AssetSpec:
    vendors = [vendor for vendor in home.of_feed(feed.name).vendors if vendor.record == kind]
    return dg.AssetSpec(
        asset_key(feed.names.records(kind)),
        deps=[asset_key(feed.names.raw(vendor.vendor)) for vendor in vendors],
        group_name="records",
        owners=feed.owners,
        kinds={"deltalake", "pydantic"},
        description=f"Rows that satisfied the contract of a {kind.replace('_', ' ')}.",
        metadata={
            **columns.stored(Stored(feed.records.name, feed.shape.records), feed),
            "dagster/column_lineage": columns.lineage_of_records(feed, vendors),
        },
        code_version="1",
    )


def _dead_letters_spec(feed: Feed[Session], home: Home) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(feed.names.dead_letters),
        deps=[asset_key(feed.names.raw(v.vendor)) for v in home.of_feed(feed.name).vendors],
        group_name="dead_letters",
        owners=feed.owners,
        kinds={"deltalake"},
        description="Rows and deliveries that were refused: reason codes, field errors, verbatim "
        "text, and where each came from.",
        metadata=columns.stored(Stored(feed.dead_letters.name, feed.shape.dead_letters), feed),
        code_version="1",
    )


def _validated(kind: str, seen: Sequence[DeliveryReport]) -> dict[str, int]:
    mine = [report for report in seen if report.kind == kind]
    return {
        "dagster/partition_row_count": sum(r.records for r in mine),
        "deliveries": len(mine),
        "rows_read": sum(r.rows for r in mine),
        "blank_rows": sum(r.blank_rows for r in mine),
        "rows_refused": sum(r.refused for r in mine),
    }


def _refused(seen: Sequence[DeliveryReport], reasons: Mapping[str, int]) -> dict[str, Any]:
    return {
        "dagster/partition_row_count": sum(r.dead_letters for r in seen),
        **metadata_of({"reasons": counts("reason", reasons)}),
    }


def audit_log(feed: Feed[Session]) -> dg.AssetSpec:
    """Returns the audit log, an external asset: every append to an audited table writes it."""
    read = [feed.names.dead_letters, *([feed.book.key] if feed.book is not None else [])]
    return dg.AssetSpec(
        asset_key(feed.names.audit),
        deps=[dependency(Dep(key, whole=True)) for key in read],
        group_name="audit",
        owners=feed.owners,
        kinds={"deltalake"},
        description="What was parsed, rejected, converted and posted, announced before each "
        "commit in hash-linked blocks. External: the appends write it.",
    )


def hand_overs(
    feed: Feed[Session], home: Home, partitions: dg.DailyPartitionsDefinition | None
) -> list[dg.AssetSpec]:
    """Returns external assets that say, date by date, that the inputs of the book changed."""
    if feed.book is None:
        return []
    return [
        dg.AssetSpec(
            asset_key(one.key),
            deps=[dependency(dep) for dep in one.deps],
            group_name=one.group,
            owners=feed.owners,
            partitions_def=partitions,
            description=one.words,
        )
        for one in feed.book.hand_overs(home)
    ]
