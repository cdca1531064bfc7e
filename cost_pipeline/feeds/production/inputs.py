"""What each ledger partition is computed from, as a digest: compared to see what is out of date.

Automation may lose an update; this comparison cannot, because it looks at what is, not at what
happened. A digest covers the records that count (with their place in time), their rivals for a
key, who else claims the place of a row that was corrected, the rates pinned to the date, the
rulings on its credits, and of timecards what their rules are evaluated on.

Records are summarised once for each data file (`lake.derived`), so a comparison costs what is new
since the last one and a look at the summaries, not a reading of every record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.contracts.tables import DAY, HASH
from cost_pipeline.core.canonical import digest, digest_of_set
from cost_pipeline.core.sql import NOTHING, equals, one_of, within
from cost_pipeline.feeds.production.cards import card_digests
from cost_pipeline.feeds.production.plausibility import plausibility_digests
from cost_pipeline.feeds.production.policies import with_policies
from cost_pipeline.feeds.production.pricing import pinned
from cost_pipeline.feeds.production.refusals import refusals
from cost_pipeline.feeds.production.rulings import rulings
from cost_pipeline.feeds.production.tables import DISPOSITIONS, FX_SNAPSHOTS, RECORDS
from cost_pipeline.lake.crossing import crossing_rows
from cost_pipeline.lake.derived import Summary, summarised
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.ledger.records import CANDIDATE_SCHEMA
from cost_pipeline.pipeline.dead_letters.places import places, with_their_places
from cost_pipeline.pipeline.pull.deliveries import LIVE, current_deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.record_files import PART, SUMS
from cost_pipeline.pipeline.validation.record_files import by_date as by_date_of
from cost_pipeline.pipeline.validation.record_files import rivals as rivals_of

RULES_OF_POSTING: Final = "3"
"""Raised when the kernels post the same inputs differently; every partition is then out of date."""

# Per date and delivery: what counts there, what rivals it from other dates, and what shares a place
# with any of these. When a delivery first came decides who stands, so it is part of what a date was
# computed from. Columns: transaction_date, side, vendor, delivery, interpretation, first_pulled,
# answers_pulled, n, low, high.
_GROUPS: Final = f"""
    with own as (
        select transaction_date, 'own' as side, vendor, delivery, interpretation, first_pulled,
            null::date as answers_pulled, sum(n) as n, sum(low) as low, sum(high) as high
        from by_date join deliveries using (vendor, delivery, interpretation) group by all
    ), live as (
        select distinct r.*, first_pulled, {PART} as part
        from rivals r join deliveries using (vendor, delivery, interpretation)
    ), theirs as (
        select distinct mine.transaction_date, 'rival' as side, theirs.vendor, theirs.delivery,
            theirs.interpretation, theirs.first_pulled, theirs.fingerprint, theirs.part
        from live mine join live theirs using (vendor, key)
        where theirs.transaction_date <> mine.transaction_date
    ), claimants as (
        select p.*, d.first_pulled, o.first_pulled as answers_pulled,
            md5_number(concat_ws('|', fingerprint, interpretation, place, answers, answers_delivery,
                answers_stage)) as part
        from places p join deliveries d using (vendor, delivery, interpretation)
        left join deliveries o on o.vendor = p.vendor and o.delivery = p.answers_delivery
    ), touched as (
        select transaction_date, vendor, place from claimants
        union
        select theirs.transaction_date, vendor, place
        from theirs join claimants using (vendor, fingerprint)
    )
    from own
    union all
    select transaction_date, side, vendor, delivery, interpretation, first_pulled,
        null::date as answers_pulled, count(*) as n, {SUMS}
    from theirs group by all
    union all
    select touched.transaction_date, 'place' as side, vendor, c.delivery, c.interpretation,
        c.first_pulled, c.answers_pulled, count(*) as n, {SUMS}
    from touched join claimants c using (vendor, place) group by all
"""
_PAIRS: Final = """
    select distinct transaction_date, production, currency
    from by_date join deliveries using (vendor, delivery, interpretation)
"""


def live_records(session: Session, dates: Collection[date]) -> pa.Table:
    """Returns the records of the dates that count, with all their rivals (CANDIDATE_SCHEMA).

    A rival shares (vendor, key) with one of them, or the place of a row that was corrected, on
    whatever date. The records of a date come in the order of their rows, whichever files hold them:
    leaves of a batch keep it.
    """
    deliveries = current_deliveries(session)
    snapshot = session.lake.table(RECORDS).snapshot()
    days = _days(dates)
    wanted = snapshot.query(
        f"from {_live_on(dates)}",
        files=_files_with(snapshot, days),
        deliveries=deliveries,
        days=days,
    )
    wanted = wanted.select(CANDIDATE_SCHEMA.names).cast(CANDIDATE_SCHEMA).sort_by(_LEAVES)
    keys = query("select distinct vendor, key from wanted where key is not null", wanted=wanted)
    elsewhere = query(
        "from rivals semi join keys using (vendor, key) anti join days using (transaction_date)",
        rivals=crossing_rows(snapshot, rivals_of(COSTS)),
        keys=keys,
        days=days,
    )
    rivals = snapshot.query(
        f"from ({LIVE}) semi join keys using (vendor, key) anti join days using (transaction_date)",
        files=sorted(set(elsewhere["filename"].to_pylist())),
        deliveries=deliveries,
        keys=keys,
        days=days,
    )
    rivals = rivals.select(CANDIDATE_SCHEMA.names).cast(CANDIDATE_SCHEMA)
    return with_their_places(session, pa.concat_tables([wanted, rivals]))


_LEAVES: Final = [(name, "ascending") for name in ("transaction_date", "vendor", "delivery", "row")]


def live_amounts(session: Session, dates: Collection[date]) -> pa.Table:
    """Returns `n` and `total` of the records that count, by transaction date and currency."""
    snapshot = session.lake.table(RECORDS).snapshot()
    days = _days(dates)
    return snapshot.query(
        "select transaction_date, currency, count(*) as n, sum(amount) as total "
        f"from {_live_on(dates)} group by all",
        files=_files_with(snapshot, days),
        deliveries=current_deliveries(session),
        days=days,
    )


def _days(dates: Collection[date]) -> pa.Table:
    return pa.table({"transaction_date": pa.array(sorted(dates), DAY)})


def _live_on(dates: Collection[date]) -> str:
    """Returns SQL of the days' records that count; borders skip row groups of other dates."""
    borders = within("transaction_date", min(dates), max(dates)) if dates else NOTHING
    return f"(from ({LIVE}) where {borders}) semi join days using (transaction_date)"


def live_records_of(session: Session, vendor: str) -> pa.Table:
    """Returns all records of a vendor that count (CANDIDATE_SCHEMA)."""
    found = (
        session.lake.table(RECORDS)
        .snapshot()
        .query(
            f"select * from ({LIVE}) where {equals('vendor', vendor)}",
            deliveries=current_deliveries(session),
        )
    )
    return found.select(CANDIDATE_SCHEMA.names).cast(CANDIDATE_SCHEMA)


def _files_with(snapshot: Snapshot, days: pa.Table) -> list[str]:
    """Returns the data files that hold records of the days."""
    by_date = summarised(snapshot, by_date_of(COSTS))
    mine = by_date.filter(pc.is_in(by_date["transaction_date"], days["transaction_date"]))
    return sorted(set(mine["filename"].to_pylist()))


# Dates are posted and checked together up to about this many records, so that a year of small days
# is one commit and a year of large ones still fits in memory.
_RECORDS_AT_ONCE: Final = 65_536


def groups_by_size(
    session: Session, dates: Collection[date], most: int = _RECORDS_AT_ONCE
) -> Iterator[list[date]]:
    """Yields the dates, in order, in groups of at most so many records, or of one larger date."""
    sizes = record_counts(session)
    group: list[date] = []
    records = 0
    for day in sorted(set(dates)):
        if group and records + sizes.get(day, 0) > most:
            yield group
            group, records = [], 0
        group.append(day)
        records += sizes.get(day, 0)
    if group:
        yield group


def record_counts(session: Session) -> dict[date, int]:
    """Returns how many records each transaction date has, whether they count or not."""
    counted = query(
        "select transaction_date, sum(n)::bigint as n from by_date group by all",
        by_date=summarised(session.lake.table(RECORDS).snapshot(), by_date_of(COSTS)),
    )
    return dict(zip(*(column.to_pylist() for column in counted.columns), strict=True))


def record_digests(session: Session) -> dict[date, str]:
    """Returns, by transaction date, the digest of the records that count there and their rivals."""
    return session.lake.kept(
        "record_digests", [RECORDS, DELIVERIES, VALIDATIONS], lambda: _record_digests(session)
    )


def _record_digests(session: Session) -> dict[date, str]:
    snapshot = session.lake.table(RECORDS).snapshot()
    groups = query(
        _GROUPS,
        by_date=summarised(snapshot, by_date_of(COSTS)),
        rivals=crossing_rows(snapshot, rivals_of(COSTS)),
        places=places(COSTS, snapshot),
        deliveries=current_deliveries(session),
    )
    names = [name for name in groups.column_names if name != "transaction_date"]
    by_date: dict[date, list[str]] = {}
    for row in groups.to_pylist():
        line = "|".join(str(row[name]) for name in names)
        by_date.setdefault(row["transaction_date"], []).append(line)
    return {day: digest_of_set("records", lines) for day, lines in by_date.items()}


def rate_digests(session: Session) -> dict[date, str]:
    """Returns, by transaction date, the digest of the rates pinned to its records' currencies."""
    return session.lake.kept(
        "rate_digests",
        [RECORDS, DELIVERIES, VALIDATIONS, FX_SNAPSHOTS],
        lambda: digests_of_pins(pin_pairs(session)),
        given=session.home,
    )


def pin_pairs(session: Session, in_force: pa.Table | None = None) -> pa.Table:
    """Returns what is pinned for each date and pair of currencies with records (`PINNED_SCHEMA`).

    Args:
        session: The run.
        in_force: Rates as they would be; those that are in force if None.
    """
    pairs = query(
        _PAIRS,
        by_date=summarised(session.lake.table(RECORDS).snapshot(), by_date_of(COSTS)),
        deliveries=current_deliveries(session),
    )
    return pinned(session, with_policies(session, pairs), in_force)


def digests_of_pins(pins: pa.Table) -> dict[date, str]:
    """Returns, by transaction date, the digest of what is pinned to it."""
    fields = (
        "currency", "base_currency", "rate_source", "max_age_days", "rounding", "rate_date",
        "snapshot", "refusal",
    )  # fmt: skip
    by_date: dict[date, list[str]] = {}
    for row in pins.to_pylist():
        line = "|".join(str(row[name]) for name in fields)
        by_date.setdefault(row["transaction_date"], []).append(line)
    return {day: digest_of_set("pins", lines) for day, lines in by_date.items()}


def dates_of_pulls(session: Session, pull_dates: Collection[date]) -> dict[date, date]:
    """Returns the transaction dates of the records that count and were pulled on these dates.

    Returns:
        Transaction date to the earliest of the pull dates that has records there.
    """
    if not pull_dates:
        return {}
    pulled = one_of("pull_date", sorted(pull_dates))
    found = (
        session.lake.table(RECORDS)
        .snapshot()
        .query(
            f"select transaction_date, min(pull_date) from ({LIVE}) where {pulled} group by all",
            where=pulled,
            deliveries=current_deliveries(session),
        )
    )
    return dict(zip(*(column.to_pylist() for column in found.columns), strict=True))


def present_inputs(session: Session) -> dict[date, str]:
    """Returns the digest of all inputs of each transaction date that has records that count."""
    rates, ruled, cards = rate_digests(session), ruling_digests(session), card_digests(session)
    waiting = plausibility_digests(session)
    return {
        day: digest(
            "inputs",
            RULES_OF_POSTING,
            records,
            rates.get(day),
            ruled.get(day),
            cards.get(day),
            *([waiting[day]] if day in waiting else []),
        )
        for day, records in record_digests(session).items()
    }


def ruled_record_digests(session: Session) -> dict[date, str]:
    """Returns `record_digests`, for dates with credits also of the rulings: what is handed over."""
    ruled = ruling_digests(session)
    return {
        day: digest("ruled", records, ruled[day]) if day in ruled else records
        for day, records in record_digests(session).items()
    }


def ruling_digests(session: Session) -> dict[date, str]:
    """Returns, by transaction date, the digest of the rulings on its negative records.

    What was ruled stands for everything that the rulings were made from: approvals, originals on
    any date, and the other credits that take back the same.
    """
    fields = (
        "vendor", "fingerprint", "standing", "of", "reversal_of", "approval", "ruling",
        "ruling_message",
    )  # fmt: skip
    by_date: dict[date, list[str]] = {}
    for row in rulings(session).to_pylist():
        line = digest("ruling", *(row[name] for name in fields))
        by_date.setdefault(row["transaction_date"], []).append(line)
    return {day: digest_of_set("rulings", lines) for day, lines in by_date.items()}


_COMPUTED_FROM: Final = Summary(
    "inputs",
    "select distinct filename, transaction_date, inputs from {table}",
    pa.schema([("transaction_date", DAY), ("inputs", HASH)]),
)


def stored_inputs(session: Session) -> dict[date, str]:
    """Returns the digest that each posted transaction date was computed from.

    A date whose dead letters do not tell of what was refused there is not posted.
    """
    summaries = summarised(session.lake.table(DISPOSITIONS).snapshot(), _COMPUTED_FROM)
    found = query("select distinct transaction_date, inputs from summaries", summaries=summaries)
    stored = dict(zip(*(column.to_pylist() for column in found.columns), strict=True))
    for day, found_there in refusals(session).items():
        if not found_there.same:
            stored.pop(day, None)
    return stored
