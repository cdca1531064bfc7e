"""Stored records held against their contract again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.cards import card_values
from cost_pipeline.contracts.cost import CostRecord, judge
from cost_pipeline.contracts.kinds import CONTRACTS
from cost_pipeline.contracts.tables import COST_FIELDS
from cost_pipeline.contracts.vendor import RecordKind
from cost_pipeline.lake.tables import RECORDS
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_SAMPLE: Final = 200


def records_satisfy_contract(session: Session, pull_date: date, kind: str) -> Outcome:
    """A bounded sample of the stored records passes the contract again."""
    snapshot = session.lake.table(RECORDS).snapshot()
    sample = snapshot.query(
        "select r.* from {table} r join deliveries using (vendor, delivery, interpretation) "
        f"where pull_date = '{pull_date}' and kind = '{kind}' order by fingerprint "
        f"limit {_SAMPLE}",
        where=f"pull_date = '{pull_date}'",
        deliveries=current_deliveries(session),
    ).to_pylist()
    contract = CONTRACTS[RecordKind(kind)]
    unlawful = next((found for row in sample if (found := _unlawful(contract, row))), None)
    return Outcome(
        unlawful is None,
        unlawful or f"{len(sample)} sampled records satisfy the contract of a {kind}",
        {"sampled": len(sample)},
    )


def _unlawful(contract: type[CostRecord], row: dict[str, object]) -> str | None:
    """What the contract says against a stored record; None if nothing."""
    names = ["vendor", *(f.name for f in COST_FIELDS)]
    values = {name: row[name] for name in names if row[name] is not None}
    values |= card_values(str(values.pop("card", "{}")))
    amount = values.get("amount")
    if isinstance(amount, Decimal):  # a credit is judged as the cost that it takes back
        values["amount"] = abs(amount)
    verdict = judge(contract, values)
    if isinstance(verdict, CostRecord):
        return None
    wrong = "; ".join(f"{problem.field}: {problem.message}" for problem in verdict)
    return f"record {row['fingerprint']} is stored and unlawful: {wrong}"
