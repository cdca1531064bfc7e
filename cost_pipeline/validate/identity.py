"""What identifies a row, its record and its dead letter: two hashes, and the text of the key.

Each is here once as Python values; `column_lane` builds the same canonical bytes in SQL, and a
property test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cost_pipeline.contracts.cost import CostRecord
from cost_pipeline.contracts.tables import COST_FIELDS
from cost_pipeline.core.canonical import Value, digest, field

COST_FIELD_NAMES: Final = tuple(entry.name for entry in COST_FIELDS)


def fingerprint(delivery: str, row: int, text: str) -> str:
    """What identifies a row: its delivery, its number and its verbatim text."""
    return digest("row", delivery, row, text)


def content_fields(contract: type[CostRecord]) -> tuple[str, ...]:
    """The cost fields that the contract has, in the order of the records table."""
    return tuple(name for name in COST_FIELD_NAMES if name in contract.model_fields)


def key_text(values: Iterable[Value], ordinal: int | None) -> str:
    """The natural key of a record within its vendor; `ordinal` where the key repeats lawfully.

    Text and not a hash: it is exact, a person can read it, and no two keys are written alike.
    """
    own = [] if ordinal is None else [ordinal]
    return b"".join(map(field, (*values, *own))).decode()
