"""The declaration of a feed: what one line of business adds to the pipeline that all of them share.

A feed is a value. What is declared here is what the pipeline asks of it; everything else that a
feed does stays in its own package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cost_pipeline.lake.tables import TableSpec

if TYPE_CHECKING:
    from cost_pipeline.pipeline.session import Session


@dataclass(frozen=True, slots=True)
class Feed:
    """A line of business.

    Attributes:
        name: As vendor files, asset keys and stored rows name it.
        audited: The tables whose commits the audit log announces.
        refuse_damaged: Raises an error if the feed's book must not be worked upon, because its end
            is missing; asked before anything is written.
    """

    name: str
    audited: tuple[TableSpec, ...]
    refuse_damaged: Callable[[Session], None]
