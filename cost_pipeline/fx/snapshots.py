"""Snapshots: immutable sets of rates for one source and reference date, in vintages 1, 2, 3...

Each function looks at what is stored and at what is offered, and returns the rows to append (shape
`RATE_SCHEMA`). Nothing stored is ever changed: a correction is a whole new vintage. Which rate a
transaction gets is `fx.rates`' matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import RATE, RATE_SCHEMA
from cost_pipeline.contracts.rate_sources import Source
from cost_pipeline.contracts.tables import DAY, TEXT
from cost_pipeline.core.canonical import Value, digest
from cost_pipeline.core.errors import UsageError
from cost_pipeline.fx.reading import RATE_QUANTUM, DayRates

FIRST_VINTAGE: Final = 1

_OFFERED: Final = pa.schema([("reference_date", DAY), ("currency", TEXT), ("rate", RATE)])


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A rate that a history file gives otherwise than every stored vintage of that day.

    Attributes:
        stored: The rate in force; None where the stored snapshot has no such currency.
        offered: The file's rate; None where the file has none.
    """

    reference_date: date
    currency: str
    stored: Decimal | None
    offered: Decimal | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a history found: rows to append, and what it would not believe."""

    rows: pa.Table
    contradictions: tuple[Contradiction, ...]


def snapshot_id(
    source: Source, reference_date: date, vintage: int, rates: Mapping[str, Decimal]
) -> str:
    """Returns the identity of a snapshot: a digest of source, pivot, day, vintage and quotes."""
    quotes: list[Value] = []
    for currency in sorted(rates):
        quotes += (
            currency,
            source.quote_of(currency).value,
            rates[currency].quantize(RATE_QUANTUM),
        )
    return digest("snapshot", source.name, source.pivot, reference_date, vintage, *quotes)


def load_history(
    stored: pa.Table, days: Iterable[DayRates], source: Source, *, recorded_at: datetime
) -> Loaded:
    """Compares a source's history with the stored snapshots.

    A day that is not stored becomes vintage 1. A day whose rates equal any stored vintage is known
    (loading the same file after a correction changes nothing). Any other day is contradictory: it
    is reported rate by rate against the rates in force, and not loaded.

    Args:
        stored: All stored rates (`RATE_SCHEMA`).
        days: What the file holds.
        source: Whose file it is; only stored rates of this source are compared.
        recorded_at: When this load happens; becomes the rows' `recorded_at`.
    """
    by_day = {day.reference_date: day for day in days}
    offered = _table(_OFFERED, _pairs(by_day.values()))
    states = query(_COMPARED, stored=_of(stored, source.name), offered=offered)
    new = [
        row
        for day in states.filter(_is(states, "new"))["reference_date"].to_pylist()
        for row in _rows(source, by_day[day], FIRST_VINTAGE, reason=None, recorded_at=recorded_at)
    ]
    doubted = states.filter(_is(states, "other")).select(["reference_date"])
    differing = query(_DIFFERING, doubted=doubted, stored=_of(stored, source.name), offered=offered)
    return Loaded(
        rows=_table(RATE_SCHEMA, new),
        contradictions=tuple(Contradiction(**row) for row in differing.to_pylist()),
    )


def correct(
    stored: pa.Table,
    correction: DayRates,
    source: Source,
    *,
    reason: str,
    recorded_at: datetime,
) -> pa.Table:
    """Returns the next vintage of a day: the rates in force, with the correction's in their place.

    No rows if the correction changes nothing, so that the same correction twice is one.

    Args:
        stored: All stored rates (`RATE_SCHEMA`).
        correction: Any part of a day's rates; a currency that the snapshot lacks is added.
        source: Whose snapshot is corrected.
        reason: Why; kept with every row of the vintage.
        recorded_at: When this correction is made.

    Raises:
        UsageError: `FX_NO_SNAPSHOT` if the day has no snapshot; `FX_REASON` without a reason.
    """
    if not reason.strip():
        raise UsageError("a correction of exchange rates needs a reason", code="FX_REASON")
    day = correction.reference_date
    history = query(
        _DAY, stored=_of(stored, source.name), wanted=pa.table({"day": pa.array([day])})
    )
    if not history.num_rows:
        raise UsageError(
            f"there is no snapshot {source.name} of {day} that could be corrected",
            remedy="load the history that holds the day, or correct the publication day before it",
            code="FX_NO_SNAPSHOT",
        )
    vintage = max(history["vintage"].to_pylist())
    in_force = {
        row["currency"]: row["rate"] for row in history.to_pylist() if row["vintage"] == vintage
    }
    corrected = in_force | correction.rates
    if corrected == in_force:
        return RATE_SCHEMA.empty_table()
    after = DayRates(reference_date=day, rates=corrected)
    return _table(
        RATE_SCHEMA, _rows(source, after, vintage + 1, reason=reason, recorded_at=recorded_at)
    )


def _rows(
    source: Source, day: DayRates, vintage: int, *, reason: str | None, recorded_at: datetime
) -> list[dict[str, object]]:
    identity = snapshot_id(source, day.reference_date, vintage, day.rates)
    return [
        {
            "reference_date": day.reference_date,
            "vintage": vintage,
            "snapshot": identity,
            "source": source.name,
            "pivot": source.pivot,
            "currency": currency,
            "quote": source.quote_of(currency).value,
            "rate": rate,
            "reason": reason,
            "recorded_at": recorded_at,
        }
        for currency, rate in sorted(day.rates.items())
    ]


def _pairs(days: Iterable[DayRates]) -> list[dict[str, object]]:
    return [
        {"reference_date": day.reference_date, "currency": currency, "rate": rate}
        for day in days
        for currency, rate in day.rates.items()
    ]


def _table(schema: pa.Schema, rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema)


def _of(stored: pa.Table, source: str) -> pa.Table:
    """Returns the stored rates of one source."""
    return query(
        "FROM stored SEMI JOIN wanted USING (source)",
        stored=stored,
        wanted=pa.table({"source": [source]}),
    )


def _is(states: pa.Table, state: str) -> pa.Array:
    return pc.equal(states["state"], state)


# A set of rates as one text. Only compared within one query, so it needs no canonical form.
_AS_TEXT: Final = "string_agg(currency || ' ' || rate::VARCHAR, ',' ORDER BY currency)"

# Columns: reference_date, state ('new', 'known' or 'other').
_COMPARED: Final = f"""
WITH file AS (SELECT reference_date, {_AS_TEXT} AS rates FROM offered GROUP BY ALL),
vintages AS (
    SELECT reference_date, list(rates) AS known
    FROM (SELECT reference_date, vintage, {_AS_TEXT} AS rates FROM stored GROUP BY ALL)
    GROUP BY ALL)
SELECT reference_date,
       CASE WHEN known IS NULL THEN 'new' WHEN list_contains(known, rates) THEN 'known'
            ELSE 'other' END AS state
FROM file LEFT JOIN vintages USING (reference_date)
ORDER BY reference_date
"""

# Columns: reference_date, currency, stored, offered.
_DIFFERING: Final = """
WITH in_force AS (
    SELECT reference_date, currency, rate FROM stored SEMI JOIN doubted USING (reference_date)
    QUALIFY vintage = max(vintage) OVER (PARTITION BY reference_date)),
file AS (FROM offered SEMI JOIN doubted USING (reference_date))
SELECT coalesce(i.reference_date, f.reference_date) AS reference_date,
       coalesce(i.currency, f.currency) AS currency, i.rate AS stored, f.rate AS offered
FROM in_force i FULL JOIN file f
  ON i.reference_date = f.reference_date AND i.currency = f.currency
WHERE i.rate IS DISTINCT FROM f.rate
ORDER BY ALL
"""

_DAY: Final = """
SELECT vintage, currency, rate FROM stored JOIN wanted ON reference_date = day
"""
