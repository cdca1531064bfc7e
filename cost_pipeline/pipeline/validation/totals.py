"""What waits because a delivery came without the total that its vendor file requires.

A delivery without it may have been cut, so what it says is not posted. It no longer waits when the
same address was read with a total later, or when the vendor file does not require one any more.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.sql import one_of
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.session import Session

# Columns: vendor, delivery, pull_date.
_WAITING: Final = """
    with newest as (
        select vendor, delivery, control_problem from validations
        where vendor in (select vendor from demanding)
        qualify sequence = max(sequence) over (partition by vendor, delivery)
    ), seen as (
        select vendor, delivery, uri, min(pull_date) as pull_date, max(fetched_at) as fetched_at,
            any_value(control_problem) as problem
        from received join newest using (vendor, delivery) group by all
    ), read_by as (
        select vendor, delivery, min(pull_date) as first from seen group by all
    )
    select vendor, delivery, min(pull_date) as pull_date from seen
    where problem is not null and not exists (
        from seen as later where later.vendor = seen.vendor and later.uri = seen.uri
            and later.problem is null and later.fetched_at > seen.fetched_at)
        and (vendor, delivery) in (
            select r.vendor, delivery from read_by r join demanding d
            on r.vendor = d.vendor and first between since and upto)
    group by all
"""


def dates_without_total(session: Session, dates: Collection[date]) -> dict[date, date]:
    """Finds the business days that have records of a delivery without its total.

    Returns:
        Business day to the earliest pull date of such a delivery.
    """
    waiting = _waiting(session)
    if not waiting.num_rows:
        return {}
    name = session.feed.shape.day
    on_dates = one_of(name, sorted(dates))
    held = (
        session.lake.table(session.feed.records)
        .snapshot()
        .query(
            f"select {name} as day, min(w.pull_date) as pulled from {{table}} r "
            "semi join current using (vendor, delivery, interpretation) "
            "join waiting w using (vendor, delivery) "
            f"where {on_dates} group by all",
            where=on_dates,
            current=current_deliveries(session),
            waiting=waiting,
        )
    )
    return {row["day"]: row["pulled"] for row in held.to_pylist()}


def _waiting(session: Session) -> pa.Table:
    """Returns vendor, delivery and first pull date of what lacks the total that it must have."""
    demanding = [
        {"vendor": vendor.vendor, "since": since, "upto": upto}
        for vendor in session.home.vendors
        for since, upto, settings in vendor.spans
        if settings.format.demands_a_total
    ]
    if not demanding:
        return pa.table({"vendor": pa.array([], pa.string())})
    lake = session.lake
    return query(
        _WAITING,
        demanding=pa.Table.from_pylist(demanding),
        received=lake.table(DELIVERIES)
        .snapshot()
        .read(columns=["vendor", "delivery", "uri", "pull_date", "fetched_at"]),
        validations=lake.table(VALIDATIONS)
        .snapshot()
        .read(columns=["vendor", "delivery", "sequence", "control_problem"]),
    )
