"""The names of production's assets and jobs, as Dagster's tests need them."""

from cost_pipeline.defs.keys import asset_key
from cost_pipeline.feeds.production import names
from cost_pipeline.feeds.production.names import COSTS_JOB, FX_JOB, POST_JOB, RECONCILE_JOB
from cost_pipeline.pipeline.declared.names import (
    AUDIT_JOB,
    CORRECTIONS_JOB,
    PULL_JOB,
    REPLAY_JOB,
    STANDING_JOB,
)

__all__ = [
    "AUDIT_JOB",
    "CORRECTIONS_JOB",
    "COSTS_JOB",
    "FX_JOB",
    "POST_JOB",
    "PULL_JOB",
    "RECONCILE_JOB",
    "REPLAY_JOB",
    "STANDING_JOB",
]

DEAD_LETTERS = asset_key(names.NAMES.dead_letters)
CORRECTIONS = asset_key(names.NAMES.corrections)
AUDIT = asset_key(names.NAMES.audit)
RECORDS_BY_DATE = asset_key(names.RECORDS_BY_DATE)
RATES_BY_DATE = asset_key(names.RATES_BY_DATE)
SNAPSHOTS = asset_key(names.SNAPSHOTS)
FETCHED_RATES = asset_key(names.FETCHED_RATES)
LEDGER = asset_key(names.LEDGER)
RECONCILIATION = asset_key(names.RECONCILIATION)
COSTS = asset_key(names.COSTS)
FINDINGS = asset_key(names.FINDINGS)
WEEKLY = asset_key(names.WEEKLY)


def raw_key(vendor):
    return asset_key(names.NAMES.raw(vendor))


def records_key(kind):
    return asset_key(names.NAMES.records(str(kind)))
