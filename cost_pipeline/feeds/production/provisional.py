"""What a pull date lacks because its vendor could not be reached, and what stands in meanwhile.

Nothing here is ever posted. A vendor is provisional for a pull date as long as a dead letter says
that something of that date could not be fetched; the next good pull resolves it. A date that was
fetched whole before, and is pulled again in vain, is as whole as it was: its dead letter says that
the later pull failed, and that is all. Until a date is fetched the
vendor's last known good deliveries say what to expect, in the base currency at the newest rates
that are loaded: an estimate beside the ledger, named as one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.contracts.rate_sources import sources_of
from cost_pipeline.contracts.tables import DAY, MONEY, TEXT
from cost_pipeline.core.money import at_scale, shown
from cost_pipeline.feeds.production.policies import with_policies
from cost_pipeline.feeds.production.rates import rates_in_force
from cost_pipeline.feeds.production.report import recorded_amounts
from cost_pipeline.fx.convert import convert
from cost_pipeline.fx.rates import pin
from cost_pipeline.lake.tables import DELIVERIES, FETCHES
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters
from cost_pipeline.pipeline.session import Session

_GAPS: Final = """
    select vendor, pull_date, any_value(kind) as kind, any_value(production) as production,
        count(*) as failures, min(payload) as uri, arg_min(errors, payload) as errors,
        min(recorded_at) as since, bool_and(failure_class = 'transient') as transient
    from letters group by all order by pull_date, vendor
"""
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
_FETCHED_WHOLE: Final = """
    with pulls as (
        select vendor, pull_date, recorded_at, run_id, bool_or(outcome = 'failed') as failed,
            bool_or(outcome in ('delivered', 'unchanged')) as brought
        from {table} group by all
    )
    select distinct vendor, pull_date from pulls where brought and not failed
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
        base_currency: Of the vendor's production; None if that is no longer in the home.
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
        """The public shape (docs/interfaces.md)."""
        return {
            "pull_date": self.pull_date.isoformat(),
            "deliveries": list(self.deliveries),
            "records": self.records,
            "amounts": {currency: shown(amount) for currency, amount in self.amounts.items()},
            "base": None if self.base is None else shown(self.base),
            "base_currency": self.base_currency,
            "rates_of": self.rates_of and self.rates_of.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Provisional:
    """One vendor that is incomplete for one pull date.

    Attributes:
        uri: What could not be fetched; the first of them.
        message: Why.
        failures: How many there are.
        transient: Whether all of them may pass by themselves.
        since: When the first of them was found.
        whole_before: Whether an earlier pull had fetched all of that date: then it lacks nothing.
        stands_in: None if the vendor never delivered before that date.
    """

    vendor: str
    pull_date: date
    record: str
    uri: str
    message: str
    failures: int
    transient: bool
    since: datetime
    whole_before: bool
    stands_in: StandIn | None

    def as_json(self) -> dict[str, Any]:
        """The public shape (docs/interfaces.md)."""
        return {
            "vendor": self.vendor,
            "pull_date": self.pull_date.isoformat(),
            "record": self.record,
            "uri": self.uri,
            "message": self.message,
            "failures": self.failures,
            "class": "transient" if self.transient else "permanent",
            "since": self.since.isoformat(),
            "stands_in": self.stands_in and self.stands_in.as_json(),
        }


def provisional(
    session: Session,
    pull_dates: Collection[date] | None = None,
    *,
    vendors: Collection[str] | None = None,
) -> list[Provisional]:
    """The vendors and pull dates that are incomplete (of those given), by date and vendor."""
    found = pulled_in_vain(session, pull_dates, vendors=vendors)
    return [gap for gap in found if not gap.whole_before]


def pulled_in_vain(
    session: Session,
    pull_dates: Collection[date] | None = None,
    *,
    vendors: Collection[str] | None = None,
) -> list[Provisional]:
    """As `provisional`, with those that had been fetched whole before."""
    failed = query(_GAPS, letters=open_dead_letters(session, "stage = 'acquire'"))
    if not failed.num_rows:
        return []
    failed = _with_whole(session, failed)
    gaps, asked = failed.filter(pc.invert(failed["whole_before"])), failed
    if pull_dates is not None:
        wanted = pa.array(sorted(set(pull_dates)), pa.date32())
        asked = asked.filter(pc.is_in(asked["pull_date"], value_set=wanted))
    if vendors is not None:
        names = pa.array(sorted(set(vendors)), pa.string())
        asked = asked.filter(pc.is_in(asked["vendor"], value_set=names))
    if not asked.num_rows:
        return []
    stand_ins = _stand_ins(session, gaps, asked)
    return [_provisional(row, stand_ins) for row in asked.to_pylist()]


def _with_whole(session: Session, failed: pa.Table) -> pa.Table:
    days = ", ".join(f"'{day}'" for day in sorted(set(failed["pull_date"].to_pylist())))
    where = f"pull_date in ({days})"
    statement = _FETCHED_WHOLE.replace("{table} ", f"{{table}} where {where} ")
    whole = session.lake.table(FETCHES).snapshot().query(statement, where=where)
    return query(
        "select f.*, w.vendor is not null as whole_before from failed f "
        "left join whole w using (vendor, pull_date) order by pull_date, vendor",
        failed=failed,
        whole=whole,
    )


def _provisional(row: dict[str, Any], stand_ins: Mapping[tuple[str, date], StandIn]) -> Provisional:
    return Provisional(
        vendor=row["vendor"],
        pull_date=row["pull_date"],
        record=row["kind"],
        uri=row["uri"],
        message=errors_of(row["errors"])[0]["message"],
        failures=row["failures"],
        transient=row["transient"],
        since=row["since"],
        whole_before=row["whole_before"],
        stands_in=stand_ins.get((row["vendor"], row["pull_date"])),
    )


def _stand_ins(
    session: Session, gaps: pa.Table, asked: pa.Table
) -> dict[tuple[str, date], StandIn]:
    names = ["vendor", "pull_date"]
    received = session.lake.table(DELIVERIES).snapshot()
    rows = query(
        _LAST_GOOD,
        received=received.read(columns=[*names, "delivery"], where="role is null"),
        recorded=recorded_amounts(session),
        gaps=gaps.select(names),
        asked=asked.select(names),
    ).to_pylist()
    productions = {vendor.vendor: vendor.production for vendor in session.home.vendors}
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
        base_currency = session.home.productions.productions[production].base_currency
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
    """The sum in the base currency at the newest loaded rates up to a date; None if one lacks."""
    policy = session.home.productions.productions[production]
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
    minor_units = {code: currency.minor_units for code, currency in currencies().items()}
    converted = convert(lines, pin(known, lines, sources_of(session.home.productions)), minor_units)
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
            "amount": pa.array([at_scale(amount) for amount in amounts.values()], MONEY),
        }
    )
