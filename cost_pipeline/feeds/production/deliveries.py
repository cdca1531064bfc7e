"""What the lake knows of deliveries: first landing, and the validation that counts."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.feeds.session import Session
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS

CORRECTION: Final = "correction"
"""The role of a delivery that answers dead letters."""

_CURRENT: Final = """
    with landed as (
        select vendor, delivery, min(pull_date) as first_pulled, max(role) as role
        from deliveries group by all
    ), newest as (
        select vendor, delivery, arg_max(interpretation, sequence) as interpretation,
            max(sequence) as sequence
        from validations group by all
    )
    select landed.vendor, landed.delivery, first_pulled, role, interpretation, sequence
    from landed left join newest using (vendor, delivery)
"""


def current_deliveries(session: Session) -> pa.Table:
    """Every delivery once: vendor, delivery, first_pulled, role, newest interpretation or null.

    `first_pulled` is the smallest pull date on which the bytes were ever received, whatever order
    the pulls were run in: it decides which of two conflicting rows stands.
    """
    received = session.lake.table(DELIVERIES).snapshot()
    validated = session.lake.table(VALIDATIONS).snapshot()
    return query(
        _CURRENT,
        deliveries=received.read(columns=["vendor", "delivery", "pull_date", "role"]),
        validations=validated.read(columns=["vendor", "delivery", "interpretation", "sequence"]),
    )
