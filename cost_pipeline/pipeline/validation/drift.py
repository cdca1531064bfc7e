"""Which schema of a vendor is accepted, since when and by whom, and how deliveries differ from it.

The first schema of a vendor is accepted implicitly: its file names the columns. Which delivery is
the first is told by dates and hashes, so the order of pulls does not matter; a schema that somebody
accepts is in force for what was pulled on its delivery's date and later. Where settings change from
a date on (`changes`), the file names other columns, and the first schema under them is accepted
like a vendor's first. Acceptance decides no verdict on a row: it is what checks compare with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.tables import ACCEPTED_SCHEMAS, DELIVERIES, VALIDATIONS
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.validate.drift import Difference, differences
from cost_pipeline.validate.shapes import Schema, schema_from_text

# Columns: vendor, delivery, pull_date, rows, schema, sequence.
_READ: Final = """
    with landed as (
        select vendor, delivery, min(pull_date) as pull_date from deliveries group by all
    ), newest as (
        select vendor, delivery, rows, schema, sequence from validations
        qualify sequence = max(sequence) over (partition by vendor, delivery)
    )
    select vendor, delivery, landed.pull_date, rows, schema, sequence
    from landed join newest using (vendor, delivery)
    where schema is not null
    order by vendor, pull_date, rows desc, delivery
"""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A schema of a vendor that was accepted.

    Attributes:
        delivery: The delivery in which it was seen.
        pull_date: The date from which it is in force; a first schema also is before it.
        by: Who accepted it; None for the first, which the vendor file accepts.
        reason: Why it was accepted.
        at: When it was accepted.
    """

    schema: Schema
    delivery: str
    pull_date: date
    by: str | None = None
    reason: str | None = None
    at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "schema": self.schema.fingerprint,
            "delivery": self.delivery,
            "pull_date": self.pull_date.isoformat(),
            "by": self.by,
            "reason": self.reason,
            "at": self.at and self.at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """The schema of one delivery against the accepted one."""

    vendor: str
    delivery: str
    pull_date: date
    rows: int
    schema: Schema
    accepted: Accepted
    differences: tuple[Difference, ...]

    @property
    def red(self) -> tuple[Difference, ...]:
        """What somebody must look at."""
        return tuple(d for d in self.differences if d.red)

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "vendor": self.vendor,
            "agrees": not self.red,
            "schema": self.schema.fingerprint,
            "delivery": self.delivery,
            "pull_date": self.pull_date.isoformat(),
            "accepted": self.accepted.as_json(),
            "differences": [difference.as_json() for difference in self.differences],
            "columns": [
                {"column": c.name, "type": c.type, "values": c.words()} for c in self.schema.columns
            ],
        }


def schemas_of(
    session: Session,
    vendors: Collection[str] | None = None,
    pull_dates: Collection[date] | None = None,
    *,
    only: Collection[tuple[str, str]] | None = None,
) -> list[SchemaReport]:
    """Returns how deliveries differ from what was accepted, in the order in which they came.

    Args:
        session: The run.
        vendors: The vendors whose deliveries are looked at.
        pull_dates: Only what was first received on these.
        only: Only these (vendor, delivery).
    """
    known = {v.vendor: v for v in session.home.vendors}
    chosen = known.keys() if vendors is None else known.keys() & set(vendors)
    read = [row for row in _read(session).to_pylist() if row["vendor"] in chosen]
    asked = [
        row
        for row in read
        if (pull_dates is None or row["pull_date"] in pull_dates)
        and (only is None or (row["vendor"], row["delivery"]) in only)
    ]
    firsts: dict[tuple[str, date], dict[str, Any]] = {}
    for row in read:  # the order in which they came
        firsts.setdefault((row["vendor"], known[row["vendor"]].since(row["pull_date"])), row)
    schemas = _schemas(session, [*asked, *firsts.values()])
    explicit = accepted_by_people(session)
    found = []
    for row in asked:
        name, pulled = row["vendor"], row["pull_date"]
        since = known[name].since(pulled)
        first = firsts[name, since]
        implicit = Accepted(schemas[_key(first)], first["delivery"], first["pull_date"])
        own = [one for one in explicit.get(name, ()) if one.pull_date >= since]
        accepted, differing = _compared(
            schemas[_key(row)],
            _in_force(implicit, own, pulled),
            known[name].as_of(pulled),
            session.feed.shape.deciding,
        )
        found.append(
            SchemaReport(
                name,
                row["delivery"],
                row["pull_date"],
                row["rows"],
                schemas[_key(row)],
                accepted,
                tuple(differing),
            )
        )
    return found


def dates_of_drifted(session: Session, dates: Collection[date]) -> dict[date, date]:
    """Returns the business days with records whose deciding columns changed their meaning.

    Returns:
        Business day to the earliest pull date of such a delivery.
    """
    name = session.feed.shape.day
    on_dates = one_of(name, sorted(dates))
    records = session.lake.table(session.feed.records).snapshot()
    held = records.query(
        f"select distinct vendor, delivery, {name} from {{table}} "
        f"semi join current using (vendor, delivery, interpretation) "
        f"where {on_dates}",
        where=on_dates,
        current=current_deliveries(session),
    ).to_pylist()
    deliveries = {(row["vendor"], row["delivery"]) for row in held}
    grave = {
        (report.vendor, report.delivery): report.pull_date
        for report in schemas_of(session, {vendor for vendor, _ in deliveries}, only=deliveries)
        if any(difference.grave for difference in report.differences)
    }
    found: dict[date, date] = {}
    for row in held:
        pulled = grave.get((row["vendor"], row["delivery"]))
        if pulled is not None:
            day = row[name]
            found[day] = min(pulled, found.get(day, pulled))
    return found


def accepted_by_people(session: Session) -> dict[str, list[Accepted]]:
    """Returns, by vendor, the schemas that somebody accepted, in the order of acceptance."""
    stored = session.lake.table(ACCEPTED_SCHEMAS).snapshot().read().to_pylist()
    found: dict[str, list[Accepted]] = {}
    for row in sorted(stored, key=lambda r: (r["vendor"], r["sequence"])):
        found.setdefault(row["vendor"], []).append(
            Accepted(
                schema_from_text(row["shapes"]),
                row["delivery"],
                row["pull_date"],
                row["accepted_by"],
                row["reason"],
                row["recorded_at"],
            )
        )
    return found


def accept(
    session: Session, vendor: str, *, by: str, reason: str, delivery: str | None = None
) -> SchemaReport | None:
    """Accepts the schema of a delivery: of the newest that differs, or of the one that is named.

    Returns:
        What was accepted, with the differences that it had; None if nothing differs.

    Raises:
        UsageError: If nothing of the vendor was read yet, or no delivery has that name.
    """
    table = session.lake.table(ACCEPTED_SCHEMAS)
    while True:
        snapshot = table.snapshot()
        sequence = snapshot.sequence(_writer(vendor)) + 1
        chosen = _to_accept(schemas_of(session, [vendor]), vendor, delivery)
        if chosen is None:
            return None
        row = {
            "day": session.clock().date(),
            "vendor": vendor,
            "sequence": sequence,
            "schema": chosen.schema.fingerprint,
            "shapes": chosen.schema.as_text(),
            "delivery": chosen.delivery,
            "pull_date": chosen.pull_date,
            "accepted_by": by,
            "reason": reason,
            "recorded_at": session.clock(),
            "run_id": session.run_id,
        }
        rows = pa.Table.from_pylist([row], schema=ACCEPTED_SCHEMAS.schema)
        # 0 if somebody else accepted one meanwhile: perhaps nothing differs any more.
        if table.append_once([Part(_writer(vendor), sequence, rows)], run_id=session.run_id):
            return chosen


def _writer(vendor: str) -> str:
    return f"accepted_schemas/{vendor}"


def _to_accept(
    reports: Sequence[SchemaReport], vendor: str, delivery: str | None
) -> SchemaReport | None:
    if not reports:
        raise UsageError(
            f"nothing of {vendor} was read yet, so there is no schema to accept",
            where=vendor,
            remedy="pull it first: `cost-pipeline run`",
            code="NO_SCHEMA",
        )
    if delivery is None:
        return max((r for r in reports if r.red), key=lambda r: (r.pull_date, r.rows), default=None)
    named = [r for r in reports if r.delivery.startswith(delivery)]
    if len(named) != 1:
        raise UsageError(
            f"{len(named)} deliveries of {vendor} begin with {delivery!r}",
            where="--delivery",
            remedy=f"`cost-pipeline drift {vendor} --json` has them; eight characters do",
            code="NO_SUCH_DELIVERY",
        )
    return named[0] if named[0].red else None


def _in_force(implicit: Accepted, explicit: Sequence[Accepted], pull_date: date) -> list[Accepted]:
    """Returns the schemas that a delivery of this date may have; the last is compared with.

    On the day of a change files of the old and of the new schema may come together.
    """
    dated = sorted(explicit, key=lambda a: a.pull_date)  # stable: acceptance breaks ties
    before = [implicit, *(a for a in dated if a.pull_date < pull_date)]
    return [before[-1], *(a for a in dated if a.pull_date == pull_date)]


def _compared(
    schema: Schema, accepted: Iterable[Accepted], vendor: Vendor, deciding: Collection[str]
) -> tuple[Accepted, list[Difference]]:
    """Compares the schema with the last of the accepted ones, or with one that agrees with it."""
    found: list[tuple[Accepted, list[Difference]]] = [
        (
            one,
            differences(
                one.schema, schema, vendor, strangers=one.by is not None, deciding=deciding
            ),
        )
        for one in accepted
    ]
    agreeing = (pair for pair in reversed(found) if not any(d.red for d in pair[1]))
    return next(agreeing, found[-1])


def _read(session: Session) -> pa.Table:
    """Returns every delivery that was read, without its shapes, in the order in which they came."""
    received = session.lake.table(DELIVERIES).snapshot()
    validated = session.lake.table(VALIDATIONS).snapshot()
    return query(
        _READ,
        deliveries=received.read(
            columns=["vendor", "delivery", "pull_date"], where=equals("feed", session.feed.name)
        ),
        validations=validated.read(columns=["vendor", "delivery", "rows", "schema", "sequence"]),
    )


def _key(row: dict[str, Any]) -> tuple[str, str, int]:
    return (row["vendor"], row["delivery"], row["sequence"])


def _schemas(
    session: Session, rows: Sequence[dict[str, Any]]
) -> dict[tuple[str, str, int], Schema]:
    wanted = pa.table(
        {
            "vendor": pa.array([row["vendor"] for row in rows], pa.string()),
            "delivery": pa.array([row["delivery"] for row in rows], pa.string()),
            "sequence": pa.array([row["sequence"] for row in rows], pa.int32()),
        }
    )
    found = (
        session.lake.table(VALIDATIONS)
        .snapshot()
        .query(
            "select vendor, delivery, sequence, shapes from {table} "
            "semi join wanted using (vendor, delivery, sequence)",
            wanted=wanted,
        )
    )
    return {_key(row): schema_from_text(row["shapes"]) for row in found.to_pylist()}
