"""What verification finds: a partition is whole, or these things are not as they were sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from cost_pipeline.ledger.schema import CONTENT_COLUMNS, LEAF_COLUMNS
from cost_pipeline.ledger.seal import Head

COLUMN_GROUPS: Final = {
    "partition": ("transaction_date",),
    "content": (*CONTENT_COLUMNS, "content_hash"),
    "identity": ("posting_id", "kind", "batch", "leaf"),
    "leaf": (*LEAF_COLUMNS[1:], "leaf_hash"),
    "sequence": ("batch", "leaf"),
    "seal": ("batch_root",),
    "chain": ("previous_root",),
    "reversal": ("kind", "reverses"),
    "time": ("recorded_at",),
    "file": (),
    "log": (),
    "heads": (),
}  # fmt: skip
"""The columns of which at least one is wrong when a break names the group.

`file`, `log` and `heads` are about the ledger as a whole, which this module does not see: a file
whose bytes changed, an entry of the table's log, an entry of the heads.
"""

MOST_BREAKS: Final = 20


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that is not as it was sealed.

    Attributes:
        batch: The batch concerned.
        leaf: The place in it; None if it is the batch as a whole.
        posting: The posting id as found; None if it is the batch as a whole, or a missing line.
        group: A key of `COLUMN_GROUPS`.
        message: What is wrong, in words.
        expected: What it would have to be.
        found: What it is.
    """

    batch: int | None
    leaf: int | None
    posting: str | None
    group: str
    message: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A partition that is whole: what was checked, and its head."""

    transaction_date: date
    batches: int
    postings: int
    head: Head


@dataclass(frozen=True, slots=True)
class Broken:
    """A partition that is not as it was sealed; `breaks` by batch, at most twenty."""

    transaction_date: date
    breaks: tuple[Break, ...]

    @property
    def first(self) -> Break:
        """The first broken batch and what is wrong with it."""
        return self.breaks[0]
