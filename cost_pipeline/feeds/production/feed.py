"""The declaration of the production feed: costs of film and television, and their ledger."""

from __future__ import annotations

from typing import Final

from cost_pipeline.contracts.cost_reasons import COST_REASONS
from cost_pipeline.feeds.production.heads import refuse_truncated_ledger
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.lake.tables import DEAD_LETTERS, RECORDS
from cost_pipeline.pipeline.feed import Feed

PRODUCTION: Final = Feed(
    name="production",
    reasons=COST_REASONS,
    audited=(RECORDS, DEAD_LETTERS, LEDGER),
    refuse_damaged=refuse_truncated_ledger,
)
