"""The code location of one home: this module assembles everything and decides nothing."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg

from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.defs import (
    assets,
    beyond,
    checks,
    corrections,
    expected,
    inbox,
    own_assets,
    partitions,
    pulling,
    sensors,
    timed,
)
from cost_pipeline.defs.alert_sensors import alert_sensors
from cost_pipeline.defs.jobs import Jobs, jobs_of
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.resources import HomeResource, resource_of, session_of
from cost_pipeline.defs.tags import REASON
from cost_pipeline.defs.upstream import UnresolvedAssetJobDefinition
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.days import Reach, reach
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.feeds_of import contracts_of, feeds_of
from cost_pipeline.pipeline.homes import look_at_home
from cost_pipeline.pipeline.session import Session

_NOON: Final = time(12)


def build_definitions(
    path: Path,
    feeds: Sequence[Feed[Session]],
    *,
    today: date | None = None,
    asked: Sequence[date] = (),
) -> dg.Definitions:
    """Returns all definitions for the home at `path`.

    Args:
        path: The home; its vendor files decide which assets there are.
        feeds: The feeds that there are; the home gets those that its vendors need.
        today: Decides how far calendars reach; the present day if None.
        asked: Pull dates that the calendars have in any case.

    Raises:
        UsageError: If the home is wrong. A vendor file that is wrong is an asset that says so.
    """
    home = look_at_home(path, contracts_of(feeds))
    now = datetime.combine(today, _NOON, UTC) if today else datetime.now(UTC)
    resource = resource_of(home.path, feeds)
    with beta_and_preview_accepted():
        wanted = feeds_of(home, feeds)
        return dg.Definitions.merge(
            dg.Definitions(
                resources={"home": resource},
                # Steps here take milliseconds; a process for each would add about two seconds.
                executor=dg.in_process_executor,
                sensors=_alerts(home, wanted),
            ),
            *(
                definitions_of(feed, home, _span(feed, home, now, asked), resource)
                for feed in wanted
            ),
        )


@contextmanager
def beta_and_preview_accepted() -> Iterator[None]:
    """Hides the warnings of two features that Dagster 1.13 does not call stable.

    They are used all the same:

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


def _span(feed: Feed[Session], home: Home, now: datetime, asked: Sequence[date]) -> partitions.Span:
    """Returns how far calendars go; a lake that cannot be read takes no code location down."""
    has = Reach()
    if (Path(home.lake_uri) / "tables").is_dir():  # loading lays out no lake
        with suppress(CostPipelineError):  # the first run says what is wrong with it
            has = reach(session_of(feed, home, "calendar"))
    return partitions.span_of(feed, home, has, now=now, asked=asked)


def definitions_of(
    feed: Feed[Session], home: Home, span: partitions.Span, resource: HomeResource
) -> dg.Definitions:
    """Returns the assets, checks, jobs, schedules and sensors of a feed in a home.

    They need the resource `home`.

    Args:
        feed: The feed, whichever it is.
        home: The home; it must have the feed.
        span: How far its calendars go.
        resource: The resource `home`.
    """
    calendars = partitions.calendars(feed, span)
    jobs = jobs_of(feed, home)
    others = [beyond.beyond(feed, feed.book, home, resource)] if feed.book is not None else []
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
        jobs=[*jobs.all, *others],
        schedules=_schedules(feed, home, jobs, span),
        sensors=_sensors(feed, home, jobs, others, span),
    )


def _schedules(
    feed: Feed[Session], home: Home, jobs: Jobs, span: partitions.Span
) -> list[dg.ScheduleDefinition]:
    own = feed.names.own
    return [
        _pull_daily(own("pull_daily"), jobs.pull, span),
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
        *timed.schedules(feed, home, jobs.own),
    ]


def _pull_daily(
    name: str, job: UnresolvedAssetJobDefinition, span: partitions.Span
) -> dg.ScheduleDefinition:
    """Pulls the day before; the schedule that Dagster makes of a job would take the newest day."""

    @dg.schedule(
        name=name,
        job=job,
        cron_schedule="0 6 * * *",
        execution_timezone=span.zone,
        description="Pulls the day before.",
    )
    def pull_daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        now = context.scheduled_execution_time.astimezone(ZoneInfo(span.zone))
        day = now.date() - timedelta(days=1)
        if day < span.first_pull:
            return dg.SkipReason(f"this home begins with {span.first_pull}")
        tags = {REASON: "the day before, every day"}
        return dg.RunRequest(partition_key=day.isoformat(), tags=tags)

    return pull_daily


def _sensors(
    feed: Feed[Session],
    home: Home,
    jobs: Jobs,
    others: Sequence[dg.JobDefinition],
    span: partitions.Span,
) -> list[dg.SensorDefinition]:
    found = [corrections.corrections_sensor(feed, jobs.corrections)]
    if any(one.expect is not None for one in home.of_feed(feed.name).vendors):
        found.append(expected.pull_expected(feed, jobs.pull, span))
    if feed.book is not None and jobs.post is not None:
        posted = [asset_key(key) for key in jobs.posted]
        both: list[UnresolvedAssetJobDefinition | dg.JobDefinition] = [jobs.post, *others]
        found.append(sensors.reconciliation(feed, feed.book, both, posted, span=span))
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
