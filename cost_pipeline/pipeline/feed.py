"""The declaration of a feed: what one line of business adds to the pipeline that all of them share.

A feed is a value. What is declared here is what the pipeline asks of it; everything else that a
feed does stays in its own package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import ReasonList, ReasonText, catalogue
from cost_pipeline.home.load import Home
from cost_pipeline.lake.lake import Lake
from cost_pipeline.lake.tables import TableSpec


@dataclass(frozen=True, slots=True)
class Feed:
    """A line of business.

    Attributes:
        contract: What its vendor files, settings and rows look like.
        records: The table of its records.
        dead_letters: The table of what happened to its dead letters.
        choices: What people may choose for a field, by the home: codes of reference data.
        audited: The tables whose commits the audit log announces.
        refuse_damaged: Raises an error if the feed's book must not be worked upon, because its end
            is missing; asked before anything is written.
    """

    contract: FeedContract
    records: TableSpec
    dead_letters: TableSpec
    choices: Callable[[Home], Mapping[str, Sequence[str]]]
    audited: tuple[TableSpec, ...]
    refuse_damaged: Callable[[Lake], None]

    @property
    def name(self) -> str:
        """As vendor files, asset keys and stored rows name it."""
        return self.contract.name

    @property
    def shape(self) -> Shape:
        """The columns of its records."""
        return self.contract.shape

    @property
    def reasons(self) -> ReasonList:
        """Why a row may be refused, beside what all feeds share."""
        return self.contract.reasons

    def scoped(self, vendor: Vendor) -> dict[str, str | None]:
        """Returns the column of a dead letter that says whose rows a vendor sends, if there is one.

        It is for what concerns a whole delivery: a row may say itself whose it is.
        """
        return {} if self.shape.scope is None else {self.shape.scope: vendor.scope}

    def texts(self) -> Mapping[str, ReasonText]:
        """Returns what each reason code means, those of all feeds among them."""
        return catalogue(self.reasons)
