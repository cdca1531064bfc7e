"""Pulls that nobody may have meant: before the home's start, or of very many dates at once.

Two clicks in the UI ask every vendor for every date. Such a run fails before it asks anybody, until
it is started with a tag that says that it was meant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

import dagster as dg

from cost_pipeline.core.errors import UsageError
from cost_pipeline.defs.upstream import BACKFILL_ID_TAG

CONFIRM: Final = "cost_pipeline/confirm"
"""The tag of a run that is meant as it is."""
YES: Final = "yes"
MOST_DATES_AT_ONCE: Final = 31


def refuse_unconfirmed(
    pull_date: date, *, start: date | None, at_once: int, tags: Mapping[str, str]
) -> None:
    """Refuses a pull that has to be confirmed and is not.

    Args:
        pull_date: What is pulled for.
        start: The declared start of the home; None if it declares none.
        at_once: How many pull dates were asked for at once.
        tags: Those of the run.

    Raises:
        UsageError: NOT_CONFIRMED, with the tag that confirms it.
    """
    if tags.get(CONFIRM) == YES:
        return
    if start is not None and pull_date < start:
        why = f"{pull_date} is before the start of this home, {start}"
    elif at_once > MOST_DATES_AT_ONCE:
        why = f"{at_once:,} pull dates at once are more than {MOST_DATES_AT_ONCE}"
    else:
        return
    raise UsageError(
        f"nothing was pulled: {why}, and every vendor would be asked",
        where=f"pull date {pull_date}",
        remedy=f"start it again with the tag `{CONFIRM}: {YES}` if that is meant",
        code="NOT_CONFIRMED",
    )


def dates_at_once(
    instance: dg.DagsterInstance, tags: Mapping[str, str], keys: Collection[dg.AssetKey]
) -> int:
    """Returns how many partitions of the assets the backfill of a run asks for; 1 without one."""
    backfill = instance.get_backfill(tags[BACKFILL_ID_TAG]) if BACKFILL_ID_TAG in tags else None
    if backfill is None:
        return 1
    if backfill.partition_names is not None:
        return len(backfill.partition_names)
    if backfill.asset_backfill_data is None:
        return 1
    wanted = backfill.asset_backfill_data.target_subset.partitions_subsets_by_asset_key
    return max((len(wanted[key]) for key in keys if key in wanted), default=1)
