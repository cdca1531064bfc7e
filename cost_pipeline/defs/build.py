"""The code location of one home: everything assembled, nothing decided."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg

from cost_pipeline.defs import (
    assets,
    checks,
    corrections,
    inbox,
    own_assets,
    partitions,
    pulling,
    sensors,
)
from cost_pipeline.defs.alert_sensors import alert_sensors
from cost_pipeline.defs.jobs import Jobs, jobs_of
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.resources import resource_of
from cost_pipeline.home.load import Home, read_home
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.feeds_of import contracts_of, feeds_of
from cost_pipeline.pipeline.session import Session


def build_definitions(
    path: Path, feeds: Sequence[Feed[Session]], *, today: date | None = None
) -> dg.Definitions:
    """All definitions for the home at `path`.

    Args:
        path: The home; its vendor files decide which assets there are.
        feeds: Those that there are; the home gets the ones that its vendors need.
        today: Decides how far the calendars of books reach; the present day if None.

    Raises:
        UsageError: If the home or a vendor file is wrong.
    """
    home = read_home(path, contracts_of(feeds))
    day = today or datetime.now(UTC).date()
    with beta_and_preview_accepted():
        wanted = feeds_of(home, feeds)
        return dg.Definitions.merge(
            dg.Definitions(
                resources={"home": resource_of(home.path, feeds)},
                # Steps here take milliseconds; a process for each would add about two seconds.
                executor=dg.in_process_executor,
                sensors=_alerts(home, wanted),
            ),
            *(definitions_of(feed, home, day) for feed in wanted),
        )


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


def definitions_of(feed: Feed[Session], home: Home, today: date) -> dg.Definitions:
    """Returns the assets, checks, jobs, schedules and sensors of a feed in a home.

    They need the resource `home`.

    Args:
        feed: The feed, whichever it is.
        home: The home; it must have the feed.
        today: Decides how far the calendar of the book reaches.
    """
    calendars = partitions.calendars(feed.book, today)
    jobs = jobs_of(feed, home)
    return dg.Definitions(
        assets=[
            pulling.pull_vendors(feed, home, calendars.pulls),
            assets.validate_pulled(feed, home, calendars.pulls),
            corrections.corrections(feed, calendars.pulls),
            *assets.hand_overs(feed, home, calendars.book),
            assets.audit_log(feed),
            *own_assets.own_assets(feed, home, calendars),
        ],
        asset_checks=checks.checks_of(feed, home, calendars),
        jobs=jobs.all,
        schedules=_schedules(feed, jobs),
        sensors=_sensors(feed, jobs),
    )


def _schedules(
    feed: Feed[Session], jobs: Jobs
) -> list[dg.ScheduleDefinition | dg.UnresolvedPartitionedAssetScheduleDefinition]:
    own = feed.names.own
    return [
        dg.build_schedule_from_partitioned_job(
            jobs.pull, name=own("pull_daily"), hour_of_day=6, description="Pulls the day before."
        ),
        dg.ScheduleDefinition(
            name=own("verify_audit_daily"),
            job=jobs.audit,
            cron_schedule="30 6 * * *",
            description="Verifies the audit log, after the pull of the day.",
        ),
        dg.ScheduleDefinition(
            name=own("check_daily"),
            job=jobs.standing,
            cron_schedule="0 7 * * *",
            description="Looks whether dead letters are open beyond their age limit.",
        ),
    ]


def _sensors(feed: Feed[Session], jobs: Jobs) -> list[dg.SensorDefinition]:
    found = [corrections.corrections_sensor(feed, jobs.corrections)]
    if feed.book is not None and jobs.post is not None:
        posted = [asset_key(key) for key in jobs.posted]
        found.append(sensors.reconciliation(feed, feed.book, jobs.post, posted))
    found += [
        inbox.watched_folder(feed, declared.watches, job)
        for declared, job in jobs.own
        if declared.watches is not None
    ]
    return found


def _alerts(home: Home, feeds: Sequence[Feed[Session]]) -> list[dg.SensorDefinition]:
    if not feeds:
        return []
    passing = checks.passing_of(feeds, home)
    return alert_sensors(home, feeds[0], passing)
