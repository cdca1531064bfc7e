"""Stored records held against their contract again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.record import Record, judge
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_SAMPLE: Final = 200


def records_satisfy_contract(session: Session, pull_date: date, kind: str) -> Outcome:
    """A bounded sample of the stored records passes the contract again."""
    snapshot = session.lake.table(session.feed.records).snapshot()
    sample = snapshot.query(
        "select r.* from {table} r join deliveries using (vendor, delivery, interpretation) "
        f"where pull_date = '{pull_date}' and kind = '{kind}' order by fingerprint "
        f"limit {_SAMPLE}",
        where=f"pull_date = '{pull_date}'",
        deliveries=current_deliveries(session),
    ).to_pylist()
    contract = session.feed.contract.kinds[kind].contract
    unlawful = next((found for row in sample if (found := _unlawful(session, contract, row))), None)
    return Outcome(
        unlawful is None,
        unlawful or f"{len(sample)} sampled records satisfy the contract of a {kind}",
        {"sampled": len(sample)},
    )


def _unlawful(session: Session, contract: type[Record], row: dict[str, object]) -> str | None:
    """What the contract says against a stored record; None if nothing."""
    feed = session.feed
    values: dict[str, object] = {name: row[name] for name in ("vendor", *feed.shape.names)}
    if feed.unpacked is not None:
        values = feed.unpacked(values)
    values = {name: value for name, value in values.items() if value is not None}
    measure = feed.shape.measure
    if measure is not None and measure.credits is not None:
        value = values.get(measure.field)
        if isinstance(value, Decimal):  # a credit is judged as what it takes back
            values[measure.field] = abs(value)
    verdict = judge(contract, values)
    if isinstance(verdict, Record):
        return None
    wrong = "; ".join(f"{problem.field}: {problem.message}" for problem in verdict)
    return f"record {row['fingerprint']} is stored and unlawful: {wrong}"
