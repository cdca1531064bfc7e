"""Which rate a transaction gets: rates in force, pinned to transactions, and what a change touches.

The rule, with no silent fallback: a transaction uses the last publication day on or before it. If
that day's snapshot is not loaded there is no rate, however fresh an older one is. If it is loaded
but lacks one of the two currencies, the newest day before it that has both may stand in, up to the
maximum age in calendar days. Every refusal is a value with a reason and a message.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import DAY, HASH, RATE, TEXT
from cost_pipeline.core.reasons import Reason
from cost_pipeline.fx.calendar import last_publication_day, next_publication_day
from cost_pipeline.fx.ecb import EURO, FIRST_DAY, SOURCE, SUCCESSORS

IN_FORCE_SCHEMA: Final = pa.schema(
    [
        pa.field("reference_date", DAY, nullable=False),
        pa.field("currency", TEXT, nullable=False),
        pa.field("rate", RATE, nullable=False),
        pa.field("snapshot", HASH, nullable=False),
        pa.field("vintage", pa.int32(), nullable=False),
    ]
)
"""The rates that count; `snapshot` and `vintage` are of the vintage that brought the value."""

REQUEST_SCHEMA: Final = pa.schema(
    [
        pa.field("transaction_date", DAY, nullable=False),
        pa.field("currency", TEXT, nullable=False),
        pa.field("base_currency", TEXT, nullable=False),
        pa.field("max_age_days", pa.int32(), nullable=False),
    ]
)
"""What a conversion needs to know; a table of lines that has these columns will do."""

PINNED_SCHEMA: Final = pa.schema(
    [
        *REQUEST_SCHEMA,
        pa.field("rate_original", RATE),
        pa.field("rate_base", RATE),
        pa.field("rate_date", DAY),
        pa.field("snapshot", HASH),
        pa.field("refusal", TEXT),
        pa.field("refusal_message", TEXT),
    ]
)
"""A request with its answer: both rates (units for one euro), or a refusal.

Of a currency into itself both rates are 1, with neither date nor snapshot.
"""


def in_force(rates: pa.Table, *, source: str = SOURCE) -> pa.Table:
    """The rate of each day and currency that counts: that of the day's newest vintage.

    `snapshot` names the vintage that brought the present value. A vintage that repeats a value does
    not take it over, so a correction of one currency leaves the lines of the others as they are.

    Args:
        rates: Stored rates (`RATE_SCHEMA`).
        source: The source that counts.

    Returns:
        `IN_FORCE_SCHEMA`, by day and currency.
    """
    wanted = pa.table({"source": [source]})
    return query(_IN_FORCE, rates=rates, wanted=wanted).cast(IN_FORCE_SCHEMA)


def pin(in_force: pa.Table, requests: pa.Table) -> pa.Table:
    """The rates of every distinct request (`PINNED_SCHEMA`), in the order of its columns.

    Args:
        in_force: All rates in force, not only the days at hand: a message names the last one known.
        requests: Any table with the columns of `REQUEST_SCHEMA`; repeats are welcome.
    """
    wanted = query(
        "SELECT DISTINCT transaction_date, currency, base_currency, max_age_days FROM requests",
        requests=requests,
    )
    return query(
        _PINNED,
        wanted=wanted,
        in_force=in_force,
        days=_published(wanted["transaction_date"].unique().to_pylist()),
        successors=_successors(),
    ).cast(PINNED_SCHEMA)


def affected_dates(
    before: pa.Table, after: pa.Table, *, base_currencies: frozenset[str], max_age_days: int
) -> tuple[date, ...]:
    """The transaction dates for which any line could be converted otherwise, oldest first.

    Compares what is pinned for every currency, on every date that a changed day can reach: the days
    up to the maximum age, weekends and holidays included, and those that were refused because the
    day was not loaded.

    Args:
        before: Rates in force, `IN_FORCE_SCHEMA`.
        after: Rates in force after the change.
        base_currencies: The base currencies of the productions.
        max_age_days: The largest that any production allows.
    """
    dates = _reachable(_changed_days(before, after), max_age_days)
    currencies = pc.unique(
        pa.chunked_array([*before["currency"].chunks, *after["currency"].chunks], TEXT)
    ).to_pylist()
    requests = query(
        f"SELECT transaction_date, currency, base_currency, {max_age_days:d}::INT AS max_age_days"
        " FROM dates, currencies, bases",
        dates=pa.table({"transaction_date": pa.array(dates, DAY)}),
        currencies=pa.table({"currency": pa.array([*currencies, EURO], TEXT)}),
        bases=pa.table({"base_currency": pa.array(sorted(base_currencies), TEXT)}),
    )
    changed = query(
        f"SELECT DISTINCT transaction_date FROM ({_EITHER_WAY}) ORDER BY transaction_date",
        a=pin(before, requests).drop_columns(["refusal_message"]),
        b=pin(after, requests).drop_columns(["refusal_message"]),
    )
    return tuple(changed["transaction_date"].to_pylist())


def _changed_days(before: pa.Table, after: pa.Table) -> list[date]:
    changed = query(f"SELECT DISTINCT reference_date FROM ({_EITHER_WAY})", a=before, b=after)
    days: list[date] = changed["reference_date"].to_pylist()
    return days


def _reachable(days: list[date], max_age_days: int) -> list[date]:
    reached: set[date] = set()
    for day in days:
        span = max(max_age_days + 1, (next_publication_day(day) - day).days)
        reached.update(day + timedelta(days=offset) for offset in range(span))
    return sorted(reached)


def _published(transaction_dates: list[date]) -> pa.Table:
    published = [last_publication_day(day) for day in transaction_dates]
    return pa.table(
        {
            "transaction_date": pa.array(transaction_dates, DAY),
            "published": pa.array(published, DAY),
        }
    )


def _successors() -> pa.Table:
    return pa.table(
        {
            "old": pa.array(list(SUCCESSORS), TEXT),
            "new": pa.array([new for new, _ in SUCCESSORS.values()], TEXT),
            "since": pa.array([since for _, since in SUCCESSORS.values()], DAY),
        }
    )


_EITHER_WAY: Final = "(FROM a EXCEPT ALL FROM b) UNION ALL (FROM b EXCEPT ALL FROM a)"

_IN_FORCE: Final = """
WITH mine AS (FROM rates SEMI JOIN wanted USING (source)),
newest AS (SELECT reference_date, max(vintage) AS newest FROM mine GROUP BY ALL),
steps AS (
    SELECT *, rate IS DISTINCT FROM lag(rate) OVER (
        PARTITION BY reference_date, currency ORDER BY vintage) AS introduced
    FROM mine)
SELECT reference_date, currency,
       arg_max(rate, vintage) AS rate,
       arg_max(snapshot, vintage) FILTER (introduced) AS snapshot,
       max(vintage) FILTER (introduced) AS vintage
FROM steps JOIN newest USING (reference_date)
GROUP BY reference_date, currency, newest
HAVING max(steps.vintage) = newest
ORDER BY reference_date, currency
"""

# `paired`: the days on which a wanted pair has both its rates. The euro is 1 on every loaded day.
_PINNED: Final = f"""
WITH loaded AS (SELECT DISTINCT reference_date FROM in_force),
known AS (
    SELECT reference_date, currency, rate, snapshot, vintage FROM in_force
    UNION ALL SELECT reference_date, '{EURO}', 1, NULL, 0 FROM loaded),
pairs AS (SELECT DISTINCT currency, base_currency FROM wanted WHERE currency <> base_currency),
paired AS (
    SELECT currency, base_currency, o.reference_date,
           o.rate AS rate_original, b.rate AS rate_base,
           CASE WHEN o.vintage >= b.vintage THEN o.snapshot ELSE b.snapshot END AS snapshot
    FROM pairs JOIN known o USING (currency)
    JOIN known b ON b.currency = base_currency AND b.reference_date = o.reference_date),
dated AS (
    SELECT wanted.*, published, published IN (FROM loaded) AS is_loaded,
           currency = base_currency AS same
    FROM wanted JOIN days USING (transaction_date)),
found AS (
    SELECT dated.*, rate_original, rate_base, reference_date AS rate_date, snapshot,
           transaction_date - reference_date AS age
    FROM dated ASOF LEFT JOIN paired
      ON dated.currency = paired.currency AND dated.base_currency = paired.base_currency
     AND published >= reference_date),
judged AS (
    SELECT *,
        CASE WHEN same THEN NULL
             WHEN published IS NULL OR NOT is_loaded OR rate_date IS NULL
             THEN '{Reason.FX_RATE_MISSING}'
             WHEN age > max_age_days THEN '{Reason.FX_RATE_TOO_OLD}' END AS refusal,
        'no rate from ' || currency || ' to ' || base_currency || ' for ' || transaction_date
            || ': ' AS opening
    FROM found)
SELECT transaction_date, currency, base_currency, max_age_days,
    CASE WHEN same THEN 1 WHEN refusal IS NULL THEN rate_original END AS rate_original,
    CASE WHEN same THEN 1 WHEN refusal IS NULL THEN rate_base END AS rate_base,
    CASE WHEN refusal IS NULL THEN rate_date END AS rate_date,
    CASE WHEN refusal IS NULL THEN snapshot END AS snapshot,
    refusal,
    CASE WHEN refusal IS NULL THEN NULL
         WHEN published IS NULL
         THEN opening || 'the ECB published none before {FIRST_DAY}'
         WHEN NOT is_loaded
         THEN opening || 'the ECB publishes on ' || published
            || ' and its snapshot is not loaded; load it and run again'
         WHEN rate_date IS NULL
         THEN opening || 'no loaded snapshot up to ' || published || ' has both currencies'
         ELSE opening || 'the last one known is of ' || rate_date || ', ' || age
            || ' days old, and at most ' || max_age_days || ' are allowed'
            || coalesce('; ' || gone.old || ' became ' || gone.new || ' on ' || gone.since, '')
    END AS refusal_message
FROM judged LEFT JOIN successors gone
  ON gone.old = currency AND gone.since <= transaction_date AND refusal IS NOT NULL
ORDER BY transaction_date, currency, base_currency, max_age_days
"""
