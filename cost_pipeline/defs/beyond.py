"""Posts dates of a book that its calendar does not have yet.

A calendar is counted when the code location is loaded, and the web server and the daemon see that
one until it is loaded again. A record may be dated before it or after it meanwhile. Dagster refuses
a run of a partition that it does not know, so these dates are posted by a job without partitions,
which reports each of them as a partition of the assets it made: the next load shows them.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

import dagster as dg

from cost_pipeline.core.errors import CheckFailedError
from cost_pipeline.defs.badges import Judged, report_badges
from cost_pipeline.defs.checks import result_of
from cost_pipeline.defs.jobs import posted_keys
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.reporting import metadata_of, report_checks_per_partition, stories
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.assets import Asked, Asset, Calendar, Made
from cost_pipeline.pipeline.declared.book import Book
from cost_pipeline.pipeline.declared.checks import Subject
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session

MOST_AT_ONCE: Final = 100


def beyond_name(book: Book[Session]) -> str:
    """Returns the name of the job."""
    return f"{book.job}_beyond"


def with_inputs(day: date, inputs: str) -> str:
    """Returns a date as a run is asked for it; with other inputs it is another try."""
    return f"{day} {inputs}".strip()


def date_of(asked: str) -> str:
    """Returns the date of what a run was asked for."""
    return asked.split(" ", 1)[0]


def beyond(
    feed: Feed[Session], book: Book[Session], home: Home, resource: HomeResource
) -> dg.JobDefinition:
    """Returns the job that posts the dates that its run was asked for, in the resource `home`.

    It has its resource from the start: Dagster copies a sensor whose job gets it later, and warns
    of what it copies.
    """
    keys = posted_keys(feed, home)
    made_with = [one for one in feed.assets(home) if one.key in keys and one.make is not None]
    pools = sorted({feed.names.own(one.pool) for one in made_with if one.pool})

    @dg.op(name=f"{beyond_name(book)}__dates", pool=pools[0] if pools else None)
    def post_dates(context: dg.OpExecutionContext, home: HomeResource) -> None:
        session = home.session(feed, context.run.run_id)
        days = sorted(date.fromisoformat(date_of(one)) for one in home.asked)
        for one in made_with:
            for event in _made(session, one, days):
                context.log_event(event)
            _judge(context, session, one, days, noun=book.dates)

    @dg.job(
        name=beyond_name(book),
        resource_defs={"home": resource},
        executor_def=dg.in_process_executor,
        description=f"Posts {book.dates} that the calendar lacks as it was loaded. Reload the code "
        "location, and they are among the partitions.",
    )
    def post_beyond() -> None:
        post_dates()

    return post_beyond


def _made(
    session: Session, one: Asset[Session], days: Sequence[date]
) -> Iterator[dg.AssetMaterialization]:
    made = one.make(session, Asked(days)) if one.make is not None else Made()
    yield from stories(made.stories)
    if one.calendar is Calendar.NONE:
        yield dg.AssetMaterialization(asset_key(one.key), metadata=metadata_of(made.metadata))
        return
    for day in days:
        shown = {**made.metadata, **made.by_date.get(day, {})}
        yield dg.AssetMaterialization(
            asset_key(one.key), partition=day.isoformat(), metadata=metadata_of(shown)
        )


def _judge(
    context: dg.OpExecutionContext,
    session: Session,
    one: Asset[Session],
    days: Sequence[date],
    *,
    noun: str,
) -> None:
    """Stores what the checks of an asset say of each date, and then of the whole book.

    Raises:
        CheckFailedError: If one that blocks is red; nothing behind it is made.
    """
    checks = [
        check
        for check in session.feed.checks
        if check.look is not None
        and check.look.calendar is Calendar.BOOK
        and one.key in check.assets(session.feed.names, session.home)
    ]
    looks: dict[Any, Any] = {
        look: look.at(session, days) for look in {check.look for check in checks} if look
    }
    judged = {
        dg.AssetCheckKey(asset_key(one.key), check.name): Judged(
            check,
            {str(d): result_of(check, looks[check.look], Subject(one.key, d)) for d in days},
        )
        for check in checks
    }
    results = [result for found in judged.values() for result in found.results.items()]
    blocking = {check.name for check in checks if check.blocking}
    report_checks_per_partition(context.instance, context.run, results, blocking=blocking)
    report_badges(context.instance, context.run, noun, judged)
    red = [f"{r.check_name} [{day}]" for day, r in results if _stops(r, blocking)]
    if red:
        raise CheckFailedError(
            f"a blocking check is red: {', '.join(red)}",
            where="/".join(one.key),
            remedy="open the run in the web UI; nothing behind this check was made",
        )


def _stops(result: dg.AssetCheckResult, blocking: set[str]) -> bool:
    return (
        not result.passed
        and result.check_name in blocking
        and result.severity is dg.AssetCheckSeverity.ERROR
    )
