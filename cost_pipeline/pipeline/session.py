"""What a step of the flow works with: its feed, its home, its lake, and who runs it when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.home.load import Home
from cost_pipeline.lake.kept import Kept
from cost_pipeline.lake.lake import Lake
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.reads import Reads
from cost_pipeline.quarantine.events import Stamp
from cost_pipeline.validate.declared import NOT_LANDED, Landed
from cost_pipeline.validate.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Session:
    """One run's view of the world; clock, ids and environment come from outside.

    Attributes:
        feed: The line of business that is worked for.
        home: The configuration.
        lake: The lake in which everything is kept.
        run_id: Stamped on everything that is written.
        clock: The present instant, UTC.
        environment: Where secrets are looked up by name.
        code_version: The program's version, stamped on postings.
        debug_loop: Whether the event loop of a pull is watched.
        reference: Data that replaces reference data of the product, by a name
            that the feed knows.
        progress: Is told (phase, done, total), for a progress bar.
    """

    feed: Feed[Session]
    home: Home
    lake: Lake
    run_id: str
    clock: Callable[[], datetime]
    environment: Mapping[str, str]
    code_version: str
    debug_loop: bool = False
    reference: Mapping[str, object] = field(default_factory=dict)
    progress: Callable[[str, int, int], None] = lambda _phase, _done, _total: None

    def interpreter(
        self, vendor: Vendor, columns: Sequence[str] = (), landed: Landed = NOT_LANDED
    ) -> Interpreter:
        """Returns how the rows of a vendor are read, compiled for these columns.

        Args:
            vendor: The vendor file.
            columns: The header of a delivery.
            landed: Its first landing, where a vendor file looks at that.

        Raises:
            UsageError: If the vendor file cannot be satisfied by any delivery.
        """
        contract = self.feed.contract
        reads = Reads(contract, self.home.settings[self.feed.name])
        landed = reads.landed(vendor, landed)
        scopes = frozenset(contract.scopes(reads.settings))
        return _COMPILED.made(
            (self.feed.name, vendor.vendor),
            (vendor, contract, scopes, tuple(columns), landed, reads.own_rules(vendor).said),
            lambda: reads.interpreter(vendor, columns, landed),
        )

    def stamp(self) -> Stamp:
        """Returns who writes, and the present instant."""
        return Stamp(self.clock(), self.run_id)


# Whether a delivery or a correction is up to date is asked of each several times in a run, and
# compiling takes 10 to 30 milliseconds.
_COMPILED: Final = Kept[Interpreter](most=32)
