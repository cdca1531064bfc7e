"""Reports what a pull date lacks because its vendor could not be reached, and what stands in.

Nothing here is ever posted. A vendor is provisional for a pull date as long as a dead letter says
that something of that date could not be fetched; the next good pull resolves it. A date that was
fetched whole before, and is pulled again in vain, is as whole as it was: its dead letter says that
the later pull failed, and that is all. Until a date is fetched the
feed may estimate, from the vendor's last good deliveries, what to expect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.core.reasons import Stage
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.lake.tables import FETCHES
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters
from cost_pipeline.pipeline.declared.reports import StandIn
from cost_pipeline.pipeline.session import Session

_GAPS: Final = """
    select vendor, pull_date, any_value(kind) as kind, count(*) as failures, min(payload) as uri,
        arg_min(errors, payload) as errors, min(recorded_at) as since,
        bool_and(failure_class = 'transient') as transient
    from letters group by all order by pull_date, vendor
"""
_FETCHED_WHOLE: Final = """
    with pulls as (
        select vendor, pull_date, recorded_at, run_id, bool_or(outcome = 'failed') as failed,
            bool_or(outcome in ('delivered', 'unchanged')) as brought
        from {table} where %s group by all
    )
    select distinct vendor, pull_date from pulls where brought and not failed
"""


@dataclass(frozen=True, slots=True)
class Provisional:
    """One vendor that is incomplete for one pull date.

    Attributes:
        uri: The address of the first thing that could not be fetched.
        message: Why it could not be fetched.
        failures: How many there are.
        transient: Whether all of them may pass by themselves.
        since: When the first of them was found.
        whole_before: Whether an earlier pull had fetched all of that date: then it lacks nothing.
        stands_in: None if the vendor never delivered before that date, or its feed estimates
            nothing.
    """

    vendor: str
    pull_date: date
    record: str
    uri: str
    message: str
    failures: int
    transient: bool
    since: datetime
    whole_before: bool
    stands_in: StandIn | None

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "vendor": self.vendor,
            "pull_date": self.pull_date.isoformat(),
            "record": self.record,
            "uri": self.uri,
            "message": self.message,
            "failures": self.failures,
            "class": "transient" if self.transient else "permanent",
            "since": self.since.isoformat(),
            "stands_in": self.stands_in and self.stands_in.as_json(),
        }


def provisional(
    session: Session,
    pull_dates: Collection[date] | None = None,
    *,
    vendors: Collection[str] | None = None,
) -> list[Provisional]:
    """Returns the incomplete vendors and pull dates (of those given), by date and vendor."""
    found = pulled_in_vain(session, pull_dates, vendors=vendors)
    return [gap for gap in found if not gap.whole_before]


def pulled_in_vain(
    session: Session,
    pull_dates: Collection[date] | None = None,
    *,
    vendors: Collection[str] | None = None,
) -> list[Provisional]:
    """Returns what `provisional` does, with those that had been fetched whole before."""
    failed = query(_GAPS, letters=open_dead_letters(session, equals("stage", Stage.ACQUIRE)))
    if not failed.num_rows:
        return []
    failed = _with_whole(session, failed)
    gaps, asked = failed.filter(pc.invert(failed["whole_before"])), failed
    if pull_dates is not None:
        wanted = pa.array(sorted(set(pull_dates)), pa.date32())
        asked = asked.filter(pc.is_in(asked["pull_date"], value_set=wanted))
    if vendors is not None:
        names = pa.array(sorted(set(vendors)), pa.string())
        asked = asked.filter(pc.is_in(asked["vendor"], value_set=names))
    if not asked.num_rows:
        return []
    estimate = session.feed.reports.stand_ins
    stand_ins = estimate(session, gaps, asked) if estimate is not None else {}
    return [_provisional(row, stand_ins) for row in asked.to_pylist()]


def _with_whole(session: Session, failed: pa.Table) -> pa.Table:
    where = one_of("pull_date", sorted(set(failed["pull_date"].to_pylist())))
    whole = session.lake.table(FETCHES).snapshot().query(_FETCHED_WHOLE % where, where=where)
    return query(
        "select f.*, w.vendor is not null as whole_before from failed f "
        "left join whole w using (vendor, pull_date) order by pull_date, vendor",
        failed=failed,
        whole=whole,
    )


def _provisional(row: dict[str, Any], stand_ins: Mapping[tuple[str, date], StandIn]) -> Provisional:
    return Provisional(
        vendor=row["vendor"],
        pull_date=row["pull_date"],
        record=row["kind"],
        uri=row["uri"],
        message=errors_of(row["errors"])[0]["message"],
        failures=row["failures"],
        transient=row["transient"],
        since=row["since"],
        whole_before=row["whole_before"],
        stands_in=stand_ins.get((row["vendor"], row["pull_date"])),
    )
