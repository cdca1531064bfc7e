"""Scale: the agreed rate against the minimum of the craft on the work date."""

from __future__ import annotations

from typing import Final

from cost_pipeline.rules.sql import Query, dollars

_AGREED: Final = "(rate)"
# A rate is compared in the unit of the minimum; one by another unit cannot be, or only exactly.
_UNITS: Final = "CASE rate_unit WHEN 'three_day' THEN 'three_days' ELSE rate_unit END"
_WEEKLY: Final = "(rate_unit = 'week' AND scale__week IS NOT NULL)"
_DUE: Final = f"CASE WHEN {_WEEKLY} THEN scale__week ELSE scale__minimum END"

QUERIES: Final = (
    Query(
        slot="scale",
        due=_DUE,
        paid="rate",
        floor=True,
        why=(
            "CASE WHEN scale__rule IS NOT NULL AND scale__minimum IS NULL"
            " THEN 'the pack has no minimum for a ' || replace(craft_name, '_', ' ')"
            f" WHEN NOT {_WEEKLY} AND {_UNITS} <> scale__per"
            " THEN 'the rate is by the ' || rate_unit || ' and the minimum by the ' || scale__per END"
        ),
        words=(
            f"concat('rate ', said_rate, ' by the ', rate_unit, ', minimum ', {dollars('due')})"
        ),
    ),
)
