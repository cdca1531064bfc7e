"""Names: keys of assets (layer, feed, noun), jobs, sensors, schedules, steps and pools.

A node of the asset graph shows the last part of its key and nothing else, so that part must say
what the asset is, and no two assets of a home may share it (docs/adr/0052).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

Key: TypeAlias = tuple[str, ...]
"""The key of an asset: layer, feed, noun."""

RAW_GROUP: Final = "1_raw"
RECORDS_GROUP: Final = "2_records"
DEAD_LETTERS_GROUP: Final = "3_dead_letters"
AUDIT_GROUP: Final = "8_audit"
"""Groups are listed by name: the number puts them in the order in which data flow. The groups of a
feed's own assets stand between these."""

PULL_JOB: Final = "pull_and_validate"
AUDIT_JOB: Final = "verify_audit_log"
CORRECTIONS_JOB: Final = "corrections"
REPLAY_JOB: Final = "replay"
STANDING_JOB: Final = "standing_checks"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of what every feed has.

    Attributes:
        feed: The second part of each key.
        prefix: Stands before the names of jobs, sensors, schedules, steps and pools, because those
            must differ within a code location. It is empty for the feed that was there first, so
            that an older instance keeps its history.
    """

    feed: str
    prefix: str

    def own(self, name: str) -> str:
        """Returns the name of a job, sensor, schedule, step or pool of this feed."""
        return f"{self.prefix}{name}"

    def raw(self, vendor: str) -> Key:
        """Returns the key of the deliveries of a vendor."""
        return ("raw", self.feed, vendor)

    def records(self, kind: str) -> Key:
        """Returns the key of the accepted records of a kind."""
        return ("records", self.feed, kind)

    @property
    def dead_letters(self) -> Key:
        """The key of the rows that were refused."""
        return ("dead_letters", self.feed, self.own("dead_letters"))

    @property
    def corrections(self) -> Key:
        """The key of the mended workbooks that people sent back."""
        return ("raw", self.feed, self.own("corrections"))

    @property
    def inbox(self) -> str:
        """The folder within a home into which people put them.

        Each feed has its own: a workbook answers dead letters of the feed that it came from.
        """
        return f"inbox/corrections/{self.feed}" if self.prefix else "inbox/corrections"

    @property
    def audit(self) -> Key:
        """The key of the audit log."""
        return ("audit", self.feed, self.own("audit_log"))

    @property
    def renamed(self) -> Mapping[Key, Key]:
        """The keys of 0.2.0 that have another name now, each with that name.

        A Dagster instance keeps what it knows of an asset under its key (`defs/renamed`).
        """
        before = {
            ("dead_letters", self.feed): self.dead_letters,
            ("raw", self.feed, "corrections"): self.corrections,
            ("audit", self.feed): self.audit,
        }
        return {old: new for old, new in before.items() if old != new}
