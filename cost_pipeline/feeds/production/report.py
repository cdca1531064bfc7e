"""Says where production's records went: postings and dispositions, in rows and in amounts."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.feeds.production.tables import DISPOSITIONS, LEDGER, RECORDS
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.ledger.totals import net
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.session import Session

_POSTED: Final = f"""
    select vendor, delivery, original_currency as currency, base_currency, {net("1")}::bigint as n,
        {net("original_amount")} as amount, {net("base_amount")} as base
    from {{table}} group by all having n <> 0 or amount <> 0 or base <> 0
"""
_DISPOSED: Final = """
    select vendor, delivery, currency, count(*) as n, sum(amount) as amount,
        if(reason = 'NEGATIVE_AMOUNT', 'unapproved', disposition) as disposition
    from {table} where fingerprint is not null group by all
"""
_RECORDED: Final = """
    select vendor, delivery, currency, count(*) as n, sum(amount) as amount
    from {table} join current using (vendor, delivery, interpretation) group by all
"""


def fates(session: Session) -> pa.Table:
    """Returns what became of the records: `n` per vendor, delivery and fate."""
    return query(
        "select vendor, delivery, 'posted' as fate, n from posted union all "
        "select vendor, delivery, disposition as fate, n from disposed",
        posted=posted_amounts(session),
        disposed=_disposed(session),
    )


# Columns: vendor, delivery, currency, recorded, posted, held.
_IN_AND_OUT: Final = """
    select coalesce(r.vendor, o.vendor) as vendor, coalesce(r.delivery, o.delivery) as delivery,
        coalesce(r.currency, o.currency) as currency,
        coalesce(r.amount, 0)::decimal(38, 4) as recorded,
        coalesce(o.posted, 0)::decimal(38, 4) as posted,
        coalesce(o.held, 0)::decimal(38, 4) as held
    from recorded r full join (
        select vendor, delivery, currency, sum(posted) as posted, sum(held) as held from (
            select vendor, delivery, currency, amount as posted, 0 as held from posted
            union all
            select vendor, delivery, currency, 0 as posted, amount as held from disposed)
        group by all
    ) o using (vendor, delivery, currency)
"""


def amounts_in_and_out(session: Session) -> pa.Table:
    """Returns, by vendor, delivery and currency, the amounts of records and where they went.

    Columns: vendor, delivery, currency, recorded, posted, held (commitments, duplicates, refused
    when posting). Conservation says `recorded = posted + held`, exactly.
    """
    return query(
        _IN_AND_OUT,
        recorded=recorded_amounts(session),
        posted=posted_amounts(session),
        disposed=_disposed(session),
    )


def recorded_amounts(session: Session) -> pa.Table:
    """Returns, by vendor, delivery and currency, the records that count: `n` and `amount`."""
    snapshot = session.lake.table(RECORDS).snapshot()
    return session.lake.counted(
        "recorded",
        [RECORDS],
        lambda: snapshot.query(_RECORDED, current=current_deliveries(session)),
        also=[DELIVERIES, VALIDATIONS],
    )


def posted_amounts(session: Session) -> pa.Table:
    """Returns, per vendor, delivery and both currencies, active postings: `n`, `amount`, `base`."""
    snapshot = session.lake.table(LEDGER).snapshot()
    return session.lake.counted("posted", [LEDGER], lambda: snapshot.query(_POSTED))


def _disposed(session: Session) -> pa.Table:
    snapshot = session.lake.table(DISPOSITIONS).snapshot()
    return session.lake.counted("disposed", [DISPOSITIONS], lambda: snapshot.query(_DISPOSED))
