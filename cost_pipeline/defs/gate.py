"""What holds posting back: a blocking check, amounts that changed their meaning, a missing total.

Pulls and the ledger are partitioned by different calendars and meet in no run, so Dagster cannot
stop the one for the other: whoever plans a posting asks here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

import dagster as dg

from cost_pipeline.defs.keys import CORRECTIONS, DEAD_LETTERS, records_key
from cost_pipeline.feeds.production.inputs import dates_of_pulls
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.drift import dates_of_drifted
from cost_pipeline.pipeline.validation.totals import dates_without_total

_PASSED: Final = "SUCCEEDED"


def held_back(
    instance: dg.DagsterInstance, session: Session, dates: Collection[date]
) -> Mapping[date, date]:
    """Of these transaction dates the held ones, to the earliest pull date that holds them.

    Either not all blocking checks of the pull have passed, or a delivery of it has a column that
    feeds amounts, currencies or dates and is not what was accepted, or lacks the total that its
    vendor file requires. The latter two hold back only the dates of that delivery, and are told
    from the lake: they end with the acceptance, or with a delivery that has its total.
    """
    pulls = dates_of_pulls(session, pulls_not_cleared(instance, session))
    held = dates_without_total(session, dates) | dates_of_drifted(session, dates) | pulls
    return {day: held[day] for day in dates if day in held}


def pulls_not_cleared(instance: dg.DagsterInstance, session: Session) -> list[date]:
    """Pull dates of which a blocking check is red, or was planned and never came to a result.

    A pull date that Dagster knows nothing of is not among them: its event log is no archive, and
    a ledger must not depend on nobody having cleaned it up.
    """
    kinds = sorted({vendor.record for vendor in session.home.vendors})
    keys = [
        dg.AssetCheckKey(DEAD_LETTERS, "conservation"),
        dg.AssetCheckKey(CORRECTIONS, "conservation"),
        *(dg.AssetCheckKey(records_key(kind), "schema") for kind in kinds),
    ]
    found = instance.event_log_storage.get_asset_check_partition_info(keys)
    return sorted(
        {
            date.fromisoformat(info.partition_key)
            for info in found
            if info.partition_key and info.latest_execution_status.value != _PASSED
        }
    )
