"""Which pulls are not cleared: one of their blocking checks is red, or never came to a result.

`pipeline/posting/dates` decides what of the book waits for them.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import dagster as dg

from cost_pipeline.defs.keys import asset_key
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.assets import Calendar
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session

_PASSED: Final = "SUCCEEDED"


def pulls_not_cleared(instance: dg.DagsterInstance, feed: Feed[Session], home: Home) -> list[date]:
    """Returns the pull dates with a blocking check that is red, or planned and without a result.

    A pull date that Dagster does not know is not among them: its event log is no archive, and a
    book must not depend on nobody having cleaned it up.
    """
    keys = [
        dg.AssetCheckKey(asset_key(key), check.name)
        for check in feed.checks
        if check.blocking and check.look is not None and check.look.calendar is Calendar.PULLS
        for key in check.assets(feed.names, home)
    ]
    found = instance.event_log_storage.get_asset_check_partition_info(keys)
    return sorted(
        {
            date.fromisoformat(info.partition_key)
            for info in found
            if info.partition_key and info.latest_execution_status.value != _PASSED
        }
    )
