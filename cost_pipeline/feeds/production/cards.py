"""What a date's timecards are evaluated on: which cards, which rules, and their digest.

A finding of a card depends on the cards around it: those of its week (weekly overtime), of the days
before (rest, consecutive days), and of a performer all earlier ones (ceilings of contributions).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.production import Productions
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.sql import Predicate, equals, within
from cost_pipeline.feeds.production.kinds import cost_vendors
from cost_pipeline.feeds.production.tables import RECORDS
from cost_pipeline.lake.derived import Summary, summarised
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.ledger.records import CANDIDATE_SCHEMA
from cost_pipeline.pipeline.pull.deliveries import LIVE, current_deliveries
from cost_pipeline.pipeline.session import Session

if TYPE_CHECKING:
    from cost_pipeline.rules.versions import Versions

DAYS_BEFORE: Final = 27
DAYS_AFTER: Final = 6
# The text is canonical, so this is how the field is written and no other text can look like it.
_PERFORMER: Final = Predicate("""card like '%"agreement":"sag_aftra"%'""", closed=True)
_IS_CARD: Final = equals("kind", RecordKind.TIMECARD)


def _around(first: date, last: date) -> Predicate:
    """Returns which cards findings of cards from `first` to `last` depend on."""
    begin, end = first - timedelta(days=DAYS_BEFORE), last + timedelta(days=DAYS_AFTER)
    in_time = within("transaction_date", None, end)
    return in_time & (within("transaction_date", begin, None) | _PERFORMER)


def strict_vendors(session: Session) -> frozenset[str]:
    """Returns the vendors whose payroll runs are rejected whole for one blocked line."""
    return frozenset(v.vendor for v in cost_vendors(session.home) if v.payroll_run == "strict")


def time_zones(session: Session) -> dict[str, str]:
    """Returns each production's time zone."""
    return {
        code: production.time_zone
        for code, production in session.home.settings_of(Productions).productions.items()
    }


_CARDS: Final = Summary(
    "cards",
    f"select filename, count(*) filter ({_IS_CARD}) as cards from {{table}} group by all",
    pa.schema([("cards", pa.int64())]),
)


def _files_with_cards(snapshot: Snapshot) -> list[str]:
    counted = summarised(snapshot, _CARDS)
    return sorted(counted.filter(pc.greater(counted["cards"], 0))["filename"].to_pylist())


def cards_around(session: Session, first: date, last: date) -> pa.Table:
    """Returns the cards that these days' findings depend on, with all rivals (CANDIDATE_SCHEMA).

    A rival shares (vendor, key) with one of them, and is a card too: a vendor sends one kind.
    """
    deliveries = current_deliveries(session)
    snapshot = session.lake.table(RECORDS).snapshot()
    found = snapshot.query(
        f"""
        with cards as ({LIVE} where {_IS_CARD}),
        mine as (from cards where {_around(first, last)}),
        keys as (select distinct vendor, key from mine where key is not null)
        from mine union all
        (from cards semi join keys using (vendor, key) where not ({_around(first, last)}))
        """,
        files=_files_with_cards(snapshot),
        deliveries=deliveries,
    )
    return found.select(CANDIDATE_SCHEMA.names).cast(CANDIDATE_SCHEMA)


def card_digests(session: Session) -> dict[date, str]:
    """Returns, by transaction date with timecards, the digest of all that findings depend on."""
    snapshot = session.lake.table(RECORDS).snapshot()
    files = _files_with_cards(snapshot)
    if not files:
        return {}
    # Homes without timecards import no rules.
    from cost_pipeline.feeds.production.packs import rules_of  # noqa: PLC0415
    from cost_pipeline.rules.versions import Versions  # noqa: PLC0415

    found = snapshot.query(
        _DIGESTS, files=files, deliveries=current_deliveries(session)
    ).to_pylist()
    zones = sorted(f"{code}={zone}" for code, zone in time_zones(session).items())
    strict = sorted(strict_vendors(session))
    versions = Versions(rules_of(session))
    return {
        row["day"]: digest(
            "cards",
            row["n"],
            int(row["low"]),
            int(row["high"]),
            *_versions(versions, row["day"], whole_week=bool(strict)),
            *zones,
            *strict,
        )
        for row in found
    }


def _versions(versions: Versions, day: date, *, whole_week: bool) -> list[str]:
    """Returns the rules in force that day; for a strict payroll run, on all days it may hold."""
    reach = DAYS_AFTER if whole_week else 0
    days = (day + timedelta(days=offset) for offset in range(-reach, reach + 1))
    return sorted({version for one in days for version in versions.on(one)})


# As in `inputs`: a set is hashed as the sums of two halves of its members' hashes. Cards whose key
# lies on several dates count for every date: which of them stands may change what any depends on.
# Columns: day, n, low, high.
_DIGESTS: Final = f"""
    with live as (
        select transaction_date, vendor, key, {_PERFORMER} as performer,
            md5_number(fingerprint || interpretation || first_pulled::varchar) as part
        from ({LIVE} where {_IS_CARD})
    ), halves as (
        select *, (part & 18446744073709551615::uhugeint)::hugeint as low,
            (part >> 64)::hugeint as high
        from live
    ), contested as (
        select vendor, key from live where key is not null
        group by all having count(distinct transaction_date) > 1
    ), daily as (
        select transaction_date, performer, count(*) as n, sum(low) as low, sum(high) as high
        from halves group by all
    ), everywhere as (
        select count(*) as n, coalesce(sum(low), 0) as low, coalesce(sum(high), 0) as high
        from halves semi join contested using (vendor, key)
    ), days as (select distinct transaction_date as day from daily)
    select day, sum(daily.n) + any_value(e.n) as n, sum(daily.low) + any_value(e.low) as low,
        sum(daily.high) + any_value(e.high) as high
    from days join daily on transaction_date <= day + {DAYS_AFTER}
        and (transaction_date >= day - {DAYS_BEFORE} or performer)
        cross join everywhere e
    group by day
"""
