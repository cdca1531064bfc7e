"""The hand-over: telling Dagster which transaction dates have new inputs.

One event per date and kind of input, only where the digest differs from the one reported last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import dagster as dg

from cost_pipeline.core.canonical import digest
from cost_pipeline.defs.keys import RATES_BY_DATE, RECORDS_BY_DATE, SNAPSHOTS
from cost_pipeline.defs.reporting import impact, report_changed_partitions
from cost_pipeline.feeds.production.cards import card_digests
from cost_pipeline.feeds.production.impact import Impact, impact_of
from cost_pipeline.feeds.production.inputs import (
    rate_digests,
    ruled_record_digests,
    stored_inputs,
)
from cost_pipeline.pipeline.session import Session


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How many transaction dates were reported with new records and with new rates.

    `impact` is what posting those among the latter will change that were posted before.
    """

    records: int
    rates: int
    impact: Impact


def hand_over(instance: dg.DagsterInstance, session: Session) -> HandedOver:
    """Report every transaction date whose records, rulings or rates are not those reported last."""
    rates, cards = rate_digests(session), card_digests(session)
    # Of timecards the rules and the cards around them are part of what the ledger is made from.
    records = {
        day: digest("with cards", version, cards[day]) if day in cards else version
        for day, version in ruled_record_digests(session).items()
    }
    of_records = report_changed_partitions(instance, RECORDS_BY_DATE, _by_key(records))
    of_rates = report_changed_partitions(instance, RATES_BY_DATE, _by_key(rates))
    found = HandedOver(len(of_records), len(of_rates), _impact(session, of_rates))
    if found.impact.partitions:
        instance.report_runless_asset_event(
            dg.AssetObservation(SNAPSHOTS, metadata=impact(found.impact))
        )
    return found


def _impact(session: Session, changed: list[str]) -> Impact:
    posted = stored_inputs(session).keys() & {date.fromisoformat(key) for key in changed}
    return impact_of(session, sorted(posted))


def _by_key(versions: dict[date, str]) -> dict[str, str]:
    return {day.isoformat(): version for day, version in versions.items()}
