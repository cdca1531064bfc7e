"""What each ledger partition is computed from, as a digest: compared to see what is out of date.

Automation may lose an update; this comparison cannot, because it looks at what is, not at what
happened. A digest covers the records that count (with their place in time), their rivals for a
key, the rates pinned to the date, and of timecards what their rules are evaluated on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.canonical import digest, digest_of_set
from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.production.cards import card_digests
from cost_pipeline.feeds.production.deliveries import LIVE, current_deliveries
from cost_pipeline.feeds.production.rates import rates_in_force
from cost_pipeline.feeds.production.tables import DISPOSITIONS
from cost_pipeline.feeds.session import Session
from cost_pipeline.fx.rates import pin
from cost_pipeline.lake.tables import RECORDS
from cost_pipeline.ledger.standing import CANDIDATE_SCHEMA

RULES_OF_POSTING: Final = "1"
"""Raised when the kernels post the same inputs differently; every partition is then out of date."""

# What a record says is a function of its row and of the interpretation, so these two stand for it.
# The hash of its part in a partition is summed as two 64-bit halves: the sum of a set does not
# depend on its order, and costs one pass however many records there are.
_DIGESTS: Final = f"""
    with live as (
        select transaction_date, production, currency, vendor, key,
            md5_number(fingerprint || interpretation || first_pulled::varchar) as part
        from ({LIVE})
    ), contested as (
        select vendor, key from live where key is not null
        group by all having count(distinct transaction_date) > 1
    ), involved as (
        select transaction_date, part from live
        union all
        select mine.transaction_date, theirs.part from
            (select distinct transaction_date, vendor, key from live
             semi join contested using (vendor, key)) mine
            join (from live semi join contested using (vendor, key)) theirs
            using (vendor, key)
        where theirs.transaction_date <> mine.transaction_date
    )
    select transaction_date, count(*) as n,
        sum((part & 18446744073709551615::uhugeint)::hugeint) as low,
        sum((part >> 64)::hugeint) as high
    from involved group by transaction_date
"""
_PAIRS: Final = f"select distinct transaction_date, production, currency from ({LIVE})"


def live_records(session: Session, dates: Collection[date]) -> pa.Table:
    """The records of the dates that count, with all their rivals (CANDIDATE_SCHEMA).

    A rival shares (vendor, key) with one of them, on whatever date.
    """
    listed = ", ".join(f"'{day}'" for day in sorted(dates))
    condition = f"transaction_date in ({listed})"
    return records_with_rivals(session, condition, prune=condition)


def records_with_rivals(session: Session, condition: str, *, prune: str) -> pa.Table:
    """The records that count and keep a condition (SQL of our own), with all their rivals.

    `prune` is what of the condition can be told from the statistics of files.
    """
    deliveries = current_deliveries(session)
    snapshot = session.lake.table(RECORDS).snapshot()
    wanted = snapshot.query(f"{LIVE} where {condition}", where=prune, deliveries=deliveries)
    keys = query("select distinct vendor, key from wanted where key is not null", wanted=wanted)
    rivals = snapshot.query(
        f"select * from ({LIVE} where not ({condition})) semi join keys using (vendor, key)",
        deliveries=deliveries,
        keys=keys,
    )
    names = CANDIDATE_SCHEMA.names
    return pa.concat_tables(
        [wanted.select(names).cast(CANDIDATE_SCHEMA), rivals.select(names).cast(CANDIDATE_SCHEMA)]
    )


def record_digests(session: Session) -> dict[date, str]:
    """Per transaction date, the digest of the records that count there and of their rivals."""
    found = (
        session.lake.table(RECORDS)
        .snapshot()
        .query(_DIGESTS, deliveries=current_deliveries(session))
    )
    return {
        row["transaction_date"]: digest("records", row["n"], int(row["low"]), int(row["high"]))
        for row in found.to_pylist()
    }


def rate_digests(session: Session) -> dict[date, str]:
    """Per transaction date, the digest of the rates pinned to the currencies of its records."""
    pairs = (
        session.lake.table(RECORDS).snapshot().query(_PAIRS, deliveries=current_deliveries(session))
    )
    pins = pin(rates_in_force(session), with_policies(session, pairs))
    fields = ("currency", "base_currency", "max_age_days", "rate_date", "snapshot", "refusal")
    by_date: dict[date, list[str]] = {}
    for row in pins.to_pylist():
        line = "|".join(str(row[name]) for name in fields)
        by_date.setdefault(row["transaction_date"], []).append(line)
    return {day: digest_of_set("pins", lines) for day, lines in by_date.items()}


def dates_of_pulls(session: Session, pull_dates: Collection[date]) -> dict[date, date]:
    """The transaction dates of the records that count and were pulled on one of these dates.

    Returns:
        Transaction date to the earliest of the pull dates that has records there.
    """
    if not pull_dates:
        return {}
    listed = ", ".join(f"'{day}'" for day in sorted(pull_dates))
    found = (
        session.lake.table(RECORDS)
        .snapshot()
        .query(
            f"select transaction_date, min(pull_date) from ({LIVE}) "
            f"where pull_date in ({listed}) group by all",
            where=f"pull_date in ({listed})",
            deliveries=current_deliveries(session),
        )
    )
    return dict(zip(*(column.to_pylist() for column in found.columns), strict=True))


def present_inputs(session: Session) -> dict[date, str]:
    """The digest of all inputs of every transaction date that has records that count."""
    rates = rate_digests(session)
    cards = card_digests(session)
    return {
        day: digest("inputs", RULES_OF_POSTING, records, rates.get(day), cards.get(day))
        for day, records in record_digests(session).items()
    }


def stored_inputs(session: Session) -> dict[date, str]:
    """The digest that each posted transaction date was computed from."""
    found = (
        session.lake.table(DISPOSITIONS)
        .snapshot()
        .query("select distinct transaction_date, inputs from {table}")
    )
    return dict(zip(*(column.to_pylist() for column in found.columns), strict=True))


def out_of_date(present: Mapping[date, str], stored: Mapping[date, str]) -> list[date]:
    """The dates to post: new ones, changed ones, and those whose records are all gone."""
    return sorted(
        day for day in present.keys() | stored.keys() if present.get(day, "") != stored.get(day, "")
    )


def with_policies(session: Session, lines: pa.Table) -> pa.Table:
    """The lines with their production's `base_currency` and `max_age_days`, in their order.

    Raises:
        UsageError: If the lake holds lines of a production that productions.yaml no longer names.
    """
    productions = session.home.productions.productions
    codes = lines["production"].to_pylist()
    unknown = sorted(set(codes) - productions.keys())
    if unknown:
        raise UsageError(
            f"the lake holds records of production {unknown[0]}, which has no entry",
            where=str(session.home.path / "productions.yaml"),
            remedy="put the production back: its base currency and FX policy are still needed",
            code="PRODUCTION_GONE",
        )
    base = {code: production.base_currency for code, production in productions.items()}
    age = {code: production.fx.max_age_days for code, production in productions.items()}
    return lines.append_column(
        "base_currency", pa.array([base[code] for code in codes], pa.string())
    ).append_column("max_age_days", pa.array([age[code] for code in codes], pa.int32()))
