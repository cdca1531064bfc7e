"""What the lake knows of deliveries: first landing, and the validation that counts."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.feeds.session import Session
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS

LIVE: Final = """
    select r.*, d.first_pulled
    from {table} r join deliveries d using (vendor, delivery, interpretation)
"""
"""SQL of the records that count; `deliveries` is `current_deliveries`."""

_CURRENT: Final = """
    with landed as (
        select vendor, delivery, min(pull_date) as first_pulled from deliveries group by all
    ), newest as (
        select vendor, delivery, arg_max(interpretation, sequence) as interpretation,
            max(sequence) as sequence
        from validations group by all
    )
    select landed.vendor, landed.delivery, first_pulled, interpretation, sequence
    from landed left join newest using (vendor, delivery)
"""


def current_deliveries(session: Session) -> pa.Table:
    """Every delivery once: vendor, delivery, first_pulled, and its newest interpretation or null.

    `first_pulled` is the smallest pull date on which the bytes were ever received, whatever order
    the pulls were run in: it decides which of two conflicting rows stands.
    """
    received = session.lake.table(DELIVERIES).snapshot()
    validated = session.lake.table(VALIDATIONS).snapshot()
    return query(
        _CURRENT,
        deliveries=received.read(columns=["vendor", "delivery", "pull_date"]),
        validations=validated.read(columns=["vendor", "delivery", "interpretation", "sequence"]),
    )
