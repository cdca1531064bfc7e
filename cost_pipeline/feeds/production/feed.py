"""The declaration of the production feed: costs of film and television, and their ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cost_pipeline.contracts.cost_fields import FIRST_DAY, LAST_DAY
from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.unions import union_categories
from cost_pipeline.feeds.production.assets import JOBS, assets_of, hand_overs
from cost_pipeline.feeds.production.checks import CHECKS
from cost_pipeline.feeds.production.columns import MEANINGS
from cost_pipeline.feeds.production.heads import refuse_truncated_ledger
from cost_pipeline.feeds.production.inputs import dates_of_pulls, present_inputs, stored_inputs
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.feeds.production.names import FINDINGS, NAMES, POST_JOB, RENAMED, WEEKLY
from cost_pipeline.feeds.production.names import LEDGER as LEDGER_KEY
from cost_pipeline.feeds.production.provisional import stand_ins
from cost_pipeline.feeds.production.report import fates
from cost_pipeline.feeds.production.row_fate import row_fate
from cost_pipeline.feeds.production.summary import totals_for_people
from cost_pipeline.feeds.production.tables import DEAD_LETTERS, LEDGER, RECORDS
from cost_pipeline.feeds.production.views import VIEWS
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.book import Book
from cost_pipeline.pipeline.declared.reports import Reports
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session


def _choices(home: Home) -> Mapping[str, Sequence[str]]:
    return {
        "union_category": union_categories().agreements(),
        "currency": sorted(currencies()),
        "production": sorted(home.settings_of(Productions).productions),
    }


_BOOK: Final[Book[Session]] = Book(
    key=LEDGER_KEY,
    noun="ledger",
    dates="transaction dates",
    first=FIRST_DAY,
    last=LAST_DAY,
    job=POST_JOB,
    job_words="Brings the ledger of one or more transaction dates to what its inputs say.",
    with_it=(FINDINGS, WEEKLY),
    sensor="reconcile_ledger",
    sensor_words="Compares the inputs digest of every transaction date with the one its ledger "
    "partition was computed from, and requests exactly the dates that differ.",
    present=present_inputs,
    posted=stored_inputs,
    of_pulls=dates_of_pulls,
    hand_overs=hand_overs,
)

PRODUCTION: Final[Feed[Session]] = Feed(
    contract=COST_CONTRACT,
    records=RECORDS,
    dead_letters=DEAD_LETTERS,
    choices=_choices,
    audited=(RECORDS, DEAD_LETTERS, LEDGER),
    refuse_damaged=refuse_truncated_ledger,
    checks=CHECKS,
    reports=Reports(
        fates=fates,
        always={
            "posted": "posted",
            "commitments": "held as commitments",
            "duplicates": "duplicates",
            "dead_letters": "dead letters",
        },
        stand_ins=stand_ins,
        totals=totals_for_people,
        trace=row_fate,
    ),
    book=_BOOK,
    assets=assets_of,
    jobs=JOBS,
    owners=("team:production-accounting",),
    prefix=NAMES.prefix,
    meanings=MEANINGS,
    renamed=RENAMED,
    views=VIEWS,
)
