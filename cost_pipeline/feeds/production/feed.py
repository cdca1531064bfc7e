"""The declaration of the production feed: costs of film and television, and their ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.unions import union_categories
from cost_pipeline.feeds.production.heads import refuse_truncated_ledger
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.feeds.production.tables import DEAD_LETTERS, LEDGER, RECORDS
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.feed import Feed


def _choices(home: Home) -> Mapping[str, Sequence[str]]:
    return {
        "union_category": union_categories().agreements(),
        "currency": sorted(currencies()),
        "production": sorted(home.settings_of(Productions).productions),
    }


PRODUCTION: Final = Feed(
    contract=COST_CONTRACT,
    records=RECORDS,
    dead_letters=DEAD_LETTERS,
    choices=_choices,
    audited=(RECORDS, DEAD_LETTERS, LEDGER),
    refuse_damaged=refuse_truncated_ledger,
)
