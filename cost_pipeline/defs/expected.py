"""Pulls vendors when a delivery of theirs is due (`expect`): one sensor for all vendors of a feed.

A schedule for each vendor would be two hundred switches in a home of two hundred vendors, and its
cron would fire without knowing what came. A tick of this sensor compares the declarations with what
is there, so that a delivery that came due while the daemon was down is asked for at the next one.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
import json
from collections.abc import Mapping
from datetime import datetime

import dagster as dg

from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.partitions import Span
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.defs.tags import REASON, VENDORS, listed
from cost_pipeline.defs.upstream import UnresolvedAssetJobDefinition
from cost_pipeline.pipeline.declared.checks import each_kind
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.pull.expected import came_of, zone_of
from cost_pipeline.pipeline.pull.when import Declared, PlannedPull, newly_due, plan_pulls
from cost_pipeline.pipeline.session import Session

_SECONDS = 60


def pull_expected(
    feed: Feed[Session], job: UnresolvedAssetJobDefinition, span: Span
) -> dg.SensorDefinition:
    """Returns the sensor that asks for the pull of vendors whose delivery is due and did not come.

    Its cursor says, by vendor, by when that delivery was due which it looked after last.

    Args:
        feed: The feed whose vendors they are.
        job: The job that pulls.
        span: How far the calendar of pull dates goes.
    """

    @dg.sensor(
        name=feed.names.own("pull_expected"),
        job=job,
        minimum_interval_seconds=_SECONDS,
        description="Pulls each vendor once when the time has come by which its file says that a "
        "delivery must be there (`expect`), in the time zone of its records, unless it came.",
    )
    def look(
        context: dg.SensorEvaluationContext, home: HomeResource
    ) -> dg.SensorResult | dg.SkipReason:
        seen = _looked_after(context.cursor)
        try:
            session = home.session(feed, "sensor")
            due = newly_due(_declared(session), session.clock(), seen)
            came = {vendor for vendor, one in due.items() if came_of(session, vendor, one)}
        except CostPipelineError as error:
            # A home that cannot be read expects nothing less: nothing is decided.
            return dg.SkipReason(f"what is due could not be compared with what came: {error}")
        if not due:
            return dg.SkipReason("nothing is due that was not looked after")
        planned = plan_pulls(due, came, span.first_pull)
        after = {**seen, **{vendor: one.by for vendor, one in due.items()}}
        return dg.SensorResult(
            run_requests=[_request(session, one) for one in planned],
            cursor=json.dumps({name: by.isoformat() for name, by in sorted(after.items())}),
            skip_reason=None if planned else f"all of it came: {', '.join(sorted(came))}",
        )

    return look


def _declared(session: Session) -> dict[str, Declared]:
    return {
        vendor.vendor: Declared(vendor.expect, zone_of(session, vendor))
        for vendor in session.home.vendors
        if vendor.expect is not None
    }


def _looked_after(cursor: str | None) -> Mapping[str, datetime]:
    found = json.loads(cursor) if cursor else {}
    return {vendor: datetime.fromisoformat(by) for vendor, by in found.items()}


def _request(session: Session, pull: PlannedPull) -> dg.RunRequest:
    names = session.feed.names
    raw = [names.raw(vendor) for vendor in pull.vendors]
    made = (*raw, *each_kind(names, session.home), names.dead_letters)
    return dg.RunRequest(
        partition_key=pull.pull_date.isoformat(),
        asset_selection=[asset_key(key) for key in made],
        tags={REASON: "a delivery is due", VENDORS: listed(pull.vendors)},
    )
