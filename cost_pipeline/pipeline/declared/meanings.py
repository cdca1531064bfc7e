"""The meanings of the columns that every feed's tables have; a feed adds its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MEANINGS: Final[Mapping[str, str]] = {
    "attempts": "how often the work was tried",
    "day": "pull date, or transaction date when refused while posting",
    "delivery": "SHA-256 of the delivered bytes",
    "errors": "JSON list of field, code, message and value",
    "event": "opened or resolved",
    "failure_class": "what kind of failure the reasons are",
    "fingerprint": "hash of delivery, row number and text: which row",
    "id": "of the dead letter: the same row refused for the same reasons has the same",
    "interpretation": "hash of contract, vendor file and reference data that decided",
    "key": "natural key of the row, null where the vendor has none",
    "kind": "of a record: its contract; of a posting: post or reverse",
    "line": "physical line in the delivery, from 1",
    "payload": "verbatim text of the row; null where the landed bytes are read instead",
    "pull_date": "day on which the delivery was pulled",
    "reasons": "reason codes",
    "recorded_at": "UTC instant of writing",
    "resolved_by": "what answered the dead letter",
    "row": "number of the row in its delivery, from 1",
    "run_id": "Dagster run that wrote the line",
    "stage": "where the row was refused",
    "transaction_date": "day the cost belongs to",
}
