"""The assets that every feed has. Each body is a sentence: call the pipeline, report.

No decision about data belongs here. `pulling` has what vendors delivered, `own_assets` what a feed
has beside these, `checks` has the checks, and `sensors` says what runs when.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg

from cost_pipeline.defs import columns, descriptions
from cost_pipeline.defs.handover import hand_over
from cost_pipeline.defs.keys import asset_key, dependency
from cost_pipeline.defs.reporting import in_order, metadata_of
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.defs.tags import DELIVERY
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.dead_letters.letters import reasons_of
from cost_pipeline.pipeline.declared.assets import Dep, Stored
from cost_pipeline.pipeline.declared.checks import kinds_of
from cost_pipeline.pipeline.declared.names import AUDIT_GROUP, DEAD_LETTERS_GROUP, RECORDS_GROUP
from cost_pipeline.pipeline.declared.shown import counts
from cost_pipeline.pipeline.declared.told import described
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.reports.deliveries import (
    DeliveryReport,
    deliveries,
    open_of_pull_dates,
)
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.replay import delivery_named, replay


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
        beginning = context.run.tags.get(DELIVERY)
        replay(session, pull_date, delivery_named(session, beginning)[0] if beginning else None)
        touched = records_handed_over(context.instance, session)
        seen = [r for r in deliveries(session, [pull_date]) if r.duplicate_of is None]
        for kind in kinds:
            yield dg.MaterializeResult(
                asset_key=asset_key(feed.names.records(kind)),
                metadata=in_order({**_validated(kind, seen), **touched}),
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
        group_name=RECORDS_GROUP,
        owners=feed.owners,
        kinds={"deltalake", "pydantic"},
        description=descriptions.of_records(feed, kind),
        metadata=columns.stored(
            Stored(feed.records.name, feed.shape.records),
            feed,
            columns.lineage_of_records(feed, vendors),
        ),
        code_version="1",
    )


def _dead_letters_spec(feed: Feed[Session], home: Home) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(feed.names.dead_letters),
        deps=[asset_key(feed.names.raw(v.vendor)) for v in home.of_feed(feed.name).vendors],
        group_name=DEAD_LETTERS_GROUP,
        owners=feed.owners,
        kinds={"deltalake"},
        description=descriptions.of_dead_letters(feed),
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
        group_name=AUDIT_GROUP,
        owners=feed.owners,
        kinds={"deltalake"},
        description=descriptions.of_audit_log(),
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
            kinds=set(one.kinds),
            description=described(one.words, one.told),
        )
        for one in feed.book.hand_overs(home)
    ]
