"""Names: asset keys (layer, feed, noun) and jobs. Written once, so that nothing misses one."""

from __future__ import annotations

from typing import Final

import dagster as dg

OWNERS: Final = ["team:production-accounting"]
DEAD_LETTERS: Final = dg.AssetKey(["dead_letters", "production"])
RECORDS_BY_DATE: Final = dg.AssetKey(["records", "production", "by_transaction_date"])
RATES_BY_DATE: Final = dg.AssetKey(["fx", "by_transaction_date"])
CORRECTIONS: Final = dg.AssetKey(["raw", "production", "corrections"])
SNAPSHOTS: Final = dg.AssetKey(["fx", "snapshots"])
LEDGER: Final = dg.AssetKey(["ledger", "production"])
AUDIT: Final = dg.AssetKey(["audit", "production"])
RECONCILIATION: Final = dg.AssetKey(["report", "production", "reconciliation"])
FINDINGS: Final = dg.AssetKey(["union", "findings"])
WEEKLY: Final = dg.AssetKey(["union", "weekly"])

FX_CORRECTIONS: Final = "cost_pipeline/corrections"
"""Tag of a run of `FX_JOB`: the files of the watched folder that it was requested for."""

PULL_JOB: Final = "pull_and_validate"
POST_JOB: Final = "post_ledger"
FX_JOB: Final = "load_fx"
AUDIT_JOB: Final = "verify_audit_log"
RECONCILE_JOB: Final = "reconcile_vendors"
CORRECTIONS_JOB: Final = "corrections"
REPLAY_JOB: Final = "replay"
STANDING_JOB: Final = "standing_checks"


def raw_key(vendor: str) -> dg.AssetKey:
    """The deliveries of one vendor."""
    return dg.AssetKey(["raw", "production", vendor])


def records_key(kind: str) -> dg.AssetKey:
    """The accepted records of one kind."""
    return dg.AssetKey(["records", "production", kind])
