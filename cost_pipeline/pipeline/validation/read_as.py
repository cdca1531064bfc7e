"""The vendor file by which a delivery was read, from the lake; the home's own may be another."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.pull.landings import settings_of
from cost_pipeline.pipeline.session import Session


def keep_vendor_file(session: Session, interpretation: str, vendor: Vendor) -> None:
    """Keeps the vendor file behind an interpretation, before a validation names it."""
    session.lake.interpretations.keep(interpretation, vendor.model_dump_json(by_alias=True))


def read_as(session: Session, vendor: str, delivery: str) -> Vendor | None:
    """Returns the settings by which a delivery counts as read, else the home's, or None.

    A lake of an earlier version did not keep it. None also where this version does not know what
    is kept: by another file, other texts would be shown for the rows.
    """
    own = next((v for v in session.home.vendors if v.vendor == vendor), None)
    present = None if own is None else settings_of(session, own, delivery)
    interpretation = _interpretations(session).get((vendor, delivery))
    kept = session.lake.interpretations.find(interpretation) if interpretation else None
    if kept is None:
        return present
    try:
        return session.feed.contract.vendor.model_validate_json(kept)
    except ValidationError:
        return None


def _interpretations(session: Session) -> Mapping[tuple[str, str], str | None]:
    return session.lake.kept(
        "interpretations_of",
        [DELIVERIES, VALIDATIONS],
        lambda: {
            (row["vendor"], row["delivery"]): row["interpretation"]
            for row in current_deliveries(session)
            .select(["vendor", "delivery", "interpretation"])
            .to_pylist()
        },
    )
