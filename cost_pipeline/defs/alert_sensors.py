"""When to look for what is red: a failed run at once, and everything every minute."""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Collection
from typing import Final

import dagster as dg

from cost_pipeline.core.errors import UsageError
from cost_pipeline.defs.alerts import failed_runs, look_at_checks, of_run
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.alerts import tell
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session

_NOWHERE: Final = "no `alerts:` in productions.yaml"


def alert_sensors(
    home: Home, feed: Feed[Session], passing: Collection[dg.AssetCheckKey]
) -> list[dg.SensorDefinition]:
    """Returns both sensors; they are on if the home says where alerts go.

    Args:
        home: The home whose runs and checks they look at, those of all its feeds.
        feed: Any of its feeds: the lake, which they share, records what was told.
        passing: The checks whose warnings may pass by themselves.
    """
    on = dg.DefaultSensorStatus.RUNNING
    status = on if home.general.alerts else dg.DefaultSensorStatus.STOPPED

    @dg.run_failure_sensor(
        name="alert_failed_run",
        default_status=status,
        minimum_interval_seconds=30,
        description="Tells the webhook of a run that failed. If it is not taken, `alert_red` "
        "tells it later.",
    )
    def alert_failed_run(context: dg.RunFailureSensorContext, home: HomeResource) -> None:
        session = home.session(feed, "sensor")
        tell(session, list(of_run(context.instance, context.dagster_run)))

    @dg.sensor(
        name="alert_red",
        default_status=status,
        minimum_interval_seconds=60,
        description="Tells the webhook of every red check and failed run that it was not told of, "
        "and of checks that are well again.",
    )
    def alert_red(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SkipReason:
        session = home.session(feed, "sensor")
        if session.home.general.alerts is None:
            return dg.SkipReason(_NOWHERE)
        graph = context.repository_def.asset_graph if context.repository_def else None
        if graph is None:
            raise UsageError("the sensor was asked outside its code location")
        checks = look_at_checks(context.instance, graph.asset_check_keys, passing)
        red = [*checks.red, *failed_runs(context.instance, session)]
        sent = tell(session, red, checks.well)
        return dg.SkipReason(f"{len(red)} are red; {sent} were told")

    return [alert_failed_run, alert_red]
