"""Two vendors that tell of the same transactions, compared record by record.

Each record that stands is exactly one of: agreeing, differing, on one side only, or waiting for the
other side's next pull; duplicates and key conflicts within a side are counted beside them. Which
records are compared follows from what the lake holds, not from what was pulled when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import MONEY
from cost_pipeline.contracts.cost_vendor import ReconcileWith
from cost_pipeline.contracts.tables import DAY
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.money import shown
from cost_pipeline.core.sql import equals, literal
from cost_pipeline.feeds.production.inputs import live_records_of
from cost_pipeline.feeds.production.kinds import cost_vendors
from cost_pipeline.home.load import Home
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.ledger.records import COST_KEYS
from cost_pipeline.pipeline.session import Session
from cost_pipeline.standing.keys import ANSWERED, CONFLICT, OVERRULED, STANDS, resolve

_PLACE: Final = ("fingerprint", "delivery", "row", "first_pulled")


class State(StrEnum):
    """What became of a record, or of a pair of them."""

    AGREE = "agree"
    DIFFER = "differ"
    ONLY_HERE = "only_here"
    ONLY_THERE = "only_there"
    WAITING_HERE = "waiting_here"
    WAITING_THERE = "waiting_there"


_RED: Final = (State.DIFFER, State.ONLY_HERE, State.ONLY_THERE)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two vendors and how they are compared; `here` is the one whose file says so."""

    here: Vendor
    there: Vendor
    rule: ReconcileWith

    @property
    def name(self) -> str:
        """For people: `here and there`."""
        return f"{self.here.vendor} and {self.there.vendor}"


@dataclass(frozen=True, slots=True)
class Side:
    """The records of one side.

    `records = agree + differ + only + waiting + duplicates + conflicts`, exactly.
    """

    vendor: str
    records: int
    agree: int
    differ: int
    only: int
    waiting: int
    duplicates: int
    conflicts: int

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A pair, compared.

    Attributes:
        lines: Everything but what agrees: `state`, each key field as text under its name, of each
            side `here_...` and `there_...` its place and fields, and `differs`, the fields.
        amounts: Per currency what the records that stand come to, here and there.
    """

    pair: Pair
    here: Side
    there: Side
    lines: pa.Table
    amounts: tuple[tuple[str, Decimal, Decimal], ...]

    @property
    def red(self) -> int:
        """How many lines somebody must look at."""
        return sum(state in _RED for state in self.lines["state"].to_pylist())

    @property
    def compared(self) -> bool:
        """Whether both sides have delivered anything."""
        return bool(self.here.records and self.there.records)

    def items(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yields the lines for people and machines (docs/interfaces.md)."""
        rule = self.pair.rule
        for row in self.lines.slice(0, limit).to_pylist():
            yield {
                "state": row["state"],
                "key": {name: _text(row[f"key_{name}"]) for name in rule.key},
                "fields": {
                    name: {
                        "here": _text(row[f"here_{name}"]),
                        "there": _text(row[f"there_{name}"]),
                    }
                    for name in (row["differs"] or rule.fields)
                },
                "here": _place(row, "here"),
                "there": _place(row, "there"),
            }

    def words(self, limit: int | None = None) -> Iterator[tuple[str, str, str, str]]:
        """Yields the lines for people: state, key, and what each side says."""
        for item in self.items(limit):
            sides = (
                ", ".join(f"{name} {said[side]}" for name, said in item["fields"].items())
                if item[side]
                else ""
                for side in ("here", "there")
            )
            key = ", ".join(str(value) for value in item["key"].values())
            yield (item["state"].replace("_", " "), key, *sides)

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        rule = self.pair.rule
        return {
            "agrees": self.compared and not self.red,
            "key": list(rule.key),
            "fields": list(rule.fields),
            "tolerance": shown(rule.tolerance),
            "here": self.here.as_json(),
            "there": self.there.as_json(),
            "amounts": [
                {
                    "currency": currency,
                    "here": shown(here),
                    "there": shown(there),
                    "difference": shown(here - there),
                }
                for currency, here, there in self.amounts
            ],
            "items": list(self.items()),
        }


def pairs(home: Home, only: Collection[str] | None = None) -> list[Pair]:
    """Returns the pairs that the vendor files declare, those of `only` if given."""
    vendors = cost_vendors(home)
    by_name = {vendor.vendor: vendor for vendor in vendors}
    return [
        Pair(vendor, by_name[rule.vendor], rule)
        for vendor in vendors
        if (rule := vendor.reconcile_with) is not None
        and (only is None or {vendor.vendor, rule.vendor} & set(only))
    ]


def reconcile(session: Session, pair: Pair) -> Reconciled:
    """Compares all records of a pair that count."""
    records = {
        side.vendor: resolve(COST_KEYS, live_records_of(session, side.vendor))
        for side in (pair.here, pair.there)
    }
    here, there = (_standing(records[side.vendor], pair.rule) for side in (pair.here, pair.there))
    lines = query(
        _sql(pair.rule),
        here=here,
        there=there,
        rule=_rule_row(pair.rule, _newest(session, pair.here), _newest(session, pair.there)),
    )
    counts = query("select state, count(*) as n from lines group by all", lines=lines).to_pylist()
    found = {row["state"]: row["n"] for row in counts}
    return Reconciled(
        pair=pair,
        here=_side(records[pair.here.vendor], pair.here, found, "here"),
        there=_side(records[pair.there.vendor], pair.there, found, "there"),
        lines=query(f"from lines where {~equals('state', State.AGREE)}", lines=lines),
        amounts=_amounts(here, there),
    )


def _standing(resolved: pa.Table, rule: ReconcileWith) -> pa.Table:
    names = dict.fromkeys([*_PLACE, *rule.key, *rule.fields, "amount", "currency"])
    listed = ", ".join(f'"{name}"' for name in names)
    return query(f"select {listed} from rows where {equals('standing', STANDS)}", rows=resolved)


def _newest(session: Session, vendor: Vendor) -> date | None:
    received = session.lake.table(DELIVERIES).snapshot()
    found = received.query(
        f"select max(pull_date) as newest from {{table}} where {equals('vendor', vendor.vendor)} "
        "and role is null"  # a correction says nothing of how far the vendor has told
    )
    newest: date | None = found["newest"][0].as_py()
    return newest


def _rule_row(rule: ReconcileWith, here: date | None, there: date | None) -> pa.Table:
    return pa.table(
        {
            "tolerance": pa.array([rule.tolerance], MONEY),
            "wait_days": pa.array([rule.wait_days], pa.int32()),
            "newest_here": pa.array([here], DAY),
            "newest_there": pa.array([there], DAY),
        }
    )


def _side(resolved: pa.Table, vendor: Vendor, states: dict[str, int], name: str) -> Side:
    standings = query(
        "select standing, count(*) as n from rows group by all", rows=resolved.select(["standing"])
    ).to_pylist()
    of = {row["standing"]: row["n"] for row in standings}
    return Side(
        vendor=vendor.vendor,
        records=resolved.num_rows,
        agree=states.get(State.AGREE, 0),
        differ=states.get(State.DIFFER, 0),
        only=states.get(f"only_{name}", 0),
        waiting=states.get(f"waiting_{name}", 0),
        duplicates=of.get("duplicate", 0),
        conflicts=sum(of.get(name, 0) for name in (CONFLICT, ANSWERED, OVERRULED)),
    )


def _amounts(here: pa.Table, there: pa.Table) -> tuple[tuple[str, Decimal, Decimal], ...]:
    found = query(
        "select currency, sum(h)::decimal(38, 4) as here, sum(t)::decimal(38, 4) as there from ("
        "select currency, amount as h, 0 as t from here union all "
        "select currency, 0, amount from there) group by all order by all",
        here=here,
        there=there,
    ).to_pylist()
    return tuple((row["currency"], row["here"], row["there"]) for row in found)


def _sql(rule: ReconcileWith) -> str:
    """Returns SQL that pairs equal records first, then others of a key by their values.

    A key may come several times on a side; whichever are equal agree, and no record is in two
    lines. Records without a key are on their side only.
    """
    key = ", ".join(f'"{name}"' for name in rule.key)
    fields = ", ".join(f'"{name}"' for name in rule.fields)
    same_key = " and ".join(f'h."{name}" = t."{name}"' for name in rule.key)
    same = " and ".join(f'h."{name}" is not distinct from t."{name}"' for name in rule.fields)
    differs = ", ".join(_differs(name) for name in rule.fields)
    seen = ", ".join(
        f'{side}."{name}" as {word}_{name}'
        for side, word in (("h", "here"), ("t", "there"))
        for name in dict.fromkeys([*_PLACE, *rule.fields, "amount", "currency"])
    )
    keys = ", ".join(f'coalesce(h."{name}", t."{name}") as key_{name}' for name in rule.key)
    order = ", ".join(f"key_{name}" for name in rule.key)
    states = {state.name.lower(): literal(state) for state in State}
    return _LINES.format(
        key=key, fields=fields, same_key=same_key, same=same, differs=differs, seen=seen,
        keys=keys, order=order, **states,
    )  # fmt: skip


# Columns: state, then `key_` with each field of the key, `here_` and `there_` with the place of the
# record, the compared fields, amount and currency on each side, and differs (names of fields).
_LINES: Final = """
    with h1 as (select *, row_number() over (partition by {key}, {fields} order by fingerprint)
        as nth from here),
    t1 as (select *, row_number() over (partition by {key}, {fields} order by fingerprint)
        as nth from there),
    same as (select h.fingerprint as here, t.fingerprint as there from h1 h join t1 t
        on {same_key} and {same} and h.nth = t.nth),
    h2 as (select *, row_number() over (partition by {key} order by {fields}, fingerprint) as nth
        from here where fingerprint not in (select here from same)),
    t2 as (select *, row_number() over (partition by {key} order by {fields}, fingerprint) as nth
        from there where fingerprint not in (select there from same)),
    paired as (
        select * from same union all
        select h.fingerprint, t.fingerprint from h2 h join t2 t on {same_key} and h.nth = t.nth
    ), every as (
        select * from paired union all
        select fingerprint, null from here where fingerprint not in (select here from paired)
        union all
        select null, fingerprint from there where fingerprint not in (select there from paired)
    ), told as (
        select {keys}, {seen}, list_filter([{differs}], lambda x: x is not null) as differs,
            newest_here, newest_there, wait_days
        from every e
        left join here h on h.fingerprint = e.here
        left join there t on t.fingerprint = e.there
        cross join rule
    )
    select case
            when here_fingerprint is null then case
                when newest_here is null or newest_here < there_first_pulled + wait_days
                then {waiting_there} else {only_there} end
            when there_fingerprint is null then case
                when newest_there is null or newest_there < here_first_pulled + wait_days
                then {waiting_here} else {only_here} end
            when len(differs) = 0 then {agree} else {differ} end as state,
        told.* exclude (newest_here, newest_there, wait_days)
    from told order by state, {order}, here_fingerprint, there_fingerprint
"""


def _differs(name: str) -> str:
    """Returns SQL for the field's name where both sides have it and differ, null elsewhere."""
    same = f'h."{name}" is not distinct from t."{name}"'
    if name == "amount":
        same = f"({same} or (h.currency = t.currency and abs(h.amount - t.amount) <= tolerance))"
    both = "e.here is not null and e.there is not null"
    return f"case when {both} and not ({same}) then {literal(name)} end"


def _text(value: object) -> str | None:
    if value is None:
        return None
    return shown(value) if isinstance(value, Decimal) else str(value)


def _place(row: dict[str, Any], side: str) -> dict[str, Any] | None:
    """Returns where a record came from; null if that side has none."""
    if row[f"{side}_fingerprint"] is None:
        return None
    return {
        "fingerprint": row[f"{side}_fingerprint"],
        "delivery": row[f"{side}_delivery"],
        "row": row[f"{side}_row"],
        "pull_date": row[f"{side}_first_pulled"].isoformat(),
    }
