"""What a step of the flow works with: its home, its lake, and who runs it when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cost_pipeline.home.load import Home
from cost_pipeline.lake.lake import Lake
from cost_pipeline.quarantine.events import Stamp

if TYPE_CHECKING:
    from cost_pipeline.rules.pack import Packs


@dataclass(frozen=True, slots=True)
class Session:
    """One run's view of the world; clock, ids and environment come from outside.

    Attributes:
        home: The configuration.
        lake: Where everything is kept.
        run_id: Stamped on everything that is written.
        clock: The present instant, UTC.
        environment: Where secrets are looked up by name.
        code_version: Of the program, stamped on postings.
        debug_loop: Whether the event loop of a pull is watched.
        packs: The union rules; None for those that come with the product.
        progress: Told what is being done, for a progress bar; (phase, done, total).
    """

    home: Home
    lake: Lake
    run_id: str
    clock: Callable[[], datetime]
    environment: Mapping[str, str]
    code_version: str
    debug_loop: bool = False
    packs: Packs | None = None
    progress: Callable[[str, int, int], None] = lambda _phase, _done, _total: None

    def rules(self) -> Packs:
        """The union rules that hold for this run."""
        # Most homes have no timecards: for them the rules are not even imported.
        from cost_pipeline.rules.load import bundled_packs  # noqa: PLC0415

        return self.packs or bundled_packs()

    def stamp(self) -> Stamp:
        """Who writes, and the present instant."""
        return Stamp(self.clock(), self.run_id)
