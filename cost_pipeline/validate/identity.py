"""The hashes of a row: its fingerprint, its key, its content, its dead letter.

Each is here once as Python values; `column_lane` builds the same canonical bytes in SQL, and a
property test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cost_pipeline.contracts.cost import CostRecord
from cost_pipeline.contracts.tables import COST_FIELDS
from cost_pipeline.core.canonical import Value, digest
from cost_pipeline.core.reasons import Reason, Stage

COST_FIELD_NAMES: Final = tuple(field.name for field in COST_FIELDS)


def fingerprint(delivery: str, row: int, text: str) -> str:
    """What identifies a row: its delivery, its number and its verbatim text."""
    return digest("row", delivery, row, text)


def content_fields(contract: type[CostRecord]) -> tuple[str, ...]:
    """The fields of the content hash, in order; `kind` and `vendor` come before them."""
    return tuple(name for name in COST_FIELD_NAMES if name in contract.model_fields)


def content_hash(contract: type[CostRecord], vendor: str, values: Mapping[str, Any]) -> str:
    """What a record says, wherever it stands: no delivery, no row number."""
    fields = (values[name] for name in content_fields(contract))
    return digest("content", contract.kind.value, vendor, *fields)


def key_hash(vendor: str, values: Iterable[Value], ordinal: int | None) -> str:
    """The natural key of a record; `ordinal` where the key repeats lawfully."""
    return digest("key", vendor, *values, *([] if ordinal is None else [ordinal]))


def dead_letter_id(row_fingerprint: str, reasons: Iterable[Reason]) -> str:
    """The same refusal of the same row has the same id, however often it is judged."""
    return digest("dead_letter", row_fingerprint, Stage.VALIDATE.value, *sorted(reasons))
