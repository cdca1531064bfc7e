"""Ingestion as a state machine: where a delivery is, derived from what the tables hold.

No state is stored, so none can be wrong: each is a fact about rows that are there, and the order in
which those are committed makes the transitions. A combination of facts that no order of commits can
leave behind is not a state but damage, and is said as such.

    landed ──▶ parsed ──▶ validated ──▶ posted
       │          └───────▶ failed        │
       └──▶ duplicate                     └──▶ validated (another contract, or withdrawn)

An archive is unpacked and that is all: its members are deliveries of their own.

What is expected and not here is no delivery yet: the vendor and pull date are `provisional`.
Where nothing is sent on, posted is the end (docs/adr/0029).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cost_pipeline.core.errors import EnvironmentFailedError


class State(StrEnum):
    """The state of a delivery on its way."""

    LANDED = "landed"
    PARSED = "parsed"
    VALIDATED = "validated"
    POSTED = "posted"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    UNPACKED = "unpacked"


TRANSITIONS: Final[dict[State | None, frozenset[State]]] = {
    None: frozenset({State.LANDED, State.DUPLICATE, State.UNPACKED}),
    State.LANDED: frozenset({State.PARSED, State.VALIDATED, State.POSTED, State.FAILED}),
    State.PARSED: frozenset({State.VALIDATED, State.POSTED, State.FAILED}),
    State.VALIDATED: frozenset({State.POSTED, State.FAILED}),
    State.POSTED: frozenset({State.VALIDATED, State.FAILED}),
    State.FAILED: frozenset({State.VALIDATED, State.POSTED}),
    State.DUPLICATE: frozenset(),
    State.UNPACKED: frozenset(),
}
"""What may follow on what. A delivery of which every row was refused is posted once it is
validated; one that a mended vendor file can read is no longer failed."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the tables say about a delivery.

    Attributes:
        repeated: Its bytes were received before.
        begun: A checkpoint says that some of it was committed.
        validated: It has a validation.
        reread: It has more than one: it was read again, by another contract or vendor file.
        readable: It could be read as its format.
        rows: How many rows it has by its validation.
        accounted: How many of them have a known fate.
        archive: It was unpacked, and its members are deliveries of their own.
    """

    repeated: bool
    begun: bool
    validated: bool
    reread: bool
    readable: bool
    rows: int
    accounted: int
    archive: bool = False


def state_of(facts: Facts, *, where: str = "") -> State:
    """Returns the state that follows from the facts.

    Raises:
        EnvironmentFailedError: `TABLE_DAMAGED` if no order of commits leaves such facts.
    """
    if facts.repeated:
        return State.DUPLICATE
    if facts.archive:
        return State.UNPACKED
    if not facts.validated:
        return State.PARSED if facts.begun else State.LANDED
    if facts.accounted > facts.rows:
        if facts.reread:  # what the reading before posted is not yet reversed
            return State.VALIDATED
        raise EnvironmentFailedError(
            f"{facts.accounted} rows are accounted for of a delivery that has {facts.rows}",
            where=where,
            remedy="`cost-pipeline ledger verify` and `audit verify` say which table was changed",
            code="TABLE_DAMAGED",
        )
    if not facts.readable:
        return State.FAILED
    return State.POSTED if facts.accounted == facts.rows else State.VALIDATED
