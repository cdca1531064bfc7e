"""A delivery's first landing, for vendor files by which the same text means different days.

Belongs here: the question alone. Whatever order pulls were run in, the first landing is that of the
smallest pull date, and of several on one date the one whose address comes first.
"""

from __future__ import annotations

from collections.abc import Sequence

from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.tables import DELIVERIES
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


def interpreter_of(
    session: Session, vendor: Vendor, delivery: str, header: Sequence[str] = ()
) -> Interpreter:
    """Returns the reading of a vendor's delivery: by its present file, as of the first landing."""
    return session.interpreter(vendor, header, landed_of(session, vendor, delivery))
