"""Which rate a transaction gets: rates in force, pinned to transactions, and what a change touches.

The rule, with no silent fallback: a transaction uses the last publication day of its source on or
before it. If that day's snapshot is not loaded there is no rate, however fresh an older one is. If
it is loaded but lacks one of the two currencies, the newest day before it that has both may stand
in, up to the maximum age in calendar days. Every refusal is a value with a reason and a message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.cost_tables import RATE
from cost_pipeline.contracts.rate_sources import Quote, Source, published_sources, source_named
from cost_pipeline.contracts.tables import DAY, HASH, TEXT
from cost_pipeline.core.sql import literal
from cost_pipeline.fx.calendar import last_publication_day, next_publication_day
from cost_pipeline.fx.snapshots import FIRST_VINTAGE

SUCCESSORS: Final = {
    "TRL": ("TRY", date(2005, 1, 3)),
    "ROL": ("RON", date(2005, 7, 1)),
    "SIT": ("EUR", date(2007, 1, 1)),
    "CYP": ("EUR", date(2008, 1, 1)),
    "MTL": ("EUR", date(2008, 1, 1)),
    "SKK": ("EUR", date(2009, 1, 1)),
    "EEK": ("EUR", date(2011, 1, 1)),
    "LVL": ("EUR", date(2014, 1, 1)),
    "LTL": ("EUR", date(2015, 1, 1)),
    "HRK": ("EUR", date(2023, 1, 1)),
    "BGN": ("EUR", date(2026, 1, 1)),
}
"""Currencies whose rates ended because another took their place: a hint for the person who asks."""

IN_FORCE_SCHEMA: Final = pa.schema(
    [
        pa.field("source", TEXT, nullable=False),
        pa.field("pivot", TEXT, nullable=False),
        pa.field("reference_date", DAY, nullable=False),
        pa.field("currency", TEXT, nullable=False),
        pa.field("quote", TEXT, nullable=False),
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
        pa.field("rate_source", TEXT, nullable=False),
        pa.field("max_age_days", pa.int32(), nullable=False),
        pa.field("rounding", TEXT, nullable=False),
    ]
)
"""What a conversion needs to know; a table of lines that has these columns will do."""

RATES_SCHEMA: Final = pa.schema(
    [
        pa.field("rate_original", RATE),
        pa.field("quote_original", TEXT),
        pa.field("rate_base", RATE),
        pa.field("quote_base", TEXT),
        pa.field("rate_date", DAY),
        pa.field("snapshot", HASH),
        pa.field("refusal", TEXT),
        pa.field("refusal_message", TEXT),
    ]
)
"""Both rates as their source quotes them (the pivot's own is 1), or a refusal.

If a currency is converted into itself, both rates are 1, with neither date nor snapshot.
"""

PINNED_SCHEMA: Final = pa.schema([*REQUEST_SCHEMA, *RATES_SCHEMA])
"""A request with its answer."""


def in_force(rates: pa.Table) -> pa.Table:
    """Returns the rate that counts for each source, day and currency: the newest vintage's.

    `snapshot` names the vintage that brought the present value. A vintage that repeats a value does
    not take it over, so a correction of one currency leaves the lines of the others as they are.

    Args:
        rates: Stored rates (`RATE_SCHEMA`).

    Returns:
        `IN_FORCE_SCHEMA`, by source, day and currency.
    """
    if pc.max(rates["vintage"]).as_py() == FIRST_VINTAGE:
        # Nothing was corrected, as in most years of most homes: a rate is its day's only one.
        only = rates.select(IN_FORCE_SCHEMA.names)
        order = [(name, "ascending") for name in ("source", "reference_date", "currency")]
        return only.sort_by(order).cast(IN_FORCE_SCHEMA)
    return query(_IN_FORCE, rates=rates).cast(IN_FORCE_SCHEMA)


RatesOf = Callable[[date, date], pa.Table]
"""Gives the rates in force of all days between two, both included; of others, too, if it likes."""


def pin(
    in_force: pa.Table, requests: pa.Table, sources: Mapping[str, Source] | None = None
) -> pa.Table:
    """Returns the rates of every distinct request (`PINNED_SCHEMA`), in the order of its columns.

    Args:
        in_force: All rates in force, not only the days at hand: a message names the last one known.
        requests: Any table with the columns of `REQUEST_SCHEMA`; repeats are welcome.
        sources: Sources by name; if None, those that come with the product.

    Raises:
        UsageError: `FX_SOURCE` if a request names another.
    """
    return pin_from(lambda _first, _last: in_force, requests, sources)


def pin_from(
    rates_of: RatesOf, requests: pa.Table, sources: Mapping[str, Source] | None = None
) -> pa.Table:
    """Returns what `pin` returns, from the days that it takes.

    A request that gets its rates gets them from the days between its oldest lawful one and itself.
    Only a message of refusal looks further back, for the last rate known.

    Args:
        rates_of: Asked once for the days of all requests, and once more for all days if any is
            refused.
        requests: As for `pin`.
        sources: As for `pin`.
    """
    wanted = _distinct(requests, REQUEST_SCHEMA.names)
    if not wanted.num_rows:
        return PINNED_SCHEMA.empty_table()
    asked = _distinct(wanted, ["rate_source", "transaction_date"])
    days = _published(asked, published_sources() if sources is None else sources)
    first, last = _reach(wanted, days)
    near = _within(rates_of(first, last), first, last)
    found = _pinned(wanted, near, near, days)
    if found["refusal"].null_count == found.num_rows:
        return found
    given = found.filter(pc.is_null(found["refusal"]))
    refused = found.filter(pc.is_valid(found["refusal"])).select(REQUEST_SCHEMA.names)
    known = _within(rates_of(date.min, last), date.min, last)
    order = [(name, "ascending") for name in REQUEST_SCHEMA.names]
    return pa.concat_tables([given, _pinned(refused, near, known, days)]).sort_by(order)


def _distinct(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Returns the distinct rows of some columns, by Arrow: a tenth of the cost of a statement."""
    return table.group_by(list(names), use_threads=False).aggregate([])


def _reach(wanted: pa.Table, days: pa.Table) -> tuple[date, date]:
    """Returns the days that can answer a request, none older than its age or publication allows."""
    oldest = _distinct(wanted, ["transaction_date", "max_age_days"]).to_pylist()
    first = min(
        date.fromordinal(max(1, row["transaction_date"].toordinal() - row["max_age_days"]))
        for row in oldest
    )
    published = pc.min(days["published"]).as_py()
    if published is not None:
        first = min(first, published)
    return first, pc.max(wanted["transaction_date"]).as_py()


def _within(rates: pa.Table, first: date, last: date) -> pa.Table:
    days = rates["reference_date"]
    return rates.filter(
        pc.and_(
            pc.greater_equal(days, pa.scalar(first, DAY)),
            pc.less_equal(days, pa.scalar(last, DAY)),
        )
    )


def _pinned(wanted: pa.Table, near: pa.Table, known: pa.Table, days: pa.Table) -> pa.Table:
    """Pins from rates near the requests, which say what is loaded, and rates that are known."""
    currencies = pa.chunked_array(
        [*wanted["currency"].chunks, *wanted["base_currency"].chunks], TEXT
    )
    return query(
        _PINNED,
        wanted=wanted,
        loaded=_distinct(near, ["source", "reference_date"]),
        in_force=known.filter(pc.is_in(known["currency"], value_set=currencies)),
        days=days,
        successors=_successors(),
    ).cast(PINNED_SCHEMA)


def affected_dates(
    before: pa.Table,
    after: pa.Table,
    *,
    base_currencies: frozenset[str],
    max_age_days: int,
    source: Source,
) -> tuple[date, ...]:
    """Returns the transaction dates for which any line could be converted otherwise, oldest first.

    Compares what is pinned for every currency, on every date that a changed day can reach: the days
    up to the maximum age, weekends and holidays included, and those that were refused because the
    day was not loaded.

    Args:
        before: Rates in force, `IN_FORCE_SCHEMA`.
        after: Rates in force after the change.
        base_currencies: The base currencies of the productions that use the source.
        max_age_days: The largest that any of them allows.
        source: Whose rates changed.
    """
    before, after = (
        rates.filter(pc.equal(rates["source"], source.name)) for rates in (before, after)
    )
    dates = _reachable(_changed_days(before, after), source, max_age_days)
    currencies = pc.unique(
        pa.chunked_array([*before["currency"].chunks, *after["currency"].chunks], TEXT)
    ).to_pylist()
    requests = query(
        f"SELECT transaction_date, currency, base_currency, {literal(source.name)} AS rate_source, "
        f"{max_age_days:d}::INT AS max_age_days, '' AS rounding FROM dates, currencies, bases",
        dates=pa.table({"transaction_date": pa.array(dates, DAY)}),
        currencies=pa.table({"currency": pa.array([*currencies, source.pivot], TEXT)}),
        bases=pa.table({"base_currency": pa.array(sorted(base_currencies), TEXT)}),
    )
    sources = {source.name: source}
    changed = query(
        f"SELECT DISTINCT transaction_date FROM ({_EITHER_WAY}) ORDER BY transaction_date",
        a=pin(before, requests, sources).drop_columns(["refusal_message"]),
        b=pin(after, requests, sources).drop_columns(["refusal_message"]),
    )
    return tuple(changed["transaction_date"].to_pylist())


def _changed_days(before: pa.Table, after: pa.Table) -> list[date]:
    changed = query(f"SELECT DISTINCT reference_date FROM ({_EITHER_WAY})", a=before, b=after)
    days: list[date] = changed["reference_date"].to_pylist()
    return days


def _reachable(days: list[date], source: Source, max_age_days: int) -> list[date]:
    reached: set[date] = set()
    for day in days:
        span = max(max_age_days + 1, (next_publication_day(source, day) - day).days)
        reached.update(day + timedelta(days=offset) for offset in range(span))
    return sorted(reached)


def _published(asked: pa.Table, sources: Mapping[str, Source]) -> pa.Table:
    """Returns the publication day that each day uses, and its source in words."""
    rows = []
    for row in asked.to_pylist():
        source = source_named(row["rate_source"], sources)
        rows.append(
            row
            | {
                "published": last_publication_day(source, row["transaction_date"]),
                "pivot": source.pivot,
                "title": source.title,
                "first_day": source.first_day,
            }
        )
    return pa.Table.from_pylist(rows, schema=_PUBLISHED_SCHEMA)


_PUBLISHED_SCHEMA: Final = pa.schema(
    [
        ("rate_source", TEXT),
        ("transaction_date", DAY),
        ("published", DAY),
        ("pivot", TEXT),
        ("title", TEXT),
        ("first_day", DAY),
    ]
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

# Columns: those of `IN_FORCE_SCHEMA`.
_IN_FORCE: Final = """
WITH newest AS (
    SELECT source, reference_date, max(vintage) AS newest FROM rates GROUP BY ALL),
steps AS (
    SELECT *, (rate, quote, "pivot") IS DISTINCT FROM lag((rate, quote, "pivot")) OVER (
        PARTITION BY source, reference_date, currency ORDER BY vintage) AS introduced
    FROM rates)
SELECT source, arg_max("pivot", vintage) AS "pivot", reference_date, currency,
       arg_max(quote, vintage) AS quote,
       arg_max(rate, vintage) AS rate,
       arg_max(snapshot, vintage) FILTER (introduced) AS snapshot,
       max(vintage) FILTER (introduced) AS vintage
FROM steps JOIN newest USING (source, reference_date)
GROUP BY source, reference_date, currency, newest
HAVING max(steps.vintage) = newest
ORDER BY source, reference_date, currency
"""

# `loaded`: days near the requests that have a snapshot. `in_force`: rates of wanted currencies.
# `paired`: the days on which a wanted pair has both its rates; the pivot is 1 where the other is.
# A day that the calendar calls closed and that is loaded all the same has been published.
_PINNED: Final = f"""
WITH known AS (
    SELECT source, reference_date, currency, quote, rate, snapshot, vintage FROM in_force
    UNION ALL
    SELECT DISTINCT source, reference_date, "pivot", {literal(Quote.PER_PIVOT)}, 1, NULL, 0
    FROM in_force),
pairs AS (
    SELECT DISTINCT rate_source AS source, currency, base_currency FROM wanted
    WHERE currency <> base_currency),
paired AS (
    SELECT source, currency, base_currency, o.reference_date,
           o.rate AS rate_original, o.quote AS quote_original,
           b.rate AS rate_base, b.quote AS quote_base,
           CASE WHEN o.vintage >= b.vintage THEN o.snapshot ELSE b.snapshot END AS snapshot
    FROM pairs JOIN known o USING (source, currency)
    JOIN known b ON b.source = pairs.source AND b.currency = base_currency
                AND b.reference_date = o.reference_date),
dated AS (
    SELECT wanted.*, published, title, first_day, currency = base_currency AS same
    FROM wanted JOIN days USING (rate_source, transaction_date)),
newest AS (
    SELECT dated.*, reference_date IS NOT NULL AND reference_date >= published AS is_loaded
    FROM dated ASOF LEFT JOIN loaded
      ON dated.rate_source = loaded.source AND dated.transaction_date >= loaded.reference_date),
found AS (
    SELECT newest.*, rate_original, quote_original, rate_base, quote_base,
           reference_date AS rate_date, snapshot, transaction_date - reference_date AS age
    FROM newest ASOF LEFT JOIN paired
      ON newest.rate_source = paired.source AND newest.currency = paired.currency
     AND newest.base_currency = paired.base_currency
     AND newest.transaction_date >= paired.reference_date),
judged AS (
    SELECT *,
        CASE WHEN same THEN NULL
             WHEN published IS NULL OR NOT is_loaded OR rate_date IS NULL
             THEN {literal(CostReason.FX_RATE_MISSING)}
             WHEN age > max_age_days THEN {literal(CostReason.FX_RATE_TOO_OLD)} END AS refusal,
        'no rate from ' || currency || ' to ' || base_currency || ' for ' || transaction_date
            || ': ' AS opening
    FROM found)
SELECT transaction_date, currency, base_currency, rate_source, max_age_days, rounding,
    CASE WHEN same THEN 1 WHEN refusal IS NULL THEN rate_original END AS rate_original,
    CASE WHEN same THEN {literal(Quote.PER_PIVOT)}
         WHEN refusal IS NULL THEN quote_original END AS quote_original,
    CASE WHEN same THEN 1 WHEN refusal IS NULL THEN rate_base END AS rate_base,
    CASE WHEN same THEN {literal(Quote.PER_PIVOT)}
         WHEN refusal IS NULL THEN quote_base END AS quote_base,
    CASE WHEN refusal IS NULL THEN rate_date END AS rate_date,
    CASE WHEN refusal IS NULL THEN snapshot END AS snapshot,
    refusal,
    CASE WHEN refusal IS NULL THEN NULL
         WHEN published IS NULL
         THEN opening || title || ' published none before ' || first_day
         WHEN NOT is_loaded
         THEN opening || title || ' publishes on ' || published
            || ' and its snapshot is not loaded; load it and run again'
         WHEN rate_date IS NULL
         THEN opening || 'no loaded snapshot of ' || title || ' up to ' || published
            || ' has both currencies'
         ELSE opening || 'the last one known is of ' || rate_date || ', ' || age
            || ' days old, and at most ' || max_age_days || ' are allowed'
            || coalesce('; ' || gone.old || ' became ' || gone.new || ' on ' || gone.since, '')
    END AS refusal_message
FROM judged LEFT JOIN successors gone
  ON gone.old = currency AND gone.since <= transaction_date AND refusal IS NOT NULL
ORDER BY transaction_date, currency, base_currency, rate_source, max_age_days, rounding
"""
