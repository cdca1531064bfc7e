"""What a feed reports about the rows that it was sent: their fates, estimates, totals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, Protocol

import pyarrow as pa

from cost_pipeline.pipeline.declared.assets import S
from cost_pipeline.pipeline.declared.shown import Table


class StandIn(Protocol):
    """The last good deliveries of a vendor, as an estimate of what is missing."""

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""

    def words(self) -> str:
        """Returns the estimate in a clause: when it was delivered, and what it came to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports(Generic[S]):
    """How a feed reports.

    Attributes:
        fates: Returns what became of the records that count, as a table with `vendor`, `delivery`,
            `fate` and `n`. A fate is `posted`, `commitment` or `reference` (kept and not posted),
            `duplicate`, `dead_letter` (refused when posting) or `unapproved` (refused then, and
            never a record). A feed without a book has none of these: its records are kept.
        always: Fate to the words for it, for those that `run` shows even where there are none.
        stand_ins: Returns what stands in for vendors and pull dates that lack something. It is
            given all gaps, and those that are asked for, both with `vendor` and `pull_date`.
        totals: Returns what the whole book comes to, a line per currency or unit; None if it is
            not told.
        trace: Returns what became of the row at FILE:LINE (docs/interfaces.md); None if the feed
            cannot say.
    """

    fates: Callable[[S], pa.Table] | None = None
    always: Mapping[str, str] = field(
        default_factory=lambda: {
            "reference": "kept as records",
            "duplicates": "duplicates",
            "dead_letters": "dead letters",
        }
    )
    stand_ins: Callable[[S, pa.Table, pa.Table], Mapping[tuple[str, date], StandIn]] | None = None
    totals: Callable[[S], Table] | None = None
    trace: Callable[[S, str], dict[str, Any]] | None = None
