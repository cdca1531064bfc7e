"""The hand-over tells Dagster which dates of the book have new inputs.

There is one event per date and kind of input, only where the digest differs from the one reported
last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg

from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.reporting import metadata_of, report_changed_partitions, stories
from cost_pipeline.pipeline.declared.book import Effect, HandOver
from cost_pipeline.pipeline.declared.names import Key
from cost_pipeline.pipeline.session import Session


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What was reported of one kind of input.

    Attributes:
        dates: The dates whose inputs changed.
        effect: What posting them will change.
    """

    dates: list[date]
    effect: Effect

    def metadata(self) -> dict[str, Any]:
        """Returns what an asset shows of the inputs that it changed."""
        return {
            "transaction_dates_handed_over": len(self.dates),
            **metadata_of(self.effect.metadata),
        }


def hand_over(instance: dg.DagsterInstance, session: Session) -> Mapping[Key, HandedOver]:
    """Reports every date whose inputs are not those reported last, for each kind of input."""
    book = session.feed.book
    if book is None:
        return {}
    return {one.key: _reported(instance, session, one) for one in book.hand_overs(session.home)}


def _reported(instance: dg.DagsterInstance, session: Session, one: HandOver[Session]) -> HandedOver:
    versions = {day.isoformat(): version for day, version in one.versions(session).items()}
    changed = report_changed_partitions(instance, asset_key(one.key), versions)
    dates = [date.fromisoformat(key) for key in changed]
    effect = one.effect(session, dates) if one.effect is not None else Effect()
    if effect.matters and one.shown_on is not None:
        instance.report_runless_asset_event(
            dg.AssetObservation(asset_key(one.shown_on), metadata=metadata_of(effect.metadata))
        )
    for told in stories(effect.stories):
        instance.report_runless_asset_event(told)
    return HandedOver(dates, effect)
