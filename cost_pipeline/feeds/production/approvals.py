"""Approvals of reversals in the lake: recorded acts, withdrawn by another act, never edited.

What an approval comes to is ruled when posting (`rulings`); here they are only kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.core.canonical import digest
from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.production.tables import APPROVALS
from cost_pipeline.lake.delta import Part, StaleSnapshotError
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.ledger.credits import Approval
from cost_pipeline.pipeline.session import Session

APPROVED: Final = "approved"
WITHDRAWN: Final = "withdrawn"


@dataclass(frozen=True, slots=True)
class Credit:
    """The negative row that is approved: its vendor and fingerprint, and its dead letter."""

    vendor: str
    fingerprint: str
    dead_letter: str


@dataclass(frozen=True, slots=True)
class Original:
    """What is reversed: a transaction id of a vendor, or the record of a posting."""

    vendor: str
    transaction_id: str | None = None
    fingerprint: str | None = None
    posting: str | None = None


def approvals_in_force(session: Session, snapshot: Snapshot | None = None) -> list[Approval]:
    """Returns the approvals that were not withdrawn."""
    acts = acts_on_approvals(session, snapshot)
    gone = {act["approval"] for act in acts if act["act"] == WITHDRAWN}
    return [
        as_approval(act) for act in acts if act["act"] == APPROVED and act["approval"] not in gone
    ]


def acts_on_approvals(session: Session, snapshot: Snapshot | None = None) -> list[dict[str, Any]]:
    """Returns every act, oldest first."""
    found = snapshot or session.lake.table(APPROVALS).snapshot()
    rows: list[dict[str, Any]] = found.read().to_pylist()
    return sorted(rows, key=lambda row: (row["recorded_at"], row["act"], row["approval"]))


def as_approval(act: dict[str, Any]) -> Approval:
    """Returns an act as rulings see it."""
    return Approval(
        id=act["approval"],
        vendor=act["vendor"],
        fingerprint=act["fingerprint"],
        original_vendor=act["original_vendor"],
        original_transaction_id=act["original_transaction_id"],
        original_fingerprint=act["original_fingerprint"],
        approved_at=act["recorded_at"],
    )


def drafted(
    session: Session, credit: Credit, original: Original, *, by: str, reason: str
) -> dict[str, Any]:
    """Returns the act of approving, not recorded yet."""
    now: datetime = session.clock()
    named = (original.vendor, original.transaction_id, original.fingerprint)
    return {
        "day": now.date(),
        "act": APPROVED,
        "approval": digest(
            "approval", credit.vendor, credit.fingerprint, *named, by, reason, now.isoformat()
        ),
        "dead_letter": credit.dead_letter,
        "vendor": credit.vendor,
        "fingerprint": credit.fingerprint,
        "original_vendor": original.vendor,
        "original_transaction_id": original.transaction_id,
        "original_fingerprint": original.fingerprint,
        "original_posting": original.posting,
        "by": by,
        "reason": reason,
        "recorded_at": now,
        "run_id": session.run_id,
    }


def record(session: Session, act: dict[str, Any]) -> None:
    """Stores an approval, as a recorded act.

    Raises:
        UsageError: If one of the same row is in force.
    """
    while True:
        snapshot = session.lake.table(APPROVALS).snapshot()
        for other in approvals_in_force(session, snapshot):
            if (other.vendor, other.fingerprint) == (act["vendor"], act["fingerprint"]):
                raise UsageError(
                    "the reversal is approved already",
                    where=f"approval {other.id}",
                    remedy="withdraw that approval first, if it names the wrong original",
                    code="ALREADY_APPROVED",
                )
        if _appended(session, snapshot, act):
            return


def withdraw(session: Session, approval: str, *, by: str, reason: str) -> dict[str, Any]:
    """Withdraws an approval, named by its id or the first eight characters of it.

    Raises:
        UsageError: If there is none in force, or more than one.
    """
    while True:
        snapshot = session.lake.table(APPROVALS).snapshot()
        acts = acts_on_approvals(session, snapshot)
        force = {one.id for one in approvals_in_force(session, snapshot)}
        found = [act for act in acts if act["act"] == APPROVED and act["approval"] in force]
        mine = [act for act in found if act["approval"].startswith(approval)]
        if len(mine) != 1 or len(approval) < _PREFIX:
            raise UsageError(
                f"{len(mine) or 'no'} approval in force has the id {approval!r}",
                where="APPROVAL",
                remedy="`reversals list` has the ids; the first eight characters do",
                code="NO_SUCH_APPROVAL",
            )
        now = session.clock()
        stamp = {"recorded_at": now, "day": now.date(), "run_id": session.run_id}
        act = {**mine[0], "act": WITHDRAWN, "by": by, "reason": reason, **stamp}
        if _appended(session, snapshot, act):
            return act


_PREFIX: Final = 8


def _appended(session: Session, snapshot: Snapshot, act: dict[str, Any]) -> bool:
    """Whether the act is in the table now; another act on the same row may have come first."""
    writer = f"approvals/{act['vendor']}/{act['fingerprint']}"
    rows = pa.Table.from_pylist([act], schema=APPROVALS.schema)
    part = Part(writer, snapshot.sequence(writer) + 1, rows)
    try:
        session.lake.table(APPROVALS).append(snapshot, [part], run_id=session.run_id)
    except StaleSnapshotError:
        return False
    return True
