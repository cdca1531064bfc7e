"""Builders for ledger tests: records as rows of a small book, and the way of feeds through them.

`post_all` is the composition that a feed makes of the kernels, over a ledger in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from cost_pipeline.contracts.cost_tables import RATE_SCHEMA
from cost_pipeline.contracts.rate_sources import ecb
from cost_pipeline.core.canonical import digest
from cost_pipeline.fx.convert import convert
from cost_pipeline.fx.rates import in_force, pin
from cost_pipeline.fx.reading import DayRates
from cost_pipeline.fx.snapshots import load_history
from cost_pipeline.ledger.credits import unruled
from cost_pipeline.ledger.desired import Desired, desired
from cost_pipeline.ledger.difference import difference
from cost_pipeline.ledger.records import CANDIDATE_SCHEMA, COST_KEYS
from cost_pipeline.ledger.schema import POSTING_SCHEMA
from cost_pipeline.ledger.seal import Head, SealedBatch, Stamp, seal
from cost_pipeline.ledger.totals import active
from cost_pipeline.standing.keys import resolve

STAMP = Stamp(
    recorded_at=datetime(2026, 4, 7, 8, 9, 10, 11, tzinfo=UTC), code_version="1", run_id="run-1"
)
DAYS = tuple(date(2026, 3, day) for day in (30, 31)) + tuple(date(2026, 4, d) for d in (1, 2))
MINOR_UNITS = {"USD": 2, "EUR": 2}


def make_candidates(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Candidates from rows that name only what matters; fingerprint and key are computed."""
    return pa.Table.from_pylist([_candidate(**row) for row in rows], schema=CANDIDATE_SCHEMA)


def _candidate(**given: Any) -> dict[str, Any]:
    row = {
        "delivery": "d" * 64,
        "row": 1,
        "vendor": "harbour_rentals",
        "feed": "production",
        "kind": "vendor_invoice",
        "production": "P100",
        "transaction_id": "T1",
        "transaction_date": date(2026, 4, 1),
        "department_code": "2000",
        "gl_code": "2000-01",
        "amount": Decimal("10.0000"),
        "currency": "GBP",
        "vendor_name": 'Harbour "H" Ltd, Leeds',
        "description": None,
        "first_pulled": date(2026, 4, 2),
        "keyed": True,
    } | given
    keyed = row.pop("keyed")
    row.setdefault("line", row["row"] + 1)
    row.setdefault("pull_date", row["first_pulled"])
    row.setdefault("fingerprint", digest("row", row["delivery"], row["row"], "text"))
    row.setdefault(
        "key", f"s{len(row['transaction_id'])}:{row['transaction_id']}," if keyed else None
    )
    row.setdefault("interpretation", "e" * 64)
    return row


def make_rates(days: Mapping[date, Mapping[str, str]]) -> pa.Table:
    """Stored snapshots, vintage 1, of the given days."""
    history = [
        DayRates(day, {name: Decimal(rate) for name, rate in rates.items()})
        for day, rates in days.items()
    ]
    return load_history(
        RATE_SCHEMA.empty_table(), history, ecb(), recorded_at=datetime(2026, 4, 7, tzinfo=UTC)
    ).rows


def make_desired(
    candidates: pa.Table,
    rates: pa.Table,
    dates: Iterable[date] | None = None,
    *,
    base_currency: str = "USD",
    rate_source: str = "ecb",
    rounding: str = "half_even",
) -> Desired:
    """The kernels composed as a feed composes them."""
    resolved = unruled(resolve(COST_KEYS, candidates, None if dates is None else tuple(dates)))
    lines = resolved.append_column(
        "base_currency", pa.repeat(pa.scalar(base_currency), resolved.num_rows)
    ).append_column("max_age_days", pa.repeat(pa.scalar(5, pa.int32()), resolved.num_rows))
    for name, value in (("rate_source", rate_source), ("rounding", rounding)):
        lines = lines.append_column(name, pa.repeat(pa.scalar(value), resolved.num_rows))
    return desired(convert(lines, pin(in_force(rates), lines), MINOR_UNITS))


@dataclass
class Book:
    """A ledger in memory: what the lake is for the product."""

    batches: list[SealedBatch] = field(default_factory=list)
    heads: dict[date, Head] = field(default_factory=dict)

    @property
    def postings(self) -> pa.Table:
        return pa.concat_tables([POSTING_SCHEMA.empty_table(), *(b.postings for b in self.batches)])

    def of(self, days: Iterable[date]) -> pa.Table:
        wanted = set(days)
        kept = [batch.postings for batch in self.batches if batch.transaction_date in wanted]
        return pa.concat_tables([POSTING_SCHEMA.empty_table(), *kept])

    def post(self, state: Desired, days: Iterable[date], stamp: Stamp = STAMP) -> pa.Table:
        """Append what differs; returns the changes."""
        changes = difference(state, active(self.of(days)))
        for batch in seal(changes, self.heads, stamp):
            self.batches.append(batch)
            self.heads[batch.transaction_date] = batch.head
        return changes


@dataclass(frozen=True)
class Kit:
    """The builders, handed to tests as one fixture."""

    candidates: Callable[..., pa.Table] = make_candidates
    rates: Callable[..., pa.Table] = make_rates
    desired: Callable[..., Desired] = make_desired
    book: Callable[[], Book] = Book
    stamp: Stamp = STAMP
    days: tuple[date, ...] = DAYS

    def stamped(self, **changes: Any) -> Stamp:
        return replace(self.stamp, **changes)


@pytest.fixture(scope="session")
def kit() -> Kit:
    """Builders of records, rates and ledgers."""
    return Kit()


@pytest.fixture(scope="session")
def some_rates() -> pa.Table:
    """GBP, CAD and USD on four publication days, and KRW on the first only."""
    days = {day: {"USD": "1.1", "GBP": f"0.8{i}", "CAD": "1.5"} for i, day in enumerate(DAYS)}
    days[DAYS[0]] = days[DAYS[0]] | {"KRW": "1500"}
    return make_rates(days)
