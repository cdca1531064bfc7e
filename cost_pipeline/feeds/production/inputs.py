"""What each ledger partition is computed from, as a digest: compared to see what is out of date.

Automation may lose an update; this comparison cannot, because it looks at what is, not at what
happened. A digest covers the records that count (with their place in time), their rivals for a
key, and the rates pinned to the date.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.canonical import digest, digest_of_set
from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.production.deliveries import CORRECTION, current_deliveries
from cost_pipeline.feeds.production.rates import rates_in_force
from cost_pipeline.feeds.production.tables import DISPOSITIONS
from cost_pipeline.feeds.session import Session
from cost_pipeline.fx.rates import pin
from cost_pipeline.lake.tables import RECORDS
from cost_pipeline.ledger.standing import CANDIDATE_SCHEMA

RULES_OF_POSTING: Final = "1"
"""Raised when the kernels post the same inputs differently; every partition is then out of date."""

_LIVE: Final = """
    select r.*, d.first_pulled, o.first_pulled as answers_pulled
    from {table} r join deliveries d using (vendor, delivery, interpretation)
    left join deliveries o on o.vendor = r.vendor and o.delivery = r.answers_delivery
"""

# What a record says is a function of its row and of the interpretation, so these two stand for it.
# The hash of its part in a partition is summed as two 64-bit halves: the sum of a set does not
# depend on its order, and costs one pass however many records there are.
_DIGESTS: Final = f"""
    with records as (
        select transaction_date, vendor, key, coalesce(answers, fingerprint) as place, answers,
            md5_number(fingerprint || interpretation || first_pulled::varchar
                || coalesce(answers_pulled::varchar, '')) as part
        from ({_LIVE})
    ), places as (
        select vendor, place, md5_number(string_agg(part::varchar, ',' order by part)) as shared
        from records semi join (
            select vendor, place from records where answers is not null) using (vendor, place)
        group by all
    ), live as (
        select transaction_date, vendor, key,
            if(shared is null, part, md5_number(concat(part, ' ', shared))) as part
        from records left join places using (vendor, place)
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
_PAIRS: Final = f"select distinct transaction_date, production, currency from ({_LIVE})"


# Who else claims the place of a record that was found; few rows, so that places are looked up.
_SHARING: Final = f"""
    with claims as (
        select vendor, answers as place from {{table}} where answers is not null
    ), places as (
        select distinct vendor, coalesce(answers, fingerprint) as place from found
        semi join claims on claims.vendor = found.vendor
            and claims.place = coalesce(found.answers, found.fingerprint)
    )
    select live.* from ({_LIVE}) live
    semi join places on places.vendor = live.vendor
        and places.place = coalesce(live.answers, live.fingerprint)
    anti join found on found.vendor = live.vendor and found.fingerprint = live.fingerprint
"""


def live_records(session: Session, dates: Collection[date]) -> pa.Table:
    """The records of the dates that count, with all their rivals (CANDIDATE_SCHEMA).

    A rival shares (vendor, key) with one of them, or the place of a row that was corrected, on
    whatever date.
    """
    deliveries = current_deliveries(session)
    snapshot = session.lake.table(RECORDS).snapshot()
    listed = ", ".join(f"'{day}'" for day in sorted(dates))
    wanted = snapshot.query(
        f"{_LIVE} where transaction_date in ({listed})",
        where=f"transaction_date in ({listed})",
        deliveries=deliveries,
    )
    keys = query("select distinct vendor, key from wanted where key is not null", wanted=wanted)
    rivals = snapshot.query(
        f"select * from ({_LIVE} where transaction_date not in ({listed})) "
        "semi join keys using (vendor, key)",
        deliveries=deliveries,
        keys=keys,
    )
    names = CANDIDATE_SCHEMA.names
    found = pa.concat_tables(
        [wanted.select(names).cast(CANDIDATE_SCHEMA), rivals.select(names).cast(CANDIDATE_SCHEMA)]
    )
    if not pc.any(pc.equal(deliveries["role"], CORRECTION)).as_py():
        return found
    sharing = snapshot.query(
        _SHARING, deliveries=deliveries, found=found.select(["vendor", "fingerprint", "answers"])
    )
    return pa.concat_tables([found, sharing.select(names).cast(CANDIDATE_SCHEMA)])


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
            f"select transaction_date, min(pull_date) from ({_LIVE}) "
            f"where pull_date in ({listed}) group by all",
            where=f"pull_date in ({listed})",
            deliveries=current_deliveries(session),
        )
    )
    return dict(zip(*(column.to_pylist() for column in found.columns), strict=True))


def present_inputs(session: Session) -> dict[date, str]:
    """The digest of all inputs of every transaction date that has records that count."""
    rates = rate_digests(session)
    return {
        day: digest("inputs", RULES_OF_POSTING, records, rates.get(day))
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
