"""What is made. Each body is a sentence: open the session, call one function of the feed, report.

What does not belong here: any decision about data. Checks are in `checks`, what runs when in
`sensors`.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

import dagster as dg

from cost_pipeline.contracts.file_names import WORDS
from cost_pipeline.contracts.vendor import FolderSource, RecordKind, Vendor
from cost_pipeline.defs import columns
from cost_pipeline.defs.handover import HandedOver, hand_over
from cost_pipeline.defs.keys import (
    CORRECTIONS,
    DEAD_LETTERS,
    FX_CORRECTIONS,
    LEDGER,
    OWNERS,
    RATES_BY_DATE,
    RECORDS_BY_DATE,
    SNAPSHOTS,
    raw_key,
    records_key,
)
from cost_pipeline.defs.plan import MOST_DATES_A_RUN
from cost_pipeline.defs.reporting import amounts, counts, impact
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.feeds.production.post import Posted, post
from cost_pipeline.feeds.production.provisional import Provisional, provisional
from cost_pipeline.feeds.production.rate_corrections import apply_corrections
from cost_pipeline.feeds.production.rates import count_in_force, load_bundled_history
from cost_pipeline.feeds.production.report import DeliveryReport, deliveries, open_of_pull_dates
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.dead_letters.letters import reasons_of
from cost_pipeline.pipeline.pull.vendors import PullOutcome, Telemetry, pull
from cost_pipeline.pipeline.validation.replay import replay

DELIVERY: Final = "cost_pipeline/delivery"
"""Tag of a replay of one delivery: its hash."""


def pull_vendors(home: Home, partitions: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """All vendors' deliveries, pulled together so that limits and priorities hold across them."""
    by_key = {raw_key(vendor.vendor): vendor for vendor in home.vendors}

    @dg.multi_asset(
        name="pull_vendors",
        specs=[_raw_spec(key, vendor) for key, vendor in by_key.items()],
        partitions_def=partitions,
        can_subset=True,
        pool="vendors",
    )
    def pull_vendors(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        chosen = [by_key[key] for key in sorted(context.selected_asset_keys)]
        session = home.session(context.run.run_id)
        pull_date = date.fromisoformat(context.partition_key)
        outcomes = pull(session, chosen, pull_date)
        failed = [outcome.vendor for outcome in outcomes if outcome.failures]
        gaps = provisional(session, [pull_date], vendors=failed) if failed else []
        for outcome in outcomes:
            yield _pulled(outcome, [gap for gap in gaps if gap.vendor == outcome.vendor])

    return pull_vendors


def _raw_spec(key: dg.AssetKey, vendor: Vendor) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        group_name="raw",
        owners=OWNERS,
        kinds={vendor.source.kind, vendor.format.kind.value},
        description=f"Deliveries of {vendor.vendor} ({vendor.record.value.replace('_', ' ')}s of "
        f"{vendor.production}), landed verbatim and named by their SHA-256.",
        metadata={
            "dagster/column_schema": columns.delivered(vendor),
            "priority": vendor.priority,
            "production": vendor.production,
            "source": _place(vendor),
        },
        code_version="1",
    )


def _place(vendor: Vendor) -> str:
    if isinstance(vendor.source, FolderSource):
        return f"{vendor.source.path}/{vendor.source.files}"
    return vendor.source.url


def _pulled(outcome: PullOutcome, gaps: Sequence[Provisional]) -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(
        asset_key=raw_key(outcome.vendor),
        metadata={
            "dagster/partition_row_count": len(outcome.received),
            "deliveries_received": len(outcome.received),
            "deliveries_new": outcome.new,
            "bytes_received": outcome.bytes_received,
            "failures": [failure.message for failure in outcome.failures],
            "provisional": bool(gaps),
            "passed_over": [f"{one.uri}: {WORDS[one.why]}" for one in outcome.passed_over],
            "stands_in": [gap.stands_in.as_json() for gap in gaps if gap.stands_in],
            **_telemetry(outcome.telemetry),
        },
    )


def _telemetry(records: Sequence[Telemetry]) -> dict[str, int | float]:
    """Totals of a pull's telemetry; `cost-pipeline deliveries --telemetry` has each record."""
    return {
        "unchanged": sum(record.outcome == "unchanged" for record in records),
        "attempts": sum(record.attempts for record in records),
        "bytes_over_the_wire": sum(record.received for record in records),
        "slowest_seconds": round(max((record.latency for record in records), default=0.0), 3),
        "queued_seconds": round(sum(record.queued for record in records), 3),
    }


def validate_pulled(home: Home, partitions: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """Records and dead letters of what was pulled: one step with an output for each."""
    kinds = sorted({vendor.record for vendor in home.vendors})

    @dg.multi_asset(
        name="validate_deliveries",
        specs=[*(_records_spec(kind, home) for kind in kinds), _dead_letters_spec(home)],
        partitions_def=partitions,
    )
    def validate_pulled(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        session = home.session(context.run.run_id)
        pull_date = date.fromisoformat(context.partition_key)
        replay(session, pull_date, context.run.tags.get(DELIVERY))
        touched = hand_over(context.instance, session)
        seen = [r for r in deliveries(session, [pull_date]) if r.duplicate_of is None]
        for kind in kinds:
            yield _validated(kind, seen, touched)
        yield _refused(seen, reasons_of(open_of_pull_dates(session, [pull_date])))

    return validate_pulled


def _records_spec(kind: RecordKind, home: Home) -> dg.AssetSpec:
    vendors = [vendor for vendor in home.vendors if vendor.record is kind]
    return dg.AssetSpec(
        records_key(kind),
        deps=[raw_key(vendor.vendor) for vendor in vendors],
        group_name="records",
        owners=OWNERS,
        kinds={"deltalake", "pydantic"},
        description=f"Rows that satisfied the contract of a {kind.value.replace('_', ' ')}.",
        metadata={
            "dagster/column_schema": columns.records(),
            "dagster/column_lineage": columns.lineage_of_records(vendors),
            "dagster/table_name": "records",
        },
        code_version="1",
    )


def _dead_letters_spec(home: Home) -> dg.AssetSpec:
    return dg.AssetSpec(
        DEAD_LETTERS,
        deps=[raw_key(vendor.vendor) for vendor in home.vendors],
        group_name="dead_letters",
        owners=OWNERS,
        kinds={"deltalake"},
        description="Rows and deliveries that were refused: reason codes, field errors, verbatim "
        "text, and where each came from.",
        metadata={
            "dagster/column_schema": columns.dead_letters(),
            "dagster/table_name": "dead_letters",
        },
        code_version="1",
    )


def _validated(
    kind: RecordKind, seen: Sequence[DeliveryReport], touched: HandedOver
) -> dg.MaterializeResult[None]:
    mine = [report for report in seen if report.kind == kind.value]
    return dg.MaterializeResult(
        asset_key=records_key(kind),
        metadata={
            "dagster/partition_row_count": sum(r.records for r in mine),
            "deliveries": len(mine),
            "rows_read": sum(r.rows for r in mine),
            "blank_rows": sum(r.blank_rows for r in mine),
            "rows_refused": sum(r.refused for r in mine),
            "transaction_dates_handed_over": touched.records,
        },
    )


def _refused(
    seen: Sequence[DeliveryReport], reasons: Mapping[str, int]
) -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(
        asset_key=DEAD_LETTERS,
        metadata={
            "dagster/partition_row_count": sum(r.dead_letters for r in seen),
            "reasons": counts("reason", reasons),
        },
    )


def fx_snapshots() -> dg.AssetsDefinition:
    """The FX snapshots: immutable, one per reference date and vintage."""

    @dg.asset(
        key=SNAPSHOTS,
        group_name="fx",
        owners=OWNERS,
        kinds={"deltalake"},
        description="Exchange rates of each source as immutable snapshots. A correction is a new "
        "vintage; nothing is overwritten. Source of the bundled history: ECB statistics.",
        metadata={
            "dagster/column_schema": columns.rates(),
            "dagster/table_name": "fx_snapshots",
        },
        code_version="1",
    )
    def snapshots(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> dg.MaterializeResult[None]:
        session = home.session(context.run.run_id)
        loaded = load_bundled_history(session)
        applied = apply_corrections(session, _wanted(context.run.tags))
        touched = hand_over(context.instance, session)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": count_in_force(session),
                "days_added": loaded.days,
                "contradictions": len(loaded.contradictions),
                "corrections_applied": [waiting.name for waiting, _ in applied],
                "transaction_dates_handed_over": touched.rates,
                **impact(touched.impact),
            }
        )

    return snapshots


def _wanted(tags: Mapping[str, str]) -> list[str] | None:
    """The corrections that a run was requested for; None if it was not requested for any."""
    return tags[FX_CORRECTIONS].split(",") if FX_CORRECTIONS in tags else None


def hand_overs(home: Home, partitions: dg.DailyPartitionsDefinition) -> list[dg.AssetSpec]:
    """External assets that say, date by date, that a ledger partition's inputs changed."""
    kinds = sorted({vendor.record for vendor in home.vendors})
    return [
        dg.AssetSpec(
            RECORDS_BY_DATE,
            deps=[
                dg.AssetDep(records_key(kind), partition_mapping=dg.AllPartitionMapping())
                for kind in kinds
            ]
            + [dg.AssetDep(CORRECTIONS, partition_mapping=dg.AllPartitionMapping())],
            group_name="records",
            owners=OWNERS,
            partitions_def=partitions,
            description="Which transaction dates the accepted records belong to. The data version "
            "is a digest of that date's records; reported for each date that a run changed.",
        ),
        dg.AssetSpec(
            RATES_BY_DATE,
            deps=[SNAPSHOTS],
            group_name="fx",
            owners=OWNERS,
            partitions_def=partitions,
            description="The rates pinned to each transaction date. The data version is a digest "
            "of them; it changes exactly for the dates that a correction touches.",
        ),
    ]


def ledger(home: Home, partitions: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The ledger, brought to what its inputs say."""

    @dg.asset(
        key=LEDGER,
        deps=[RECORDS_BY_DATE, RATES_BY_DATE],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(MOST_DATES_A_RUN),
        group_name="ledger",
        owners=OWNERS,
        kinds={"deltalake"},
        pool="ledger",
        description="The append-only, dual-currency ledger. Materialising a date compares what it "
        "should hold with what it holds and appends the difference as one sealed batch.",
        metadata={
            "dagster/column_schema": columns.postings(),
            "dagster/column_lineage": columns.lineage_of_postings(
                {vendor.record for vendor in home.vendors}
            ),
            "dagster/table_name": "ledger",
        },
        code_version="1",
    )
    def ledger(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
        session = home.session(context.run.run_id)
        dates = [date.fromisoformat(key) for key in context.partition_keys]
        for day, posted in post(session, dates).items():
            context.add_asset_metadata(
                _posted(posted), asset_key=LEDGER, partition_key=day.isoformat()
            )
        return dg.MaterializeResult()

    return ledger


def _posted(posted: Posted) -> dict[str, object]:
    return {
        "dagster/partition_row_count": posted.active,
        "posts_appended": posted.posts,
        "reversals_appended": posted.reversals,
        "causes": counts("cause", posted.causes),
        "batch": posted.batch or "nothing appended",
        "batch_root": posted.root or "nothing appended",
        "base_totals": amounts(posted.base),
    }
