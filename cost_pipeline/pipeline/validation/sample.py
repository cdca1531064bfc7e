"""Holds stored records against their contract again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.kinds import Kind
from cost_pipeline.contracts.record import Record, judge
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.core.sql import equals
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_SAMPLE: Final = 200


def records_satisfy_contract(session: Session, pull_date: date, kind: str) -> Outcome:
    """Checks that a bounded sample of the stored records passes the contract again."""
    of_day = equals("pull_date", pull_date)
    snapshot = session.lake.table(session.feed.records).snapshot()
    sample = snapshot.query(
        "select r.* from {table} r join deliveries using (vendor, delivery, interpretation) "
        f"where {of_day & equals('kind', kind)} order by fingerprint limit {_SAMPLE}",
        where=of_day,
        deliveries=current_deliveries(session),
    ).to_pylist()
    declared, shape = session.feed.contract.kinds[kind], session.feed.shape
    wrong = (_unlawful(declared, shape, row) for row in sample)
    unlawful = next((found for found in wrong if found), None)
    return Outcome(
        unlawful is None,
        unlawful or f"{len(sample)} sampled records satisfy the contract of a {kind}",
        {"sampled": len(sample)},
    )


def _unlawful(kind: Kind, shape: Shape, row: dict[str, object]) -> str | None:
    """Returns the contract's problem with a stored record; None if there is none."""
    values = {name: row[name] for name in ("vendor", *shape.names) if row[name] is not None}
    if kind.packed is not None:
        values |= kind.packed.values(str(values.pop(kind.packed.column, "{}")))
    measure = shape.measure
    number = values.get(measure.field) if measure else None
    # A credit is judged as what it takes back.
    if measure is not None and measure.credits and isinstance(number, Decimal):
        values[measure.field] = abs(number)
    verdict = judge(kind.contract, values)
    if isinstance(verdict, Record):
        return None
    wrong = "; ".join(f"{problem.field}: {problem.message}" for problem in verdict)
    return f"record {row['fingerprint']} is stored and unlawful: {wrong}"
