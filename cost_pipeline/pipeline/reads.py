"""How the rows of a vendor are read by what a home says of its feed; no lake is needed for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.rules import OwnRules
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.validate.declared import NOT_LANDED, Landed
from cost_pipeline.validate.interpreter import Interpreter, compile_interpreter


@dataclass(frozen=True, slots=True)
class Reads:
    """A feed's contract, and the settings that a home has for it."""

    contract: FeedContract
    settings: Section

    def landed(self, vendor: Vendor, landed: Landed) -> Landed:
        """Returns a landing with the time zone of the owner of the vendor's records."""
        return replace(landed, zone=self.contract.zone(self.settings, vendor))

    def own_rules(self, vendor: Vendor) -> OwnRules:
        """Returns the rules that the settings add for a vendor's records."""
        return self.contract.own_rules(self.settings, vendor)

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
        scopes = self.contract.scopes(self.settings)
        landed = self.landed(vendor, landed)
        return compile_interpreter(
            vendor, self.contract, scopes, columns, landed=landed, own=self.own_rules(vendor)
        )
