"""Keys of the assets of production. They are older than feeds are, so not all name theirs."""

from __future__ import annotations

from typing import Final

from cost_pipeline.pipeline.declared.names import Key, Names

NAME: Final = "production"
NAMES: Final = Names(NAME, prefix="")
RECORDS_BY_DATE: Final[Key] = ("records", NAME, "by_transaction_date")
RATES_BY_DATE: Final[Key] = ("fx", "by_transaction_date")
SNAPSHOTS: Final[Key] = ("fx", "snapshots")
LEDGER: Final[Key] = ("ledger", NAME)
RECONCILIATION: Final[Key] = ("report", NAME, "reconciliation")
COSTS: Final[Key] = ("report", NAME, "costs")
FINDINGS: Final[Key] = ("union", "findings")
WEEKLY: Final[Key] = ("union", "weekly")

POST_JOB: Final = "post_ledger"
FX_JOB: Final = "load_fx"
RECONCILE_JOB: Final = "reconcile_vendors"
COSTS_JOB: Final = "report_costs"
