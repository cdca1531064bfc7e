"""The declaration of a feed: what one line of business adds to the pipeline that all of them share.

A feed is a value. What is declared here is what the pipeline asks of it; everything else that a
feed does stays in its own package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cost_pipeline.core.reasons import ReasonList, ReasonText, catalogue
from cost_pipeline.lake.lake import Lake
from cost_pipeline.lake.tables import TableSpec


@dataclass(frozen=True, slots=True)
class Feed:
    """A line of business.

    Attributes:
        name: As vendor files, asset keys and stored rows name it.
        reasons: Why a row may be refused, beside what all feeds share.
        audited: The tables whose commits the audit log announces.
        refuse_damaged: Raises an error if the feed's book must not be worked upon, because its end
            is missing; asked before anything is written.
    """

    name: str
    reasons: ReasonList
    audited: tuple[TableSpec, ...]
    refuse_damaged: Callable[[Lake], None]

    def texts(self) -> Mapping[str, ReasonText]:
        """Returns what each reason code means, those of all feeds among them."""
        return catalogue(self.reasons)
