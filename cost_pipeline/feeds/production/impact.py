"""What other rates would change in the ledger, before anything is posted or written.

The same kernels compute it that would post: the ledger as it should be under those rates, against
the one that is there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.rate_sources import Source
from cost_pipeline.contracts.tables import DAY
from cost_pipeline.core.money import shown
from cost_pipeline.core.sql import one_of
from cost_pipeline.feeds.production.inputs import (
    pin_pairs,
    present_inputs,
    stored_inputs,
)
from cost_pipeline.feeds.production.post import desired_of
from cost_pipeline.feeds.production.rates import rates_in_force, source_of, stored_rates
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.fx.files import parse_two_columns
from cost_pipeline.fx.rates import in_force
from cost_pipeline.fx.reading import DayRates
from cost_pipeline.fx.snapshots import correct
from cost_pipeline.ledger.desired import Desired
from cost_pipeline.ledger.difference import difference
from cost_pipeline.ledger.totals import active
from cost_pipeline.pipeline.dead_letters.letters import letters_now, of_posting
from cost_pipeline.pipeline.posting.dates import out_of_date
from cost_pipeline.pipeline.session import Session
from cost_pipeline.quarantine.events import OPEN, WAIVED, in_state


@dataclass(frozen=True, slots=True)
class Change:
    """What changes on one account in one currency.

    Attributes:
        production: The production whose books change.
        gl_code: The account.
        currency: The currency in which the vendor billed.
        base_currency: The production's currency, in which the three amounts are.
        partitions: Transaction dates.
        postings: Active postings that are replaced, taken away or added.
        before: Their base amounts in the ledger now.
        after: Their base amounts after posting.
    """

    production: str
    gl_code: str
    currency: str
    base_currency: str
    partitions: int
    postings: int
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """The amount by which the books change."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Impact:
    """What posting some transaction dates would change.

    Attributes:
        partitions: The dates whose ledger partition changes, or whose dead letters do.
        postings: Active postings that are replaced, taken away or added.
        by: Per production, account and currency.
        becomes_postable: Open dead letters by date that are posted then.
        becomes_dead_letter: Records by date that are refused then.
        out_of_date: Dates among them that are out of date already; what waits there is in `by` too.
    """

    partitions: tuple[date, ...] = ()
    postings: int = 0
    by: tuple[Change, ...] = ()
    becomes_postable: tuple[tuple[date, int], ...] = ()
    becomes_dead_letter: tuple[tuple[date, int], ...] = ()
    out_of_date: tuple[date, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "partitions": [day.isoformat() for day in self.partitions],
            "postings": self.postings,
            "by": [
                {
                    "production": change.production,
                    "gl_code": change.gl_code,
                    "currency": change.currency,
                    "base_currency": change.base_currency,
                    "before": shown(change.before),
                    "after": shown(change.after),
                    "difference": shown(change.difference),
                    "postings": change.postings,
                    "partitions": change.partitions,
                }
                for change in self.by
            ],
            "becomes_postable": {day.isoformat(): n for day, n in self.becomes_postable},
            "becomes_dead_letter": {day.isoformat(): n for day, n in self.becomes_dead_letter},
            "out_of_date": [day.isoformat() for day in self.out_of_date],
        }


@dataclass(frozen=True, slots=True)
class Preview:
    """The impact of a correction that was not made.

    Attributes:
        vintage: What it would be; None if these are the rates in force.
        impact: What would change.
    """

    vintage: int | None
    impact: Impact


def preview_correction(session: Session, source: Source, corrected: DayRates) -> Preview:
    """Returns what a correction of a day's rates would change; writes nothing.

    Raises:
        UsageError: `FX_NO_SNAPSHOT` if the day has no snapshot.
    """
    stored = stored_rates(session)
    rows = correct(stored, corrected, source, reason="preview", recorded_at=session.clock())
    if not rows.num_rows:
        return Preview(None, Impact())
    before = rates_in_force(session)
    after = in_force(pa.concat_tables([stored, rows.cast(stored.schema)]))
    dates = query(
        "select distinct transaction_date from ("
        "(from a except all from b) union all (from b except all from a)) order by all",
        a=pin_pairs(session, before).drop_columns(["refusal_message"]),
        b=pin_pairs(session, after).drop_columns(["refusal_message"]),
    )["transaction_date"].to_pylist()
    return Preview(rows["vintage"][0].as_py(), impact_of(session, dates, after))


def preview_file(session: Session, day: date, file: Path, source: str) -> Preview:
    """Returns the same of a file of `currency,rate` lines.

    Raises:
        UsageError: `FX_SOURCE`, `FX_FILE` or `FX_NO_SNAPSHOT`.
    """
    publisher = source_of(session, source)
    read = parse_two_columns(file.read_bytes(), publisher, where=str(file))
    return preview_correction(session, publisher, DayRates(day, read.rates))


def impact_of(
    session: Session, dates: Collection[date], in_force: pa.Table | None = None
) -> Impact:
    """Returns what posting the dates would change, under these rates or those in force."""
    if not dates:
        return Impact()
    on_dates = one_of("transaction_date", sorted(dates))
    lines = session.lake.table(LEDGER).snapshot().read(where=on_dates)
    wanted, _ = desired_of(session, dates, in_force)
    changes = difference(wanted, active(lines))
    opened, resolved = _letters(session, wanted, dates)
    touched = {
        *changes["transaction_date"].to_pylist(),
        *(day for day, _ in (*opened, *resolved)),
    }
    counted = query(_BY, changes=changes)
    by = tuple(Change(**row) for row in counted.to_pylist())
    behind = out_of_date(present_inputs(session), stored_inputs(session))
    return Impact(
        partitions=tuple(sorted(touched)),
        postings=sum(change.postings for change in by),
        by=by,
        becomes_postable=resolved,
        becomes_dead_letter=opened,
        out_of_date=tuple(day for day in behind if day in touched),
    )


_Counts = tuple[tuple[date, int], ...]


def _letters(session: Session, wanted: Desired, dates: Collection[date]) -> tuple[_Counts, _Counts]:
    """Returns dead letters that would be opened and resolved, by transaction date."""
    now = in_state(letters_now(session, of_posting(session), sorted(dates)), OPEN, WAIVED)
    names = ["vendor", "id", "transaction_date"]
    counted = query(
        "select 'opened' as what, transaction_date, count(*) as n from "
        "(from future anti join present using (vendor, id)) group by all union all "
        "select 'resolved', transaction_date, count(*) from "
        "(from present anti join future using (vendor, id)) group by all order by all",
        future=wanted.dead_letters.select(names),
        present=now.select(names).cast(
            pa.schema([("vendor", pa.string()), ("id", pa.string()), ("transaction_date", DAY)])
        ),
    ).to_pylist()
    opened, resolved = (
        tuple((row["transaction_date"], row["n"]) for row in counted if row["what"] == what)
        for what in ("opened", "resolved")
    )
    return opened, resolved


_BY: Final = """
    select production, gl_code, original_currency as currency, base_currency,
        count(distinct transaction_date)::int as partitions,
        count(distinct (vendor, record_fingerprint))::int as postings,
        coalesce(sum(base_amount) filter (kind = 'reverse'), 0)::decimal(38, 4) as before,
        coalesce(sum(base_amount) filter (kind = 'post'), 0)::decimal(38, 4) as after
    from changes group by all order by all
"""
