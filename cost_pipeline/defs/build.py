"""The code location of one home: everything assembled, nothing decided."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg

from cost_pipeline.defs import (
    assets,
    audit,
    checks,
    corrections,
    inbox,
    partitions,
    reconciliation,
    sensors,
    union,
)
from cost_pipeline.defs.alert_sensors import alert_sensors
from cost_pipeline.defs.keys import (
    CORRECTIONS,
    CORRECTIONS_JOB,
    DEAD_LETTERS,
    FINDINGS,
    FX_JOB,
    LEDGER,
    POST_JOB,
    PULL_JOB,
    RECONCILE_JOB,
    RECONCILIATION,
    REPLAY_JOB,
    SNAPSHOTS,
    STANDING_JOB,
    WEEKLY,
    raw_key,
    records_key,
)
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.defs.upstream import UnresolvedAssetJobDefinition
from cost_pipeline.home.load import Home, load_home

# The checks of an asset run with it, but the age of dead letters belongs to no pull date: planned
# with one and evaluated without, it stayed planned for each, and was evaluated twice in each run.
_STANDING = dg.AssetSelection.checks(
    *(dg.AssetCheckKey(DEAD_LETTERS, name) for name in ("age", "ingests"))
)


def build_definitions(path: Path, *, today: date | None = None) -> dg.Definitions:
    """All definitions for the home at `path`.

    Args:
        path: The home; its vendor files decide which assets there are.
        today: Decides how far the transaction-date calendar reaches; the present day if None.

    Raises:
        UsageError: If the home or a vendor file is wrong.
    """
    home = load_home(path)
    with beta_and_preview_accepted():
        return _definitions(home, today or datetime.now(UTC).date())


@contextmanager
def beta_and_preview_accepted() -> Iterator[None]:
    """Two features are not stable in Dagster 1.13 and are used all the same, by name.

    `backfill_policy` (beta): runs of up to a month of transaction dates instead of one run each.
    `partitions_def` of a check (preview): a red check must say which partition is red.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message=r"Parameter `backfill_policy`", category=dg.BetaWarning
        )
        warnings.filterwarnings(
            "ignore",
            message=r"Specifying a partitions_def on an AssetCheckSpec",
            category=dg.PreviewWarning,
        )
        yield


def _definitions(home: Home, today: date) -> dg.Definitions:
    pull_dates = partitions.pull_dates()
    transaction_dates = partitions.transaction_dates(today)
    cards = union.has_timecards(home)
    posted = [LEDGER, FINDINGS, WEEKLY] if cards else [LEDGER]
    pull_job = dg.define_asset_job(
        PULL_JOB,
        selection=dg.AssetSelection.assets(*_pulled_keys(home)) - _STANDING,
        description="Pulls every vendor for one pull date and validates what came.",
    )
    post_job = dg.define_asset_job(
        POST_JOB,
        selection=dg.AssetSelection.assets(*posted),
        description="Brings the ledger of one or more transaction dates to what its inputs say.",
    )
    fx_job = dg.define_asset_job(
        FX_JOB,
        selection=dg.AssetSelection.assets(SNAPSHOTS),
        description="Loads the bundled ECB history, applies the corrections that wait in the "
        "watched folder, and hands over the dates that they touch.",
    )
    audits = audit.audit_job()
    reports = reconciliation.reconciliation(home)
    letter_jobs = _jobs_of_dead_letters(home)
    corrections_job, _, standing_job = letter_jobs
    jobs = [pull_job, post_job, fx_job, *letter_jobs]
    if reports:
        jobs.append(
            dg.define_asset_job(
                RECONCILE_JOB,
                selection=dg.AssetSelection.assets(RECONCILIATION),
                description="Compares the vendors that tell of the same transactions.",
            )
        )
    return dg.Definitions(
        assets=[
            assets.pull_vendors(home, pull_dates),
            assets.validate_pulled(home, pull_dates),
            corrections.corrections(pull_dates),
            assets.fx_snapshots(),
            *assets.hand_overs(home, transaction_dates),
            assets.ledger(home, transaction_dates),
            *reports,
            audit.audit_asset(),
            *([union.findings(transaction_dates), union.summary()] if cards else []),
        ],
        asset_checks=[
            *checks.delivery_checks(home, pull_dates),
            checks.ledger_checks(transaction_dates),
            audit.audit_check(),
            checks.snapshot_checks(),
            *([union.family_checks(transaction_dates)] if cards else []),
            checks.standing_checks(),
        ],
        jobs=[*jobs, audits.job],
        schedules=[
            dg.build_schedule_from_partitioned_job(
                pull_job, name="pull_daily", hour_of_day=6, description="Pulls the day before."
            ),
            audits,
            dg.ScheduleDefinition(
                name="check_daily",
                job=standing_job,
                cron_schedule="0 7 * * *",
                description="Looks whether dead letters are open beyond their age limit, and "
                "whether most of an ingest was refused when posting.",
            ),
        ],
        sensors=[
            sensors.reconciliation(post_job, posted),
            inbox.corrections(fx_job),
            corrections.corrections_sensor(corrections_job),
            *alert_sensors(home),
        ],
        resources={"home": HomeResource(path=str(home.path))},
        # Steps here take milliseconds; a process for each would add about two seconds to it.
        executor=dg.in_process_executor,
    )


def _jobs_of_dead_letters(home: Home) -> tuple[UnresolvedAssetJobDefinition, ...]:
    return (
        dg.define_asset_job(
            CORRECTIONS_JOB,
            selection=dg.AssetSelection.assets(CORRECTIONS),
            description="Takes in the mended workbooks that wait in inbox/corrections.",
        ),
        dg.define_asset_job(
            REPLAY_JOB,
            selection=dg.AssetSelection.assets(*_validated_keys(home)) - _STANDING,
            description="Judges the landed deliveries of a pull date again, without fetching; with "
            "the tag cost_pipeline/delivery only that one.",
        ),
        dg.define_asset_job(
            STANDING_JOB,
            selection=_STANDING,
            description="The checks that belong to no pull: the age of open dead letters, and "
            "ingests of which most rows were refused when posting.",
        ),
    )


def _validated_keys(home: Home) -> list[dg.AssetKey]:
    kinds = sorted({vendor.record for vendor in home.vendors})
    return [*(records_key(kind) for kind in kinds), DEAD_LETTERS]


def _pulled_keys(home: Home) -> list[dg.AssetKey]:
    return [*(raw_key(vendor.vendor) for vendor in home.vendors), *_validated_keys(home)]
