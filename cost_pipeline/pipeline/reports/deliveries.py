"""Counts what became of every row, per delivery and pull date, from what the lake holds.

Every number is counted from what is stored (the feed's fates, open dead letters), not carried along
from the step that wrote it, so that conservation is something a check can find broken.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.money import shown
from cost_pipeline.core.sql import EVERYTHING, Predicate, equals, one_of
from cost_pipeline.lake.tables import CHECKPOINTS, DELIVERIES, VALIDATIONS
from cost_pipeline.parse.account import Account, account_from
from cost_pipeline.pipeline.dead_letters.letters import (
    REFUSED,
    letters_now,
    of_reading,
    open_dead_letters,
)
from cost_pipeline.pipeline.pull.deliveries import ARCHIVE, current_deliveries
from cost_pipeline.pipeline.reports.states import Facts, State, state_of
from cost_pipeline.pipeline.session import Session
from cost_pipeline.quarantine.events import in_state

_RECORDED: Final = """
    select vendor, delivery, count(*) as n
    from {table} join current using (vendor, delivery, interpretation) group by all
"""

# All but the shapes, which are longer than everything else together.
_OF_VALIDATIONS: Final = tuple(name for name in VALIDATIONS.schema.names if name != "shapes")
# Columns: what a `DeliveryReport` is made of, one row per sighting.
_DELIVERIES: Final = """
    with sightings as (
        select *, row_number() over (
            partition by vendor, delivery order by pull_date, uri) as sighting
        from deliveries
    ), newest as (
        select *, count(*) over (partition by vendor, delivery) > 1 as reread from validations
        qualify sequence = max(sequence) over (partition by vendor, delivery)
    ), held as (
        select vendor, delivery,
            sum(n) filter (fate = 'posted') as posted,
            sum(n) filter (fate = 'commitment') as commitments,
            sum(n) filter (fate = 'duplicate') as duplicates,
            sum(n) filter (fate = 'reference') as reference,
            sum(n) filter (fate = 'dead_letter') as dead,
            sum(n) filter (fate = 'unapproved') as unapproved
        from fates group by all
    ), refused as (select vendor, delivery, count(*) as n from dead_letters group by all)
    , inside as (
        select vendor, pull_date, parent, count(distinct uri) as n from deliveries
        where parent is not null group by all
    )
    select s.vendor, s.delivery, s.uri, s.pull_date, s.kind, s.role, s.size, s.fetched_at,
        s.parent, if(s.role = 'archive', coalesce(i.n, 0), null) as members,
        s.attempts,
        s.sighting > 1 as repeated, v.delivery is not null as validated,
        coalesce(v.reread, false) as reread,
        b.delivery is not null as begun, v.encoding,
        coalesce(v.rows, 0)::bigint as rows, coalesce(v.blank_rows, 0)::bigint as blank_rows,
        (coalesce(c.n, 0) - coalesce(h.unapproved, 0))::bigint as records,
        v.control_declared, v.control_computed, v.control_tolerance, v.unreadable_amounts,
        v.control_problem, v.account,
        v.drift, v.header, v.interpretation,
        coalesce(h.posted, 0)::bigint as posted,
        coalesce(h.commitments, 0)::bigint as commitments,
        coalesce(h.duplicates, 0)::bigint as duplicates,
        coalesce(h.reference, 0)::bigint as reference,
        coalesce(h.dead, 0)::bigint as conflicts,
        (coalesce(r.n, 0) + coalesce(h.unapproved, 0))::bigint as refused
    from sightings s
    left join newest v using (vendor, delivery)
    left join begun b using (vendor, delivery)
    left join recorded c using (vendor, delivery)
    left join held h using (vendor, delivery)
    left join refused r using (vendor, delivery)
    left join inside i
        on i.vendor = s.vendor and i.pull_date = s.pull_date and i.parent = s.delivery
    order by s.pull_date, s.vendor, s.uri, s.delivery
"""


_OF_CONTROL: Final = ("declared", "computed", "difference", "tolerance")
# What a delivery whose bytes came before has none of: its rows are duplicates.
_FATES: Final = ("posted", "commitments", "reference", "conflicts")


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """A delivery's declared total against the sum of its rows, exactly."""

    declared: Decimal
    computed: Decimal
    tolerance: Decimal
    unreadable: int

    @property
    def difference(self) -> Decimal:
        """The declared total less the computed one."""
        return self.declared - self.computed

    @property
    def holds(self) -> bool:
        """Whether the difference is within the declared tolerance and every value was read."""
        return abs(self.difference) <= self.tolerance and not self.unreadable


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One delivery as received, and what became of its rows.

    `rows = posted + commitments + duplicates + dead_letters + reference` once it is posted;
    `records` plus the rows refused before becoming records is `rows` too; a negative measure that
    waits for an approval is no record until it may be posted. If a delivery's bytes were landed
    before, each of its rows is a duplicate.
    """

    delivery: str
    vendor: str
    kind: str
    uri: str
    pull_date: date
    size: int
    state: State
    encoding: str | None
    rows: int
    blank_rows: int
    records: int
    refused: int
    posted: int
    commitments: int
    duplicates: int
    reference: int
    conflicts: int
    control: ControlTotal | None
    control_problem: str | None
    account: Account | None
    drift: tuple[str, ...]
    duplicate_of: str | None
    role: str | None
    parent: str | None = None
    members: int | None = None

    @property
    def dead_letters(self) -> int:
        """Rows refused before becoming records, and records refused when posting."""
        return self.refused + self.conflicts

    @property
    def accounted(self) -> int:
        """The rows whose fate is known."""
        known = self.posted + self.commitments + self.duplicates + self.dead_letters
        return known + self.reference

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "delivery": self.delivery,
            "vendor": self.vendor,
            "record": self.kind,
            "uri": self.uri,
            "pull_date": self.pull_date.isoformat(),
            "size": self.size,
            "state": self.state,
            "encoding": self.encoding,
            "rows": self.rows,
            "blank_rows": self.blank_rows,
            "records": self.records,
            "posted": self.posted,
            "commitments": self.commitments,
            "duplicates": self.duplicates,
            "dead_letters": self.dead_letters,
            "reference": self.reference,
            "control_total": _control_json(self.control, self.control_problem),
            "account": self.account and self.account.as_dict(),
            "drift": list(self.drift),
            "duplicate_of": self.duplicate_of,
            "role": self.role,
            "parent": self.parent,
            "members": self.members,
        }


def deliveries(
    session: Session, pull_dates: Collection[date] | None = None
) -> list[DeliveryReport]:
    """Returns every delivery of the feed (received on the pull dates), by date, vendor and URI."""
    feed = session.feed
    rows = {
        "recorded": recorded_rows(session),
        "fates": (feed.reports.fates or kept_as_records)(session),
    }
    found = session.lake.counted(
        f"deliveries/{feed.name}",
        [DELIVERIES, VALIDATIONS, CHECKPOINTS, feed.dead_letters],
        lambda: tuple(map(_report, _counted(session, rows))),
        given=rows,
    )
    wanted = None if pull_dates is None else set(pull_dates)
    return [report for report in found if wanted is None or report.pull_date in wanted]


def _counted(session: Session, rows: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    lake = session.lake
    before_records = in_state(letters_now(session, of_reading(session)), *REFUSED)
    found: list[dict[str, Any]] = query(
        _DELIVERIES,
        deliveries=lake.table(DELIVERIES).snapshot().read(where=equals("feed", session.feed.name)),
        validations=lake.table(VALIDATIONS).snapshot().read(columns=_OF_VALIDATIONS),
        begun=_begun(session),
        dead_letters=before_records.select(["vendor", "delivery"]),
        **rows,
    ).to_pylist()
    return found


def _begun(session: Session) -> pa.Table:
    """Returns the deliveries that were committed in part before they were whole."""
    found = session.lake.table(CHECKPOINTS).snapshot().read(columns=["vendor", "delivery"])
    return found.group_by(["vendor", "delivery"]).aggregate([])


def _report(row: dict[str, Any]) -> DeliveryReport:
    repeated = bool(row["repeated"])
    own = {name: 0 if repeated else row[name] for name in _FATES}
    duplicates = row["rows"] if repeated else row["duplicates"]
    refused = 0 if repeated else row["refused"]
    accounted = sum(own.values()) + duplicates + refused
    return DeliveryReport(
        delivery=row["delivery"],
        vendor=row["vendor"],
        kind=row["kind"],
        uri=row["uri"],
        pull_date=row["pull_date"],
        size=row["size"],
        state=_state(row, repeated=repeated, accounted=accounted),
        encoding=row["encoding"],
        rows=row["rows"],
        blank_rows=row["blank_rows"],
        records=row["records"],
        refused=refused,
        duplicates=duplicates,
        control=_control(row),
        control_problem=row["control_problem"],
        account=account_from(row["account"]) if row["account"] else None,
        drift=tuple(row["drift"] or ()),
        duplicate_of=row["delivery"] if repeated else None,
        role=row["role"],
        parent=row["parent"],
        members=row["members"],
        **own,
    )


def _state(row: dict[str, Any], *, repeated: bool, accounted: int) -> State:
    facts = Facts(
        repeated=repeated,
        begun=row["begun"],
        validated=row["validated"],
        reread=row["reread"],
        readable=row["encoding"] is not None,
        rows=row["rows"],
        accounted=accounted,
        archive=row["role"] == ARCHIVE,
    )
    return state_of(facts, where=row["uri"])


def _control_json(control: ControlTotal | None, problem: str | None) -> dict[str, Any] | None:
    if problem is not None:
        return {**dict.fromkeys(_OF_CONTROL), "holds": False, "problem": problem}
    if control is None:
        return None
    texts = [control.declared, control.computed, control.difference, control.tolerance]
    told: dict[str, Any] = dict(zip(_OF_CONTROL, map(shown, texts), strict=True))
    return {**told, "holds": control.holds, "problem": None}


def _control(row: dict[str, Any]) -> ControlTotal | None:
    if row["control_declared"] is None:
        return None
    return ControlTotal(
        declared=Decimal(row["control_declared"]),
        computed=Decimal(row["control_computed"]),
        tolerance=Decimal(row["control_tolerance"]),
        unreadable=row["unreadable_amounts"],
    )


def recorded_rows(session: Session) -> pa.Table:
    """Returns how many stored records count, per vendor and delivery: `n`."""
    snapshot = session.lake.table(session.feed.records).snapshot()
    return session.lake.counted(
        f"recorded_rows/{session.feed.name}",
        [session.feed.records],
        lambda: snapshot.query(_RECORDED, current=current_deliveries(session)),
        also=[DELIVERIES, VALIDATIONS],
    )


def kept_as_records(session: Session) -> pa.Table:
    """Returns the fates of a feed without a book: its records are kept, and that is their end."""
    return query("select *, 'reference' as fate from recorded", recorded=recorded_rows(session))


def open_of_pull_dates(
    session: Session, pull_dates: Collection[date], scope: Predicate = EVERYTHING
) -> pa.Table:
    """Returns the open dead letters of deliveries received on the pull dates, of every stage.

    Args:
        session: The run.
        pull_dates: When they were received.
        scope: Only these (see `letters_now`).
    """
    of_dates = one_of("pull_date", sorted(pull_dates))
    received = session.lake.table(DELIVERIES).snapshot()
    wanted = received.read(where=of_dates, columns=["vendor", "delivery", "pull_date"])
    return query(
        "select d.* from events d where "
        "(vendor, delivery) in (select (vendor, delivery) from wanted) "
        f"or (stage = 'acquire' and {of_dates})",
        events=open_dead_letters(session, scope),
        wanted=wanted,
    )
