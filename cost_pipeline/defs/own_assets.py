"""The assets of a feed's own, made from what it declares."""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import dagster as dg

from cost_pipeline.defs import columns
from cost_pipeline.defs.checks import result_of
from cost_pipeline.defs.handover import hand_over
from cost_pipeline.defs.keys import asset_key, dependency
from cost_pipeline.defs.partitions import Calendars
from cost_pipeline.defs.plan import MOST_DATES_A_RUN
from cost_pipeline.defs.reporting import in_order, metadata_of, stories
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.assets import Asked, Asset, Calendar, Made
from cost_pipeline.pipeline.declared.checks import Check, Subject
from cost_pipeline.pipeline.declared.told import described
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session

_Make = Callable[[Session, Asked], Made]


def own_assets(
    feed: Feed[Session], home: Home, calendars: Calendars
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Returns what the feed has in this home beside what every feed has."""
    return [
        _spec(feed, one, calendars)
        if one.make is None
        else _made(feed, one, one.make, _own_checks(feed, home, one), calendars)
        for one in feed.assets(home)
    ]


def _own_checks(feed: Feed[Session], home: Home, one: Asset[Session]) -> list[Check[Session]]:
    """Returns the checks whose answer the asset's own step has found."""
    return [
        check
        for check in feed.checks
        if check.look is None and one.key in check.assets(feed.names, home)
    ]


def _spec(feed: Feed[Session], one: Asset[Session], calendars: Calendars) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(one.key),
        deps=[dependency(dep) for dep in one.deps],
        partitions_def=calendars.by(one.calendar),
        group_name=one.group,
        owners=feed.owners,
        kinds=set(one.kinds),
        description=described(one.words, one.told),
        metadata=columns.stored(one.stored, feed) if one.stored is not None else {},
        code_version=None if one.make is None else one.version,
    )


def _made(
    feed: Feed[Session],
    one: Asset[Session],
    make: _Make,
    checks: Sequence[Check[Session]],
    calendars: Calendars,
) -> dg.AssetsDefinition:
    """Returns an asset with a body; in a run over several dates each date is shown its own."""
    by_dates = one.calendar is not Calendar.NONE

    @dg.multi_asset(
        name=feed.names.own(one.step) if one.step else "__".join(one.key),
        specs=[_spec(feed, one, calendars)],
        check_specs=[
            dg.AssetCheckSpec(
                check.name,
                asset=asset_key(one.key),
                blocking=check.blocking,
                description=feed.words_of(check),
            )
            for check in checks
        ],
        partitions_def=calendars.by(one.calendar),
        backfill_policy=dg.BackfillPolicy.multi_run(MOST_DATES_A_RUN) if by_dates else None,
        pool=feed.names.own(one.pool) if one.pool else None,
    )
    def body(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        session = home.session(feed, context.run.run_id)
        days = [date.fromisoformat(key) for key in context.partition_keys] if by_dates else []
        made = make(session, Asked(days, home.asked or None))
        _tell(context, one, made)
        metadata = metadata_of(made.metadata)
        if one.hands_over is not None:
            metadata |= hand_over(context.instance, session)[one.hands_over].metadata()
        yield dg.MaterializeResult(
            asset_key=asset_key(one.key),
            metadata=in_order(metadata) or None,
            check_results=[result_of(check, made.found, Subject(one.key)) for check in checks],
        )

    return body


def _tell(context: dg.AssetExecutionContext, one: Asset[Session], made: Made) -> None:
    """Tells what is shown of each date, and what assets that nobody makes tell by now."""
    for day, shown in made.by_date.items():
        context.add_asset_metadata(
            metadata_of(shown), asset_key=asset_key(one.key), partition_key=day.isoformat()
        )
    for told in stories(made.stories):
        context.log_event(told)
