"""What is still open of purchase orders, once the invoices that name them are taken off.

Belongs here: the arithmetic, over tables in memory. What is ordered and invoiced is read elsewhere
(`costs`). An invoice takes from the lines of its order in its own currency: first from those on its
own account and department, then from the others in their order. More than was ordered is never
taken, so what is open of an order is `max(ordered - invoiced, 0)`, to the cent.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.feeds.production.cost_rows import SUM

_WIDE: Final = Context(prec=80)

# An order in one currency; its lines in a fixed order.
_ORDER: Final = "production, po_number, currency"
_LINE: Final = "gl_code, department_code, vendor, base_currency"

# Columns: those of the lines ordered, and `open`.
_OPEN: Final = f"""
    with accounts as (
        select {_ORDER}, gl_code, department_code,
            greatest(sum(invoiced), 0)::decimal(38, 4) as invoiced
        from invoiced group by all
    ), whole as (
        select {_ORDER}, greatest(sum(invoiced), 0)::decimal(38, 4) as invoiced
        from invoiced group by all
    ), lines as (
        select o.*, coalesce(w.invoiced, 0)::decimal(38, 4) as of_order,
            coalesce(a.invoiced, 0)::decimal(38, 4) as of_account,
            coalesce(sum(o.ordered) over (
                partition by {_ORDER}, gl_code, department_code order by vendor, base_currency
                rows between unbounded preceding and 1 preceding), 0)::decimal(38, 4) as before
        from ordered o left join whole w using ({_ORDER})
        left join accounts a using ({_ORDER}, gl_code, department_code)
    ), own as (
        select *, least(ordered, greatest(of_account - before, 0)) as wanted from lines
    ), capped as (
        select *, least(wanted, greatest(of_order - coalesce(sum(wanted) over (
            partition by {_ORDER} order by {_LINE}
            rows between unbounded preceding and 1 preceding), 0), 0)) as first_taken
        from own
    ), rest as (
        select *, ordered - first_taken as left_over,
            of_order - sum(first_taken) over (partition by {_ORDER}) as not_taken
        from capped
    )
    select {_ORDER}, {_LINE}, ordered, ordered_base,
        (left_over - least(left_over, greatest(not_taken - coalesce(sum(left_over) over (
            partition by {_ORDER} order by {_LINE}
            rows between unbounded preceding and 1 preceding), 0), 0)))::decimal(38, 4) as open
    from rest order by {_ORDER}, {_LINE}
"""


def open_commitments(ordered: pa.Table, invoiced: pa.Table) -> pa.Table:
    """Returns the lines ordered with what is open of each, in its currency and in base currency.

    Args:
        ordered: `production`, `po_number`, `currency`, `gl_code`, `department_code`, `vendor`,
            `base_currency`, `ordered` and `ordered_base`; a line once, nothing negative.
        invoiced: `production`, `po_number`, `currency`, `gl_code`, `department_code` and
            `invoiced`, which credits may make negative.

    Returns:
        The columns of `ordered`, with `open` and `open_base`. The base amount is the share of that
        of the order, at the rate of the order, rounded half to even to the currency's minor unit.
    """
    found = query(_OPEN, ordered=ordered, invoiced=invoiced)
    names = ("ordered", "ordered_base", "open", "base_currency")
    columns = (found[name].to_pylist() for name in names)
    base = [_share(*line) for line in zip(*columns, strict=True)]
    return found.append_column("open_base", pa.array(base, SUM))


def _share(whole: Decimal, whole_base: Decimal, part: Decimal, currency: str) -> Decimal:
    if part == whole:
        return whole_base
    if not part:
        return Decimal(0)
    unit = Decimal(1).scaleb(-currencies()[currency].minor_units)
    share = _WIDE.divide(_WIDE.multiply(whole_base, part), whole)
    return share.quantize(unit, ROUND_HALF_EVEN, context=_WIDE)
