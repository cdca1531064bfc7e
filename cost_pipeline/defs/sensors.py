"""What runs next. A sensor lists, a pure function of `plan` decides.

The sensor of a book is level-triggered: it compares the inputs that each partition was computed
from with the inputs that there are now, so it finds an update that an edge-triggered automation
lost.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import dagster as dg

from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.defs.beyond import MOST_AT_ONCE, beyond_name, date_of, with_inputs
from cost_pipeline.defs.gate import pulls_not_cleared
from cost_pipeline.defs.handover import hand_over
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.partitions import Span
from cost_pipeline.defs.plan import PlannedRun, left_out, plan_posting
from cost_pipeline.defs.renamed import go_by_present_keys
from cost_pipeline.defs.resources import HomeResource, asked_of
from cost_pipeline.defs.tags import DATES, REASON, spanned
from cost_pipeline.defs.upstream import NOT_FINISHED_STATUSES, UnresolvedAssetJobDefinition
from cost_pipeline.pipeline.declared.book import Book
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.posting.dates import Due, due, held_back
from cost_pipeline.pipeline.session import Session

PARTITION: Final = "dagster/partition"
RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"

# A failed run is asked for again after this long: at every tick it would only fail again.
_PAUSE: Final = timedelta(minutes=15)
CHANGED: Final = "inputs changed since the date was posted"
_BEYOND: Final = "dates that the calendar lacks as it was loaded"


def reconciliation(
    feed: Feed[Session],
    book: Book[Session],
    jobs: Sequence[UnresolvedAssetJobDefinition | dg.JobDefinition],
    posted: Sequence[dg.AssetKey],
    *,
    span: Span,
) -> dg.SensorDefinition:
    """Returns the sensor that asks for the dates of a book whose inputs have changed.

    It compares their inputs with those that they were computed from.

    Args:
        feed: The feed whose book it is.
        book: The book.
        jobs: The job that posts, and the one that posts dates which the calendar lacks.
        posted: The assets that a posting makes: the book, and what is shown of it.
        span: How far the calendar goes.
    """

    @dg.sensor(
        name=book.sensor,
        jobs=jobs,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=book.sensor_words,
    )
    def compare(
        context: dg.SensorEvaluationContext, home: HomeResource
    ) -> dg.SensorResult | dg.SkipReason:
        try:
            session = home.session(feed, "sensor")
            go_by_present_keys(context.instance, feed.keys_of_before)
            lacks = due(session, book)
            held = look_again(context.instance, session, book, lacks)
        except CostPipelineError as error:
            # A lake that cannot be read is not an empty lake: nothing is decided.
            return dg.SkipReason(f"the lake could not be compared: {error}")
        now = session.clock()
        within = {day: seen for day, seen in lacks.present.items() if span.covers(day, now)}
        outside = [day for day in lacks.behind if day not in held and not span.covers(day, now)]
        inside = Due(within, [day for day in lacks.behind if span.covers(day, now)])
        found = _decide(context.instance, book, inside, held, now)
        asked = _ask_beyond(context.instance, book, home, Due(lacks.present, outside), now)
        if isinstance(found, dg.SkipReason) and not asked:
            return found
        planned = [] if isinstance(found, dg.SkipReason) else found
        requests = [request(run, posted, book.job, home) for run in planned]
        return dg.SensorResult(run_requests=[*requests, *asked])

    return compare


def look_again(
    instance: dg.DagsterInstance, session: Session, book: Book[Session], lacks: Due
) -> Mapping[date, date]:
    """Hands over what changed outside Dagster; returns the dates behind that are held back.

    Each date comes with the pull date that holds it back.
    """
    if not lacks.behind:
        return {}
    hand_over(instance, session)
    not_cleared = pulls_not_cleared(instance, session.feed, session.home)
    return held_back(session, book, lacks.behind, not_cleared)


def _ask_beyond(
    instance: dg.DagsterInstance,
    book: Book[Session],
    home: HomeResource,
    lacks: Due,
    now: datetime,
) -> list[dg.RunRequest]:
    """Returns a request for dates beyond the calendar; none if they are in a run or just failed."""
    waiting = left_out(lacks.behind, spans_under_way(instance, book))
    failed = _failed_lately(instance, now - _PAUSE)
    asked = [with_inputs(day, lacks.present.get(day, "")) for day in waiting]
    fresh = [one for one in asked if one not in failed][:MOST_AT_ONCE]
    if not fresh:
        return []
    tags = {REASON: _BEYOND, DATES: spanned([date_of(one) for one in fresh])}
    return [dg.RunRequest(job_name=beyond_name(book), run_config=home.asking(fresh), tags=tags)]


def _decide(
    instance: dg.DagsterInstance,
    book: Book[Session],
    lacks: Due,
    held: Mapping[date, date],
    now: datetime,
) -> list[PlannedRun] | dg.SkipReason:
    dates, present = lacks.behind, lacks.present
    if not dates:
        return dg.SkipReason(f"the {book.noun} of {len(present)} {book.dates} is up to date")
    free = [day for day in dates if day not in held]
    waiting = left_out(free, spans_under_way(instance, book))
    failed = _failed_lately(instance, now - _PAUSE)
    planned = [run for run in plan_posting(waiting, present) if run.key not in failed]
    if planned:
        return planned
    held_pulls = sorted({held[day].isoformat() for day in dates if day in held})
    return dg.SkipReason(
        f"{len(dates)} {book.dates} are out of date: {len(free) - len(waiting)} are in runs "
        f"under way, {len(dates) - len(free)} wait for checks or accepted columns of pull dates "
        f"{', '.join(held_pulls) or '(none)'}, the others failed less than {_PAUSE} ago"
    )


def spans_under_way(instance: dg.DagsterInstance, book: Book[Session]) -> list[tuple[str, str]]:
    """Returns the partition keys (first, last) of the book that unfinished runs will post."""
    runs = instance.get_runs(dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES)))
    spans = [span for run in runs if _posts(run, book) and (span := _span(run.tags)) is not None]
    beyond = [run for run in runs if run.job_name == beyond_name(book)]
    alone = [date_of(one) for run in beyond for one in asked_of(run)]
    return [*spans, *((day, day) for day in alone)]


def _posts(run: dg.DagsterRun, book: Book[Session]) -> bool:
    if not run.asset_selection:  # the whole job
        return run.job_name == book.job
    return asset_key(book.key) in run.asset_selection


def _span(tags: Mapping[str, str]) -> tuple[str, str] | None:
    if RANGE_START in tags and RANGE_END in tags:
        return tags[RANGE_START], tags[RANGE_END]
    if PARTITION in tags:
        return tags[PARTITION], tags[PARTITION]
    return None


def _failed_lately(instance: dg.DagsterInstance, since: datetime) -> set[str]:
    ended = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    runs = instance.get_runs(dg.RunsFilter(statuses=ended, updated_after=since))
    return {one for run in runs for one in asked_of(run)}


def request(
    run: PlannedRun, posted: Sequence[dg.AssetKey], job: str, home: HomeResource
) -> dg.RunRequest:
    """Returns the run request of a planned run.

    It has no run key: Dagster never starts a second run with the same key, and a date may come to
    the same inputs twice (changed, posted, changed back), or its run may have failed.
    """
    alone = run.first == run.last
    dates = {} if alone else {RANGE_START: run.first, RANGE_END: run.last}
    return dg.RunRequest(
        job_name=job,
        partition_key=run.first if alone else None,
        asset_selection=list(posted),
        run_config=home.asking([run.key]),
        tags={REASON: CHANGED, **dates},
    )
