"""Keys of the assets of production. They are older than feeds are, so not all name theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cost_pipeline.pipeline.declared.names import Key, Names

NAME: Final = "production"
NAMES: Final = Names(NAME, prefix="")
RECORDS_BY_DATE: Final[Key] = ("records", NAME, "records_by_transaction_date")
RATES_BY_DATE: Final[Key] = ("fx", "rates_by_transaction_date")
SNAPSHOTS: Final[Key] = ("fx", "rate_snapshots")
CORRECTIONS: Final[Key] = ("fx", "rate_corrections")
FETCHED_RATES: Final[Key] = ("fx", "published_rates")
LEDGER: Final[Key] = ("ledger", NAME, "ledger")
RECONCILIATION: Final[Key] = ("report", NAME, "reconciliation")
COSTS: Final[Key] = ("report", NAME, "costs")
FINDINGS: Final[Key] = ("union", "findings")
WEEKLY: Final[Key] = ("union", "weekly_penalties")

RATES_GROUP: Final = "4_fx"
LEDGER_GROUP: Final = "5_ledger"
UNION_GROUP: Final = "6_union"
REPORT_GROUP: Final = "7_report"

RENAMED: Final[Mapping[Key, Key]] = {
    ("records", NAME, "by_transaction_date"): RECORDS_BY_DATE,
    ("fx", "by_transaction_date"): RATES_BY_DATE,
    ("fx", "snapshots"): SNAPSHOTS,
    ("ledger", NAME): LEDGER,
    ("union", "weekly"): WEEKLY,
}
"""Keys of 0.2.0, each with its present one."""

POST_JOB: Final = "post_ledger"
FX_JOB: Final = "load_fx"
RECONCILE_JOB: Final = "reconcile_vendors"
COSTS_JOB: Final = "report_costs"
