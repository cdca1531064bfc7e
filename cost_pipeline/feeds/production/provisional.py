"""What stands in for a pull date whose vendor could not be reached.

The vendor's last known good deliveries say what to expect, in the base currency at the newest rates
that are loaded: an estimate beside the ledger, named as one. Nothing here is ever posted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import MONEY
from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rate_sources import sources_of
from cost_pipeline.contracts.tables import DAY, TEXT
from cost_pipeline.core.money import AMOUNT, shown
from cost_pipeline.core.people import counted, money
from cost_pipeline.core.sql import Predicate
from cost_pipeline.feeds.production.policies import with_policies
from cost_pipeline.feeds.production.rates import rates_in_force
from cost_pipeline.feeds.production.report import recorded_amounts
from cost_pipeline.fx.convert import convert
from cost_pipeline.fx.rates import pin
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.pipeline.session import Session

# Columns: vendor, wanted, pull_date (of the last good deliveries), currency, records, amount,
# deliveries.
_LAST_GOOD: Final = """
    with good as (
        select vendor, pull_date, delivery from received
        where (vendor, pull_date) not in (select (vendor, pull_date) from gaps)
            and delivery in (select delivery from recorded)
    ), newest as (
        select g.vendor, g.pull_date as wanted, max(good.pull_date) as pull_date
        from asked g join good on good.vendor = g.vendor and good.pull_date < g.pull_date
        group by all
    ), standing as (
        select distinct n.vendor, n.wanted, good.pull_date, good.delivery
        from newest n join good using (vendor, pull_date)
    )
    select s.vendor, s.wanted, s.pull_date, r.currency, sum(r.n)::bigint as records,
        sum(r.amount) as amount, list(distinct s.delivery order by s.delivery) as deliveries
    from standing s join recorded r using (vendor, delivery)
    group by all order by s.vendor, s.wanted, r.currency
"""
_ANY_AGE: Final = 31


@dataclass(frozen=True, slots=True)
class StandIn:
    """The last known good deliveries of a vendor, and what they came to.

    Attributes:
        pull_date: Their pull date.
        deliveries: Their hashes.
        records: How many records they gave.
        amounts: Per original currency.
        base: All of it in the base currency; None if a rate is missing.
        base_currency: The currency of the vendor's production; None if the home lacks it now.
        rates_of: The reference date whose rates were used; None if none were needed or there.
    """

    pull_date: date
    deliveries: tuple[str, ...]
    records: int
    amounts: Mapping[str, Decimal]
    base: Decimal | None
    base_currency: str | None
    rates_of: date | None

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "pull_date": self.pull_date.isoformat(),
            "deliveries": list(self.deliveries),
            "records": self.records,
            "amounts": {currency: shown(amount) for currency, amount in self.amounts.items()},
            "base": None if self.base is None else shown(self.base),
            "base_currency": self.base_currency,
            "rates_of": self.rates_of and self.rates_of.isoformat(),
        }

    def words(self) -> str:
        """Returns when it was delivered and what it came to, in a clause."""
        amounts = " + ".join(f"{money(amount)} {code}" for code, amount in self.amounts.items())
        base = ""
        if self.base is not None and list(self.amounts) != [self.base_currency]:
            rates = f" at the rates of {self.rates_of}" if self.rates_of else ""
            base = f", about {money(self.base)} {self.base_currency}{rates}"
        return (
            f"its last good delivery is of {self.pull_date}: {counted(self.records, 'record')}, "
            f"{amounts}{base}"
        )


def stand_ins(session: Session, gaps: pa.Table, asked: pa.Table) -> dict[tuple[str, date], StandIn]:
    """Returns what stands in, by vendor and pull date.

    Args:
        session: The run.
        gaps: All vendors and pull dates that lack something: no good delivery is of them.
        asked: Those to estimate.
    """
    names = ["vendor", "pull_date"]
    received = session.lake.table(DELIVERIES).snapshot()
    rows = query(
        _LAST_GOOD,
        received=received.read(columns=[*names, "delivery"], where=Predicate("role is null")),
        recorded=recorded_amounts(session),
        gaps=gaps.select(names),
        asked=asked.select(names),
    ).to_pylist()
    productions = {vendor.vendor: vendor.scope for vendor in session.home.vendors}
    by_gap: dict[tuple[str, date], list[dict[str, Any]]] = {}
    for row in rows:
        by_gap.setdefault((row["vendor"], row["wanted"]), []).append(row)
    return {
        gap: _stand_in(session, of, productions.get(gap[0]), gap[1]) for gap, of in by_gap.items()
    }


def _stand_in(
    session: Session, rows: list[dict[str, Any]], production: str | None, wanted: date
) -> StandIn:
    amounts = {row["currency"]: row["amount"] for row in rows}
    base_currency, base, rates_of = None, None, None
    if production is not None:
        base_currency = session.home.settings_of(Productions).productions[production].base_currency
        base, rates_of = _in_base(session, amounts, production, wanted)
    return StandIn(
        pull_date=rows[0]["pull_date"],
        deliveries=tuple(sorted({one for row in rows for one in row["deliveries"]})),
        records=sum(row["records"] for row in rows),
        amounts=amounts,
        base=base,
        base_currency=base_currency,
        rates_of=rates_of,
    )


def _in_base(
    session: Session, amounts: Mapping[str, Decimal], production: str, wanted: date
) -> tuple[Decimal | None, date | None]:
    """Returns the sum in the base currency, at the newest rates up to a date; None if one lacks."""
    policy = session.home.settings_of(Productions).productions[production]
    in_force = rates_in_force(session)
    mine = pc.and_(
        pc.equal(in_force["source"], policy.fx.source),
        pc.less_equal(in_force["reference_date"], pa.scalar(wanted)),
    )
    known = in_force.filter(mine)
    newest: date | None = pc.max(known["reference_date"]).as_py()
    lines = with_policies(session, _lines(amounts, production, newest or wanted))
    ages = lines.schema.get_field_index("max_age_days")
    any_age = pa.repeat(pa.scalar(_ANY_AGE, pa.int32()), lines.num_rows)
    lines = lines.set_column(ages, lines.schema.field(ages), any_age)
    sources = sources_of(session.home.settings_of(Productions))
    minor_units = {code: currency.minor_units for code, currency in currencies().items()}
    converted = convert(lines, pin(known, lines, sources), minor_units)
    if converted["base_amount"].null_count:
        return None, newest
    total = sum(converted["base_amount"].to_pylist(), start=Decimal(0))
    return total, newest if set(amounts) - {policy.base_currency} else None


def _lines(amounts: Mapping[str, Decimal], production: str, day: date) -> pa.Table:
    return pa.table(
        {
            "transaction_date": pa.array([day] * len(amounts), DAY),
            "production": pa.array([production] * len(amounts), TEXT),
            "currency": pa.array(list(amounts), TEXT),
            "amount": pa.array([AMOUNT.at_scale(amount) for amount in amounts.values()], MONEY),
        }
    )
