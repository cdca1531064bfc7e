"""The two calendars. Nothing else is partitioned.

Pulls are partitioned by pull date, the ledger by transaction date. Rows pulled on one day belong to
many transaction dates, which no Dagster partition mapping can say: the hand-over is an external
asset (`records/production/by_transaction_date`) whose partitions are reported one by one.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import dagster as dg

from cost_pipeline.contracts.cost_fields import FIRST_DAY, LAST_DAY

# Without it the last partition is yesterday.
_DAYS_AHEAD: Final = 1


def pull_dates() -> dg.DailyPartitionsDefinition:
    """Every day from the first transaction date to today, in UTC (`commands.run` says so, too)."""
    return dg.DailyPartitionsDefinition(
        start_date=FIRST_DAY.isoformat(), end_offset=_DAYS_AHEAD, timezone="UTC"
    )


def transaction_dates(today: date) -> dg.DailyPartitionsDefinition:
    """Every transaction date that a contract accepts, so that no accepted row is without a ledger.

    Vendors date some costs ahead; the contract bounds how far, and the calendar follows it.
    """
    ahead = max((LAST_DAY - today).days + 1, 0)
    return dg.DailyPartitionsDefinition(
        start_date=FIRST_DAY.isoformat(),
        end_date=date.fromordinal(LAST_DAY.toordinal() + 1).isoformat(),
        end_offset=ahead,
        timezone="UTC",
    )
