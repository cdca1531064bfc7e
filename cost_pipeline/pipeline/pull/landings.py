"""A delivery's first landing, and the settings by which that makes it read.

Belongs here: the question alone. Some vendor files mean different days by the same text, and some
have settings that change from a pull date on. Whatever order pulls were run in, the first landing
is that of the smallest pull date, and of several on one date the one whose address comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.validate.declared import NOT_LANDED, Landed
from cost_pipeline.validate.interpreter import Interpreter


def landed_of(session: Session, vendor: Vendor, delivery: str) -> Landed:
    """Returns when and from where a delivery came first; nothing where no day depends on it."""
    if not vendor.dates.looks_around:
        return NOT_LANDED
    it = equals("vendor", vendor.vendor) & equals("delivery", delivery)
    found = (
        session.lake.table(DELIVERIES)
        .snapshot()
        .query(
            "select pull_date, uri from {table} "
            f"where {it} and role is null "
            "order by pull_date, uri limit 1"
        )
        .to_pylist()
    )
    return Landed(found[0]["pull_date"], found[0]["uri"]) if found else NOT_LANDED


def settings_of(session: Session, vendor: Vendor, delivery: str) -> Vendor:
    """Returns the settings by which a delivery is read: those in force on its first pull date.

    Here alone a delivery gets its settings. What was never landed has the newest ones.
    """
    if not vendor.changes:
        return vendor
    return vendor.as_of(_first_pulls(session).get((vendor.vendor, delivery)))


def interpreter_of(
    session: Session, settings: Vendor, delivery: str, header: Sequence[str] = ()
) -> Interpreter:
    """Returns the reading of a delivery by its settings, as of its first landing."""
    return session.interpreter(settings, header, landed_of(session, settings, delivery))


def _first_pulls(session: Session) -> Mapping[tuple[str, str], date]:
    """Returns the first pull date of each vendor's deliveries."""
    return session.lake.kept(
        f"first_pulls/{session.feed.name}",
        [DELIVERIES],
        lambda: {
            (row["vendor"], row["delivery"]): row["first_pulled"]
            for row in current_deliveries(session)
            .select(["vendor", "delivery", "first_pulled"])
            .to_pylist()
        },
    )
